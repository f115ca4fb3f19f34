/** What a value is, without running anything. */
import assert from 'node:assert/strict'
import type { Json } from '../../server/src/text/json.js'
import { analyse, fold, isUnknown, launch, value, valueOfName } from './analyse.js'

const plain: [expression: string, expected: Json][] = [
  ['-3', -3],
  ['1_000', 1000],
  ['2 ** 10', 1024],
  ['7 // 2', 3],
  ['-7 // 2', -4],
  ['-7 % 3', 2],
  ['7 / 2', 3.5],
  ['1e-3', 0.001],
  ["'a' 'b'", 'ab'],
  ["'a' + 'b'", 'ab'],
  ["f'run-{3}'", 'run-3'],
  ['[1, 2] + [3]', [1, 2, 3]],
  ['[0] * 3', [0, 0, 0]],
  ['(1, 2)', [1, 2]],
  ['{1, 1, 2}', [1, 2]],
  ["{'a': 1, **{'b': 2}}", { a: 1, b: 2 }],
  ["{'a': 1} | {'a': 2}", { a: 2 }],
  ["dict(a=1, b='x')", { a: 1, b: 'x' }],
  ['[*range(3), 9]', [0, 1, 2, 9]],
  ['list(range(2, 11, 3))', [2, 5, 8]],
  ['len([1, 2, 3])', 3],
  ["len('abc')", 3],
  ['int(3.9)', 3],
  ["float('1e-4')", 0.0001],
  ['str(5)', '5'],
  ['bool(0)', false],
  ['round(2.5)', 2],
  ['round(3.5)', 4],
  ['round(0.1234, 2)', 0.12],
  ['abs(-2)', 2],
  ['sum([1, 2, 3])', 6],
  ['min(4, 2)', 2],
  ['max([4, 9])', 9],
  ['sorted([3, 1, 2])', [1, 2, 3]],
  ['list(reversed([1, 2]))', [2, 1]],
  [
    'list(zip([1, 2], [3, 4]))',
    [
      [1, 3],
      [2, 4],
    ],
  ],
  [
    'list(enumerate([5, 6], 1))',
    [
      [1, 5],
      [2, 6],
    ],
  ],
  ['[1, 2, 3][-1]', 3],
  ["{'a': [1, 2]}['a'][0]", 1],
  ["{'a': 1}.get('b', 7)", 7],
  ["list({'a': 1}.items())", [['a', 1]]],
  ['3 if True else 4', 3],
  ['not []', true],
  ['None or 5', 5],
  ['1 and 2', 2],
  ['2 in [1, 2]', true],
  ['None is None', true],
  ["'A,B'.lower().split(',')", ['a', 'b']],
  ['[i * 2 for i in range(4) if i != 1]', [0, 4, 6]],
  ['[a + b for a in [1, 2] for b in [10, 20]]', [11, 21, 12, 22]],
  ['[x for x, y in [(1, 2), (3, 4)]]', [1, 3]],
  ["{k: v * 2 for k, v in {'a': 1}.items()}", { a: 2 }],
  ['{i % 2 for i in range(9)}', [0, 1]],
  ['[[j for j in range(i)] for i in range(3)]', [[], [0], [0, 1]]],
  ['[2 ** i for i in range(4)][2]', 4],
]

const arrays: [expression: string, expected: Json][] = [
  ['np.arange(4)', [0, 1, 2, 3]],
  ['np.arange(0, 1, 0.25)', [0, 0.25, 0.5, 0.75]],
  ['np.arange(64, 256, step=64)', [64, 128, 192]],
  ['np.arange(stop=3)', [0, 1, 2]],
  ['np.linspace(0, 1, 3)', [0, 0.5, 1]],
  ['np.linspace(start=200, stop=400, num=3, dtype=int)', [200, 300, 400]],
  ['np.logspace(0, 2, 3)', [1, 10, 100]],
  ['np.logspace(start=0, stop=2, num=3, base=2)', [1, 2, 4]],
  ['np.array([1, 2]) * 3', [3, 6]],
  ['10.0 ** -np.arange(1, 3)', [0.1, 0.01]],
  ['np.array([1, 2]) + np.array([10, 20])', [11, 22]],
  ['2 ** np.array([1, 2, 3])', [2, 4, 8]],
  ['np.linspace(1, 3, 3).astype(int).tolist()', [1, 2, 3]],
  ['list(np.concatenate([np.arange(2), [9]]))', [0, 1, 9]],
  ['[int(x) for x in np.linspace(10, 30, num=3)]', [10, 20, 30]],
  ['len(np.linspace(0, 1))', 50],
  ['np.unique([1, 1, 2])', [1, 2]],
]

const paths: [expression: string, expected: Json][] = [
  ["Path('runs') / 'a' / 'x.json'", 'runs/a/x.json'],
  ["Path('runs/a.json').parent", 'runs'],
  ["Path('runs/a.json').with_suffix('.yaml')", 'runs/a.yaml'],
  ["Path('runs').joinpath('b', 'c.json')", 'runs/b/c.json'],
  ["str(Path('/data') / '/scratch')", '/scratch'],
  ['__file__', 'train.py'],
  ["Path(__file__).resolve().parent / 'grid.yaml'", 'grid.yaml'],
  ["Path(__file__).with_name('grid.yaml')", 'grid.yaml'],
  ["Path(__file__).parents[1] / 'conf' / 'grid.yaml'", '../conf/grid.yaml'],
  ["os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'grid.yaml')", '../grid.yaml'],
]

describe('values of expressions', () => {
  for (const [expression, expected] of paths) {
    const head = 'import os\nfrom pathlib import Path'
    const around = { path: 'tools/train.py' }
    it(expression, async () => {
      const folded = await fold(head, expression, around)
      assert.deepEqual(folded.state === 'known' ? folded.value : folded, expected)
    })
  }
  for (const [expression, expected] of plain) {
    it(expression, async () => assert.deepEqual(await value('', expression), expected))
  }
  for (const [expression, expected] of arrays) {
    it(expression, async () => {
      const found = await value('import numpy as np', expression)
      const close = (a: Json, b: Json): boolean =>
        typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) < 1e-9 : a === b
      assert.ok(Array.isArray(found) || typeof found === 'number', JSON.stringify(found))
      const [left, right] = [[found].flat(2), [expected].flat(2)]
      assert.ok(
        left.length === right.length && left.every((item, i) => close(item, right[i]!)),
        JSON.stringify(found),
      )
    })
  }

  for (const expression of [
    'read()',
    'input()',
    'x.y',
    '1 / 0',
    "'a' + 1",
    '[1][5]',
    "{'a': 1}['b']",
    '[f(x) for x in [1, 2]]',
    '[x for x in unknown]',
    'lambda: 3',
    'range(10 ** 9)',
    '[[0] * 9000] * 9000',
    '9 ** 9 ** 9',
  ]) {
    it(`${expression} has none`, () => isUnknown('', expression))
  }
})

describe('values of names', () => {
  it('follows one assignment, and unpacking', async () => {
    assert.equal(await value('a = 3\nb = a + 1', 'b'), 4)
    assert.equal(await value('a, (b, c) = 1, (2, 3)', 'c'), 3)
    assert.equal(await value('a = b = 4', 'b'), 4)
    assert.equal(await value('(n := 5)', 'n'), 5)
  })

  it('takes the last assignment before the place, in a notebook as well', async () => {
    assert.equal(await value('a = 1\nc = a\na = 2', 'c'), 1)
    assert.equal(await value('a = 1\na = 2', 'a', { notebook: true }), 2)
    assert.equal(await value('a = 1\nanswer = a\na = 2', '0 + a'), 2)
  })

  it('agrees over branches or knows nothing', async () => {
    assert.equal(await value('if x:\n  a = 2\nelse:\n  a = 2', 'a'), 2)
    await isUnknown('if x:\n  a = 2\nelse:\n  a = 3', 'a')
    await isUnknown('a = 1\nif x:\n  a = 3', 'a')
  })

  it('knows no value that grows in a loop', async () => {
    await isUnknown('n = 0\nfor i in items:\n  n = n + 1', 'n')
    await isUnknown('n = 0\nwhile go():\n  n += 1', 'n')
    await isUnknown('for n in [1, 2]:\n  pass', 'n')
  })

  it('knows a parameter that every call gives the same value', async () => {
    const text = 'def f(n, m=2):\n  inside = n * m\nf(4)\nf(n=4)'
    assert.deepEqual(valueOfName(await analyse(text), 'inside'), {
      state: 'known',
      value: 8,
      channel: 'code',
      overridable: false,
    })
    assert.equal(valueOfName(await analyse(`${text}\nf(5)`), 'inside').state, 'unknown')
    assert.equal(valueOfName(await analyse(`${text}\nrun(f)`), 'inside').state, 'unknown')
  })

  it('knows the default of a function that nothing calls, which a caller may replace', async () => {
    const default3 = { state: 'known', value: 3, channel: 'code', overridable: true }
    assert.deepEqual(valueOfName(await analyse('def f(n=3):\n  inside = n'), 'inside'), default3)
    const made = await analyse('class A:\n  def __init__(self, n=3):\n    inside = n')
    assert.deepEqual(valueOfName(made, 'inside'), default3)
    // A method is called on what nobody can tell.
    const method = await analyse('class A:\n  def fit(self, n=3):\n    inside = n')
    assert.equal(valueOfName(method, 'inside').state, 'unknown')
    assert.equal(valueOfName(await analyse('def f(n=3):\n  inside = n\nrun(f)'), 'inside').state, 'unknown')
  })

  it('reads what a class holds for all, here and in another module', async () => {
    const text = 'class CFG:\n  workers = 4\n  size: int = 64\n'
    assert.equal(await value(text, 'CFG.workers'), 4)
    assert.equal(await value(`${text}c = CFG`, 'c.size'), 64)
    await isUnknown(`${text}if debug:\n  CFG.workers = 0`, 'CFG.workers')
    await isUnknown('class CFG:\n  workers = 4\n  if debug:\n    workers = 0\n', 'CFG.workers')
    await isUnknown(
      'from pydantic import BaseSettings\nclass CFG(BaseSettings):\n  workers = 4\n',
      'CFG.workers',
    )
    const modules = { settings: text, changed: `${text}CFG.workers = 8` }
    assert.equal(await value('from settings import CFG', 'CFG.workers', { modules }), 4)
    assert.equal(await value('from settings import CFG\nc = CFG()', 'c.size', { modules }), 64)
    await isUnknown('from settings import CFG\nc = CFG(size=3)', 'c.size', { modules })
    await isUnknown('from settings import CFG\nif debug:\n  CFG.workers = 0', 'CFG.workers', { modules })
    await isUnknown('from changed import CFG', 'CFG.workers', { modules })
  })

  it('knows what a class of the module is made with, where nobody else makes its objects', async () => {
    const text =
      'class A:\n  def __init__(self, n):\n    self.n = n\n  def go(self):\n    inside = self.n + 1\n'
    assert.deepEqual(
      (valueOfName(await analyse(`${text}A(3)\nA(n=3)`), 'inside') as { value: Json }).value,
      4,
    )
    assert.equal(valueOfName(await analyse(`${text}A(3)\nA(5)`), 'inside').state, 'unknown')
    assert.equal(valueOfName(await analyse(`${text}A(3)\nrun(A)`), 'inside').state, 'unknown')
    assert.equal(valueOfName(await analyse(`${text}A(3)\nclass B(A):\n  pass`), 'inside').state, 'known')
    assert.equal(
      valueOfName(await analyse(`${text}A(3)\nclass B(A):\n  pass\nB(5)`), 'inside').state,
      'unknown',
    )
    const own = `${text}A(3)\nclass B(A):\n  def __init__(self):\n    super().__init__(5)`
    assert.equal(valueOfName(await analyse(own), 'inside').state, 'unknown')
    const importers = [(await analyse('import torch')).summary()]
    assert.equal(valueOfName(await analyse(`${text}A(3)`, { importers }), 'inside').state, 'unknown')
  })

  it('reads attributes of self, of classes and of dataclass objects', async () => {
    const text =
      'class A:\n  def __init__(self):\n    self.n = 3\n  def go(self):\n    inside = self.n + 1\n' +
      'from dataclasses import dataclass, field\n@dataclass\nclass C:\n  lr: float = 0.1\n  n: int = field(default=4)\n'
    assert.deepEqual((valueOfName(await analyse(text), 'inside') as { value: Json }).value, 4)
    assert.equal(await value(`${text}c = C()`, 'c.n'), 4)
    assert.equal(await value(`${text}c = C(lr=0.5)`, 'c.lr'), 0.5)
    await isUnknown(`${text}c = C(**options)`, 'c.lr')
  })

  it('an attribute is one of what the branches of a condition assign', async () => {
    const options = async (init: string, around = '') => {
      const text = `class A:\n  def __init__(self):\n${init}\n  def go(self):\n    answer = self.n * 2\n${around}`
      const folded = valueOfName(await analyse(text), 'answer')
      return folded.state === 'unknown'
        ? (folded.options?.map((one) => [one.folded.value, one.when]) ?? [])
        : folded.value
    }
    const either = [
      [6, '`quick` holds'],
      [2, '`quick` does not hold'],
    ]
    assert.deepEqual(await options('    if quick:\n      self.n = 3\n    else:\n      self.n = 1'), either)
    assert.deepEqual(await options('    self.n = 1\n    if quick:\n      self.n = 3'), [...either].reverse())
    assert.deepEqual(await options('    self.n = 1\n    for n in steps:\n      self.n = n'), [])
    assert.deepEqual(
      await options('    self.n = 1', '  def set(self):\n    if quick:\n      self.n = 3\n'),
      [],
    )
  })

  it('reads constants of other modules of the project', async () => {
    const modules = { settings: 'WORKERS = 4\nDEVICES = [0, 1]\nMADE = f()' }
    assert.equal(await value('from settings import WORKERS', 'WORKERS', { modules }), 4)
    assert.deepEqual(await value('import settings as s', 's.DEVICES', { modules }), [0, 1])
    await isUnknown('from settings import MADE', 'MADE', { modules })
  })

  it('a function that ends with its only return has that value, with what all calls agree on', async () => {
    assert.equal(await value('def size():\n  return 3 * 2', 'size()'), 6)
    assert.equal(await value('def size(n):\n  return n', 'size(3)'), 3)
    await isUnknown('def size(n):\n  return n\nsize(4)', 'size(3)')
    await isUnknown('def size(n):\n  if n > 2:\n    return n', 'size(3)')
  })

  const getters: [string, string][] = [
    ['get', 'def get(d, key, default=None):\n  return d.get(key, default)\n'],
    [
      'either way',
      'def get(d, key, default=None):\n  try:\n    return d.get(key, default)\n  except AttributeError:\n    return getattr(d, key, default)\n',
    ],
    ['a subscript', 'def get(d, key, default=None):\n  if key in d:\n    return d[key]\n  return default\n'],
    ['a condition', 'def get(d, key, default=None):\n  return d[key] if key in d else default\n'],
    [
      'a name',
      'def get(d, key, default=None):\n  value = d.get(key)\n  return default if value is None else value\n',
    ],
    [
      'another getter',
      'def inner(d, key, other):\n  return d.get(key, other)\ndef get(d, key, default=None):\n  return inner(d, key, default)\n',
    ],
  ]
  for (const [name, text] of getters) {
    it(`a getter of the project: ${name}`, async () => {
      const code = `${text}d = {'a': 1, 'b': {'c': 2}}`
      assert.equal(await value(code, "get(d, 'a', 5)"), 1)
      assert.equal(await value(code, "get(d, 'x', 5)"), 5)
      assert.equal(await value(code, "get(d, key='x')"), null)
      assert.equal(await value(code, "get(get(d, 'b', {}), 'c', 5)"), 2)
    })
  }

  it('a getter that goes down a path', async () => {
    const dotted =
      "def dig(d, path, default=None):\n  node = d\n  for part in path.split('.'):\n    if part not in node:\n      return default\n    node = node[part]\n  return node\n"
    assert.equal(await value(`${dotted}d = {'b': {'c': 2}}`, "dig(d, 'b.c')"), 2)
    assert.equal(await value(`${dotted}d = {'b': {'c': 2}}`, "dig(d, 'b.x', 7)"), 7)
    const listed =
      'def dig(d, *keys, default=None):\n  for key in keys:\n    d = d.get(key, {})\n  return d or default\n'
    assert.equal(await value(`${listed}d = {'b': {'c': 2}}`, "dig(d, 'b', 'c', default=7)"), 2)
  })

  it('a function that does more than to look up is no getter', async () => {
    await isUnknown(
      "def get(d, key, default):\n  key = key.upper()\n  return d.get(key, default)\nd = {'a': 1}",
      "get(d, 'a', 2)",
    )
    const doubled =
      "def get(d, key, default):\n  return d.get(key, default) * 2\nd = {'a': 1}\nget(d, 'b', 3)"
    assert.equal(await value(doubled, "get(d, 'a', 2)"), 2)
    assert.equal(await value(doubled, "get(d, 'b', 2)"), 4)
  })

  it('an accelerator is there unless the launch hides it', async () => {
    const asks = async (environment: Record<string, string>) => {
      const folded = await fold('import torch', 'torch.cuda.is_available()', {
        binding: launch({}, { environment }),
      })
      return folded.state === 'known' ? [folded.value, folded.overridable] : folded.because
    }
    assert.deepEqual(await asks({}), [true, true])
    assert.deepEqual(await asks({ CUDA_VISIBLE_DEVICES: '-1' }), [false, false])
  })

  it('a parameter is one of what several calls pass', async () => {
    const options = async (calls: string) => {
      const folded = valueOfName(await analyse(`def f(n):\n  answer = n * 2\n${calls}`), 'answer')
      return folded.state === 'unknown'
        ? (folded.options?.map((one) => [one.folded.value, one.when, one.byDefault]) ?? [])
        : folded.value
    }
    assert.deepEqual(await options('f(1)\nf(3)\nf(1)'), [
      [2, '`n` is 1', false],
      [6, '`n` is 3', false],
    ])
    assert.equal(await options('f(1)\nf(1)'), 2)
    assert.deepEqual(await options('f(1)\nf(unknown)'), [])
  })

  it('a getter of another module', async () => {
    const modules = { helpers: 'def get(d, key, default=4):\n  return d.get(key, default)' }
    assert.equal(await value("from helpers import get\nd = {'a': 1}", "get(d, 'a')", { modules }), 1)
    assert.equal(await value("from helpers import get\nd = {'a': 1}", "get(d, 'b')", { modules }), 4)
  })

  it('the fallback of what nobody knows may be replaced', async () => {
    const cases: [string, string, string][] = [
      ['def f(cfg):\n  pass', "cfg.get('amp', False)", 'false, open'],
      ['def f(args):\n  pass', "getattr(thing, 'amp', False)", 'false, open'],
      ['import yaml, sys\ncfg = yaml.safe_load(open(sys.argv[1]))', "cfg.get('amp', False)", 'unknown'],
      [
        'import sys\nfrom settings import load_config\ncfg = load_config(sys.argv[1])',
        "cfg.get('amp', False)",
        'unknown',
      ],
      ["cfg = {'amp': True}", "cfg.get('amp', False)", 'true'],
      ['import torch', "getattr(torch, 'bfloat16', None)", 'unknown'],
    ]
    for (const [text, expression, expected] of cases) {
      const folded = await fold(text, expression)
      const shown =
        folded.state === 'unknown' ? 'unknown' : `${folded.value}${folded.overridable ? ', open' : ''}`
      assert.equal(shown, expected, expression)
    }
  })
})

describe('lists and dictionaries that are changed in place', () => {
  it('follows what certainly happens', async () => {
    assert.deepEqual(await value('a = [1]\na.append(2)\na.extend([3, 4])', 'a'), [1, 2, 3, 4])
    assert.deepEqual(await value("d = {'a': 1}\nd['b'] = 2\nd.update({'c': 3})", 'd'), { a: 1, b: 2, c: 3 })
    assert.deepEqual(await value('a = [1]\nb = a\na = [2]\na.append(3)', 'a'), [2, 3])
  })

  it('does not look ahead', async () => {
    assert.deepEqual(await value('a = [1]\nanswer = a\na.append(2)', '[0]'), [0])
    const analysis = await analyse('a = [1]\nbefore = a\na.append(2)\nafter = a')
    assert.deepEqual((valueOfName(analysis, 'before') as { value: Json }).value, [1])
    assert.deepEqual((valueOfName(analysis, 'after') as { value: Json }).value, [1, 2])
  })

  for (const [title, text] of [
    ['under a condition', 'a = [1]\nif x:\n  a.append(2)'],
    ['in a loop', 'a = [1]\nfor i in range(3):\n  a.append(i)'],
    ['in a function', 'a = [1]\ndef f():\n  a.append(2)\nf()'],
    ['by sorting or removing', 'a = [2, 1]\na.sort()'],
    ['by an unknown value', 'a = [1]\na.append(read())'],
    ['by a function that an empty one is handed', 'a = []\ncollect(a, files)'],
    ['by a key that is not known', 'a = {}\na[k] = 1'],
    ['by deleting', "a = {'x': 1}\ndel a['x']"],
  ]) {
    it(`${title}: unknown`, () => isUnknown(text!, 'a'))
  }

  it('a list that is made anew in each pass is whole there', async () => {
    const analysis = await analyse('for i in items:\n  a = [1]\n  a.append(2)\n  inside = a')
    assert.deepEqual((valueOfName(analysis, 'inside') as { value: Json }).value, [1, 2])
  })

  it('a later change in the same loop reaches an earlier use', async () => {
    const analysis = await analyse('a = [1]\nfor i in items:\n  inside = a\n  a.append(i)')
    assert.equal(valueOfName(analysis, 'inside').state, 'unknown')
  })
})

describe('environment variables', () => {
  it('have their fallback, which any launch replaces', async () => {
    const found = await fold('import os', "int(os.environ.get('N', '4'))")
    assert.deepEqual(found, { state: 'known', value: 4, channel: 'code', overridable: true })
    await isUnknown('import os', "os.environ['N']")
  })

  it('have what the launch sets', async () => {
    const binding = launch({}, { environment: { N: '8' } })
    const found = await fold('import os', "os.getenv('N', '4')", { binding })
    assert.ok(found.state === 'known')
    assert.deepEqual([found.value, found.channel, found.overridable], ['8', 'launch environment', false])
  })
})

describe('deep and hostile values', () => {
  it('what is too deep in one question is not too deep in the next', async () => {
    const lines = ['a0 = 1', ...Array.from({ length: 600 }, (_, i) => `a${i + 1} = a${i} + 1`)]
    const analysis = await analyse(lines.join('\n'))
    assert.equal(valueOfName(analysis, 'a600').state, 'unknown')
    assert.deepEqual((valueOfName(analysis, 'a5') as { value: Json }).value, 6)
  })

  it('values that double at each step stay cheap', async () => {
    const lines = ['a0 = 1', ...Array.from({ length: 40 }, (_, i) => `a${i + 1} = a${i} + a${i}`)]
    const analysis = await analyse(lines.join('\n'))
    assert.ok(['known', 'unknown'].includes(valueOfName(analysis, 'a40').state))
  })

  it('texts that double at each step end', async () => {
    const lines = ["a0 = 'text'", ...Array.from({ length: 60 }, (_, i) => `a${i + 1} = a${i} + a${i}`)]
    const analysis = await analyse(lines.join('\n'))
    for (let i = 1; i <= 60; i++) {
      const found = valueOfName(analysis, `a${i}`)
      assert.ok(found.state === 'unknown' || String(found.value).length <= 100_000)
    }
  })

  it('lists that hold each other many times end', async () => {
    const lines = ['a0 = [1, 1]', ...Array.from({ length: 60 }, (_, i) => `a${i + 1} = [a${i}, a${i}]`)]
    const analysis = await analyse(lines.join('\n'))
    for (let i = 1; i <= 60; i++) {
      const found = valueOfName(analysis, `a${i}`)
      assert.ok(found.state === 'unknown' || JSON.stringify(found.value).length < 1_000_000)
    }
  })

  it('comprehensions inside comprehensions have a budget', async () => {
    await isUnknown('', '[[[k for k in range(999)] for j in range(999)] for i in range(999)]')
  })

  it('names that refer to each other end', async () => {
    await isUnknown('for i in x:\n  a = b\n  b = a', 'a')
  })

  it('what one call could pass is not what all calls pass', async () => {
    const text =
      'def inner(middle=None):\n  global empty\n  empty = not middle\n' +
      'def outer(width):\n  inner(width)\nouter(8)\nouter(16)\ninner()\n'
    const found = valueOfName(await analyse(text), 'empty')
    assert.equal(found.state, 'unknown')
  })
})
