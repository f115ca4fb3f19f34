import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import picocolors from 'picocolors'
import { codeFrame } from '../../server/src/cli/format/frame.js'
import { LineTable } from '../../server/src/cli/positions.js'

const colors = picocolors.createColors(false)

function frame(marked: string, width = 80): string {
  const start = marked.indexOf('«')
  const end = marked.indexOf('»') - 1
  return codeFrame(new LineTable(marked.replace(/[«»]/g, '')), start, end, { colors, width }).lines.join('\n')
}

describe('cli/format/frame', () => {
  it('aligns carets below tabs, wide characters and emoji', () => {
    assert.equal(frame('a\n\t«grid»'), '  |\n2 |     grid\n  |     ^^^^')
    assert.equal(frame('"训练" + «网格» + 1'), '  |\n1 | "训练" + 网格 + 1\n  |          ^^^^')
    assert.equal(frame('👩‍💻 = «x»'), '  |\n1 | 👩‍💻 = x\n  |        ^')
    assert.equal(frame('ab\t«c\td»'), '  |\n1 | ab  c   d\n  |     ^^^^^')
  })

  it('marks an empty range and one at the end of a line', () => {
    assert.equal(frame('x = 1«»'), '  |\n1 | x = 1\n  |      ^')
    assert.equal(frame('«»'), '  |\n1 |\n  | ^')
  })

  it('does not show a line of which the range holds nothing', () => {
    assert.equal(frame('«x = 1\n»y = 2'), '  |\n1 | x = 1\n  | ^^^^^')
  })

  it('shows the beginning and the end of a long range', () => {
    const text = `«for x in y:\n${'    step()\n'.repeat(8)}    last()»\nafter`
    assert.equal(
      frame(text),
      [
        '   |',
        ' 1 | for x in y:',
        '   | ^^^^^^^^^^^',
        ' 2 |     step()',
        '   |     ^^^^^^',
        '   ⋮',
        '10 |     last()',
        '   |     ^^^^^^',
      ].join('\n'),
    )
  })

  it('cuts a long line around the range', () => {
    const lines = frame(`${'a'.repeat(500)}«grid»${'b'.repeat(500)}`, 40).split('\n')
    assert.match(lines[1]!, /^1 \| …a+gridb+…$/)
    assert.equal(lines[1]!.length <= 44 + 1, true)
    assert.equal(lines[2]!.indexOf('^'), lines[1]!.indexOf('grid'))
    assert.equal(lines[2]!.endsWith(' ^^^^'), true)
  })

  it('counts lines that end with CRLF and with CR alone', () => {
    assert.equal(frame('a\r\nb\rc = «d»\r\n'), '  |\n3 | c = d\n  |     ^')
  })
})
