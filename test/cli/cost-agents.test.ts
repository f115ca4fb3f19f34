/** `costlint cost` of agents that make the runs of a sweep. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const train = `import torch
import torchvision

model = torchvision.models.resnet50().cuda()
data = torchvision.datasets.CIFAR10("d", transform=torchvision.transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=256, num_workers=8, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(30):
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`
const sweep = (cap: string) => `program: train.py
method: bayes
metric: {name: val_loss, goal: minimize}
${cap}
parameters:
  lr: {min: 0.001, max: 0.1}
`
const agent = (words: string, array = '') =>
  `#!/bin/bash\n#SBATCH --gres=gpu:a100:1\n${array}wandb agent ${words} lab/project/abc\n`

interface Entry {
  path: string
  hours: { low: number; high: number | null }
}

async function entries(files: Record<string, string>): Promise<Entry[]> {
  const { out } = await runHere({ 'train.py': train, ...files }, ['cost', '--output-format', 'json'])
  return JSON.parse(out).jobs
}

describe('costlint cost of the agents of a sweep', () => {
  it('bills the job of an agent for the runs of the sweep, once', async () => {
    const capped = sweep('run_cap: 40')
    const [one, ...others] = await entries({ 'sweep.yaml': capped, 'agent.slurm': agent('') })
    assert.equal(one!.path, 'agent.slurm')
    assert.deepEqual(others, [])
    const [ten] = await entries({ 'sweep.yaml': capped, 'agent.slurm': agent('--count 10') })
    assert.ok(Math.abs(one!.hours.low / ten!.hours.low - 4) < 1e-6)
    assert.ok(Math.abs(one!.hours.high! / ten!.hours.high! - 4) < 1e-6)
  })

  it('goes from the runs of one job of an array to what the sweep allows', async () => {
    const array = agent('--count=10', '#SBATCH --array=1-8\n')
    const [one] = await entries({ 'sweep.yaml': sweep('run_cap: 40'), 'agent.slurm': agent('--count 10') })
    const [capped] = await entries({ 'sweep.yaml': sweep('run_cap: 40'), 'agent.slurm': array })
    assert.equal(capped!.hours.low, one!.hours.low)
    assert.ok(Math.abs(capped!.hours.high! / one!.hours.high! - 4) < 1e-6)
    const [open] = await entries({ 'sweep.yaml': sweep(''), 'agent.slurm': array })
    assert.equal(open!.hours.high, null)
  })

  it('shares the runs among several agents, and bills a sweep by itself where no job serves it', async () => {
    const capped = sweep('run_cap: 40')
    const files = { 'sweep.yaml': capped, 'a.slurm': agent(''), 'b.slurm': agent('') }
    const [one, two, ...others] = await entries(files)
    assert.deepEqual([one!.path, two!.path, others.length], ['a.slurm', 'b.slurm', 0])
    const [alone] = await entries({ 'sweep.yaml': capped })
    assert.equal(alone!.path, 'sweep.yaml')
    assert.ok(one!.hours.low < alone!.hours.low / 5)
  })
})
