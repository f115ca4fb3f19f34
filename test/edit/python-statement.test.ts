import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import { pythonEdits } from '../../server/src/edit/python.js'
import type { PythonWrite } from '../../server/src/edit/write.js'
import type { Expr, Stmt } from '../../server/src/syntax/python-ast.js'
import { parsePython, rangeOf } from './python-parser.js'

type Range = ReturnType<typeof rangeOf>
type At = (type: (Expr | Stmt)['type'], starting: string) => Range

function edit(text: string, writes: (at: At) => PythonWrite[]) {
  return pythonEdits(
    text,
    parsePython(text),
    writes((type, starting) => rangeOf(text, type, starting)),
  )
}

function edited(text: string, writes: (at: At) => PythonWrite[]): string {
  const edits = edit(text, writes)
  if (isRefusal(edits)) throw new Error(edits.reason)
  const result = applyFragmentEdits(text, edits)
  assert.equal(parsePython(result).hasErrors, false, `does not parse:\n${result}`)
  return result
}

function refusal(text: string, writes: (at: At) => PythonWrite[]): string {
  const edits = edit(text, writes)
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

const wrap = (first: Range, last: Range, header = 'with c():'): PythonWrite => ({
  kind: 'wrap block',
  first,
  last,
  header,
})
const insert = (where: 'before' | 'after', statement: Range, ...lines: string[]): PythonWrite => ({
  kind: 'insert lines',
  where,
  statement,
  lines,
})
const remove = (statement: Range): PythonWrite => ({ kind: 'remove statement', statement })

const loop = `for x, y in loader:
    optimizer.zero_grad()
    out = model(x)  # forward

    # the loss
    loss = criterion(
        out,
        y,
    )
    loss.backward()
`

describe('edit/python: wrap block', () => {
  it('indents as most blocks of the file, whatever the first one does', () => {
    const text = 'if a:\n        b()\nfor x in y:\n    c(x)\n    d(x)\nfor z in y:\n    c(z)\n'
    assert.equal(
      edited(text, (at) => [wrap(at('expr', 'c(x)'), at('expr', 'd(x)'))]),
      text.replace('    c(x)\n    d(x)', '    with c():\n        c(x)\n        d(x)'),
    )
  })

  it('indents the lines from the first to the last statement', () => {
    assert.equal(
      edited(loop, (at) => [wrap(at('assign', 'out'), at('assign', 'loss'), 'with autocast():')]),
      `for x, y in loader:
    optimizer.zero_grad()
    with autocast():
        out = model(x)  # forward

        # the loss
        loss = criterion(
            out,
            y,
        )
    loss.backward()
`,
    )
  })
  it('leaves strings of several lines alone', () => {
    const text = 'def f():\n\ta = """x\n  y {"\n\tz"""\n\tb = f"""{\n1}\n""" + \'"""\'\n\tc = "1\\\n2"\n'
    assert.equal(
      edited(text, (at) => [wrap(at('assign', 'a'), at('assign', 'c'))]),
      'def f():\n\twith c():\n\t\ta = """x\n  y {"\n\tz"""\n\t\tb = f"""{\n1}\n""" + \'"""\'\n\t\tc = "1\\\n2"\n',
    )
  })
  it('knows where strings with quotes in their fields end', () => {
    const text = `if a:\n  s = f"{d["k"]} {x!r:>{w}}" + rf'{{' + f"{'''q'''}"\n  t = """\nno\n"""\n`
    assert.equal(
      edited(text, (at) => [wrap(at('assign', 's'), at('assign', 't'))]),
      `if a:\n  with c():\n    s = f"{d["k"]} {x!r:>{w}}" + rf'{{' + f"{'''q'''}"\n    t = """\nno\n"""\n`,
    )
  })
  it('keeps Windows line endings, a missing final one, and indents by two where the file does', () => {
    const text = 'for x in y:\r\n  a = 1\r\n\r\n  b = 2'
    assert.equal(
      edited(text, (at) => [wrap(at('assign', 'a'), at('assign', 'b'))]),
      'for x in y:\r\n  with c():\r\n    a = 1\r\n\r\n    b = 2',
    )
  })
  it('takes decorators along, and compound statements whole', () => {
    const text = '@d\n@e(1)\ndef f():\n    pass\nif a:\n    b\nelse:\n    c\n'
    assert.equal(
      edited(text, (at) => [wrap(at('function', '@d'), at('if', 'if'))]),
      'with c():\n    @d\n    @e(1)\n    def f():\n        pass\n    if a:\n        b\n    else:\n        c\n',
    )
  })
  it('moves what other writes of the change put inside', () => {
    assert.equal(
      edited(loop, (at) => [
        wrap(at('assign', 'out'), at('assign', 'loss')),
        insert('before', at('assign', 'loss'), 'if out:', '    stop()'),
        insert('after', at('assign', 'out'), 'seen += 1'),
        { kind: 'set keyword', call: at('call', 'criterion('), name: 'reduction', value: '"sum"' },
        { kind: 'replace', range: at('name', 'model'), text: 'net' },
      ]),
      `for x, y in loader:
    optimizer.zero_grad()
    with c():
        out = net(x)  # forward
        seen += 1

        # the loss
        if out:
            stop()
        loss = criterion(
            out,
            y,
            reduction="sum",
        )
    loss.backward()
`,
    )
  })
  it('leaves out what is inserted before its first and behind its last statement', () => {
    const text = 'def f():\n    a = 1\n    b = 2\n'
    assert.equal(
      edited(text, (at) => [
        wrap(at('assign', 'a'), at('assign', 'b')),
        insert('before', at('assign', 'a'), 'first()'),
        insert('after', at('assign', 'b'), 'last()'),
      ]),
      'def f():\n    first()\n    with c():\n        a = 1\n        b = 2\n    last()\n',
    )
  })
  it('works at the top level with insertions between', () => {
    assert.equal(
      edited('a = 1\nb = 2\n', (at) => [
        wrap(at('assign', 'a'), at('assign', 'b')),
        insert('before', at('assign', 'b'), 'x()'),
        insert('before', at('assign', 'a'), 'y()'),
      ]),
      'y()\nwith c():\n    a = 1\n    x()\n    b = 2\n',
    )
  })
  it('survives the removal of a statement inside', () => {
    assert.equal(
      edited('if q:\n    a = 1\n    b = 2\n    c = 3\n', (at) => [
        wrap(at('assign', 'a'), at('assign', 'c')),
        remove(at('assign', 'b')),
      ]),
      'if q:\n    with c():\n        a = 1\n        c = 3\n',
    )
  })
  it('refuses lines that hold other code, other blocks and cell markers', () => {
    assert.match(
      refusal('a = 1; b = 2\n', (at) => [wrap(at('assign', 'a'), at('assign', 'a'))]),
      /shares/,
    )
    assert.match(
      refusal('if x: a = 1\n', (at) => [wrap(at('assign', 'a'), at('assign', 'a'))]),
      /shares/,
    )
    assert.match(
      refusal('if x:\\\n  a = 1\n', (at) => [wrap(at('assign', 'a'), at('assign', 'a'))]),
      /shares/,
    )
    assert.match(
      refusal('if x:\n    a = 1\nb = 2\n', (at) => [wrap(at('assign', 'a'), at('assign', 'b'))]),
      /no longer there/,
    )
    assert.match(
      refusal('a = 1\n# %%\nb = 2\n', (at) => [wrap(at('assign', 'a'), at('assign', 'b'))]),
      /cell/,
    )
    assert.match(
      refusal('if x:\n    a = 1\nelif y:\n    b = 2\n', (at) => [wrap(at('if', 'elif'), at('if', 'elif'))]),
      /elif|shares/,
    )
  })
})

describe('edit/python: insert lines', () => {
  it('stays behind a statement that ends with a wrapped block', () => {
    const text = `for x in xs:
    total += x
    print(x)
`
    const result = edited(text, (at) => [
      wrap(at('expr', 'print'), at('expr', 'print'), 'if x:'),
      insert('after', at('for', 'for'), 'total = float(total)'),
    ])
    assert.equal(
      result,
      `for x in xs:
    total += x
    if x:
        print(x)
total = float(total)
`,
    )
  })

  it('inserts at the indentation of the statement', () => {
    const text = 'class A:\n  def f(self):\n    a = 1  # one\n    b = 2\n'
    assert.equal(
      edited(text, (at) => [insert('before', at('assign', 'a'), 'if x:', '    y()')]),
      'class A:\n  def f(self):\n    if x:\n      y()\n    a = 1  # one\n    b = 2\n',
    )
    assert.equal(
      edited(text, (at) => [insert('after', at('assign', 'a'), 'y()', 'z()')]),
      'class A:\n  def f(self):\n    a = 1  # one\n    y()\n    z()\n    b = 2\n',
    )
    assert.equal(
      edited(text, (at) => [insert('after', at('function', 'def f'), 'def g(self):', '    pass')]),
      'class A:\n  def f(self):\n    a = 1  # one\n    b = 2\n  def g(self):\n    pass\n',
    )
  })
  it('inserts above decorators, behind the last line without a line break, and behind a one-line if', () => {
    assert.equal(
      edited('@d\ndef f(): pass', (at) => [
        insert('before', at('function', '@d'), 'x = 1'),
        insert('after', at('function', '@d'), 'y = 1'),
      ]),
      'x = 1\n@d\ndef f(): pass\ny = 1',
    )
    assert.equal(
      edited('if x: y = 1\nz = 1\n', (at) => [insert('after', at('if', 'if'), 'q = 1')]),
      'if x: y = 1\nq = 1\nz = 1\n',
    )
  })
  it('puts the inner of two insertions first', () => {
    const text = 'for a in b:\n    c = 1\nd = 1\n'
    assert.equal(
      edited(text, (at) => [
        insert('after', at('for', 'for'), 'outer = 1'),
        insert('after', at('assign', 'c'), 'inner = 1'),
      ]),
      'for a in b:\n    c = 1\n    inner = 1\nouter = 1\nd = 1\n',
    )
  })
  it('refuses statements that share their line', () => {
    assert.match(
      refusal('a = 1; b = 2\n', (at) => [insert('after', at('assign', 'a'), 'x')]),
      /shares/,
    )
    assert.match(
      refusal('a = 1; b = 2\n', (at) => [insert('before', at('assign', 'b'), 'x')]),
      /shares/,
    )
    assert.match(
      refusal('if x: y = 1\n', (at) => [insert('after', at('assign', 'y'), 'x')]),
      /shares/,
    )
  })
})

describe('edit/python: remove statement', () => {
  it('removes it with its line and its comment', () => {
    assert.equal(
      edited('a = 1\nb = [\n    2,\n]  # two\nc = 3\n', (at) => [remove(at('assign', 'b'))]),
      'a = 1\nc = 3\n',
    )
    assert.equal(
      edited('a = 1\nb = 2', (at) => [remove(at('assign', 'b'))]),
      'a = 1\n',
    )
  })
  it('leaves one blank line where it stood between two', () => {
    const without = (text: string) => edited(text, (at) => [remove(at('assign', 'b'))])
    assert.equal(without('a = 1\n\nb = 2\n\nc = 3\n'), 'a = 1\n\nc = 3\n')
    assert.equal(without('a = 1\n\nb = 2\nc = 3\n'), 'a = 1\n\nc = 3\n')
    assert.equal(without('def f():\n    b = 2\n\n    c = 3\n'), 'def f():\n    c = 3\n')
    assert.equal(without('if x:\n    a = 1\n\n    b = 2\n\nc = 3\n'), 'if x:\n    a = 1\n\nc = 3\n')
  })
  it('takes what it was the whole of along', () => {
    const without = (text: string) => edited(text, (at) => [remove(at('assign', 'a'))])
    assert.equal(without('if x:\n    a = 1\nb = 2\n'), 'b = 2\n')
    assert.equal(without('if x % 5 == 0: a = 1\nb = 2\n'), 'b = 2\n')
    assert.equal(without('try:\n    # why\n    a = 1\nexcept Exception:\n    pass\nb = 2\n'), 'b = 2\n')
    assert.equal(without('if x:\n    try:\n        a = 1\n    except E:\n        f()\nb = 2\n'), 'b = 2\n')
  })
  it('keeps pass where a block would be empty', () => {
    const without = (text: string) => edited(text, (at) => [remove(at('assign', 'a'))])
    assert.equal(without('if f():\n    a = 1\n'), 'if f():\n    pass\n')
    assert.equal(without('with f(): a = 1\n'), 'with f(): pass\n')
    assert.equal(without('try:\n    a = 1\nfinally:\n    f()\n'), 'try:\n    pass\nfinally:\n    f()\n')
    assert.equal(
      edited('if x:\n    a = 1\n    b = 2\nelse:\n    c = 3\n', (at) => [
        remove(at('assign', 'a')),
        remove(at('assign', 'b')),
        remove(at('assign', 'c')),
      ]),
      'if x:\n    pass\nelse:\n    pass\n',
    )
    assert.equal(
      edited('a = 1\n', (at) => [remove(at('assign', 'a'))]),
      '',
    )
  })
  it('refuses a statement that shares its line', () => {
    assert.match(
      refusal('a = 1; b = 2\n', (at) => [remove(at('assign', 'b'))]),
      /shares/,
    )
  })
})
