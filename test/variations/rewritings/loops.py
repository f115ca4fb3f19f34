"""Where loops stand and what they go over: functions for a step or an epoch, wrapped loaders, counted passes."""
import ast
import re

from script import (expression, function, is_loop, leaves, loaded, module, read_first, rewriting, statements, stored)

TRAINS = re.compile(r'\.backward\(|\.step\(|apply_gradients|train_step|\.train_on_batch')


def training_loop(script):
    """The innermost loop that trains, as the list of statements that holds it and its place there."""
    def find(block):
        for index, one in enumerate(block):
            inner = [getattr(one, field, None) for field in ('body', 'orelse', 'finalbody')]
            found = next((place for each in inner if isinstance(each, list) and (place := find(each))), None)
            if found or is_loop(one) and TRAINS.search(ast.unparse(one)):
                return found or (block, index)
        return None
    return find(script.work) or find(script.definitions)


def in_work(script, block):
    """Whether the block stands in the work, not in a function of the script."""
    return not any(getattr(node, 'body', None) is block for one in script.definitions for node in ast.walk(one))


def extract(script, block, start, stop, name):
    """Puts statements of a block into a function, which gets what they read and gives back what others read."""
    part = block[start:stop]
    block[start:stop] = [ast.Pass()]
    known, read = stored(script.work), loaded(script.work)
    given = [each for each in read_first(part) if each in known]
    back = [each for each in stored(part) if each in read or each in given]
    call = f'{name}({", ".join(given)})'
    block[start:start + 1] = statements(f'{", ".join(back)} = {call}' if back else call)
    return function(call, part + ([ast.Return(expression(', '.join(back)))] if back else []))


def extracted(script, name, elsewhere, whole):
    """The training loop, or what it repeats, as a function here or in another module."""
    place = training_loop(script)
    if not place or leaves(script.work) or not script.free(name) or not in_work(script, place[0]):
        return None
    block, index = place
    loop = block[index]
    if whole:
        made = extract(script, block, index, index + 1, name)
    elif any(isinstance(node, (ast.Break, ast.Continue)) for one in loop.body for node in ast.walk(one)):
        return None
    else:
        made = extract(script, loop.body, 0, len(loop.body), name)
    if not elsewhere:
        return script.write(script.definitions, [made], script.work)
    if set(loaded([made])) & script.defined:
        return None
    changed = script.write(f'from engine import {name}', script.definitions, script.work)
    return {**changed, script.beside('engine.py'): module(script.imports, [made])}


@rewriting
def step_function(script):
    """A function for a step: `for batch in loader: train_step(model, batch)`."""
    return extracted(script, 'train_step', elsewhere=False, whole=False)


@rewriting
def step_elsewhere(script):
    """The same function in another module: `from engine import train_step`."""
    return extracted(script, 'train_step', elsewhere=True, whole=False)


@rewriting
def epoch_function(script):
    """A function for an epoch: `train_one_epoch(model, loader)`."""
    return extracted(script, 'train_one_epoch', elsewhere=False, whole=True)


@rewriting
def epoch_elsewhere(script):
    """The same function in another module: `from engine import train_one_epoch`."""
    return extracted(script, 'train_one_epoch', elsewhere=True, whole=True)


def over(script, pattern, added='', target='{}'):
    """Goes over something else: the pattern's `{}` is what the loop goes over now."""
    place = training_loop(script)
    loop = place and place[0][place[1]]
    if not isinstance(loop, ast.For):
        return None
    source = ast.unparse(loop.iter)
    if re.match(r'(enumerate|zip|range|tqdm)\(', source):
        return None
    loop.iter = expression(pattern.format(source))
    loop.target = statements(f'{target.format(ast.unparse(loop.target))} = 0')[0].targets[0]
    return script.write(added, script.definitions, script.work)


@rewriting
def numbered_bar(script):
    """A bar and a number: `for step_index, batch in enumerate(tqdm(loader))`."""
    return over(script, 'enumerate(tqdm({}))', 'from tqdm import tqdm', 'step_index, ({})')


@rewriting
def bar(script):
    """A bar with its length: `for batch in tqdm(loader, total=len(loader))`."""
    return over(script, 'tqdm({0}, total=len({0}), leave=False)', 'from tqdm.auto import tqdm')


@rewriting
def zipped(script):
    """Two at a time: `for batch, _ in zip(loader, itertools.count())`."""
    return over(script, 'zip({}, itertools.count())', 'import itertools', '({}), _')


@rewriting
def islice(script):
    """All of it, cut to no length: `for batch in itertools.islice(loader, None)`."""
    return over(script, 'itertools.islice({}, None)', 'import itertools')


@rewriting
def generator(script):
    """A generator of the script's own: `for batch in batches(loader)`."""
    if not script.free('batches'):
        return None
    return over(script, 'batches({})', 'def batches(source):\n    for batch in source:\n        yield batch')


@rewriting
def next_batch(script):
    """Batches that are asked for: `batch = next(batches)` in a counted loop."""
    place = training_loop(script)
    loop = place and place[0][place[1]]
    if not isinstance(loop, ast.For) or not isinstance(loop.iter, ast.Name) or not script.free('batches'):
        return None
    block, index = place
    source = loop.iter.id
    first = ast.Assign([loop.target], expression('next(batches)'))
    counted = statements(f'batches = iter({source})\nfor _ in range(len({source})):\n    pass')
    counted[1].body = [first, *loop.body]
    block[index:index + 1] = counted
    return script.write(script.definitions, script.work)


def counted_loop(script):
    """The first `for … in range(n)` in a block, without `continue`: the block and the place."""
    for holder in [script, *(node for one in script.work for node in ast.walk(one))]:
        block = holder.work if holder is script else getattr(holder, 'body', [])
        for index, one in enumerate(block if isinstance(block, list) else []):
            if (isinstance(one, ast.For) and isinstance(one.target, ast.Name)
                    and re.fullmatch(r'range\([^,]*\)', ast.unparse(one.iter))
                    and not any(isinstance(node, ast.Continue) for node in ast.walk(one))):
                return block, index
    return None


def counted_by_hand(script, head, last):
    """The first counted loop as `while`: the patterns get the counter and its end."""
    place = counted_loop(script)
    if not place:
        return None
    block, index = place
    loop = block[index]
    counter = 'epoch' if loop.target.id == '_' else loop.target.id
    end = ast.unparse(loop.iter.args[0])
    made = statements(f'{counter} = 0\nwhile {head.format(counter, end)}:\n    pass')
    made[1].body = [*loop.body, *statements(f'{counter} += 1{last.format(counter, end)}')]
    block[index:index + 1] = made
    return script.write(script.definitions, script.work)


@rewriting
def while_counted(script):
    """Epochs that are counted by hand: `while epoch < 10`."""
    return counted_by_hand(script, '{} < {}', '')


@rewriting
def while_true(script):
    """An endless loop that is left: `if epoch >= 10: break`."""
    return counted_by_hand(script, 'True', '\nif {} >= {}:\n    break')


@rewriting
def phases(script):
    """A loop over phases, of which there is one: `for phase in ['train']: if phase == 'train': …`."""
    place = training_loop(script)
    if not place or not in_work(script, place[0]) or not script.free('phase'):
        return None
    block, index = place
    outer = statements("for phase in ['train']:\n    if phase == 'train':\n        pass")[0]
    outer.body[0].body = [block[index]]
    block[index] = outer
    return script.write(script.definitions, script.work)
