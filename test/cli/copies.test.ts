/** A finding in near-identical copies of a file is shown once to people, and in full to programs. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { runHere } from './here.js'

const tuned = (model: string) => `from sklearn.model_selection import GridSearchCV
from sklearn.ensemble import RandomForestRegressor
from tables import read

X_train, y_train = read("${model}.csv")
grid = {"max_depth": [4, 8, 16, None], "min_samples_leaf": [1, 2, 5, 10, 20], "max_features": ["sqrt", 0.5, 1.0]}
search = GridSearchCV(RandomForestRegressor(n_estimators=300), grid, cv=5, n_jobs=-1)
search.fit(X_train, y_train)
scores = search.cv_results_["mean_test_score"]
best = search.best_estimator_
print(best, scores.max(), scores.min())
print(best.get_params())
`
const other = `from sklearn.model_selection import GridSearchCV
from sklearn.ensemble import RandomForestRegressor

def tune(X_train, y_train):
    return X_train.mean(), y_train.mean()

grid = {"max_depth": [4, 8, 16, None], "min_samples_leaf": [1, 2, 5, 10, 20], "max_features": ["sqrt", 0.5, 1.0]}
search = GridSearchCV(RandomForestRegressor(n_estimators=300), grid, cv=5, n_jobs=-1)
search.fit(*load())
`
const files = {
  '.git/HEAD': '',
  'a.py': tuned('a'),
  'b.py': tuned('b'),
  'c.py': tuned('c'),
  'other.py': other,
}

describe('copies of a file', () => {
  it('are named beside the finding in the first of them', async () => {
    const { out, code } = await runHere(files, ['check', '--select', 'search/grid-search'])
    assert.deepEqual(out.match(/--> \S+/g), ['--> a.py:7:10', '--> other.py:8:10'])
    assert.match(out, /= also: in 2 copies of this file: b\.py:7:10, c\.py:7:10$/m)
    assert.match(out, /^4 findings: 4 warnings/m)
    assert.equal(code, 1)
  })

  it('are a row each for programs, and one row in Markdown', async () => {
    const concise = await runHere(files, [
      'check',
      '--select',
      'search/grid-search',
      '--output-format',
      'concise',
    ])
    assert.equal(concise.out.match(/search\/grid-search/g)?.length, 4)
    const markdown = await runHere(files, [
      'check',
      '--select',
      'search/grid-search',
      '--output-format',
      'markdown',
    ])
    assert.equal(markdown.out.match(/^\| warning/gm)?.length, 2)
    assert.match(markdown.out, /Also in 2 copies of this file: `b\.py:7`, `c\.py:7`\./)
  })
})
