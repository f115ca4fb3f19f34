/** What the programs have that use a module decides what is said of it, also after an edit of one of them. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const loaders = `from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder


def make(folder):
    return DataLoader(ImageFolder(folder), batch_size=64, shuffle=True, num_workers=8, pin_memory=True)
`

const program = (epochs: number) => `import torch
import torchvision
from loaders import make

loader = make('photos')
model = torchvision.models.resnet50().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(${epochs}):
    for images, labels in loader:
        loss = model(images.cuda(non_blocking=True)).mean()
        loss.backward()
        optimizer.step()
`

const uses = 'from loaders import make\n\nif __name__ == "__main__":\n    print(len(make("photos")))\n'

const restarts = async (project: Awaited<ReturnType<typeof openProject>>): Promise<string[]> => {
  const { findings } = await project.lint()
  return findings.flatMap(({ rule, severity, message }) =>
    rule === 'data/slow-transfer'
      ? [`${severity}: ${/in every epoch|for each of \d+ epochs/.exec(message)}`]
      : [],
  )
}

const saidOf = async (files: Record<string, string>): Promise<string[]> => {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))), { workers: 0 })
  const found = await restarts(project)
  await project.dispose()
  return found
}

describe('a module that programs use', () => {
  it('is judged with what they have, as they are now', async () => {
    const files = new Map([
      ['loaders.py', loaders],
      ['train.py', program(90)],
    ])
    const project = await openProject(memoryRoot, memoryHost(files), { workers: 0 })
    assert.deepEqual(await restarts(project), ['information: for each of 90 epochs'])
    project.open('train.py', program(20))
    assert.deepEqual(await restarts(project), ['hint: for each of 20 epochs'])
    project.open('train.py', uses)
    assert.deepEqual(await restarts(project), await saidOf({ 'loaders.py': loaders, 'train.py': uses }))
    project.open('train.py', program(200))
    assert.deepEqual(await restarts(project), ['information: for each of 200 epochs'])
    await project.dispose()
  })

  it('is said of as the least of them would have it', async () => {
    const both = (epochs: number) => ({
      'loaders.py': loaders,
      'train.py': program(90),
      'probe.py': program(epochs),
    })
    assert.deepEqual(await saidOf(both(40)), ['information: in every epoch'])
    assert.deepEqual(await saidOf(both(12)), ['hint: in every epoch'])
  })

  it('is left alone by many', async () => {
    const programs = Array.from({ length: 9 }, (_, index) => [`train${index}.py`, program(90)])
    const files = Object.fromEntries([['loaders.py', loaders], ...programs])
    assert.deepEqual(await saidOf(files), ['information: in every epoch'])
  })
})
