"""Names and imports: other names, whole paths, imports in other ways."""
import ast
import re

from making import in_parts
from script import module, replaced, rewriting, stored


@rewriting
def unchanged(script):
    """The script as Python's own printer writes it: what all others are compared with."""
    return {script.path: module(script.tree.body)}


@rewriting
def meaningless_names(script):
    """Variables without a meaning: `a0`, `b1`."""
    names = stored(script.work)
    if not names or script.shares(names):
        return None
    table = {name: f'{"abcdefghkmnpqrstuvwxyz"[index % 22]}{index}' for index, name in enumerate(names)}
    return script.write(script.definitions, replaced(script.work, table)) if script.free(*table.values()) else None


@rewriting
def annotated(script):
    """Variables with a type: `loader: Any = DataLoader(…)`."""
    work = [ast.AnnAssign(one.targets[0], ast.Constant('Any'), one.value, 1)
            if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name) else one
            for one in script.work]
    return None if work == script.work else script.write('from typing import Any', script.definitions, work)


def renamed_imports(script, table):
    """The whole script with other names for what it imports, where it does not set these names itself."""
    if not table or set(table) & (set(stored(script.tree.body)) | script.defined):
        return None
    return {script.path: module(replaced(script.tree.body, table))}


@rewriting
def aliases(script):
    """Other names for what is imported: `from torch.utils.data import DataLoader as _DataLoader`."""
    table = {}
    for one in script.tree.body:
        if isinstance(one, (ast.Import, ast.ImportFrom)) and getattr(one, 'module', '') != '__future__':
            for alias in one.names:
                if alias.asname is None and re.fullmatch(r'\w+', alias.name):
                    alias.asname = table[alias.name] = '_' + alias.name
    return renamed_imports(script, table)


@rewriting
def whole_paths(script):
    """Names with their module: `torch.utils.data.DataLoader(…)`."""
    own = {part for path in script.files for part in path.removesuffix('.py').split('/')}
    table, body = {}, []
    for one in script.tree.body:
        if (isinstance(one, ast.ImportFrom) and one.level == 0 and one.module != '__future__'
                and one.module.split('.')[0] not in own and one.names[0].name != '*'):
            table.update({alias.asname or alias.name: f'{one.module}.{alias.name}' for alias in one.names})
            one = ast.Import([ast.alias(one.module)])
        body.append(one)
    script.tree.body = body
    return renamed_imports(script, table)


def from_parts(script, imports):
    """The script with its objects made in `parts`, which the pattern imports: `{}` is the list of names."""
    parts, names, work = in_parts(script)
    if not work or not script.alone:
        return None
    return parts, module(script.imports, imports(names), work)


@rewriting
def star_import(script):
    """Everything of a module: `from parts import *`."""
    made = from_parts(script, lambda names: 'from parts import *')
    return made and {script.beside('parts.py'): made[0], script.path: made[1]}


@rewriting
def dynamic_import(script):
    """A module by its name as text: `importlib.import_module('parts')`."""
    made = from_parts(script, lambda names: '\n'.join(
        ['import importlib', "parts_module = importlib.import_module('parts')",
         *(f'{name} = parts_module.{name}' for name in names)]))
    return made and {script.beside('parts.py'): made[0], script.path: made[1]}


@rewriting
def relative_import(script):
    """A package with a script in it: `from .parts import build_loader`."""
    made = from_parts(script, lambda names: f'from .parts import {", ".join(names)}')
    return made and {script.path: None, 'lab/__init__.py': '', 'lab/parts.py': made[0], 'lab/train.py': made[1]}
