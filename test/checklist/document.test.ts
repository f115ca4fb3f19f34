import assert from 'node:assert/strict'
import { isChecklist, newDocument, updatedDocument } from '../../server/src/checklist/document.js'
import { items } from '../../server/src/checklist/items.js'

const state = (text: string) => ({
  summary: [text],
  baseline: new Map([['baseline/cost-per-run', text]]),
  items: new Map(items.map(({ id }) => [id, [`${id}: ${text}`]])),
})

describe('the checklist document', () => {
  const first = newDocument(state('first'))

  it('has every item with a box, its state, the table, the credit', () => {
    for (const { id } of items) assert.ok(first.includes(`${id}: first`), id)
    assert.equal(first.match(/^- \[ \] /gm)?.length, 44)
    assert.match(first, /\| Cost per run \| first \| {2}\|/)
    assert.match(first, /OraCore Editors/)
    assert.ok(isChecklist(first))
    assert.ok(!isChecklist('# Cost checklist\n'))
  })

  it('is the same again where nothing has changed, and equals a new one where nobody wrote', () => {
    assert.deepEqual(updatedDocument(first, state('first')), { text: first, problems: [] })
    assert.equal(updatedDocument(first, state('second')).text, newDocument(state('second')))
  })

  it('keeps what people wrote: boxes, notes, their column, what they moved or deleted', () => {
    const edited = first
      .replace('- [ ] **Spot capacity.', '- [x] **Spot capacity.')
      .replace('# Cost checklist', '# Costs of the leaves team\n\nAsk Ada.')
      .replace('| Cost per run | first |  |', '| Cost per run | first | $12, see \\| the sheet |')
      .replace(/- \[ \] \*\*Pruning[\s\S]*?<!-- \/costlint -->\n/, '')
      .replace(/(waste\/scale-down: first\n\n *<!-- \/costlint -->\n)/, '$1\n  Our note.\n')
    const { text, problems } = updatedDocument(edited, state('second'))
    assert.deepEqual(problems, [])
    assert.match(text, /- \[x\] \*\*Spot capacity/)
    assert.match(text, /^# Costs of the leaves team\n\nAsk Ada\.\n/)
    assert.ok(text.includes('| Cost per run | second | $12, see \\| the sheet |'))
    assert.ok(!text.includes('model/pruning'))
    assert.match(text, /waste\/scale-down: second\n\n *<!-- \/costlint -->\n\n {2}Our note\.\n/)
    assert.ok(!text.includes(': first'))
  })

  it('keeps line endings', () => {
    const windows = first.replaceAll('\n', '\r\n')
    assert.equal(updatedDocument(windows, state('first')).text, windows)
  })

  it('leaves a part whose end somebody deleted as it is, and says so', () => {
    const broken = first.replace(/(waste\/scale-down: first\n\n) *<!-- \/costlint -->\n/, '$1  Our note.\n')
    const { text, problems } = updatedDocument(broken, state('second'))
    assert.match(problems.join(), /line \d+: <!-- costlint:waste\/scale-down --> has no <!-- \/costlint -->/)
    assert.ok(text.includes('waste/scale-down: first') && text.includes('Our note.'))
    assert.ok(text.includes('rightsize/spot: second'))
  })
})
