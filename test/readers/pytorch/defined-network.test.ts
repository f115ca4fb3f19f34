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

/** One layer between two convolutions (layers.py), for samples of 3 × 16 × 16. */
const layers: [made: string, parameters: number, full: number, mixed: number][] = [
  ['nn.LeakyReLU(0.1)', 122, 8192, 5632],
  ['nn.LeakyReLU(0.1, True)', 122, 4096, 3584],
  ['nn.ELU()', 122, 8192, 5632],
  ['nn.SELU()', 122, 8192, 5632],
  ['nn.GELU()', 122, 8192, 5632],
  ['nn.SiLU()', 122, 8192, 5632],
  ['nn.SiLU(True)', 122, 8192, 5632],
  ['nn.Mish()', 122, 8192, 5632],
  ['nn.Hardswish()', 122, 8192, 5632],
  ['nn.ReLU6()', 122, 8192, 5632],
  ['nn.Sigmoid()', 122, 4096, 3584],
  ['nn.Tanh()', 122, 4096, 3584],
  ['nn.Softplus()', 122, 8192, 7680],
  ['nn.Softmax(dim=1)', 122, 4096, 7680],
  ['nn.LogSoftmax(dim=1)', 122, 4096, 7680],
  ['nn.AvgPool2d(2)', 122, 5120, 4096],
  ['nn.MaxPool2d(3, 2, 1)', 122, 7168, 6144],
  ['nn.AdaptiveAvgPool2d(4)', 122, 4352, 3712],
  ['nn.AdaptiveAvgPool2d(1)', 122, 16, 1544],
  ['nn.AdaptiveMaxPool2d(4)', 122, 4864, 4224],
  ['nn.BatchNorm2d(4)', 130, 8192, 5632],
  ['nn.InstanceNorm2d(4)', 122, 8224, 5664],
  ['nn.InstanceNorm2d(4, affine=True)', 130, 8240, 5680],
  ['nn.GroupNorm(2, 4)', 130, 8208, 7696],
  ['nn.Upsample(scale_factor=2)', 122, 16384, 9728],
  ['nn.Identity()', 122, 4096, 3584],
  ['nn.ReLU()', 122, 4096, 3584],
  ['nn.ReLU(True)', 122, 4096, 3584],
  ['nn.ELU(1.0, True)', 122, 4096, 3584],
  ['nn.Hardswish(True)', 122, 8192, 5632],
  ['nn.Mish(True)', 122, 8192, 5632],
  ['nn.ReLU6(True)', 122, 8192, 5632],
  ['nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1)', 270, 20480, 11776],
  ['nn.Conv2d(4, 4, 3, 2, 1, groups=2, bias=False)', 194, 5120, 4096],
]
const between = (made: string) => `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.layer = ${made}
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.last(self.layer(self.first(x)))

net = Net()
optimizer = torch.optim.Adam(net.parameters())
`

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

  for (const [made, parameters, full, mixed] of layers) {
    it(`${made}: the same`, async () => {
      const found = definedModel(await analyse(between(made)), [3, 16, 16])
      assert.deepEqual([found?.parameters, found?.full, found?.mixed], [parameters, full, mixed])
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

  it('are found behind wrappers that are left out with one accelerator, however often, and where that has no end', async () => {
    const wraps = Array.from(
      { length: 18 },
      (_, i) => `m${i + 1} = nn.DataParallel(m${i}) if torch.cuda.device_count() > ${i} else m${i}\n`,
    ).join('')
    const trained = `optimizer = torch.optim.Adam(m18.parameters())\n`
    const wrapped = await analyse(`${networks}\nm0 = LeNet()\n${wraps}${trained}`)
    assert.equal(definedModel(wrapped, [3, 32, 32])?.parameters, 62_006)
    const endless = `for k in range(3):\n    m18 = nn.DataParallel(m18) if k else m18\n${trained}`
    assert.equal(definedModelFor(await analyse(`${networks}\n${endless}`), null), null)
  })

  it('are those of other modules: nothing is known', async () => {
    const text =
      'import torch\nfrom nets import Net\nnet = Net()\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n'
    assert.equal(definedModelFor(await analyse(text), null), null)
  })

  it('hold layers in lists that a loop takes by number, and what is passed by in one that is turned round', async () => {
    const code = `import torch
from torch import nn
from torch.nn import functional as F
class Stage(nn.Module):
    def __init__(self, a, b, between=None):
        super().__init__()
        if not between:
            between = b
        self.steps = nn.Sequential(nn.Conv2d(a, between, 3, padding=1), nn.ReLU())

    def forward(self, x):
        return self.steps(x)

class Net(nn.Module):
    def __init__(self, widths=(4, 8)):
        super().__init__()
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        self.pool = nn.MaxPool2d(2)
        before = 1
        for width in widths:
            self.down.append(Stage(before, width))
            before = width
        for width in reversed(widths):
            self.up.append(nn.ConvTranspose2d(2 * width, width, 2, 2))
            self.up.append(Stage(2 * width, width, width // 1))
        self.middle = Stage(widths[-1], 2 * widths[-1])
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        passed = []
        for stage in self.down:
            x = stage(x)
            passed.append(x)
            x = self.pool(x)
        x = self.middle(x)
        passed = passed[::-1]
        for i in range(0, len(self.up), 2):
            x = self.up[i](x)
            beside = passed[i // 2]
            if x.shape != beside.shape:
                x = F.interpolate(x, size=beside.shape[2:])
            rest = beside.size()[2] - x.size()[2]
            x = F.pad(x, [rest // 2, rest - rest // 2, 0, 0])
            x = self.up[i + 1](torch.cat((beside, x), dim=1))
        return self.head(x)

net = Net()
optimizer = torch.optim.Adam(net.parameters())
`
    const found = definedModel(await analyse(code), [1, 32, 32])
    const convolutions = [
      [1, 4, 9],
      [4, 8, 9],
      [8, 16, 9],
      [16, 8, 4],
      [16, 8, 9],
      [8, 4, 4],
      [8, 4, 9],
      [4, 1, 1],
    ] as const
    assert.equal(
      found?.parameters,
      convolutions.reduce((all, [a, b, window]) => all + a * b * window + b, 0),
    )
    assert.notEqual(definedModel(await analyse(code), [1, 30, 30]), null, 'what was cut off is filled up')
  })

  it('go through sequences step by step', async () => {
    const code = `import torch
from torch import nn
class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.LSTM(28, 64, num_layers=2, batch_first=True, bidirectional=True)
        self.last = nn.Linear(128, 10)
    def forward(self, x):
        out, (hidden, cell) = self.rows(x.view(-1, 28, 28))
        return self.last(out[:, -1, :])
model = Rows()
optimizer = torch.optim.Adam(model.parameters())
`
    const found = definedModel(await analyse(code), [1, 28, 28])
    // sum(p.numel() for p in Rows().parameters()): 2 × 4 × 64 × (28 + 64 + 2), 2 × 4 × 64 × (128 + 64 + 2), 1,290.
    assert.equal(found?.parameters, 48_128 + 99_328 + 1_290)
  })

  // sum(p.numel() for p in layer.parameters()), and 170 or 330 of what follows.
  const recurrent: [made: string, outputs: number, parameters: number][] = [
    ['nn.GRU(8, 16, 2, bias=False, batch_first=True, bidirectional=True)', 32, 6912 + 330],
    ["nn.RNN(8, 16, 1, 'relu', True, True)", 16, 416 + 170],
    ['nn.LSTM(8, 16, 2, True, True)', 16, 3840 + 170],
  ]
  for (const [made, outputs, parameters] of recurrent)
    it(`${made}: its weights`, async () => {
      const code = `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = ${made}
        self.last = nn.Linear(${outputs}, 10)
    def forward(self, x):
        out, _ = self.rows(x)
        return self.last(out[:, -1])
model = Net()
optimizer = torch.optim.Adam(model.parameters())
`
      assert.equal(definedModel(await analyse(code), [5, 8])?.parameters, parameters)
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
