import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { inFolder, runHere } from './here.js'

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

  it('shows how the findings went since the report that it writes over, or those that are named', async () => {
    await inFolder({ 'costlint.toml': '', 'tune.py': grid }, async (costlint, root) => {
      const write = (...more: string[]) => costlint('report', '--output-file', 'cost-report.html', ...more)
      const page = (name = 'cost-report.html') => readFileSync(join(root, name), 'utf8')
      await write()
      assert.doesNotMatch(page(), /Findings over time/)
      // As if it had been made in spring, with more to find.
      const past = (date: string, warnings: number) =>
        page().replace(
          /<!-- costlint-history .*? -->/,
          `<!-- costlint-history [{"date":"${date}","error":0,"warning":${warnings},"information":2,"hint":1,"saving":"$7–9"}] -->`,
        )
      writeFileSync(join(root, 'cost-report.html'), past('2026-03-01', 5))
      writeFileSync(join(root, 'old.html'), past('2026-02-01', 9))
      await write('--earlier', 'old.html')
      const row = (date: string) => new RegExp(`<tr><td>${date}</td>(.*?)</tr>`).exec(page())?.[1]
      assert.match(
        page(),
        /<h2 id="history">Findings over time<\/h2><svg[^>]* aria-label="Findings of each report: 2026-02-01 11 · \$7–9; 2026-03-01 7 · \$7–9; /,
      )
      assert.match(row('2026-02-01')!, />0<.*>9<.*>2<.*>1<.*>\$7–9</)
      assert.match(row('2026-03-01')!, />5</)
      // It is carried along, and a report of the same day takes the place of the one before.
      await write()
      assert.ok(row('2026-02-01'))
      assert.equal(page().match(/<tr><td>\d{4}-\d\d-\d\d</g)?.length, 3)
      const { out } = await costlint('report', '--output-format', 'markdown', '--earlier', 'cost-report.html')
      assert.match(
        out,
        /## Findings over time\n\n\| report of .*\n.*\n\| 20.*\n\| 2026-03-01 \| 0 \| 5 \| 2 \| 1 \|/,
      )
      const wrong = await costlint('report', '--earlier', 'tune.py')
      assert.equal(wrong.code, 2)
      assert.match(wrong.err, /--earlier: tune\.py is no report of CostLint\n/)
    })
  })

  it('prints Markdown, of the files that are asked about', async () => {
    const files = { 'a/tune.py': grid, 'b/other.py': grid }
    const { out } = await runHere(files, ['report', 'a', '--output-format', 'markdown'])
    assert.match(out, /`a\/tune\.py:3`/)
    assert.doesNotMatch(out, /other\.py/)
  })
})
