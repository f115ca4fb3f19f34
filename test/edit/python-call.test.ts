import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import { pythonEdits } from '../../server/src/edit/python.js'
import type { PythonRange, PythonWrite } from '../../server/src/edit/write.js'
import { parsePython, rangeOf } from './python-parser.js'

type Draft = (call: PythonRange) => PythonWrite

const set =
  (name: string, value: string): Draft =>
  (call) => ({ kind: 'set keyword', call, name, value })
const remove =
  (name: string): Draft =>
  (call) => ({ kind: 'remove keyword', call, name })
const rename =
  (name: string, to: string): Draft =>
  (call) => ({ kind: 'rename keyword', call, name, to })
const callee =
  (to: string): Draft =>
  (call) => ({ kind: 'rename callee', call, to })

/** The text after these writes to the call that starts with `f(` (or as given). */
function edited(text: string, drafts: Draft[], starting = 'f('): string {
  const call = rangeOf(text, 'call', starting)
  const edits = pythonEdits(
    text,
    parsePython(text),
    drafts.map((draft) => draft(call)),
  )
  if (isRefusal(edits)) throw new Error(edits.reason)
  const result = applyFragmentEdits(text, edits)
  assert.equal(parsePython(result).hasErrors, false, `does not parse:\n${result}`)
  return result
}

function refusal(text: string, drafts: Draft[], starting = 'f('): string {
  const call = rangeOf(text, 'call', starting)
  const edits = pythonEdits(
    text,
    parsePython(text),
    drafts.map((draft) => draft(call)),
  )
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

describe('edit/python: set keyword', () => {
  const cases: [name: string, before: string, after: string, drafts?: Draft[]][] = [
    ['an empty call', 'f()\n', 'f(k=1)\n'],
    ['an empty call over two lines', 'f(\n)\n', 'f(\n    k=1,\n)\n'],
    ['an empty call with a comment', 'f(\n    # nothing yet\n)\n', 'f(\n    # nothing yet\n    k=1,\n)\n'],
    ['one line', 'f(a, b=2)\n', 'f(a, b=2, k=1)\n'],
    ['no space behind commas', 'f(a,b=2)\n', 'f(a,b=2,k=1)\n'],
    ['one line with a trailing comma', 'f(a, b=2,)\n', 'f(a, b=2, k=1,)\n'],
    ['one per line', 'x = f(\n  a,\n  b=2,\n)\n', 'x = f(\n  a,\n  b=2,\n  k=1,\n)\n'],
    [
      'one per line without a trailing comma',
      'f(\n    a,\n    b=2\n)\n',
      'f(\n    a,\n    b=2,\n    k=1\n)\n',
    ],
    ['a single argument on its line', 'f(\n\ta,\n)\n', 'f(\n\ta,\n\tk=1,\n)\n'],
    ['aligned with the parenthesis', 'f(a,\n  b=2)\n', 'f(a,\n  b=2,\n  k=1)\n'],
    ['several per line', 'f(\n    a, b,\n    c, d\n)\n', 'f(\n    a, b,\n    c, d, k=1\n)\n'],
    ['a call that spans lines through one argument', 'f(g(\n    1\n), b)\n', 'f(g(\n    1\n), b, k=1)\n'],
    [
      'a comment after the last argument',
      'f(\n    a,\n    b  # note, (x)\n)\n',
      'f(\n    a,\n    b,  # note, (x)\n    k=1\n)\n',
    ],
    [
      'a comment after the last comma',
      'f(\n    a,\n    b,  # note\n)\n',
      'f(\n    a,\n    b,  # note\n    k=1,\n)\n',
    ],
    ['a comment line at the end', 'f(\n    a,\n    # b=2,\n)\n', 'f(\n    a,\n    k=1,\n    # b=2,\n)\n'],
    ['before **kwargs', 'f(a, **kwargs)\n', 'f(a, k=1, **kwargs)\n'],
    ['before **kwargs alone', 'f(**kwargs)\n', 'f(k=1, **kwargs)\n'],
    [
      'before **kwargs on its line',
      'f(\n    a,\n    **kwargs,\n)\n',
      'f(\n    a,\n    k=1,\n    **kwargs,\n)\n',
    ],
    ['before two spreads alone', 'f(\n    **a,\n    **b\n)\n', 'f(\n    k=1,\n    **a,\n    **b\n)\n'],
    ['behind *args', 'f(*args)\n', 'f(*args, k=1)\n'],
    ['between *args and **kwargs', 'f(*args, **kw)\n', 'f(*args, k=1, **kw)\n'],
    ['a parenthesised last argument', 'f((a), (b))\n', 'f((a), (b), k=1)\n'],
    ['a generator without parentheses', 'f(x for x in y)\n', 'f((x for x in y), k=1)\n'],
    ['a generator that begins with a parenthesis', 'f((x) for x in (y))\n', 'f(((x) for x in (y)), k=1)\n'],
    ['a generator with parentheses', 'f((x for x in y))\n', 'f((x for x in y), k=1)\n'],
    ['a backslash continuation', 'f(a, \\\n  b)\n', 'f(a, \\\n  b,\n  k=1)\n'],
    ['replacing a value', 'f(a, k=(0), b=2)\n', 'f(a, k=1, b=2)\n'],
    ['replacing a value with spaces around =', 'f(a, k = "x" "y", b=2)\n', 'f(a, k = 1, b=2)\n'],
    [
      'replacing a value over lines',
      'f(\n    k=dict(\n        a=1,\n    ),\n    b=2,\n)\n',
      'f(\n    k=1,\n    b=2,\n)\n',
    ],
    ['Windows line endings', 'f(\r\n    a,\r\n    b\r\n)\r\n', 'f(\r\n    a,\r\n    b,\r\n    k=1\r\n)\r\n'],
    ['emoji and strings with brackets', 'f("🎉 ) , (", b)\n', 'f("🎉 ) , (", b, k=1)\n'],
    ['a nested call', 'g(1, f(a), h(2))\n', 'g(1, f(a, k=1), h(2))\n'],
    ['a decorator', '@f(a)\ndef g():\n    pass\n', '@f(a, k=1)\ndef g():\n    pass\n'],
    ['a lambda', 'f(lambda: (1, 2))\n', 'f(lambda: (1, 2), k=1)\n'],
    ['a dictionary with its bracket on the line', 'f({\n    "a": 1,\n})\n', 'f({\n    "a": 1,\n}, k=1)\n'],
    ['a walrus', 'f((n := 10))\n', 'f((n := 10), k=1)\n'],
    ['leading commas', 'f(\n    a\n  , b\n)\n', 'f(\n    a\n  , b, k=1\n)\n'],
  ]
  for (const [name, before, after, drafts] of cases) {
    it(name, () => assert.equal(edited(before, drafts ?? [set('k', '1')]), after))
  }

  it('sets several at once, one of them given', () => {
    const before = 'f(\n    a,\n    x=0,\n)\n'
    const after = 'f(\n    a,\n    x=9,\n    k=1,\n    m="s",\n)\n'
    assert.equal(edited(before, [set('k', '1'), set('x', '9'), set('m', '"s"')]), after)
  })
  it('uses the line break of the file in code with several lines', () => {
    assert.equal(edited('f(a)\r\n', [set('k', '[\n    1,\n]')]), 'f(a, k=[\r\n    1,\r\n])\r\n')
  })
  it('edits an outer and an inner call', () => {
    const text = 'f(a, g(b))\n'
    const outer = rangeOf(text, 'call', 'f(')
    const inner = rangeOf(text, 'call', 'g(')
    const edits = pythonEdits(text, parsePython(text), [set('k', '1')(outer), set('m', '2')(inner)])
    assert.ok(!isRefusal(edits))
    assert.equal(applyFragmentEdits(text, edits), 'f(a, g(b, m=2), k=1)\n')
  })
  it('refuses to replace what it edits', () => {
    const text = 'f(a, k=g(b))\n'
    const edits = pythonEdits(text, parsePython(text), [
      set('k', '1')(rangeOf(text, 'call', 'f(')),
      set('m', '2')(rangeOf(text, 'call', 'g(')),
    ])
    assert.ok(isRefusal(edits))
  })
  it('refuses two values for one keyword', () => {
    assert.match(refusal('f()\n', [set('k', '1'), set('k', '2')]), /differently/)
  })
})

describe('edit/python: remove and rename keyword, rename callee', () => {
  it('removes a keyword', () => {
    assert.equal(edited('f(a, k=1, b=2)\n', [remove('k')]), 'f(a, b=2)\n')
    assert.equal(edited('f(a, k=1)\n', [remove('k')]), 'f(a)\n')
    assert.equal(edited('f(k=1, b=2)\n', [remove('k')]), 'f(b=2)\n')
    assert.equal(edited('f(k=1)\n', [remove('k')]), 'f()\n')
    assert.equal(edited('f(a, k=1,)\n', [remove('k')]), 'f(a,)\n')
  })
  it('removes it with its line', () => {
    assert.equal(
      edited('f(\n    a,\n    k=1,  # why\n    b=2,\n)\n', [remove('k')]),
      'f(\n    a,\n    b=2,\n)\n',
    )
    assert.equal(edited('f(\n    a,\n    k=1\n)\n', [remove('k')]), 'f(\n    a\n)\n')
    assert.equal(edited('f(\n    a,\n    k=g(\n        1\n    ),\n)\n', [remove('k')]), 'f(\n    a,\n)\n')
    assert.equal(edited('f(a,\n  k=1)\n', [remove('k')]), 'f(a)\n')
    assert.equal(edited('f(a,  # first\n  k=1)\n', [remove('k')]), 'f(a  # first\n  )\n')
    assert.equal(edited('f(k=1,\n  b=2)\n', [remove('k')]), 'f(b=2)\n')
    assert.equal(edited('f(k=1,  # one\n  b=2)\n', [remove('k')]), 'f(  # one\n  b=2)\n')
  })
  it('removes neighbours', () => {
    const both = [remove('k'), remove('m')]
    assert.equal(edited('f(a, k=1, m=2, b=3)\n', both), 'f(a, b=3)\n')
    assert.equal(edited('f(a, k=1, m=2)\n', both), 'f(a)\n')
    assert.equal(edited('f(\n    k=1,\n    m=2,\n)\n', both), 'f()\n')
    assert.equal(edited('f(\n    a,\n    k=1,\n    m=2\n)\n', both), 'f(\n    a\n)\n')
    assert.equal(edited('f(k=1, a=0, m=2)\n', both), 'f(a=0)\n')
  })
  it('puts a new keyword in the place of a removed one', () => {
    assert.equal(
      edited('f(a, fp16=True, b=2)\n', [set('bf16', 'True'), remove('fp16')]),
      'f(a, bf16=True, b=2)\n',
    )
    assert.equal(
      edited('f(\n    k=1\n)\n', [remove('k'), set('a', '1'), set('b', '2')]),
      'f(\n    a=1,\n    b=2\n)\n',
    )
  })
  it('renames', () => {
    assert.equal(edited('f(a, k = 1)\n', [rename('k', 'm')]), 'f(a, m = 1)\n')
    const both = [
      rename('param_grid', 'param_distributions'),
      callee('RandomizedSearchCV'),
      set('n_iter', '20'),
    ]
    assert.equal(
      edited('s = f(est, param_grid=grid)\n', both),
      's = RandomizedSearchCV(est, param_distributions=grid, n_iter=20)\n',
    )
    assert.equal(edited('f(k=1)\n', [rename('k', 'm'), set('m', '2')]), 'f(m=2)\n')
    assert.equal(edited('f(k=1)\n', [rename('k', 'm'), set('k', '2')]), 'f(m=2)\n')
    assert.equal(edited('a.b(c).f(1)\n', [callee('x.y')], 'a.b(c).f('), 'x.y(1)\n')
  })
  it('refuses what is not there', () => {
    assert.match(refusal('f(**k)\n', [remove('k')]), /not given/)
    assert.match(refusal('f(1)\n', [rename('k', 'm')]), /not given/)
    assert.match(refusal('f(k=1, m=2)\n', [rename('k', 'm')]), /given already/)
  })
})

describe('edit/python: append item', () => {
  const append = (
    text: string,
    starting: string,
    type: 'list' | 'tuple' | 'set' | 'dict',
    ...values: string[]
  ) => {
    const list = rangeOf(text, type, starting)
    const edits = pythonEdits(
      text,
      parsePython(text),
      values.map((value) => ({ kind: 'append item' as const, list, value })),
    )
    if (isRefusal(edits)) throw new Error(edits.reason)
    const result = applyFragmentEdits(text, edits)
    assert.equal(parsePython(result).hasErrors, false, result)
    return result
  }
  it('adds to dictionaries', () => {
    assert.equal(append('x = {}\n', '{', 'dict', "'a': 1"), "x = {'a': 1}\n")
    assert.equal(append("x = {'b': 2}\n", '{', 'dict', "'a': 1"), "x = {'b': 2, 'a': 1}\n")
    const before = "x = {\n    'b': {'c': 1},  # why\n    **rest,\n}\n"
    const after = "x = {\n    'b': {'c': 1},  # why\n    **rest,\n    'a': 1,\n}\n"
    assert.equal(append(before, '{\n', 'dict', "'a': 1"), after)
  })

  it('adds to displays of every shape', () => {
    assert.equal(append('x = []\n', '[', 'list', 'a'), 'x = [a]\n')
    assert.equal(append('x = [ ]\n', '[', 'list', 'a', 'b'), 'x = [a, b]\n')
    assert.equal(append('x = [\n]\n', '[', 'list', 'a'), 'x = [\n    a,\n]\n')
    assert.equal(append('x = [1]\n', '[', 'list', 'a'), 'x = [1, a]\n')
    assert.equal(append('x = [\n  1,\n  2,\n]\n', '[', 'list', 'a'), 'x = [\n  1,\n  2,\n  a,\n]\n')
    assert.equal(append('x = [\n  1,\n  2\n]\n', '[', 'list', 'a', 'b'), 'x = [\n  1,\n  2,\n  a,\n  b\n]\n')
    assert.equal(append('x = {1, 2}\n', '{', 'set', '3'), 'x = {1, 2, 3}\n')
    assert.equal(append('x = ()\n', '(', 'tuple', '3'), 'x = (3,)\n')
    assert.equal(append('x = (1,)\n', '(', 'tuple', '3'), 'x = (1, 3)\n')
    assert.equal(append('x = (1, 2)\n', '(', 'tuple', '3'), 'x = (1, 2, 3)\n')
    assert.equal(append('x = 1, 2\n', '1', 'tuple', '3'), 'x = 1, 2, 3\n')
    assert.equal(append('x = (1), (2)\n', '(', 'tuple', '3'), 'x = (1), (2), 3\n')
    assert.equal(append('x = [g(1), [2]]\n', '[g', 'list', '3'), 'x = [g(1), [2], 3]\n')
  })
})

describe('edit/python: the style of the file', () => {
  const long = 'a_rather_long_argument=1, another_one_of_them=22, and_a_third_argument=333'
  it('breaks a line that would get too long', () => {
    assert.equal(
      edited(`x = f(${long})\n`, [set('new_keyword', '"text"')]),
      `x = f(\n    ${long}, new_keyword="text"\n)\n`,
    )
    const ownLines = long.replace(/, /g, ',\n    ')
    assert.equal(
      edited(`f(${long}, and_more=4444)\n`, [set('new_keyword', '"some text"')]),
      `f(\n    ${ownLines},\n    and_more=4444,\n    new_keyword="some text",\n)\n`,
    )
    assert.equal(
      edited(`f(\n    ${long},\n    b=2, c=3, ${long.replace(/=/g, '2=')})\n`, [set('k', 'True')]),
      `f(\n    ${long},\n    b=2, c=3, ${long.replace(/=/g, '2=')}, k=True)\n`,
    )
    assert.equal(
      edited(`f(\n    ${long},\n    b=2, ${long.replace(/=/g, '2=')})\n`, [set('new_keyword', 'True')]),
      `f(\n    ${long},\n    b=2, ${long.replace(/=/g, '2=')},\n    new_keyword=True)\n`,
    )
  })
  it('keeps to lines of their own where the last arguments have them', () => {
    assert.equal(
      edited('f(\n    a, b=2,\n    c=g(\n        1\n    ),\n    d=4\n)\n', [
        set('first_new_keyword', 'min(8, os.cpu_count() or 1)'),
        set('second_new_keyword', 'torch.cuda.is_available() and torch.cuda.device_count() > 1'),
      ]),
      'f(\n    a, b=2,\n    c=g(\n        1\n    ),\n    d=4,\n    first_new_keyword=min(8, os.cpu_count() or 1),\n    second_new_keyword=torch.cuda.is_available() and torch.cuda.device_count() > 1\n)\n',
    )
  })
  it('gives each argument a line where one line between the brackets held them all', () => {
    const ownLines = long.replace(/, /g, ',\n    ')
    assert.equal(
      edited(`f(\n    ${long}\n)\n`, [set('new_keyword', 'True')]),
      `f(\n    ${ownLines},\n    new_keyword=True,\n)\n`,
    )
  })
  it('breaks a value that is too long for its line before if and else', () => {
    const value =
      '"bf16-mixed" if torch.cuda.is_available() and torch.cuda.is_rather_new_and_fast() else "32-true"'
    assert.equal(
      edited('f(\n    a=1,\n    b=2,\n)\n', [set('precision', value)]),
      'f(\n    a=1,\n    b=2,\n    precision=(\n        "bf16-mixed"\n        if torch.cuda.is_available() and torch.cuda.is_rather_new_and_fast()\n        else "32-true"\n    ),\n)\n',
    )
  })
  it('keeps to the 79 columns that a file keeps to', () => {
    assert.equal(
      edited(`# ${'x'.repeat(76)}\nf(${long})\n`, [set('k', '4')]),
      `# ${'x'.repeat(76)}\nf(\n    ${long.replace(/, /g, ',\n    ')},\n    k=4,\n)\n`,
    )
  })
  it('leaves a file with longer lines its width', () => {
    const comment = `# ${'x'.repeat(117)}\n`
    assert.equal(
      edited(`${comment}f(${long})\n`, [set('k', '"a string of some length"')]),
      `${comment}f(${long}, k="a string of some length")\n`,
    )
  })
  it('keeps the blanks around the equals signs and behind most commas', () => {
    assert.equal(edited('f(a, b = 2)\n', [set('k', '1')]), 'f(a, b = 2, k = 1)\n')
    assert.equal(edited('f(a, b,c=1, d=2)\n', [set('k', '1')]), 'f(a, b,c=1, d=2, k=1)\n')
  })
  it('takes the quotes of the call, else of the file', () => {
    assert.equal(edited("f(a='x')\n", [set('k', '"y"')]), "f(a='x', k='y')\n")
    assert.equal(edited("g('x', 'y')\nf(a)\n", [set('k', '"y z"')]), "g('x', 'y')\nf(a, k='y z')\n")
    assert.equal(edited("g('x', 'y')\nf(a)\n", [set('k', `"it's"`)]), "g('x', 'y')\nf(a, k=\"it's\")\n")
    assert.equal(edited('f(a)\n', [set('k', "'y'")]), "f(a, k='y')\n")
    assert.equal(edited(`g("x", "or 'y'")\nf(a)\n`, [set('k', "'y'")]), `g("x", "or 'y'")\nf(a, k="y")\n`)
  })
})
