import assert from 'node:assert/strict'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import type {
  Assign,
  CallExpr,
  Expr,
  ExprStmt,
  PythonTree,
  Stmt,
} from '../../server/src/syntax/python-ast.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'

let grammars: Grammars

before(async () => {
  grammars = await loadGrammars(await grammarFiles())
})

const parse = (text: string): PythonTree => pythonTree(text, grammars)
const only = (text: string): Stmt => {
  const { body } = parse(text)
  assert.equal(body.length, 1, `one statement in ${JSON.stringify(text)}`)
  return body[0]!
}
const expr = (text: string): Expr => (only(text) as ExprStmt).value
const value = (text: string): Expr | null => (only(`x = ${text}`) as Assign).value
const constant = (text: string): unknown => {
  const found = value(text)
  assert.equal(found?.type, 'constant', text)
  return found.type === 'constant' ? found.value : undefined
}
/** The source of a node: offsets shown as text. */
const cut = (text: string, node: { start: number; end: number }): string => text.slice(node.start, node.end)

/** A short spelling of expressions. */
function show(node: Expr | null | undefined): string {
  if (node === null || node === undefined) return '-'
  switch (node.type) {
    case 'constant':
      return JSON.stringify(node.value) + (node.float ? 'f' : '')
    case 'name':
      return node.id
    case 'attribute':
      return `${show(node.value)}.${node.attr}`
    case 'call': {
      const args = node.args.map(
        (one) => `${'*'.repeat(one.star)}${one.name ? `${one.name}=` : ''}${show(one.value)}`,
      )
      return `${show(node.callee)}(${args.join(', ')})`
    }
    case 'list':
      return `[${node.items.map(show).join(', ')}]`
    case 'tuple':
      return `(${node.items.map(show).join(', ')})`
    case 'set':
      return `{${node.items.map(show).join(', ')}}`
    case 'dict':
      return `{${node.entries.map((one) => (one.key === null ? `**${show(one.value)}` : `${show(one.key)}: ${show(one.value)}`)).join(', ')}}`
    case 'binary':
      return `<${show(node.left)} ${node.op} ${show(node.right)}>`
    case 'unary':
      return `<${node.op} ${show(node.operand)}>`
    case 'conditional':
      return `<${show(node.test)} ? ${show(node.then)} : ${show(node.otherwise)}>`
    case 'subscript':
      return `${show(node.value)}[${show(node.index)}]`
    case 'comprehension': {
      const element = node.value ? `${show(node.element)}: ${show(node.value)}` : show(node.element)
      const clauses = node.clauses.map((one) => ` for ${show(one.target)} in ${show(one.iterable)}`).join('')
      return `${node.kind}<${element}${clauses}${node.conditions.map((one) => ` if ${show(one)}`).join('')}>`
    }
    case 'fstring':
      return `f<${node.parts.map((part) => (typeof part === 'string' ? JSON.stringify(part) : show(part))).join(' ')}>`
    case 'lambda':
      return `lambda<${node.params.map((one) => one.name).join(', ')}: ${show(node.body)}>`
    case 'starred':
      return `*${show(node.value)}`
    case 'walrus':
      return `<${node.name} := ${show(node.value)}>`
    case 'other':
      return `?(${node.children.map(show).join(', ')})`
  }
}

describe('syntax/python-tree: literals', () => {
  const numbers: [string, number, boolean][] = [
    ['0x1F', 31, false],
    ['0xE', 14, false],
    ['1_000_000', 1_000_000, false],
    ['1e-3', 0.001, true],
    ['3.0', 3, true],
    ['.5', 0.5, true],
    ['1_0.0E2', 1000, true],
    ['0b101', 5, false],
    ['0o17', 15, false],
    ['0777', 511, false],
    ['10L', 10, false],
  ]
  for (const [source, number, isFloat] of numbers) {
    it(`reads ${source}`, () => {
      const found = value(source)
      assert.deepEqual(found, {
        type: 'constant',
        start: 4,
        end: 4 + source.length,
        value: number,
        ...(isFloat ? { float: true } : {}),
      })
    })
  }
  it('reads imaginary numbers and bytes as something else', () => {
    assert.equal(show(value('2j')), '?()')
    assert.equal(show(value('b"abc"')), '?()')
  })
  it('reads True, False, None', () => {
    assert.deepEqual(['True', 'False', 'None'].map(constant), [true, false, null])
  })
  it('decodes escapes, not in raw strings', () => {
    assert.equal(constant(String.raw`'a\n\t\x41\u00e9\U0001F600\'\"\\\101\q'`), 'a\n\tAé😀\'"\\A\\q')
    assert.equal(constant(String.raw`r'\n\d'`), String.raw`\n\d`)
    assert.equal(constant("'''a\\\nb'''"), 'ab')
    assert.equal(constant('"""a\r\nb"""'), 'a\nb')
    assert.equal(constant("''"), '')
    assert.equal(constant('u"x"'), 'x')
  })
  it('joins adjacent strings into one value over the whole range', () => {
    const text = 'f("a" \'b\'\n  """c""")'
    const argument = (expr(text) as CallExpr).args[0]!
    assert.equal(show(argument.value), '"abc"')
    assert.equal(cut(text, argument.value), '"a" \'b\'\n  """c"""')
  })
  it('keeps the parts of f-strings', () => {
    assert.equal(show(value('f"a{x}{{b}}{y.z}"')), 'f<"a" x "{b}" y.z>')
    assert.equal(show(value('"p/" f"{x}" "/q"')), 'f<"p/" x "/q">')
    assert.equal(show(value('f"plain"')), '"plain"')
    assert.equal(show(value('f"{f(\'a\')}"')), 'f<f("a")>')
  })
  it('does not take a formatted value for the value', () => {
    assert.equal(show(value('f"{x:.2f} {y!r} {z=} {w:>{n}}"')), 'f<?(x) " " ?(y) " " ?(z) " " ?(w, n)>')
  })
  it('keeps expressions of template strings inside other', () => {
    assert.equal(show(value('t"a{f(x)}"')), '?(f(x))')
  })
})

describe('syntax/python-tree: expressions', () => {
  const cases: [string, string][] = [
    ['a.b.c(d)[e]', 'a.b.c(d)[e]'],
    ['f(a, *b, k=1, **c)', 'f(a, *b, k=1, **c)'],
    ['((a))', 'a'],
    ['(a + b) * c', '<<a + b> * c>'],
    ['a and b or not c', '<<a and b> or <not c>>'],
    ['a not in b', '<a not in b>'],
    ['a is not b', '<a is not b>'],
    ['a < b <= c', '<<a < b> and <b <= c>>'],
    ['-a ** 2', '<- <a ** 2>>'],
    ['a if b else c', '<b ? a : c>'],
    ['x[1:2]', 'x[?(1, 2)]'],
    ['x[a, b]', 'x[(a, b)]'],
    ['x[a,]', 'x[(a)]'],
    ['{**a, "b": c}', '{**a, "b": c}'],
    ['[*a, b]', '[*a, b]'],
    ['{a, b}', '{a, b}'],
    ['{}', '{}'],
    ['()', '()'],
    ['(a,)', '(a)'],
    ['[i for i in a if b for j in c]', 'list<i for i in a for j in c if b>'],
    ['{k: v for k, v in x}', 'dict<k: v for (k, v) in x>'],
    ['lambda a, *b, c=1: a', 'lambda<a, b, c: a>'],
    ['lambda: 0', 'lambda<: 0>'],
    ['await f(x)', '?(f(x))'],
    ['(yield f(x))', '?(f(x))'],
    ['(y := f(x))', '<y := f(x)>'],
    ['a @ b', '<a @ b>'],
    ['a, b', '(a, b)'],
    ['*a, b', '(*a, b)'],
  ]
  for (const [source, shown] of cases) {
    it(`reads ${source}`, () => assert.equal(show(value(source)), shown))
  }
  it('gives the range of every node', () => {
    const text = '😀 = trainer.fit(model, lr=(0.1), *rest)'
    const call = (only(text.replace('😀', 'aa')) as Assign).value as CallExpr
    assert.deepEqual([call.start, call.end], [5, 40])
    assert.deepEqual([call.callee.start, call.callee.end], [5, 16])
    assert.deepEqual(
      call.args.map((one) => cut(text, one)),
      ['model', 'lr=(0.1)', '*rest'],
    )
    assert.equal(cut(text, call.args[1]!.value), '0.1')
  })
  it('counts UTF-16 code units', () => {
    const text = '"😀é"; f(x)'
    const [, second] = parse(text).body
    assert.equal(cut(text, second!), 'f(x)')
  })
  it('leaves the parentheses of a lone generator to the call', () => {
    const text = 'sum(x for x in y)'
    const call = expr(text) as CallExpr
    assert.equal(cut(text, call.args[0]!), 'x for x in y')
    assert.equal(cut(text, call.args[0]!.value), 'x for x in y')
  })
})

describe('syntax/python-tree: statements', () => {
  it('reads assignments', () => {
    const chain = only('a = b, c = f()') as Assign
    assert.deepEqual(chain.targets.map(show), ['a', '(b, c)'])
    assert.equal(show(chain.value), 'f()')
    const annotated = only('a: list[int] = []') as Assign
    assert.equal(show(annotated.annotation), 'list[int]')
    assert.equal((only('a: int') as Assign).value, null)
    assert.deepEqual(
      { ...only('a.b //= 2'), target: 0, value: 0 },
      { type: 'augassign', start: 0, end: 9, op: '//=', target: 0, value: 0 },
    )
  })
  it('reads if, elif, else as nested ifs', () => {
    const text = 'if a: b\nelif c: d\nelse: e\n'
    const outer = only(text)
    assert.ok(outer.type === 'if')
    const inner = outer.orelse[0]!
    assert.ok(inner.type === 'if')
    assert.equal(cut(text, inner), 'elif c: d\nelse: e')
    assert.equal(show(inner.test), 'c')
    assert.equal(cut(text, inner.orelse[0]!), 'e')
  })
  it('ends a block with its last statement, not with a comment behind it', () => {
    const text =
      'def f():\n  if a:\n    b\n  elif c:\n    try: d\n    except E: e  # one\n    # two\n  # three\n\nx = 1'
    const def = parse(text).body[0]
    assert.ok(def?.type === 'function')
    const outer = def.body[0]
    assert.ok(outer?.type === 'if')
    const inner = outer.orelse[0]
    assert.ok(inner?.type === 'if')
    const attempt = inner.body[0]
    assert.ok(attempt?.type === 'try')
    const end = text.indexOf('  # one')
    assert.deepEqual(
      [def.end, outer.end, inner.end, attempt.end, attempt.handlers[0]!.end],
      Array(5).fill(end),
    )
    const loop = only('while a:\n  # nothing yet\n')
    assert.ok(loop.type === 'while')
    assert.deepEqual(loop.body, [])
  })
  it('reads loops with else', () => {
    const loop = only('for i, (a, b) in enumerate(x):\n  pass\nelse:\n  f()')
    assert.ok(loop.type === 'for')
    assert.equal(show(loop.target), '(i, (a, b))')
    assert.equal(show(loop.iterable), 'enumerate(x)')
    assert.deepEqual([loop.body.length, loop.orelse.length], [1, 1])
    const other = only('while True: break')
    assert.ok(other.type === 'while')
    assert.equal(other.body[0]!.type, 'break')
  })
  it('reads async forms like their plain ones', () => {
    const def = only('async def f():\n  async for x in y: pass\n  async with a() as b: pass')
    assert.ok(def.type === 'function')
    assert.deepEqual(
      def.body.map((one) => one.type),
      ['for', 'with'],
    )
  })
  for (const source of ['with a() as b, c: pass', 'with (a() as b, c): pass', 'with (a() as b, c,): pass']) {
    it(`reads ${source}`, () => {
      const statement = only(source)
      assert.ok(statement.type === 'with')
      assert.deepEqual(
        statement.items.map((one) => [show(one.value), show(one.target)]),
        [
          ['a()', 'b'],
          ['c', '-'],
        ],
      )
    })
  }
  it('reads try with all its parts', () => {
    const text =
      'try:\n  a\nexcept (A, B) as e:\n  b\nexcept C:\n  c\nexcept:\n  d\nelse:\n  e\nfinally:\n  f'
    const statement = only(text)
    assert.ok(statement.type === 'try')
    assert.deepEqual(
      statement.handlers.map((one) => [show(one.type), one.name]),
      [
        ['(A, B)', 'e'],
        ['C', undefined],
        ['-', undefined],
      ],
    )
    assert.equal(cut(text, statement.handlers[1]!), 'except C:\n  c')
    assert.deepEqual([statement.orelse.length, statement.finally.length], [1, 1])
  })
  it('reads Python 2', () => {
    const statement = only('try: a\nexcept IOError, error: b')
    assert.ok(statement.type === 'try')
    assert.deepEqual([show(statement.handlers[0]!.type), statement.handlers[0]!.name], ['IOError', 'error'])
    assert.equal(show(expr('print "a %d" % x, y')), 'print(<"a %d" % x>, y)')
    assert.equal(show(expr('print >>log, x')), 'print(file=log, x)')
    assert.equal(only('exec "x"').type, 'other-statement')
    assert.equal(only('raise Error, "no"').type, 'raise')
  })
  it('reads functions, parameters and decorators', () => {
    const text = '@a.b(c)\n@d\ndef f(a, /, b: int, c: int = 3, d=4, *args: int, e, **kw) -> T:\n  return 1'
    const def = only(text)
    assert.ok(def.type === 'function')
    assert.equal(cut(text, def), text)
    assert.equal(text.slice(def.nameStart, def.nameStart + 1), 'f')
    assert.deepEqual(def.decorators.map(show), ['a.b(c)', 'd'])
    assert.deepEqual(
      def.params.map((one) => [one.name, one.star, show(one.annotation), show(one.default)]),
      [
        ['a', 0, '-', '-'],
        ['b', 0, 'int', '-'],
        ['c', 0, 'int', '3'],
        ['d', 0, '-', '4'],
        ['args', 1, 'int', '-'],
        ['e', 0, '-', '-'],
        ['kw', 2, '-', '-'],
      ],
    )
    assert.equal(show(def.returns), 'T')
    const bare = only('def f(a, *, b): pass')
    assert.ok(bare.type === 'function')
    assert.deepEqual(
      bare.params.map((one) => [one.name, one.star]),
      [
        ['a', 0],
        ['', 1],
        ['b', 0],
      ],
    )
  })
  it('reads classes', () => {
    const statement = only('class A(B.C, metaclass=D):\n  """doc"""\n  x = 1')
    assert.ok(statement.type === 'class')
    assert.equal(statement.name, 'A')
    assert.deepEqual(
      statement.bases.map((one) => [one.name, show(one.value)]),
      [
        [null, 'B.C'],
        ['metaclass', 'D'],
      ],
    )
  })
  it('reads imports', () => {
    const names = (text: string) => {
      const statement = only(text)
      assert.ok(statement.type === 'import')
      const { module, level, from } = statement
      return [
        from,
        module,
        level,
        ...statement.names.map((one) => `${one.name}>${one.alias}>${cut(text, one)}`),
      ]
    }
    assert.deepEqual(names('import a.b as c, d.e'), [false, null, 0, 'a.b>c>a.b as c', 'd.e>null>d.e'])
    assert.deepEqual(names('from ..a.b import (c as d,\n e)'), [true, 'a.b', 2, 'c>d>c as d', 'e>null>e'])
    assert.deepEqual(names('from . import x'), [true, null, 1, 'x>null>x'])
    assert.deepEqual(names('from a import *'), [true, 'a', 0, '*>null>*'])
    assert.deepEqual(names('from __future__ import annotations'), [
      true,
      '__future__',
      0,
      'annotations>null>annotations',
    ])
  })
  it('reads match with what its patterns bind', () => {
    const statement = only(
      'match a:\n  case A(x=1, y=z) | [q, *r] as w if f(q): pass\n  case {"k": v, **rest}: pass\n  case b.c: g()\n  case _: pass',
    )
    assert.ok(statement.type === 'match')
    assert.equal(show(statement.subject), 'a')
    assert.deepEqual(
      statement.cases.map((one) => one.names?.sort()),
      [['q', 'r', 'w', 'z'], ['rest', 'v'], [], []],
    )
    assert.equal(show(statement.cases[0]!.guard), 'f(q)')
    assert.equal(statement.cases[2]!.body.length, 1)
  })
  it('reads the small statements', () => {
    const kinds = [
      'global a, b',
      'nonlocal a',
      'del a[0]',
      'raise X from y',
      'assert a, b',
      'pass',
      'continue',
      'return a, b',
      'return',
      'type A = B',
    ]
    assert.deepEqual(
      kinds.map((one) => only(one).type),
      [
        'global',
        'global',
        'delete',
        'raise',
        'assert',
        'pass',
        'continue',
        'return',
        'return',
        'other-statement',
      ],
    )
  })
  it('collects comments, CRLF or not', () => {
    const text = '# one\r\nx = (1,  # two\r\n  2)\r\nif x:  # three\r\n  # four\r\n  pass'
    const tree = parse(text)
    assert.deepEqual(
      tree.comments.map((one) => one.text),
      ['# one', '# two', '# three', '# four'],
    )
    for (const one of tree.comments) assert.equal(cut(text, one), one.text)
    assert.equal(tree.hasErrors, false)
  })
})

describe('syntax/python-tree: half-typed and hostile text', () => {
  const broken = (text: string) => {
    const tree = parse(text)
    assert.equal(tree.hasErrors, true)
    return tree.body.map((one) =>
      one.type === 'broken' ? `broken ${JSON.stringify(cut(text, one))}` : one.type,
    )
  }
  it('breaks the simple statement and keeps its neighbours', () => {
    assert.deepEqual(broken('a = 1\nf(a,,b)\nb = 2\n'), ['assign', 'broken "f(a,,b)"', 'assign'])
    assert.deepEqual(broken('a = 1\nx = "abc\nb = 2\n'), ['assign', 'broken "x = \\"abc"', 'assign'])
  })
  it('keeps what follows an open bracket', () => {
    assert.deepEqual(broken('x = {\n  "a": 1,\n\nimport torch\ny = 3'), [
      'broken "x = {\\n  \\"a\\": 1,"',
      'import',
      'assign',
    ])
  })
  it('breaks an assignment whose value is not typed yet, though the grammar takes the next line', () => {
    assert.deepEqual(broken('x =\ny = 2\n'), ['broken "x =\\ny = 2"'])
    assert.deepEqual(broken('model.\nfit = 2\nz = 1\n'), ['broken "model.\\nfit = 2"', 'assign'])
  })
  it('accepts lines continued by brackets, backslashes and strings', () => {
    const tree = parse(
      'x = f(\n  a,  # (\n  "]",\n)\ny = a + \\\n  b\nz = """\n(\n"""\nw = f"""\n{a}\n"""; v = {\n}\n',
    )
    assert.equal(tree.hasErrors, false)
    assert.deepEqual(
      tree.body.map((one) => one.type),
      ['assign', 'assign', 'assign', 'assign', 'assign'],
    )
  })
  it('keeps the body of a compound statement whose header is broken, and says nothing of the header', () => {
    const text = 'if a ==:\n  b()\nwhile x y:\n  c()\nfor i in range(3)):\n  d()\n'
    const [test, loop, each] = parse(text).body
    assert.ok(test?.type === 'if' && loop?.type === 'while')
    assert.deepEqual([show(test.test), show(loop.test)], ['?()', '?()'])
    assert.equal(cut(text, test.body[0]!), 'b()')
    assert.equal(cut(text, loop.body[0]!), 'c()')
    assert.ok(each !== undefined)
  })
  it('breaks only the part of a body that holds the error', () => {
    const def = parse('def f(x):\n  a = 1\n  b = (1,,\n  c = 3\n  return a\n').body.find(
      (one) => one.type === 'function',
    )
    assert.ok(def?.type === 'function')
    assert.equal(def.body[0]!.type, 'assign')
    assert.ok(def.body.some((one) => one.type === 'broken'))
  })
  it('keeps a function whose parameters are broken', () => {
    const def = parse('def f(:\n  a\n  b').body[0]
    assert.ok(def?.type === 'function')
    assert.equal(def.body.length, 2)
  })

  const nested: [string, string][] = [
    ['brackets', `x = ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['open brackets', `x = ${'['.repeat(10_000)}`],
    ['parentheses', `x = ${'('.repeat(10_000)}1${')'.repeat(10_000)}`],
    ['calls', 'f('.repeat(10_000) + ')'.repeat(10_000)],
    ['method chain', `x${'.a()'.repeat(10_000)}`],
    ['sum', Array(10_000).fill('"a"').join(' + ')],
    ['lambdas', `${'lambda: '.repeat(10_000)}0`],
    ['elif', `if a: b\n${'elif c: d\n'.repeat(5_000)}`],
    ['chained assignment', `${'a = '.repeat(10_000)}1`],
    ['nested types', `x: ${'list['.repeat(5_000)}int${']'.repeat(5_000)}`],
    ['nested patterns', `match x:\n  case ${'['.repeat(3_000)}${']'.repeat(3_000)}: pass`],
    [
      'indentation',
      `${Array.from({ length: 800 }, (_, i) => `${' '.repeat(i)}if x:`).join('\n')}\n${' '.repeat(800)}y`,
    ],
    ['open functions', 'def f(:\n'.repeat(5_000)],
    ['closing junk', ')]}'.repeat(20_000)],
    ['quotes', '"'.repeat(9_999)],
    ['NUL', 'x = 1\0y\0'],
    ['lone surrogate', 'x = "\ud800"\ny = 2'],
  ]
  for (const [name, text] of nested) {
    it(`survives ${name}`, () => {
      const tree = parse(text)
      // Plain data that any later stage can walk: not deeper than a few hundred levels.
      const depth = (node: unknown): number => {
        if (typeof node !== 'object' || node === null) return 0
        let most = 0
        for (const inner of Object.values(node)) most = Math.max(most, depth(inner))
        return most + 1
      }
      assert.ok(tree.body.length > 0)
      assert.ok(depth(tree.body) < 2_500, `${depth(tree.body)} levels`)
      for (const one of tree.body) assert.ok(one.start >= 0 && one.end <= text.length && one.start <= one.end)
    })
  }
  it('says when a text is too large', () => {
    const tree = parse('x'.repeat(2_000_001))
    assert.equal(tree.problem, 'too large: 2000001 characters, the limit is 2000000')
    assert.equal(tree.hasErrors, true)
    assert.deepEqual(tree.body, [])
  })
  it('gives an empty tree for an empty text', () => {
    assert.deepEqual(parse(''), { body: [], comments: [], hasErrors: false })
    assert.deepEqual(parse('\n\n  \n'), { body: [], comments: [], hasErrors: false })
  })
})
