"""How the work is started: functions, decorators, packages, notebooks, commands."""
import ast
import json

from making import preparation
from options import options, parser
from script import begins_work, expression, function, module, rewriting, statements, stored

STARTED = "if __name__ == '__main__':\n    main()"


def main_of(script, head='main()'):
    return [function(head, script.work)] if script.movable and script.free('main') else None


@rewriting
def main_function(script):
    """A function that does all: `def main()`."""
    main = main_of(script)
    return main and script.write(script.definitions, main, STARTED)


@rewriting
def nested_function(script):
    """A function in a function, which reads the variables around it."""
    parts = preparation(script)
    if not parts or not script.free('main', 'work'):
        return None
    before, after, _ = parts
    if set(stored(before)) & set(stored(after)):
        return None
    work = function('work()', after)
    return script.write(script.definitions, [function('main()', [*before, work, *statements('work()')])], STARTED)


@rewriting
def decorated_function(script):
    """A function under a decorator of the script's own: `@logged`."""
    main = main_of(script)
    if not main or not script.free('logged'):
        return None
    logged = '''
def logged(work):
    @functools.wraps(work)
    def inner(*args, **kwargs):
        print('start')
        return work(*args, **kwargs)
    return inner
'''
    main[0].decorator_list = [expression('logged')]
    return script.write('import functools', logged, script.definitions, main, STARTED)


@rewriting
def asynchronous_function(script):
    """A coroutine: `asyncio.run(main())`."""
    main = main_of(script)
    if not main:
        return None
    coroutine = ast.AsyncFunctionDef('main', main[0].args, main[0].body, [])
    return script.write('import asyncio', script.definitions, [coroutine],
                        "if __name__ == '__main__':\n    asyncio.run(main())")


@rewriting
def stopped_by_hand(script):
    """Work that may be stopped: `try: … except KeyboardInterrupt: …`."""
    start = next((index for index, one in enumerate(script.work) if begins_work(one)), None)
    if start is None:
        return None
    guarded = statements("try:\n    pass\nexcept KeyboardInterrupt:\n    print('stopped')")
    guarded[0].body = script.work[start:]
    return script.write(script.definitions, script.work[:start], guarded)


@rewriting
def unknown_calls_before(script):
    """Calls of a library that nobody knows, before all else: `set_seed(42)`."""
    if not script.work or not script.free('set_seed', 'logger', 'get_logger', 'setup_logging'):
        return None
    calls = "setup_logging()\nset_seed(42)\nlogger = get_logger(__name__)\nlogger.info('start')"
    return script.write('from lab_tools import get_logger, set_seed, setup_logging', script.definitions, calls,
                        script.work)


@rewriting
def mode(script):
    """Work that an option chooses: `if args.mode == 'train'`."""
    if not script.work or not script.free('args', 'parser'):
        return None
    option = "parser = argparse.ArgumentParser()\n" \
             "parser.add_argument('--mode', default='train', choices=['train', 'test'])\nargs = parser.parse_args()"
    chosen = statements("if args.mode == 'train':\n    pass")
    chosen[0].body = script.work
    return script.write('import argparse', script.definitions, option, chosen)


@options('args.{}'.format, switches=False)
def flags_of_command(script, found, work):
    """Values that stand in a shell script: `python train.py --num-workers 4`."""
    launched = any(name.endswith(('.sh', '.sbatch', '.yaml', '.yml')) for name in script.files)
    if launched or any(isinstance(value, str) and not value.isalnum() for value in found.values()):
        return None
    flags = ' '.join(f'--{name.replace("_", "-")} {value}' for name, value in found.items())
    changed = script.write('import argparse', script.definitions, parser(found, 'required=True'),
                           'args = parser.parse_args()', work)
    return {**changed, 'run.sh': f'#!/bin/bash\npython {script.path} {flags}\n'}


@rewriting
def notebook(script):
    """A notebook, a cell for each statement."""
    if not script.alone:
        return None
    cells = [module(part) for part in [script.imports, *([one] for one in script.definitions + script.work)] if part]
    content = {
        'cells': [{'cell_type': 'code', 'execution_count': None, 'metadata': {}, 'outputs': [],
                   'source': cell.strip().splitlines(True)} for cell in cells],
        'metadata': {'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'},
                     'language_info': {'name': 'python'}},
        'nbformat': 4, 'nbformat_minor': 5,
    }
    return {script.path: None, script.path.removesuffix('.py') + '.ipynb': json.dumps(content, indent=1)}


@rewriting
def source_folder(script):
    """A package in a folder for sources: `src/lab/train.py`."""
    if not script.alone:
        return None
    name = script.path.split('/')[-1]
    return {script.path: None, 'src/lab/__init__.py': '', f'src/lab/{name}': module(script.tree.body)}


def in_package(script, files):
    """The work as a function in a package, with the files that start it."""
    main = main_of(script)
    if not main or not script.alone:
        return None
    return {script.path: None, 'lab/__init__.py': '',
            'lab/training.py': module(script.imports, script.definitions, main), **files}


@rewriting
def started_by_script(script):
    """A package that a script starts: `from lab.training import main`."""
    start = "import sys\nfrom lab.training import main\n\nif __name__ == '__main__':\n    sys.exit(main())\n"
    return in_package(script, {'run.py': start})


@rewriting
def started_by_command(script):
    """A package with a command: `[project.scripts]` in `pyproject.toml`."""
    project = '[project]\nname = "lab"\nversion = "0"\n\n[project.scripts]\nlab-train = "lab.training:main"\n'
    return in_package(script, {'pyproject.toml': project})
