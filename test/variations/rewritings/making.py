"""Where objects are made and kept: factories, other modules, containers, classes, calls by another way."""
import ast
import re

from script import (Replaced, begins_work, expression, function, is_assigned_call, is_loop, leaves, loaded, module,
                    replaced, rewriting, statements, stored)


def factories(script):
    """A function for each object that the work makes, and the work that calls them; nothing where there is none."""
    known = stored(script.work)
    if script.shares(known):
        return [], script.work
    made, work = {}, []
    for one in script.work:
        if is_assigned_call(one):
            name = one.targets[0].id
            needed = [each for each in loaded([one.value]) if each in known]
            if name not in needed and f'build_{name}' not in script.names | set(made):
                call = f'build_{name}({", ".join(needed)})'
                made[f'build_{name}'] = function(call, [ast.Return(one.value)])
                one = statements(f'{name} = {call}')[0]
        work.append(one)
    return list(made.values()), work


def in_parts(script):
    """The factories in a module of their own, and what the script imports of it."""
    made, work = factories(script)
    names = [one.name for one in made + script.definitions]
    return module(script.imports, script.definitions, made), names, work if made else []


@rewriting
def factory_functions(script):
    """A function for each object: `loader = build_loader(dataset)`."""
    made, work = factories(script)
    return script.write(script.definitions, made, work) if made else None


@rewriting
def factories_elsewhere(script):
    """The same functions in another module: `from parts import build_loader`."""
    parts, names, work = in_parts(script)
    if not work:
        return None
    changed = script.write(f'from parts import {", ".join(names)}', work)
    return {**changed, script.beside('parts.py'): parts}


def preparation(script):
    """What the script makes before its work begins, the work, and the variables that go from one to the other."""
    start = next((index for index, one in enumerate(script.work) if begins_work(one)), 0)
    before, after = script.work[:start], script.work[start:]
    handed = [name for name in stored(before) if name in loaded(after)]
    return (before, after, handed) if handed and script.movable else None


def setup(before, handed):
    return function('setup()', [*before, ast.Return(expression(', '.join(handed)))])


@rewriting
def setup_function(script):
    """One function that makes everything: `model, loader = setup()`."""
    parts = preparation(script)
    if not parts or not script.free('setup'):
        return None
    before, after, handed = parts
    return script.write(script.definitions, [setup(before, handed)], f'{", ".join(handed)} = setup()', after)


@rewriting
def setup_elsewhere(script):
    """The same function in another module: `from parts import setup`."""
    parts = preparation(script)
    if not parts or not script.free('setup'):
        return None
    before, after, handed = parts
    names = ['setup', *script.defined]
    changed = script.write(f'from parts import {", ".join(names)}', f'{", ".join(handed)} = setup()', after)
    return {**changed, script.beside('parts.py'): module(script.imports, script.definitions, [setup(before, handed)])}


def built(script, returned, access, *extra):
    """A function `build` that gives everything in one object, and the work that takes it out again."""
    parts = preparation(script)
    if not parts or set(parts[2]) & set(stored(parts[1])) or not script.free('build', 'parts', 'Parts'):
        return None
    before, after, handed = parts
    build = function('build()', [*before, ast.Return(expression(returned(handed)))])
    table = {name: access.format(name) for name in handed}
    return script.write(*[text(handed) for text in extra], script.definitions, [build], 'parts = build()',
                        replaced(after, table))


@rewriting
def dictionary_of_parts(script):
    """A function that gives a dictionary: `parts = build()`, `parts['loader']`."""
    return built(script, lambda names: '{' + ', '.join(f'{name!r}: {name}' for name in names) + '}', 'parts[{!r}]')


@rewriting
def named_tuple_of_parts(script):
    """A function that gives a named tuple: `parts = build()`, `parts.loader`."""
    return built(script, lambda names: f'Parts({", ".join(names)})', 'parts.{}',
                 lambda names: f"from collections import namedtuple\nParts = namedtuple('Parts', {names!r})")


@rewriting
def data_in_dictionary(script):
    """Loaders and data in a dictionary: `parts['train_loader'] = DataLoader(…)`."""
    names = [name for name in stored(script.work) if re.search(r'load|data|dl$|(train|test|val)_ds', name)]
    if not names or script.shares(names) or not script.free('parts'):
        return None
    table = {name: f'parts[{name!r}]' for name in names}
    return script.write(script.definitions, 'parts = {}', replaced(script.work, table))


@rewriting
def cached_properties(script):
    """A class with a cached property for each object that is set once: `parts.loader`."""
    known = stored(script.work)
    if script.shares(known) or not script.free('Parts', 'parts'):
        return None
    sets = [node.id for one in script.work for node in ast.walk(one)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    made, work = {}, []
    for one in script.work:
        if (is_assigned_call(one) and sets.count(one.targets[0].id) == 1
                and set(loaded([one.value])) & set(known) <= set(made)):
            made[one.targets[0].id] = one.value
        else:
            work.append(one)
    if not made:
        return None
    parts = statements('class Parts:\n    pass')[0]
    parts.body = []
    for name, value in made.items():
        made_here = Replaced({each: f'self.{each}' for each in made}).visit(value)
        method = function(f'{name}(self)', [ast.Return(made_here)])
        method.decorator_list = [expression('functools.cached_property')]
        parts.body.append(method)
    return script.write('import functools', script.definitions, [parts], 'parts = Parts()',
                        replaced(work, {name: f'parts.{name}' for name in made}))


def experiment(script, method, start):
    """A class that makes everything in its constructor and works in this method."""
    begin = next((index for index, one in enumerate(script.work) if begins_work(one)), 0)
    attributes = stored(script.work[:begin])
    scopes = (ast.FunctionDef, ast.ClassDef, ast.With)
    if (not attributes or leaves(script.work) or script.shares(attributes) or not script.free('Experiment')
            or any(isinstance(node, scopes) for one in script.work for node in ast.walk(one))):
        return None
    work = replaced(script.work, {name: f'self.{name}' for name in attributes})
    made = statements('class Experiment:\n    pass')[0]
    made.body = [function('__init__(self)', work[:begin]), function(f'{method}(self)', work[begin:])]
    return script.write(script.definitions, [made], f"if __name__ == '__main__':\n    Experiment(){start}")


@rewriting
def class_with_attributes(script):
    """A class that makes everything and works: `self.loader = DataLoader(…)`, `Experiment().run()`."""
    return experiment(script, 'run', '.run()')


@rewriting
def class_that_is_called(script):
    """The same class, called: `Experiment()()`."""
    return experiment(script, '__call__', '()')


@rewriting
def trainer_elsewhere(script):
    """A class of another module that is given everything: `Trainer(model, loader).train()`."""
    begin = next((index for index, one in enumerate(script.work) if is_loop(one)), 0)
    before, after = script.work[:begin], script.work[begin:]
    given = [name for name in stored(before) if name in loaded(after)]
    scopes = (ast.FunctionDef, ast.ClassDef)
    if (not given or not script.movable or set(given) & set(stored(after)) or set(loaded(after)) & script.defined
            or not script.free('Trainer', 'trainer')
            or any(isinstance(node, scopes) for one in after for node in ast.walk(one))):
        return None
    trainer = statements('class Trainer:\n    pass')[0]
    trainer.body = [
        function(f'__init__(self, {", ".join(given)})', statements('\n'.join(f'self.{one} = {one}' for one in given))),
        function('train(self)', replaced(after, {name: f'self.{name}' for name in given})),
    ]
    changed = script.write('from trainer import Trainer', script.definitions, before,
                           f'trainer = Trainer({", ".join(given)})\ntrainer.train()')
    return {**changed, script.beside('trainer.py'): module(script.imports, [trainer])}


def called_of_library(script, one):
    """What `name = library.Thing(…)` calls, where an import of the script names it."""
    called = ast.unparse(one.value.func) if is_assigned_call(one) else ''
    return called if re.fullmatch(r'\w+(\.\w+)*', called) and called.split('.')[0] in script.imported else None


@rewriting
def registry(script):
    """A table of what is called: `loader = REGISTRY['loader'](dataset)`."""
    table = {}
    for one in script.work:
        called = called_of_library(script, one)
        if called and table.setdefault(one.targets[0].id, called) == called:
            one.value.func = expression(f'REGISTRY[{one.targets[0].id!r}]')
    rows = ', '.join(f'{name!r}: {called}' for name, called in table.items())
    return script.write(script.definitions, f'REGISTRY = {{{rows}}}', script.work) if table else None


@rewriting
def getattr_of_module(script):
    """A name as text: `getattr(torch.optim, 'AdamW')(parameters)`."""
    found = [one for one in script.work if '.' in (called_of_library(script, one) or '')]
    for one in found:
        called = one.value.func
        one.value.func = expression(f'getattr({ast.unparse(called.value)}, {called.attr!r})')
    return script.write(script.definitions, script.work) if found else None


@rewriting
def subclass(script):
    """A thin class of one's own: `class MyLoader(DataLoader)`."""
    made = {}
    for one in script.work:
        called = called_of_library(script, one)
        own = 'My' + (called or '').split('.')[-1]
        if called and re.search(r'(Loader|Trainer|TrainingArguments)$', own):
            made[own] = called
            one.value.func = expression(own)
    classes = '\n'.join(f'class {own}({called}):\n    pass' for own, called in made.items())
    return script.write(classes, script.definitions, script.work) if made else None


def has_plain_keywords(call):
    return call.keywords and all(argument.arg for argument in call.keywords)


@rewriting
def partial(script):
    """A call in two steps: `make_loader = partial(DataLoader, num_workers=4)`."""
    work = []
    for one in script.work:
        if is_assigned_call(one) and has_plain_keywords(one.value):
            name = f'make_{one.targets[0].id}'
            made = ast.Call(expression('partial'), [one.value.func], one.value.keywords)
            work.append(ast.Assign([ast.Name(name, ast.Store())], made))
            one.value = ast.Call(expression(name), one.value.args, [])
        work.append(one)
    if len(work) == len(script.work):
        return None
    return script.write('from functools import partial', script.definitions, work)


@rewriting
def unpacked_keywords(script):
    """Keywords in a dictionary: `options = dict(num_workers=4)`, `DataLoader(d, **options)`."""
    work = []
    for one in script.work:
        if is_assigned_call(one) and has_plain_keywords(one.value):
            name = f'{one.targets[0].id}_options'
            work.append(ast.Assign([ast.Name(name, ast.Store())],
                                   ast.Call(expression('dict'), [], one.value.keywords)))
            one.value.keywords = [ast.keyword(None, expression(name))]
        work.append(one)
    return script.write(script.definitions, work) if len(work) > len(script.work) else None


@rewriting
def unknown_helper(script):
    """A function that nobody can look into gets an object and gives it back: `model = prepare(model)`."""
    kinds = ('model', 'net', 'network', 'loader', 'train_loader', 'dataset')
    work = []
    for one in script.work:
        work.append(one)
        if is_assigned_call(one) and one.targets[0].id in kinds:
            work += statements('{0} = prepare({0})'.format(one.targets[0].id))
    if len(work) == len(script.work):
        return None
    return script.write('from lab_tools import prepare', script.definitions, work)
