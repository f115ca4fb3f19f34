/** `costlint checklist` and `costlint explain` on small projects, through the real engine. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runHere } from './here.js'

const search = `from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

grid = {"C": [0.1, 1, 10, 100], "gamma": [1e-4, 1e-3, 1e-2, 1e-1], "kernel": ["rbf", "poly"], "degree": [2, 3, 4]}
GridSearchCV(SVC(), grid, cv=5).fit(*load_digits(return_X_y=True))
`

describe('costlint checklist', () => {
  it('says of each item what the lint has found', async () => {
    const { out, code } = await runHere({ 'search.py': search }, ['checklist'])
    assert.equal(code, 0)
    assert.equal(out.match(/^- \[ \] /gm)?.length, 44)
    const item = (id: string) => out.split(`<!-- costlint:${id} -->`)[1]!.split('<!-- /costlint -->')[0]!
    assert.match(
      item('waste/replace-grid-search'),
      /\*\*\d findings?\*\*[\s\S]*- \[search\.py:6\]\(search\.py#L6\) /,
    )
    assert.match(item('waste/scale-down'), /Cannot be seen|rest cannot be seen/)
    assert.match(item('rightsize/spot'), /Nothing of the kind in this project/)
    assert.match(out, /Last lint \d{4}-\d\d-\d\d: \d+ items? with findings/)
  })

  it('writes a file with links from where it lies, updates it, and keeps what people wrote', async () => {
    const write = ['checklist', '--write', 'docs/costs.md']
    const file = (root: string) => join(root, 'docs', 'costs.md')
    let text = ''
    const first = await runHere({ 'src/my search.py': search, 'docs/index.md': '' }, write, {
      after: (root) => {
        text = readFileSync(file(root), 'utf8')
      },
    })
    assert.deepEqual([first.err, first.code], ['Wrote docs/costs.md.\n', 0])
    assert.ok(text.includes('[../src/my search.py:6](../src/my%20search.py#L6)'))
    const ticked = text.replace('- [ ] **Spot', '- [x] **Spot')
    const second = await runHere({ 'src/none.py': 'x = 1\n', 'docs/costs.md': ticked }, write, {
      after: (root) => {
        text = readFileSync(file(root), 'utf8')
      },
    })
    assert.equal(second.err, 'Updated docs/costs.md.\n')
    assert.ok(text.includes('- [x] **Spot') && !text.includes('search.py'))
  })

  it('does not write over another document', async () => {
    const { err, code } = await runHere({ 'README.md': '# Mine\n' }, ['checklist', '--write', 'README.md'])
    assert.equal(code, 2)
    assert.match(err, /--write: README\.md exists and holds no checklist of CostLint/)
  })

  it('lets no name of a file become Markdown', async () => {
    const name = 'a](http:x) ![b](c) <!-- .py'
    const { out } = await runHere({ [name]: search }, ['checklist'])
    assert.ok(out.includes('[a\\](http:x) \\!\\[b\\](c) \\<\\!-- .py:6]'), out.match(/.*http:x.*/)?.[0])
  })
})

describe('costlint explain', () => {
  it('explains an item with its rules and commands', async () => {
    const { out, code } = await runHere({}, ['explain', 'waste/replace-grid-search'])
    assert.equal(code, 0)
    assert.match(out, /^Replace grid search \(waste\/replace-grid-search\)\n/)
    assert.match(out, /\n- search\/grid-search: /)
    assert.match((await runHere({}, ['explain', 'model/pruning'])).out, /costlint compare/)
  })

  it('lists the items without a name, and suggests one for a misspelled name', async () => {
    const { out } = await runHere({}, ['explain'])
    assert.equal(out.match(/^ {2}[a-z]+\/[a-z-]+ /gm)?.length, 44)
    const { err, code } = await runHere({}, ['explain', 'waste/replace-gridsearch'])
    assert.equal(code, 2)
    assert.match(err, /unknown rule or checklist item .*waste\/replace-grid-search/)
  })
})
