/** Arguments of a call, wherever they come from. */
import assert from 'node:assert/strict'
import type { Expr } from '../../server/src/syntax/python-ast.js'
import type { Json } from '../../server/src/text/json.js'
import { analyse, argument, callNamed } from './analyse.js'

const cases: [title: string, text: string, expected: Json][] = [
  ['a keyword', 'f(x, workers=4)', 4],
  ['a position', 'f(x, 4)', 4],
  ['left out', 'f(x)', 'absent'],
  ['a value that cannot be read', 'f(x, workers=n)', 'given'],
  ['a dictionary', "f(x, **{'workers': 4})", 4],
  ['a named dictionary', "kw = {'workers': 4}\nf(x, **kw)", 4],
  ['dict(…)', 'kw = dict(workers=4)\nf(x, **kw)', 4],
  ['dict(base, …)', "base = {'workers': 4}\nkw = dict(base, other=1)\nf(x, **kw)", 4],
  ['a copy', "base = {'workers': 4}\nkw = base.copy()\nkw['other'] = 1\nf(x, **kw)", 4],
  ['a spread inside', "base = {'workers': 4}\nkw = {**base, 'other': 1}\nf(x, **kw)", 4],
  ['a spread that is overwritten', "base = {'workers': 4}\nkw = {**base, 'workers': 2}\nf(x, **kw)", 2],
  ['a union', "kw = {'workers': 1} | {'workers': 4}\nf(x, **kw)", 4],
  ['a dictionary without it', "kw = {'other': 4}\nf(x, **kw)", 'absent'],
  ['an opaque dictionary', 'f(x, **kw)', '? **kwargs'],
  ['an opaque dictionary after the keyword', 'f(x, workers=4, **kw)', 4],
  ['a key that cannot be read', 'kw = {name: 4}\nf(x, **kw)', '? **kwargs'],
  ['an assignment', "kw = {}\nkw['workers'] = 4\nf(x, **kw)", 4],
  ['an assignment after the call', "kw = {}\nf(x, **kw)\nkw['workers'] = 4", 'absent'],
  [
    'an assignment under a condition',
    "kw = {}\nif gpu:\n  kw['workers'] = 4\nf(x, **kw)",
    "? kw['workers'] is set under a condition",
  ],
  ['an update', "kw = {'workers': 1}\nkw.update(workers=4)\nf(x, **kw)", 4],
  ['an update with a dictionary', "kw = {}\nkw.update({'workers': 4})\nf(x, **kw)", 4],
  [
    'an update under a condition',
    'kw = {}\nif gpu:\n  kw.update(workers=4)\nf(x, **kw)',
    '? kw is updated under a condition',
  ],
  ['an update with something else', 'kw = {}\nkw.update(read())\nf(x, **kw)', '? **kwargs'],
  ['another key under a condition', "kw = {'workers': 4}\nif gpu:\n  kw['pin'] = True\nf(x, **kw)", 4],
  ['a key that is taken out', "kw = {'workers': 4}\nkw.pop('workers')\nf(x, **kw)", 'absent'],
  ['another key that is taken out', "kw = {'workers': 4}\nkw.pop('pin')\nf(x, **kw)", 4],
  ['a default that is set', "kw = {}\nkw.setdefault('workers', 4)\nf(x, **kw)", 4],
  ['one of two dictionaries', "kw = {'workers': 4} if gpu else {}\nf(x, **kw)", '? **kwargs'],
  ['one of two, neither with it', "kw = {'pin': 1} if gpu else {}\nf(x, **kw)", 'absent'],
  [
    'a function that returns a dictionary',
    "def build():\n  kw = dict(pin=1)\n  kw['workers'] = 4\n  return kw\nf(x, **build())",
    4,
  ],
  ['the same without the key', 'def build():\n  return dict(pin=1)\nf(x, **build())', 'absent'],
  [
    'the same, changed behind',
    "def build():\n  return dict(workers=1)\nkw = build()\nkw['workers'] = 4\nf(x, **kw)",
    4,
  ],
  [
    'a function with two ways out',
    'def build():\n  if gpu:\n    return {}\n  return dict(workers=4)\nf(x, **build())',
    '? **kwargs',
  ],
  [
    'keywords of a function',
    'def build(**more):\n  kw = dict(pin=1)\n  kw.update(more)\n  return kw\nf(x, **build(workers=4))',
    4,
  ],
  [
    'keywords of a function that are not there',
    'def build(**more):\n  return dict(pin=1, **more)\nf(x, **build())',
    'absent',
  ],
  [
    'a dictionary that is filtered',
    "def pick(kw):\n  return {k: v for k, v in kw.items() if k in known}\nf(x, **pick({'workers': 4}))",
    4,
  ],
  [
    'one of two keys, none of them it',
    "key = 'a' if new else 'b'\nkw = {key: 1, 'workers': 4}\nf(x, **kw)",
    4,
  ],
  ['one of two keys', "key = 'workers' if new else 'b'\nkw = {key: 1}\nf(x, **kw)", '? **kwargs'],
  ['unpacked positions', 'a = [x, 4]\nf(*a)', 4],
  ['opaque positions', 'f(*a)', '? *args'],
  ['a position before opaque ones', 'f(x, 4, *a)', 4],
  ['a partial', 'from functools import partial\ng = partial(f, workers=4)\ng(x)', 4],
  [
    'a partial that is overruled',
    'from functools import partial\ng = partial(f, workers=1)\ng(x, workers=4)',
    4,
  ],
  ['positions of a partial', 'from functools import partial\ng = partial(f, x)\ng(4)', 4],
]

const choices: [title: string, text: string, expected: string[]][] = [
  [
    'a key that is set under a condition',
    "kw = {'workers': 1}\nif gpu:\n  kw['workers'] = 4\nf(x, **kw)",
    ['4 if `gpu` holds', '1 if `gpu` does not hold'],
  ],
  [
    'an update under a condition',
    "kw = {'workers': 1}\nif gpu:\n  kw.update(workers=4)\nf(x, **kw)",
    ['4 if `gpu` holds', '1 if `gpu` does not hold'],
  ],
  [
    'one of two dictionaries',
    "kw = {'workers': 4} if gpu else {'workers': 1}\nf(x, **kw)",
    ['4 if `gpu` holds', '1 if `gpu` does not hold'],
  ],
  [
    'a dictionary for each branch',
    "if gpu:\n  kw = {'workers': 4}\nelse:\n  kw = {'workers': 1}\nf(x, **kw)",
    ['4 if `gpu` holds', '1 if `gpu` does not hold'],
  ],
  [
    'a dictionary for each branch, kept by an object',
    "class A:\n  def __init__(self):\n    if gpu:\n      self.kw = {'workers': 4}\n    else:\n      self.kw = {'workers': 1}\n" +
      '  def go(self):\n    f(x, **self.kw)',
    ['4 if `gpu` holds', '1 if `gpu` does not hold'],
  ],
]

describe('arguments of a call', () => {
  for (const [title, text, expected] of choices) {
    it(`${title} is a choice`, async () => {
      const analysis = await analyse(text)
      const found = analysis.argument(callNamed(analysis, 'f'), 'workers')
      const folded = found.state === 'given' ? found.folded : null
      const options = folded?.state === 'unknown' ? (folded.options ?? []) : []
      assert.deepEqual(
        options.map((one) => `${JSON.stringify(one.folded.value)} if ${one.when}`),
        expected,
      )
    })
  }
  for (const [title, text, expected] of cases) {
    it(title, async () => {
      const analysis = await analyse(text)
      const method = text.includes('\ng(') ? 'g' : 'f'
      assert.deepEqual(argument(analysis, method, 'workers', 1), expected)
    })
  }

  it('span is that of the value', async () => {
    const analysis = await analyse('f(x, workers = 4 )')
    const found = analysis.argument(callNamed(analysis, 'f'), 'workers')
    assert.ok(found.state === 'given')
    assert.equal(analysis.text.slice(found.span.start, found.span.end), '4')
  })

  it('keys of a dictionary: as written and as added, none where one is not known', async () => {
    const keys = async (text: string): Promise<string[] | null> => {
      const analysis = await analyse(`${text}\nf(kw)`)
      return analysis.keysOf(callNamed(analysis, 'f').expr.args[0]!.value)
    }
    assert.deepEqual(await keys("kw = {'a': 1}\nkw['b'] = 2\nkw.update(c=3)"), ['a', 'b', 'c'])
    assert.deepEqual(await keys("kw = {'a': 1}\nkw.pop('a')"), [])
    assert.deepEqual(await keys("kw = {'a': 1}\nif x:\n  kw['b'] = 2"), ['a', 'b'])
    assert.deepEqual(await keys("if x:\n  kw = {'a': 1}\nelse:\n  kw = {'b': 2}"), ['a', 'b'])
    assert.equal(await keys('kw = {k: 1}'), null)
    assert.equal(await keys("kw = {'a': 1}\nfor k in ks:\n  kw[k] = 2"), null)
    assert.equal(await keys('kw = read()'), null)
  })

  it('what is put into a dictionary after it was put into another', async () => {
    const analysis = await analyse(
      "inner = {'a': 1}\nouter = {'inner': inner}\ninner['b'] = 2\nf(outer)\ninner['c'] = 3",
    )
    const call = callNamed(analysis, 'f')
    const entry = analysis.entry(call.expr.args[0]!.value, 'inner')
    assert.ok(entry.state === 'given')
    assert.deepEqual(analysis.keysOf(entry.expr, call.expr.start), ['a', 'b'])
  })

  describe('a key that is set inside an inner dictionary', () => {
    const entriesAfter = async (change: string) => {
      const analysis = await analyse(`kw = {'in': {'a': 1, 'b': 2}, 'out': 2}\n${change}\nf(kw, kw['in'])`)
      const [whole, inner] = callNamed(analysis, 'f').expr.args.map(({ value }) => value)
      const value = (dictionary: Expr | undefined, key: string) => {
        const entry = analysis.entry(dictionary!, key)
        return entry.state === 'given' && entry.folded.state === 'known' ? entry.folded.value : entry.state
      }
      return {
        whole: [value(whole, 'in'), value(whole, 'out')],
        inner: ['a', 'b', 'c'].map((key) => value(inner, key)),
        keys: analysis.keysOf(inner!),
      }
    }

    it('is known, with the others', async () => {
      assert.deepEqual(await entriesAfter("kw['in']['a'] = 3\nkw['in']['c'] = 4"), {
        whole: ['unknown', 2],
        inner: [3, 2, 4],
        keys: ['a', 'b', 'c'],
      })
    })

    it('under a condition, or from outside: it alone is unknown', async () => {
      for (const change of ["if x: kw['in']['a'] = 3", "kw['in']['a'] = unseen()", "kw['in']['a'] += 1"])
        assert.deepEqual((await entriesAfter(change)).inner.slice(1, 2), [2], change)
      const { whole, inner } = await entriesAfter("if x: kw['in']['a'] = 3")
      assert.deepEqual([whole[1], inner[0]], [2, 'unknown'])
    })

    it('under a key that cannot be told: no key is known', async () => {
      assert.deepEqual((await entriesAfter("for key in names: kw['in'][key] = 3")).inner, [
        'unknown',
        'unknown',
        'unknown',
      ])
    })
  })
})
