/** Which programs of a project are billed for a training: those that run it, not those that import what stands beside it. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const train = `import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import CIFAR10

def build():
    return models.resnet18(num_classes=10).cuda()

class Trainer:
    def __init__(self, epochs):
        self.epochs = epochs
        self.model = build()
    def pretrain(self):
        optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        loader = DataLoader(CIFAR10("data", transform=transforms.ToTensor()), batch_size=128)
        for epoch in range(self.epochs):
            for x, y in loader:
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(self.model(x.cuda()), y.cuda()).backward()
                optimizer.step()

def main():
    Trainer(20).pretrain()

if __name__ == "__main__":
    main()
`

async function billed(files: Record<string, string>): Promise<string[]> {
  const { out } = await runHere(files, ['cost', '.', '--output-format', 'json'])
  const { jobs } = JSON.parse(out) as { jobs: { name: string; usdPerHour: unknown; kind: string }[] }
  return jobs.map(({ kind, name }) => `${kind} ${name}`)
}

describe('programs that are billed for a training', () => {
  const evaluate = `import torch
from train import build

@torch.no_grad()
def main():
    model = build().eval()
    model.load_state_dict(torch.load("best.pt"))
    print(model(torch.rand(1, 3, 32, 32).cuda()).argmax())

if __name__ == "__main__":
    main()
`
  it('not what imports the network of a program that trains', async () => {
    assert.deepEqual(await billed({ 'train.py': train, 'evaluate.py': evaluate }), ['training train.py'])
  })

  it('not a module that a program imports, though it can be started', async () => {
    const data = `import torch

def crops(pictures):
    return torch.stack([one[:, :24, :24] for one in pictures])

if __name__ == "__main__":
    print(crops([torch.rand(3, 32, 32)]).shape)
`
    const files = { 'train.py': `from data import crops\n${train}`, 'data.py': data }
    assert.deepEqual(await billed(files), ['training train.py'])
  })

  for (const [name, code] of [
    ['calls its main function', 'import torch\nimport train\n\ntrain.main()\n'],
    ['hands it on', 'import torch\nimport fire\nfrom train import main\n\nfire.Fire(main)\n'],
    ['has an object of it work', 'from train import Trainer\n\nrunner = Trainer(5)\nrunner.pretrain()\n'],
  ] as const)
    it(`what ${name}`, async () => {
      const found = await billed({ 'train.py': train, 'start.py': code })
      assert.ok(
        found.some((one) => one.endsWith('start.py')),
        found.join(', '),
      )
    })

  it('what calls an object whose class trains where it is called', async () => {
    const called = train.replace('def pretrain(self)', 'def __call__(self)').replace(/def main[\s\S]*/, '')
    const start = 'from train import Trainer\n\ntrainer = Trainer(5)\ntrainer()\n'
    const found = await billed({ 'train.py': called, 'start.py': start })
    assert.ok(
      found.some((one) => one.endsWith('start.py')),
      found.join(', '),
    )
  })
})

describe('a machine that is rented for a training', () => {
  it('costs a whole month at most, and a machine to work on a month', async () => {
    const costs = async (files: Record<string, string>) => {
      const { out } = await runHere(files, ['cost', '.', '--output-format', 'json'])
      const [{ usd }] = JSON.parse(out).jobs
      return [Math.round(usd.low), Math.round(usd.high)]
    }
    const pod =
      'runpodctl create pod --name lab --gpuType "NVIDIA GeForce RTX 4090" --imageName me/train --args "--epochs 9"\n'
    const [least, most] = await costs({ 'launch.sh': pod })
    assert.ok(least === 0 && most! > 200 && most! < 900, `${least}–${most}`)
    const make = (name: string) =>
      `gcloud compute instances create ${name} --zone=us-central1-a --machine-type=a2-highgpu-1g\n`
    const training = await costs({ 'vm.sh': make('train-detector') })
    const work = await costs({ 'vm.sh': make('workstation') })
    assert.deepEqual([training[0], training[1]], [0, work[1]])
    assert.equal(work[0], work[1])
  })
})
