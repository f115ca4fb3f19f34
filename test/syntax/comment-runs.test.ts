import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { withoutCommentRuns } from '../../server/src/syntax/comment-runs.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'

const run = (lines: number, indent = '', end = '\n') =>
  Array.from({ length: lines }, (_, at) => `${indent}# x = ${at} 😀${end}`).join('')

describe('syntax/comment-runs', () => {
  let grammars: Grammars
  before(async () => {
    grammars = await loadGrammars(await grammarFiles(), ['python'])
  })

  it('leaves short runs and other lines alone', () => {
    for (const text of ['', '#', '# a\n# b\n\nx = 1 # c\n', run(39), `x = 1\n${run(20)}y = 2\n${run(20)}`])
      assert.deepEqual(withoutCommentRuns(text), { text, comments: [] })
  })

  it('blanks long runs at equal length and gives their comments', () => {
    for (const end of ['\n', '\r\n']) {
      const text = `x = 1${end}${run(50, '\t', end)}y = 2  # z${end}${run(60, '', end)}`.trimEnd()
      const { text: blank, comments } = withoutCommentRuns(text)
      assert.equal(blank.length, text.length)
      assert.equal(blank.replace(/\s/g, ''), 'x=1y=2#z')
      assert.deepEqual(blank.match(/[\r\n]/g), text.match(/[\r\n]/g))
      assert.equal(comments.length, 110)
      for (const { start, end, text: comment } of comments) assert.equal(text.slice(start, end), comment)
      assert.match(comments[109]!.text, /^# x = 59 😀$/)
    }
  })

  it('changes neither statements nor comments of the tree', () => {
    const block = `def f():\n${run(45, '    ')}    return 1\n${run(45)}\nclass A:\n    x = [\n${run(45)}    ]\n# last`
    const text = `s = """\n${run(45)}"""\n${block}`
    const tree = pythonTree(text, grammars)
    assert.equal(tree.hasErrors, false)
    assert.deepEqual(
      tree.body.map((statement) => [statement.type, text.slice(statement.start, statement.start + 5)]),
      [
        ['assign', 's = "'],
        ['function', 'def f'],
        ['class', 'class'],
      ],
    )
    const value = (tree.body[0] as { value: { value: unknown } }).value
    assert.equal(JSON.stringify(value).match(/# x = /g)?.length, 45)
    assert.equal(tree.comments.at(-1)!.text, '# last')
    const starts = tree.comments.map(({ start }) => start)
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => a - b),
    )
  })

  it('reads many thousand comments in one parse', () => {
    const { comments, problem } = pythonTree(`import torch\n${run(100_000)}x = 1\n`, grammars)
    assert.equal(problem, undefined)
    assert.equal(comments.length, 100_000)
  })
})
