import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const grid = `from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(
    GradientBoostingClassifier(),
    {'n_estimators': [100, 200, 400], 'max_depth': [2, 3, 4, 5], 'learning_rate': [0.01, 0.03, 0.1, 0.3]},
    cv=5,
)
search.fit(X, y)
`

describe('ecosystem check', () => {
  let folder: string
  let summary: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'costlint ecosystem '))
    summary = join(folder, 'summary.json')
    mkdirSync(join(folder, 'acme+churn'))
    writeFileSync(join(folder, 'acme+churn', 'search.py'), grid)
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  function run(...args: string[]): { status: number | null; output: string } {
    const child = spawnSync(
      process.execPath,
      [
        join(root, 'scripts/run-bundled.mjs'),
        'test/ecosystem/main.ts',
        join(folder, 'acme+churn'),
        ...args,
        '--summary',
        summary,
      ],
      { encoding: 'utf8' },
    )
    return { status: child.status, output: child.stdout + child.stderr }
  }

  it('tells what appeared, then nothing, then what disappeared', () => {
    const first = run('--update')
    assert.equal(first.status, 0, first.output)
    assert.match(first.output, /\+ search\.py:4 warning search\/grid-search /)
    assert.doesNotMatch(readFileSync(summary, 'utf8'), /GridSearchCV|search\.py/)

    const same = run()
    assert.equal(same.status, 0, same.output)
    assert.doesNotMatch(same.output, /^[+-] /m)

    writeFileSync(join(folder, 'acme+churn', 'search.py'), 'print()\n')
    const gone = run()
    assert.equal(gone.status, 1)
    assert.match(gone.output, /^- warning search\/grid-search [0-9a-f]{16}$/m)
  })

  it('reads configuration again, and says which keys came', () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'train' },
      spec: {
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'train', image: 'train:1', resources: { limits: { 'nvidia.com/gpu': 1 } } }],
          },
        },
      },
    }
    writeFileSync(join(folder, 'acme+churn', 'job.json'), JSON.stringify(job, null, 2))
    const script = '#!/bin/bash\n#SBATCH --gres=gpu:1 # one is enough\nsrun python train.py\n'
    writeFileSync(join(folder, 'acme+churn', 'train.sbatch'), script)
    const { status, output } = run(
      '--update',
      '--fixes',
      '--path',
      'job|train',
      '--select',
      'lifecycle/no-deadline',
    )
    assert.equal(status, 0, output)
    assert.match(output, /\| json \| 1 \| 0 \| 1 \| 1 \| 1 \| 0 \| 0 \| 1 \|/)
    assert.match(output, /\| shell \| 1 \| 0 \| 1 \| 1 \| 1 \| 0 \| 0 \| 1 \|/)
    assert.match(output, /1 × lifecycle\/no-deadline \(kubernetes\): added spec\.activeDeadlineSeconds/)
    assert.doesNotMatch(output, /search\/grid-search/)
  })

  it('counts fixes that were tried, and leaves the files alone', () => {
    const { status, output } = run('--update', '--fixes', '--select', 'search/grid-search')
    assert.equal(status, 0, output)
    assert.match(output, /\| search\/grid-search \| [1-9]\d* \| [1-9]\d* \| 0 \| 0 \| 0 \| 0 \| 0 \|/)
    assert.equal(readFileSync(join(folder, 'acme+churn', 'search.py'), 'utf8'), grid)
  })
})
