import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import { grammarTree, pythonTree } from '../../server/src/syntax/python-tree.js'
import { quickTree } from '../../server/src/syntax/quick-statements.js'

let grammars: Grammars

before(async () => {
  grammars = await loadGrammars(await grammarFiles())
})

const filesBelow = (folder: string, end: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name))

/** Texts of which both parsers make the same tree. */
const plain = [
  'x = 1\n',
  'x: int = 3\nx += 1; y = x ** -2\n',
  'a = b = c = 3,\n*a, b = c\n(a, b), c[0], d.e = f\n[a] = b\n',
  'if a:\n  b\n  # c\nelif d:\n  e\n  # f\nelse:\n\tg\n# h\n',
  'try:\n  a\nexcept A:\n  b\n  # c\nexcept (B, C) as e:\n  d\n  # e\nelse:\n  x\nfinally:\n  y\n',
  'for x, in y: pass\nfor i, (a, *b) in c.d(): e; f\nelse: g\n',
  'async def f(a, /, b: int = 1, *args: str, c, **d) -> list[int]:\n    async with a as (b, c), d: await e.f()\n    async for x in y: yield x, y\n',
  'with (open(a) as b, open(c) as d,): pass\nwith (a, b) as c: pass\nwith (a).b() as c: pass\nwith (a): pass\nwith (a, b): pass\n',
  '@a.b(c)\n@d\nclass D(E, m=F): x: int; y = 3\n',
  'import a.b as c, d\nfrom ... import e\nfrom .a.b import (c as d, e,)\nfrom f import *\nfrom __future__ import division\n',
  'return_ = not a == b and c or d in e and f not in g and h is not None\n',
  'a < b < c\na < f() < c\na < b < c < d\n',
  'x[a, ], x[::2], x[a:b, c], x[:], x[1:], x[b][c.d(e)]\n',
  'f(*a, b=c, **d)\nf(x for x in y)\nf(( x for x in y ))\nf(a, (x for x in y if z if w))\nf(x := 1)\n',
  '[x for x in a for y in b if c], {a: b for a in c}, {a for a, b in c}, {**a, "b": 1}, {*a, b}, {}, (), [], (a,)\n',
  'lambda *a, b=1, **c: d if e else lambda: f\n',
  'x = (yield)\ny = yield from z\n',
  'x = ("a" \'b\'\n  """c\n"""  # d\n r"\\d" u"e")\n',
  'f"{x!r:>{w}} {y=} {z:.2f} {{}} {a, b}" "c", f\'{x["a"]}\', rf"{x}\\d", f"""{\nx}"""\n',
  'b"a", rb"b", "a" b"b", 1j, 0xFF, 1_000, .5, 1e-3, 0o17, ...\n',
  'global a, b\ndel a, b[c]\nraise A from b\nassert a, b\n',
  'def f():\n    return *a, b\n    return\n',
  'a = b\\\n  .c\n\nif a: # d\n\n  # e\n  b\n\n\n# f\n',
  'while x := f(): break\nelse:\n  continue\n',
  'print(a)\nprint = 3\nexec(b)\nmatch(x)\nmatch = re.match\ntype = 3\n',
  'naïve = "ü"\r\nif naïve:\r\n\tx = 1\r\n',
  'def f(x: Callable[[int, List[a, b]], str], y: list[int] | a.b | None = None, z: "A" = 1): pass\n',
  'if a:\n        b\nelse:\n        c\n\tx = 1\n'.replace('\tx', '        x'),
  'x = a\n',
  'x = a',
  '',
  '# only a comment',
]

/** Texts that are left to the grammar: half-typed, old, or rare. */
const others = [
  'x =\n',
  'f(a b)\n',
  'f(\n',
  'print "a"\n',
  'print >>f, x\n',
  'print(a), b\n',
  'exec "a"\n',
  'class = 3\n',
  'f() = 3\n',
  '(a) = 3\n',
  '  x = 1\n',
  'if a:\nb\n',
  'if a:\n    b\n  c\n',
  'x = "abc\n',
  'match x:\n    case 1: pass\n',
  'try:\n  a\n',
  'raise A, "b"\n',
  'x = `a`\n',
  'x = 10L\n',
  'x <> y\n',
  'f"{a"\n',
  'if a: b;\n',
  'x = a +\ny = b\n',
  `x = ${'('.repeat(100)}1${')'.repeat(100)}\n`,
  `x = ${'a.b().'.repeat(200)}c\n`,
]

describe('the quick parser of Python', () => {
  it('makes the tree that the grammar makes', () => {
    for (const text of plain) {
      const quick = quickTree(text)
      assert.notEqual(quick, null, text)
      assert.deepEqual(quick, grammarTree(text, grammars), text)
    }
  })

  it('does so for every example of the documentation', () => {
    const pages = filesBelow('docs/rules', '.md').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^```python[^\n]*\n(.*?)^```/gms)].map((found) =>
        // Marks of findings; the grammar loses decorators above a comment at the beginning of a line.
        found[1]!.replace(/^# *\^.*\n/gm, ''),
      ),
    )
    const files = filesBelow('examples', '.py').map((file) => readFileSync(file, 'utf8'))
    assert.ok(pages.length > 100 && files.length > 2)
    let read = 0
    for (const text of [...pages, ...files]) {
      const quick = quickTree(text)
      if (quick === null) continue
      read++
      assert.deepEqual(quick, grammarTree(text, grammars), text)
    }
    assert.ok(read > (pages.length + files.length) * 0.9, `${read} of ${pages.length + files.length}`)
  })

  it('leaves to the grammar what is half-typed, old or rare', () => {
    for (const text of others) {
      assert.equal(quickTree(text), null, text)
      assert.deepEqual(pythonTree(text, grammars), grammarTree(text, grammars), text)
    }
  })

  it('leaves only the statement that is not plain to the grammar, in a long text', () => {
    const around = Array.from({ length: 200 }, (_, index) => `def f${index}(a):\n    # c\n    return a\n\n`)
    const rare = [...around.slice(0, 90), 'match x:\n    case 1:\n        y = 1  # c\n', ...around.slice(90)]
    assert.equal(quickTree(rare.join('')), null)
    assert.deepEqual(pythonTree(rare.join(''), grammars), grammarTree(rare.join(''), grammars))

    const typed = 'for i in range(\n'
    const half = [...around.slice(0, 90), typed, ...around.slice(90)].join('')
    const { body, comments, hasErrors, errorAt } = pythonTree(half, grammars)
    const at = half.indexOf(typed)
    const named = (one: (typeof body)[number]) => (one.type === 'function' ? [one.name] : [])
    assert.deepEqual(
      body.flatMap(named),
      around.map((_, index) => `f${index}`),
    )
    assert.deepEqual(
      body.filter(({ type }) => type !== 'function').map(({ start }) => start),
      [at],
    )
    assert.equal(body.at(-1)!.end, half.trimEnd().length)
    assert.deepEqual(
      comments.map(({ start, end }) => half.slice(start, end)),
      around.map(() => '# c'),
    )
    assert.equal(hasErrors, true)
    assert.ok(errorAt! >= at && errorAt! <= at + typed.length)
  })

  it('reads what the grammar gets wrong', () => {
    const shown = (text: string) => JSON.stringify(pythonTree(text, grammars).body)
    // The star goes over the whole item.
    assert.match(shown('x = a, *b[1:]\n'), /"type":"starred","start":7,"end":13/)
    assert.match(shown("x = r'\\\\'\n"), /"value":"\\\\\\\\"/)
    assert.match(shown('with (a as b,): pass\n'), /"target":\{"type":"name"/)
    assert.match(shown('class A:\n    @b\n# c\n    def f(self): pass\n'), /"decorators":\[\{"type":"name"/)
  })
})
