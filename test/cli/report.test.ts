import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { runHere } from './here.js'

const grid = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [1, 2, 3, 4], "gamma": [1, 2, 3, 4, 5]}, cv=5)
search.fit(x, y)
`

describe('costlint report', () => {
  it('prints a page of its own', async () => {
    const { out, code } = await runHere({ 'tune.py': grid }, ['report'])
    assert.equal(code, 0)
    assert.match(out, /^<!DOCTYPE html>/)
    assert.match(out, /Grid of 4 × 5 = 20 configurations/)
    assert.match(out, /100 fits/)
  })

  it('is a format of check as well', async () => {
    const options = ['check', '--output-format', 'html', '--fail-on', 'never']
    const { out, code } = await runHere({ 'tune.py': grid }, options)
    assert.equal(code, 0)
    assert.match(
      out,
      /^<!DOCTYPE html>[\s\S]*Grid of 4 × 5 = 20 configurations[\s\S]*<code>tune\.py:3<\/code>/,
    )
  })

  it('prints Markdown, of the files that are asked about', async () => {
    const files = { 'a/tune.py': grid, 'b/other.py': grid }
    const { out } = await runHere(files, ['report', 'a', '--output-format', 'markdown'])
    assert.match(out, /`a\/tune\.py:3`/)
    assert.doesNotMatch(out, /other\.py/)
  })
})
