/** How large networks are, counted from their layers. */
import assert from 'node:assert/strict'
import { madeNetworks } from '../../../server/src/python/networks/size.js'
import { analyse } from '../analyse.js'

const header = 'import torch\nfrom torch import nn\n'

async function parameters(text: string, modules: Record<string, string> = {}): Promise<number[] | null> {
  const made = madeNetworks(await analyse(header + text, { modules }))
  const sizes = made.map(({ size }) => size?.parameters ?? null)
  return sizes.includes(null) ? null : sizes.filter((one) => one !== null)
}

const net = (init: string, forward = 'return self.net(x)') =>
  `class Net(nn.Module):
    def __init__(self, d=64, layers=4, cfg=None):
        super().__init__()
${init.replace(/^/gm, '        ')}
    def forward(self, x):
        ${forward}
`

describe('the weights of a network', () => {
  const networks: [title: string, text: string, parameters: number[] | null][] = [
    ['layers that stand alone', 'a = nn.Linear(10, 20)\nb = nn.Linear(20, 1)', [200, 20]],
    [
      'convolutions, in groups and transposed',
      'net = nn.Sequential(nn.Conv2d(3, 64, 3), nn.Conv2d(64, 64, (3, 1), groups=64), nn.ConvTranspose2d(64, 8, 2))',
      [1728 + 192 + 2048],
    ],
    [
      'recurrent layers, one above the other, both ways',
      'net = nn.LSTM(10, 20, num_layers=2, bidirectional=True)',
      [8 * 30 * 20 + 8 * 60 * 20],
    ],
    ['a transformer as it comes', 'net = nn.Transformer()', [6 * 12 * 512 ** 2 + 12 * 2 * 512 * 2048]],
    [
      'encoders: the layer that is copied takes no part',
      'layer = nn.TransformerEncoderLayer(64, 4, 128)\nnet = nn.TransformerEncoder(layer, num_layers=3)',
      [4 * 64 ** 2 + 2 * 64 * 128, 3 * (4 * 64 ** 2 + 2 * 64 * 128)],
    ],
    [
      'sizes from a constructor and its defaults',
      `${net('self.net = nn.Linear(d, d * 2)')}net = Net(8)\nother = Net()`,
      [128, 8192],
    ],
    [
      'layers that a comprehension makes',
      `${net('self.net = nn.ModuleList([nn.Linear(d, d) for _ in range(layers)])', 'return [f(x) for f in self.net]')}net = Net()`,
      [4 * 4096],
    ],
    [
      'a list that grows in a loop',
      `${net('parts = []\nfor size in [32, 16]:\n    parts.append(nn.Linear(d, size))\n    parts.append(nn.ReLU())\n    d = size\nself.net = nn.Sequential(*parts)')}net = Net()`,
      [64 * 32 + 32 * 16],
    ],
    [
      'nobody knows how many layers',
      `${net('self.net = nn.Sequential(*[nn.Linear(d, d) for _ in range(cfg.depth)])')}net = Net(cfg=load())`,
      [6 * 64 * 64],
    ],
    [
      'a class that is handed around',
      `class Block(nn.Module):
    def __init__(self, a, b, conv=nn.Conv2d, norm_layer=None, act=nn.ReLU):
        super().__init__()
        if norm_layer is None:
            norm_layer = nn.BatchNorm2d
        self.conv = conv(a, b, 3)
        self.norm = norm_layer(b)
        self.act = act()
    def forward(self, x):
        return self.act(self.norm(self.conv(x)))
${net('self.net = cfg(8, d)')}net = Net(4, cfg=Block)
`,
      [8 * 4 * 9],
    ],
    [
      'a part of its arguments given before',
      `from functools import partial
${net('linear = partial(nn.Linear, d, bias=False)\nself.net = linear(3)')}net = Net()`,
      [64 * 3],
    ],
    [
      'sizes that a lambda makes of others',
      `${net('dims = [d, *map(lambda m: d * m, (1, 2))]\nself.net = nn.ModuleList([nn.Linear(a, b) for a, b in zip(dims[:-1], dims[1:])])')}net = Net(4)`,
      [4 * 4 + 4 * 8],
    ],
    [
      'what has no weights need not be read',
      `${net('self.loss_fn = globals()[cfg]\nself.net = nn.Linear(d, 2)', 'return self.loss_fn(self.net(x))')}net = Net(cfg="ce")`,
      [128],
    ],
    [
      'layers of timm',
      `from timm.models.vision_transformer import Attention, Mlp, PatchEmbed
${net('self.net = nn.Sequential(PatchEmbed(32, 4, 3, d), Attention(d), Mlp(d, 4 * d))')}net = Net(8)`,
      [3 * 8 * 16 + 4 * 64 + 2 * 8 * 32],
    ],
    [
      'either branch',
      `${net('if cfg.wide:\n    self.net = nn.Linear(d, 512)\nelse:\n    self.net = nn.Linear(d, d)')}net = Net(cfg=load())`,
      [64 * 512 + 64 * 64],
    ],
    [
      'options of a dictionary',
      `${net('for key in ["width"]:\n    vars(self)[key] = cfg[key]\nself.net = nn.Linear(self.width, 4)')}net = Net(cfg={'width': 32})`,
      [128],
    ],
    [
      'a field of an object',
      `class Sizes:\n    width: int = 16\n${net('self.net = nn.Linear(cfg.width, 4)')}net = Net(cfg=Sizes())`,
      [64],
    ],
    [
      'something of a library that it applies',
      `import timm\n${net('self.net = timm.create_model("resnet18")')}net = Net()`,
      null,
    ],
    [
      'a table is looked up',
      `${net('self.words = nn.Embedding(30000, d)\nself.net = nn.Linear(d, 2)')}net = Net()`,
      [128],
    ],
    [
      'blocks of the project, and what a method makes',
      `class Block(nn.Module):\n    def __init__(self, d):\n        super().__init__()\n        self.f = nn.Linear(d, d)\n    def forward(self, x):\n        return self.f(x)\n${net('self.net = self.make(d, layers)')}    def make(self, d, n):\n        return nn.Sequential(*[Block(d) for _ in range(n)])\nnet = Net(16)`,
      [4 * 256],
    ],
    [
      'a function within the constructor, with what that one has',
      `${net('dims = [d, 2 * d]\ndef part(n):\n    return nn.Linear(dims[0], n)\nself.net = nn.Sequential(part(5), part(dims[1]))')}net = Net(10)`,
      [50 + 200],
    ],
    [
      'a function that makes one, by its calls',
      'def mlp(sizes):\n    parts = []\n    for a, b in zip(sizes[:-1], sizes[1:]):\n        parts += [nn.Linear(a, b)]\n    return nn.Sequential(*parts)\n',
      null,
    ],
  ]
  for (const [title, text, expected] of networks)
    it(title, async () => assert.deepEqual(await parameters(text), expected))

  it('a size that is not known counts as a usual one', async () => {
    assert.deepEqual(
      await parameters(`${net('self.net = nn.Linear(cfg, 8)')}net = Net(cfg=columns())`),
      [8192],
    )
  })

  it('a network of another module, with options of the program', async () => {
    const text = `import argparse\nfrom net import Net\np = argparse.ArgumentParser()\np.add_argument('--width', type=int, default=32)\nargs = p.parse_args()\nnet = Net(cfg=args)`
    assert.deepEqual(
      await parameters(text, {
        net: header + net('self.width = cfg.width\nself.net = nn.Linear(self.width, self.width)'),
      }),
      [1024],
    )
  })
})
