/** Values that one expression has in turn. */
import assert from 'node:assert/strict'
import { analyse, callNamed, sourceOf } from './analyse.js'

/** The values that the first argument of `f` may have, as they are written. */
async function possible(text: string): Promise<string[] | null> {
  const analysis = await analyse(text)
  const found = analysis.possible(callNamed(analysis, 'f').expr.args[0]!.value)
  return found === null ? null : found.map((expr) => sourceOf(analysis, analysis.definition(expr)))
}

describe('values that an expression may have', () => {
  const cases: [title: string, text: string, expected: string[] | null][] = [
    ['itself', 'f({1: 2})', ['{1: 2}']],
    ['one definition', 'g = {1: 2}\nf(g)', ['{1: 2}']],
    ['a loop over a list', 'for g in [A(), B()]:\n  f(g)', ['A()', 'B()']],
    ['a loop over names', 'a = A()\nb = B()\nfor g in (a, b):\n  f(g)', ['A()', 'B()']],
    ['a loop over pairs', 'for m, g in [(1, A()), (2, B())]:\n  f(g)', ['A()', 'B()']],
    [
      'a loop over pairs, unpacked later',
      'for p in [(1, A()), (2, B())]:\n  m, g = p\n  f(g)',
      ['A()', 'B()'],
    ],
    ['an item of a pair', 'for p in [(1, A()), (2, B())]:\n  f(p[1])', ['A()', 'B()']],
    ['zip', 'for m, g in zip([1, 2], [A(), B()]):\n  f(g)', ['A()', 'B()']],
    ['enumerate over zip', 'for i, (m, g) in enumerate(zip([1, 2], [A(), B()])):\n  f(g)', ['A()', 'B()']],
    ['items of a dictionary', "d = {'a': A(), 'b': B()}\nfor k, g in d.items():\n  f(g)", ['A()', 'B()']],
    [
      'pairs in a dictionary',
      "d = {'a': (1, A()), 'b': (2, B())}\nfor k, (m, g) in d.items():\n  f(g)",
      ['A()', 'B()'],
    ],
    ['values of a dictionary', "d = {'a': A()}\nfor g in d.values():\n  f(g)", ['A()']],
    ['keys of a dictionary', "d = {'a': A(), 'b': B()}\nfor k in d:\n  f(d[k])", ['A()', 'B()']],
    ['a key of each', "for d in [{'g': A()}, {'g': B()}]:\n  f(d['g'])", ['A()', 'B()']],
    ['a progress bar', 'from tqdm import tqdm\nfor g in tqdm([A(), B()]):\n  f(g)', ['A()', 'B()']],
    ['a parameter', 'def h(g):\n  f(g)\nh(A())\nh(g=B())', ['A()', 'B()']],
    ['a parameter with a default', 'def h(g=A()):\n  f(g)\nh()\nh(B())', ['A()', 'B()']],
    [
      'a parameter through two functions',
      'def h(g):\n  f(g)\ndef k(g):\n  h(g)\nk(A())\nk(B())',
      ['A()', 'B()'],
    ],
    [
      'a parameter of a method',
      'class T:\n  def h(self, g):\n    f(g)\nt = T()\nt.h(A())\nt.h(B())',
      ['A()', 'B()'],
    ],
    ['a function that is handed around', 'def h(g):\n  f(g)\nh(A())\nrun(h)', null],
    ['a function that nobody calls', 'def h(g):\n  f(g)', null],
    ['one of two', 'if x:\n  g = A()\nelse:\n  g = B()\nf(g)', null],
    ['a loop over something else', 'for g in read():\n  f(g)', null],
    ['a list that changes', 'gs = [A()]\ngs.append(B())\nfor g in gs:\n  f(g)', null],
    ['a list with a star', 'for g in [A(), *more]:\n  f(g)', null],
    ['nothing that binds it', 'f(g)', null],
  ]
  for (const [title, text, expected] of cases) {
    it(title, async () => {
      assert.deepEqual(await possible(text), expected)
    })
  }
})
