/** What a finding saves about one of several trainings of a program: a share of what that one costs, not of all of them. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const head = `import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import CIFAR10

loader = DataLoader(CIFAR10("data", transform=transforms.ToTensor()), batch_size=128, shuffle=True, num_workers=8)
criterion = torch.nn.CrossEntropyLoss()
`
const training = (epochs: number | string) => `
model = models.resnet50(num_classes=10).cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(${epochs}):
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x.cuda()), y.cuda()).backward()
        optimizer.step()
`
const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\n#SBATCH --cpus-per-task=16\npython train.py\n'

interface Finding {
  rule: string
  saving: { usd: { range: [number, number] } | null } | null
}

async function savings(code: string) {
  const files = { 'train.py': code, 'job.sh': job }
  const checked = await runHere(files, ['check', '--output-format', 'json', '--show-hints'])
  const billed = await runHere(files, ['cost', '--output-format', 'json'])
  const found = (JSON.parse(checked.out).findings as Finding[]).filter(
    ({ rule }) => rule === 'precision/full-precision',
  )
  const [bill] = JSON.parse(billed.out).jobs as {
    usd: { low: number; high: number }
    saving: { low: number; high: number }
  }[]
  return { found: found.map(({ saving }) => saving?.usd?.range ?? null), bill: bill! }
}

describe('savings of several trainings', () => {
  it('go by what each of them costs', async () => {
    const { found, bill } = await savings(head + training(10) + training(90))
    const [short, long] = found
    assert.equal(found.length, 2)
    // Nine times the epochs, beside a start that takes the same for both.
    const ratio = long![1] / short![1]
    assert.ok(ratio > 6 && ratio <= 9, `${ratio}`)
    assert.ok(short![1] + long![1] <= bill.usd.high, JSON.stringify(found))
    // Both together are what can be saved of the job.
    assert.ok(Math.abs(bill.saving.high / (short![1] + long![1]) - 1) < 0.1, JSON.stringify([found, bill]))
  })

  it('are of the whole where there is only one', async () => {
    const { found, bill } = await savings(head + training(90))
    assert.equal(found.length, 1)
    assert.ok(found[0]![1] <= bill.saving.high * 1.01, JSON.stringify(bill))
  })
})
