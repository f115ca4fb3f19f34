"""Values that become options: a number in a call is read from a command line, a file, a class or a variable."""
import ast
import builtins
import functools
import json
import keyword
import re

from script import expression, function, module, rewriting, statements

# Calls that say what an option is, or whose arguments are words.
CALLS_LEFT = {'add_argument', 'add_parser', 'ArgumentParser', 'Field', 'field', 'option', 'Option', 'getenv', 'get',
              'pop', 'print', 'join', 'split', 'format', 'append', 'set_defaults'}
MOST = 10


class Options(ast.NodeTransformer):
    """Takes values out of calls: `found` holds them by name, `access` says how a name is read."""

    def __init__(self, access, switches, taken):
        self.access, self.switches, self.taken, self.found = access, switches, taken, {}

    def visit_Call(self, node):
        called = ast.unparse(node.func).split('.')[-1]
        if called in CALLS_LEFT:
            return node
        self.generic_visit(node)
        prefix = re.sub(r'\W', '_', called).lower()
        for argument in node.keywords:
            if argument.arg:
                argument.value = self.option(argument.arg, argument.value, prefix)
        if called == 'range' and len(node.args) == 1:
            node.args[0] = self.option('epochs', node.args[0], 'range')
        if called == 'from_pretrained' and node.args:
            node.args[0] = self.option('model_name', node.args[0], 'pretrained')
        return node

    def visit_FunctionDef(self, node):
        return node if node.decorator_list else self.generic_visit(node)

    def option(self, name, node, prefix):
        if not isinstance(node, ast.Constant) or not self.fits(node.value):
            return node
        for each in (name, f'{prefix}_{name}'):
            if self.usable(each, node.value):
                self.found[each] = node.value
                return expression(self.access(each))
        return node

    def fits(self, value):
        if isinstance(value, bool):
            return self.switches
        return isinstance(value, (int, float)) or isinstance(value, str) and 0 < len(value) <= 60

    def usable(self, name, value):
        if name in self.found:
            return self.found[name] == value and type(self.found[name]) is type(value)
        clashes = {name, name.upper()} & self.taken or keyword.iskeyword(name) or hasattr(builtins, name)
        return not clashes and len(self.found) < MOST


def options(access, switches=True):
    """Makes a rewriting of a function that gets the script, the options and the work that reads them.

    `switches` tells whether True and False become options as well.
    """
    def decorate(write):
        @rewriting
        @functools.wraps(write)
        def rewritten(script):
            if not script.free('args', 'parser', 'config', 'cfg', 'CONFIG', 'DEFAULTS', 'settings'):
                return None
            taken = Options(access, switches, script.names)
            work = [taken.visit(one) for one in script.work]
            return write(script, taken.found, work) if taken.found else None
        return rewritten
    return decorate


def parser(found, otherwise='default={!r}'):
    """The lines that make a parser with these options; `otherwise` says what holds where one is not given."""
    flags = [f'parser.add_argument("--{name.replace("_", "-")}", type={type(value).__name__}, '
             f'{otherwise.format(value)})' for name, value in found.items()]
    return '\n'.join(['parser = argparse.ArgumentParser()', *flags])


def given(found):
    return ', '.join(f'{name}={value!r}' for name, value in found.items())


def fields(found, pattern='{name}: {type} = {value!r}'):
    return '\n'.join('    ' + pattern.format(name=name, type=type(value).__name__, value=value)
                     for name, value in found.items())


def yaml(found):
    return ''.join(f'{name}: {json.dumps(value)}\n' for name, value in found.items())


@options(str.upper)
def constants(script, found, work):
    """Constants at the top: `DataLoader(d, num_workers=NUM_WORKERS)`."""
    return script.write('\n'.join(f'{name.upper()} = {value!r}' for name, value in found.items()),
                        script.definitions, work)


@options('args.{}'.format, switches=False)
def command_line(script, found, work):
    """Options of the command line: `DataLoader(d, num_workers=args.num_workers)`."""
    return script.write('import argparse', script.definitions, parser(found), 'args = parser.parse_args()', work)


@options('args.{}'.format, switches=False)
def command_line_in_functions(script, found, work):
    """The parser in one function, the work in another: `main(get_args())`."""
    if not script.movable or not script.free('main', 'get_args'):
        return None
    get_args = function('get_args()', statements(parser(found)) + [ast.Return(expression('parser.parse_args()'))])
    return script.write('import argparse', script.definitions, [get_args, function('main(args)', work)],
                        "if __name__ == '__main__':\n    main(get_args())")


@options('args[{!r}]'.format, switches=False)
def command_line_as_dict(script, found, work):
    """The command line as a dictionary: `args = vars(parser.parse_args())`, `args['num_workers']`."""
    return script.write('import argparse', script.definitions, parser(found), 'args = vars(parser.parse_args())', work)


@options(str, switches=False)
def command_line_unpacked(script, found, work):
    """The command line handed on as arguments: `run(**vars(args))`."""
    if not script.movable or not script.free('run'):
        return None
    return script.write('import argparse', script.definitions, [function(f'run({", ".join(found)})', work)],
                        parser(found), 'args = parser.parse_args()\nrun(**vars(args))')


@options(str)
def fire(script, found, work):
    """A command line made of a signature: `fire.Fire(main)`."""
    if not script.movable or not script.free('main'):
        return None
    return script.write('import fire', script.definitions, [function(f'main({given(found)})', work)],
                        "if __name__ == '__main__':\n    fire.Fire(main)")


@options(str)
def click(script, found, work):
    """A command line made of decorators: `@click.option('--num-workers', default=4)`."""
    if not script.movable or not script.free('main'):
        return None
    main = function(f'main({", ".join(found)})', work)
    flags = [f"click.option('--{name.replace('_', '-')}', default={value!r})" for name, value in found.items()]
    main.decorator_list = [expression(one) for one in ['click.command()', *flags]]
    return script.write('import click', script.definitions, [main], "if __name__ == '__main__':\n    main()")


@options('args.{}'.format, switches=False)
def dataclass_parser(script, found, work):
    """A command line made of a dataclass: `HfArgumentParser(ScriptArguments)`."""
    made = f'@dataclass\nclass ScriptArguments:\n{fields(found, "{name}: {type} = field(default={value!r})")}'
    parsed = '(args,) = HfArgumentParser(ScriptArguments).parse_args_into_dataclasses()'
    return script.write('from dataclasses import dataclass, field\nfrom transformers import HfArgumentParser',
                        made, script.definitions, parsed, work)


@options('config[{!r}]'.format)
def dictionary(script, found, work):
    """A dictionary: `config['num_workers']`."""
    return script.write(script.definitions, f'config = {found!r}', work)


@options('config.get({!r})'.format)
def dictionary_get(script, found, work):
    """A dictionary that is asked: `config.get('num_workers')`."""
    return script.write(script.definitions, f'config = {found!r}', work)


@options('config[{!r}]'.format)
def nested_dictionary(script, found, work):
    """A dictionary in a dictionary: `config = CONFIG['training']`."""
    return script.write(script.definitions, f"CONFIG = {{'training': {found!r}, 'name': 'first'}}",
                        "config = CONFIG['training']", work)


@options('(cfg.get({0!r}) or DEFAULTS[{0!r}])'.format)
def default_where_missing(script, found, work):
    """A default where nothing is given: `cfg.get('num_workers') or DEFAULTS['num_workers']`."""
    return script.write(script.definitions, f'DEFAULTS = {found!r}\ncfg = {{}}', work)


@options('cfg[{!r}]'.format)
def merged_dictionaries(script, found, work):
    """Defaults under what a file says: `cfg = {**DEFAULTS, **json.load(f)}`."""
    first = dict([next(iter(found.items()))])
    merged = "with open('config.json') as f:\n    cfg = {**DEFAULTS, **json.load(f)}"
    changed = script.write('import json', script.definitions, f'DEFAULTS = {found!r}', merged, work)
    return {**changed, 'config.json': json.dumps(first) + '\n'}


@options('cfg[{!r}]'.format)
def yaml_file(script, found, work):
    """A file of YAML: `cfg = yaml.safe_load(f)`."""
    opened = "with open('config.yaml') as f:\n    cfg = yaml.safe_load(f)"
    return {**script.write('import yaml', script.definitions, opened, work), 'config.yaml': yaml(found)}


@options('cfg[{!r}]'.format)
def json_file(script, found, work):
    """A file of JSON, read by a function: `cfg = load_config('config.json')`."""
    load = 'def load_config(path):\n    with open(path) as f:\n        return json.load(f)'
    changed = script.write('import json', load, script.definitions, "cfg = load_config('config.json')", work)
    return {**changed, 'config.json': json.dumps(found, indent=2) + '\n'}


@options('cfg.{}'.format)
def omegaconf(script, found, work):
    """A file of YAML, read by OmegaConf: `cfg = OmegaConf.load('config.yaml')`."""
    changed = script.write('from omegaconf import OmegaConf', script.definitions,
                           "cfg = OmegaConf.load('config.yaml')", work)
    return {**changed, 'config.yaml': yaml(found)}


@options('cfg.{}'.format)
def hydra(script, found, work):
    """A folder of YAML that Hydra reads: `@hydra.main(config_path='conf')`."""
    if not script.movable or not script.free('main'):
        return None
    main = function('main(cfg)', work)
    main.decorator_list = [expression("hydra.main(version_base=None, config_path='conf', config_name='config')")]
    changed = script.write('import hydra', script.definitions, [main], "if __name__ == '__main__':\n    main()")
    return {**changed, script.beside('conf/config.yaml'): yaml(found)}


@options(lambda name: f'config.{name.upper()}')
def module_of_constants(script, found, work):
    """A module: `import config`, `config.NUM_WORKERS`."""
    values = ''.join(f'{name.upper()} = {value!r}\n' for name, value in found.items())
    return {**script.write('import config', script.definitions, work), script.beside('config.py'): values}


@options('Config.{}'.format)
def class_of_constants(script, found, work):
    """A class in another module: `from settings import Config`, `Config.num_workers`."""
    if not script.free('Config'):
        return None
    changed = script.write('from settings import Config', script.definitions, work)
    return {**changed, script.beside('settings.py'): f'class Config:\n{fields(found, "{name} = {value!r}")}\n'}


@options('cfg.{}'.format)
def dataclass(script, found, work):
    """A dataclass: `cfg = TrainConfig()`, `cfg.num_workers`."""
    return script.write('from dataclasses import dataclass', f'@dataclass\nclass TrainConfig:\n{fields(found)}',
                        script.definitions, 'cfg = TrainConfig()', work)


@options('args.{}'.format)
def namespace(script, found, work):
    """A namespace: `args = SimpleNamespace(num_workers=4)`."""
    return script.write('from types import SimpleNamespace', script.definitions,
                        f'args = SimpleNamespace({given(found)})', work)


@options('self.{}'.format)
def attributes_of_class(script, found, work):
    """Attributes of the class whose method does the work: `self.num_workers`."""
    if not script.movable or not script.free('Job'):
        return None
    job = statements(f'class Job:\n{fields(found, "{name} = {value!r}")}')[0]
    job.body.append(function('run(self)', work))
    return script.write(script.definitions, [job], 'Job().run()')


@options(str.upper, switches=False)
def environment(script, found, work):
    """Variables of the environment with defaults: `NUM_WORKERS = int(os.environ.get('NUM_WORKERS', 4))`."""
    read = [f'{name.upper()} = {type(value).__name__}(os.environ.get({name.upper()!r}, {value!r}))'
            for name, value in found.items()]
    return script.write('import os', script.definitions, '\n'.join(read), work)


@options(str)
def defaults_of_function(script, found, work):
    """A function with defaults, called without arguments: `def train(num_workers=4)`."""
    if not script.movable or not script.free('train'):
        return None
    return script.write(script.definitions, [function(f'train({given(found)})', work)],
                        "if __name__ == '__main__':\n    train()")


@options(str)
def arguments_of_function(script, found, work):
    """A function of another module, called with the values: `run(num_workers=4)`."""
    if not script.movable:
        return None
    return {
        script.beside('engine.py'): module(script.imports, script.definitions,
                                           [function(f'run({", ".join(found)})', work)]),
        script.path: f"from engine import run\n\nif __name__ == '__main__':\n    run({given(found)})\n",
    }


@options('cfg.{}'.format)
def through_two_modules(script, found, work):
    """An object that goes through two modules: `run(settings)` calls `fit(config)`, which reads it."""
    if not script.movable:
        return None
    main = function('main()', statements(f'settings = SimpleNamespace({given(found)})\nrun(settings)'))
    return {
        script.beside('fitting.py'): module(script.imports, script.definitions, [function('fit(cfg)', work)]),
        script.beside('runner.py'): 'from fitting import fit\n\n\ndef run(config):\n    fit(config)\n',
        script.path: module('from types import SimpleNamespace\nfrom runner import run', [main],
                            "if __name__ == '__main__':\n    main()"),
    }
