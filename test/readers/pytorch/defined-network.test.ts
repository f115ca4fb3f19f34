/** Networks that a module defines: what autograd of PyTorch 2.6 counted for them (bench/memory/layers.py). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { definedModel, definedModelFor } from '../../../server/src/readers/pytorch/defined-network.js'
import { analyse } from '../../python/analyse.js'

const networks = readFileSync(new URL('./networks.py', import.meta.url), 'utf8')
const training = (made: string) =>
  analyse(`${networks}\nmodel = ${made}.to("cuda")\noptimizer = torch.optim.Adam(model.parameters())\n`)

const measured: [name: string, input: number[], parameters: number, full: number, mixed: number][] = [
  ['LeNet', [3, 32, 32], 62_006, 44_944, 34_920],
  ['SmallResNet', [3, 224, 224], 1_262_692, 15_856_640, 9_032_192],
  ['Mlp', [1, 28, 28], 1_461_770, 20_552, 24_168],
  ['UNet', [3, 128, 128], 27_873, 13_172_800, 8_257_600],
]

describe('networks that a module defines', () => {
  for (const [name, input, parameters, full, mixed] of measured) {
    it(`${name}: parameters, and bytes of a sample for the backward pass`, async () => {
      const found = definedModel(await training(`${name}()`), input)
      assert.deepEqual(
        [found?.name, found?.parameters, found?.full, found?.mixed],
        [name, parameters, full, mixed],
      )
    })
  }

  it('take the arguments that they are made with', async () => {
    const found = definedModel(await training('Mlp(width=64, depth=1)'), [784])
    assert.equal(found?.parameters, 784 * 64 + 64 + 64 * 64 + 64 + 2 * 64 + 64 * 10 + 10)
  })

  it('tell the size of their samples where only one fits', async () => {
    assert.deepEqual(definedModelFor(await training('LeNet()'), null)?.input, [3, 32, 32])
    assert.equal(definedModelFor(await training('SmallResNet()'), null), null, 'it takes images of any size')
    assert.deepEqual(definedModelFor(await training('SmallResNet()'), 64)?.input, [3, 64, 64])
  })

  it('are not followed where sizes do not fit, or code decides while it runs', async () => {
    assert.equal(definedModel(await training('LeNet()'), [3, 224, 224]), null)
    const text = `import torch\nfrom torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        if x.sum() > 0:
            return self.fc(x)
        return x

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
`
    assert.equal(definedModelFor(await analyse(text), null), null)
    assert.notEqual(
      definedModelFor(
        await analyse(
          text
            .replace('if x.sum() > 0:', 'for _ in range(1):')
            .replace('            return self.fc(x)', '            x = self.fc(x)'),
        ),
        null,
      ),
      null,
    )
  })

  it('are those of other modules: nothing is known', async () => {
    const text =
      'import torch\nfrom nets import Net\nnet = Net()\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n'
    assert.equal(definedModelFor(await analyse(text), null), null)
  })

  it('are given up where expressions are nested deeper than the stack', async () => {
    const deep = `${'('.repeat(3_000)}x${' + x)'.repeat(3_000)}`
    const text = `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc(${deep})

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
`
    assert.equal(definedModelFor(await analyse(text), null), null)
  })
})
