/** Rules that speak once in a project: which of their findings is kept. */
import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const rule = 'search/unsaved-study'

function study(trials: number, device: string): string {
  return `import optuna


def objective(trial):
    model = build(trial.suggest_int('units', 32, 512))${device}
    model.fit(x, y, epochs=50)
    return model.score()


study = optuna.create_study()
study.optimize(objective, n_trials=${trials})
`
}

/** Whoever works in a notebook sees its trials: there it is a hint. */
function notebook(source: string): string {
  const cell = { cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null }
  return JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 })
}

/** A training of its own that saves nothing. */
function training(network: string, epochs: number): string {
  return `import torch
from data import loader

model = ${network}.cuda()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(${epochs}):
    for images, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`
}

const wide = 'torch.nn.Sequential(torch.nn.Conv2d(3, 1024, 3), torch.nn.Conv2d(1024, 1024, 3))'
const narrow = 'torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 8, 3))'

async function told(files: [string, string][], of = rule): Promise<string[]> {
  const project = await openProject(memoryRoot, memoryHost(new Map(files)))
  const { findings } = await project.lint()
  return findings.filter((one) => one.rule === of).map((one) => `${one.location.path} ${one.severity}`)
}

describe('a rule that speaks once in a project', () => {
  it('names the first file of several that are alike', async () => {
    const files: [string, string][] = [
      ['b.py', study(100, '.cuda()')],
      ['a.py', study(100, '.cuda()')],
      ['c.py', study(100, '.cuda()')],
    ]
    assert.deepEqual(await told(files), ['a.py information'])
  })

  it('names the one that matters most, wherever it stands', async () => {
    const files: [string, string][] = [
      ['a.ipynb', notebook(study(100, ''))],
      ['z.py', study(100, '.cuda()')],
    ]
    assert.deepEqual(await told(files), ['z.py information'])
  })

  it('passes over files that are not reported', async () => {
    const files: [string, string][] = [
      ['a.py', study(100, '.cuda()')],
      ['b.py', study(100, '.cuda()')],
      ['costlint.toml', 'exclude = ["a.py"]\n'],
    ]
    assert.deepEqual(await told(files), ['b.py information'])
  })

  for (const name of ['check/overfit_one_batch.py', 'a_smoke.py', 'debug/train.py', 'debug_train.py'])
    it(`names a training before what only shows that one runs: ${name}`, async () => {
      const files: [string, string][] = [
        [name, training(wide, 60)],
        ['train.py', training(wide, 50)],
      ]
      assert.deepEqual(await told(files, 'lifecycle/no-checkpoint'), ['train.py warning'])
      assert.deepEqual(await told([files[0]!], 'lifecycle/no-checkpoint'), [`${name} hint`])
    })

  it('names the longer run of the larger network', async () => {
    const files: [string, string][] = [
      ['a.py', training(narrow, 90)],
      ['b.py', training(wide, 30)],
      ['c.py', training(wide, 40)],
    ]
    assert.deepEqual(await told(files, 'lifecycle/no-checkpoint'), ['c.py warning'])
  })
})
