/** `costlint compare` and `costlint digest`, through the command line. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

describe('costlint compare', () => {
  it('reads objects, tables and lists, and says the decision with its figures', async () => {
    const files = { 'a.json': '{"accuracy": 0.91, "usd": 120}', 'b.json': '[{"accuracy": 0.912, "usd": 60}]' }
    const { out, code } = await runHere(files, ['compare', 'a.json', 'b.json'])
    assert.equal(code, 0)
    assert.equal(
      out,
      'Keep the change: the cost falls, and the metric holds. (decision/keep)\n' +
        '  accuracy: 0.91 → 0.912, +0.002 (higher is better)\n  usd: 120 → 60, −50 %\n',
    )
    const csv = {
      'c.csv': 'seed,val_loss,hours\n1,2.1,3\n2,2.2,3\n',
      'd.jsonl': '{"val_loss": 1.5, "hours": 3}\n{"val_loss": 1.6, "hours": 3}\n',
    }
    const json = await runHere(csv, ['compare', 'c.csv', 'd.jsonl', '--output-format', 'json'])
    const data = JSON.parse(json.out)
    assert.deepEqual(
      [data.item, data.metric, data.lowerIsBetter, data.cost],
      ['decision/keep', 'val_loss', true, 'hours'],
    )
    assert.equal(data.a.runs, 2)
  })

  it('takes runs that were measured by their name', async () => {
    const runs = [1, 2].map((index) => ({
      id: `wandb:${index}`,
      source: 'wandb',
      name: index === 1 ? 'first' : 'second',
      hours: index,
      metrics: { f1: 0.8 },
    }))
    const files = { '.costlint/evidence.json': JSON.stringify({ version: 1, runs }) }
    const { out } = await runHere(files, ['compare', 'first', 'second'])
    assert.match(out, /^Stop and simplify: [\s\S]*\n {2}hours: 1 → 2, \+100 %\n$/)
  })

  it('asks which metric is meant, and refuses what has none', async () => {
    const files = { 'a.json': '{"f1": 1, "auc": 1}', 'b.json': '{"f1": 1, "auc": 1}', 'c.txt': 'hello\n' }
    const which = await runHere(files, ['compare', 'a.json', 'b.json'])
    assert.equal(which.code, 2)
    assert.match(which.err, /--metric: which one\? f1, auc/)
    assert.match(
      (await runHere(files, ['compare', 'a.json', 'c.txt'])).err,
      /c\.txt: neither a run that was measured .* nor a file with figures/,
    )
    assert.match(
      (await runHere(files, ['compare', 'a.json', 'b.json', '--metric', 'loss'])).err,
      /--metric: not all runs have "loss"; they have f1, auc/,
    )
  })
})

const job = `#!/bin/bash
#SBATCH --job-name=photos
#SBATCH --gres=gpu:a100:1
python train.py
`
const train = `import torch
model = torch.nn.Linear(10, 10).cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(90):
    loss = model(torch.rand(8, 10).cuda()).sum()
    loss.backward()
    optimizer.step()
`

function evidence(now: number) {
  const at = (days: number) => new Date(now - days * 86.4e6).toISOString()
  const run = (id: number, days: number, more: object) => ({
    id: `sacct:${id}`,
    source: 'sacct',
    name: 'photos',
    of: ['photos'],
    started: at(days),
    ...more,
  })
  const runs = [
    run(1, 20, { hours: 2, state: 'finished' }),
    run(2, 19, { hours: 2, state: 'finished' }),
    run(3, 18, { hours: 2, state: 'finished', utilization: 0.8 }),
    run(4, 0.5, { hours: 9, state: 'running', name: 'runaway' }),
    run(5, 0.5, { hours: 0.1, state: 'failed', name: 'broken' }),
    run(6, 3, { hours: 2, state: 'finished', utilization: 0.2, name: 'idle' }),
  ]
  return JSON.stringify({ version: 1, runs })
}

describe('costlint digest', () => {
  const files = { 'train.py': train, 'job.slurm': job, '.costlint/evidence.json': evidence(Date.now()) }
  const section = (text: string, title: string) => text.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

  it('names what failed and what runs away, day by day', async () => {
    const { out } = await runHere(files, ['digest', '--daily', '--output-format', 'markdown'])
    assert.match(section(out, 'Failed jobs'), /- \*\*broken\*\* \(sacct\): .* failed/)
    assert.match(section(out, 'Runaway experiments'), /- \*\*runaway\*\* \(sacct\): .*, 9 h, running/)
    assert.doesNotMatch(out, /\*\*photos\*\*|\*\*idle\*\*/)
  })

  it('sums up the week: cost per run with measured hours, utilisation against before', async () => {
    const { out } = await runHere(files, ['digest', '--weekly', '--output-format', 'markdown'])
    assert.match(section(out, 'Cost per run'), /\| photos \| 2 h \| \$/)
    assert.match(
      section(out, 'Utilisation'),
      /busy 20 % of 1 run of this week, 80 % in the 1 measured before/,
    )
  })

  it('prints the month for people, and says where nothing was measured', async () => {
    const { out } = await runHere({ 'train.py': train }, ['digest', '--monthly'])
    assert.match(out, /^Costs of the month until \d{4}-\d\d-\d\d\n\nMachine sizes\n/)
    assert.match(out, /No run of this month was measured: costlint evidence add FILE/)
    assert.equal((await runHere({}, ['digest', '--daily', '--monthly'])).code, 2)
  })
})
