import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { inFolder } from './here.js'

const search = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100]}, cv=5)
search.fit(X, y)
`
const job = `apiVersion: batch/v1
kind: Job
metadata:
  name: example
spec:
  template:
    spec:
      containers:
        - name: train
          image: python:3.12
          command: [python, tune.py]
          resources: {limits: {nvidia.com/gpu: 1}}
`

describe('cli, a clone within a repository', () => {
  it('neither its findings nor its bill are those of the repository, until it is named', () =>
    inFolder(
      {
        '.git/HEAD': '',
        'train.py': 'print("clean")\n',
        'costlint/.git/HEAD': '',
        'costlint/examples/tune.py': search,
        'costlint/examples/job.yaml': job,
      },
      async (costlint) => {
        const all = await costlint('check')
        assert.equal(all.code, 0)
        assert.match(all.out, /^No findings \(1 file seen/)
        assert.equal((await costlint('check', '--fail-on-parse-error')).code, 0)
        assert.equal(all.err, 'not checked: costlint: is a repository of its own; name it to check it\n')
        assert.deepEqual(JSON.parse((await costlint('cost', '--output-format', 'json')).out).jobs, [])
        const named = await costlint('check', 'costlint/examples', '--output-format', 'concise')
        assert.match(named.out, /^costlint\/examples\/tune\.py:3:/m)
      },
    ))
})
