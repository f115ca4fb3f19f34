import assert from 'node:assert/strict'
import { guidanceOf } from '../../server/src/checklist/guidance.js'
import { checklistItem, credits, groups, items } from '../../server/src/checklist/items.js'
import { rules } from '../../server/src/rules/index.js'

describe('checklist', () => {
  it('has an item once, in a group that exists, group by group', () => {
    assert.equal(new Set(items.map((item) => item.id)).size, items.length)
    const order = groups.map((group) => group.id)
    let last = 0
    for (const item of items) {
      const at = order.indexOf(item.group)
      assert.ok(at >= last, item.id)
      last = at
    }
    for (const group of groups)
      assert.ok(
        items.some((item) => item.group === group.id),
        group.id,
      )
  })

  it('is carried out by a rule or a command, item by item', () => {
    for (const { id } of items) {
      const carried = rules.some(({ checklist }) => checklist.includes(id))
      assert.ok(carried || (guidanceOf(id).commands ?? []).length > 0, id)
    }
    for (const { name, checklist } of rules)
      for (const id of checklist) assert.ok(checklistItem(id) !== undefined, `${name}: ${id}`)
  })

  it('is found by id, and credits its origin', () => {
    assert.equal(checklistItem('waste/replace-grid-search')?.title, 'Replace grid search')
    assert.equal(checklistItem('waste/nothing'), undefined)
    assert.match(credits, /OraCore Editors/)
    assert.match(credits, /Transcloud/)
  })
})
