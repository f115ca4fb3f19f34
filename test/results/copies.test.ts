/** Near-identical copies of a file: one finding with a list of places. */
import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const script = `import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

table = pd.read_csv('churn.csv')
table = table.dropna(subset=['age', 'tenure'])
table['tenure'] = table['tenure'].clip(0, 40)
table['age'] = table['age'].clip(18, 99)
table = table.drop(columns=['name'])
print(table.describe())
print(table.dtypes)
print(len(table))
target = table.pop('left')
grid = {
    'max_depth': [4, 8, 16, 32],
    'max_features': [0.2, 0.4, 0.6],
    'min_samples_leaf': [1, 2, 4, 8, 16],
}
search = GridSearchCV(RandomForestClassifier(), grid, cv=5)
search.fit(table, target)
print(search.best_params_)
search.best_estimator_
`
const copy = script.replace('churn.csv', 'churn-2024.csv')

async function told(files: [string, string][], paths?: string[]): Promise<string[]> {
  const project = await openProject(memoryRoot, memoryHost(new Map(files)))
  const { findings } = await project.lint(paths === undefined ? undefined : { paths })
  return findings.map(
    ({ severity, location, related }) =>
      `${severity} ${location.path}${related.map((each) => ` > ${each.location.path}: ${each.message}`).join('')}`,
  )
}

const job = (name: string, gpus: number): string => `#!/bin/bash
#SBATCH --job-name=${name}
#SBATCH --nodes=1
#SBATCH --gres=gpu:a100:${gpus}
#SBATCH --cpus-per-task=16
#SBATCH --partition=gpu
#SBATCH --output=logs/%j.out
#SBATCH --error=logs/%j.err
#SBATCH --mail-type=FAIL
module purge
module load cuda
module load gcc
module load python
source ~/venv/bin/activate
export OMP_NUM_THREADS=8
export HF_HOME=/scratch/hf
export TOKENIZERS_PARALLELISM=false
cd /scratch/project
mkdir -p logs
nvidia-smi
srun python train.py
`

describe('copies of a file', () => {
  it('are told in the first, which lists them, and stay hints themselves', async () => {
    assert.deepEqual(
      await told([
        ['old.py', copy],
        ['a/search.py', script],
      ]),
      [
        'hint a/search.py > old.py: told there: this file is a copy',
        'warning old.py > a/search.py: the same in this copy of the file',
      ],
    )
  })

  it('are told by themselves where only they are linted', async () => {
    const files: [string, string][] = [
      ['search.py', script],
      ['a/search.py', copy],
    ]
    assert.deepEqual(await told(files, ['a/search.py']), ['warning a/search.py'])
  })

  it('are no copies where more than two lines of twenty differ', async () => {
    const other = script
      .replace("table.pop('left')", "table.pop('label')")
      .replace('print(search.best_params_)', 'print(search.best_score_)')
      .replace('search.best_estimator_\n', 'pd.DataFrame(search.cv_results_)\n')
      .replace('churn.csv', 'loans.csv')
    assert.deepEqual(
      await told([
        ['a.py', script],
        ['b.py', other],
      ]),
      ['warning a.py', 'warning b.py'],
    )
  })

  it('of launch files have to start the same', async () => {
    const train = 'import torch\nmodel = torch.nn.Linear(4, 4).cuda()\n'
    const files: [string, string][] = [
      ['train.py', train],
      ['a.sbatch', job('a', 8)],
      ['b.sbatch', job('b', 8)],
      ['c.sbatch', job('c', 4)],
    ]
    const found = (await told(files)).filter((line) => line.includes('sbatch'))
    assert.ok(
      found.some((line) => line.includes('hint b.sbatch')),
      found.join('\n'),
    )
    assert.ok(
      found.every((line) => !/ > c\.sbatch/.test(line)),
      found.join('\n'),
    )
  })

  it('are not folded where the user has set the severity', async () => {
    assert.deepEqual(
      await told([
        ['a.py', script],
        ['b.py', copy],
        ['costlint.toml', '[severity]\n"search/grid-search" = "error"\n'],
      ]),
      ['error a.py', 'error b.py'],
    )
  })

  it('come back when the first of them changes', async () => {
    const files = new Map([
      ['a.py', script],
      ['b.py', copy],
    ])
    const project = await openProject(memoryRoot, memoryHost(files))
    const severities = async () => (await project.lint()).findings.map(({ severity }) => severity)
    assert.deepEqual(await severities(), ['warning', 'hint'])
    files.set('a.py', 'print("nothing to see")\n')
    project.changedOnDisk('a.py')
    assert.deepEqual(await severities(), ['warning'])
  })
})
