import assert from 'node:assert/strict'
import { configuredFrom } from '../../server/src/config/configured.js'
import { yamlFacts } from '../../server/src/config/yaml.js'
import { createNodeHost } from '../../server/src/host/node/host.js'
import { Analysis } from '../../server/src/python/analysis.js'
import { environmentWrites } from '../../server/src/python/environment.js'
import type { ModuleSummary, OutsideCall, PassedArguments } from '../../server/src/python/module.js'
import { loadGrammars } from '../../server/src/syntax/parser.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'
import type { ConfigurationRoot } from '../../server/src/text/configured.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'
import { argument, callNamed, valueOfName } from './analyse.js'

const grammars = createNodeHost()
  .grammarSource()
  .then((source) => loadGrammars(source, ['python']))

const yaml = `trainer:
  _target_: lightning.pytorch.Trainer
  precision: 32-true
  max_epochs: 50
  devices: [0, 1]
data:
  workers: 0
  path: \${oc.env:DATA}
`

async function read(
  text: string,
  keys: string[],
  more: { overridable?: boolean; outside?: OutsideCall[]; imported?: Record<string, ModuleSummary> } = {},
): Promise<Analysis> {
  const root = configuredFrom(
    'conf.yaml',
    sourceFile('conf.yaml', yaml).fragments[0]!,
    yamlFacts(yaml).documents,
  )!
  const configurations = new Map<string, ConfigurationRoot>(
    keys.map((key) => [key, { root, overridable: more.overridable ?? false }]),
  )
  return new Analysis('train.py', text, pythonTree(text, await grammars), false, {
    importedByName: new Map(Object.entries(more.imported ?? {})),
    importers: [],
    configurations,
    ...(more.outside === undefined ? {} : { outside: more.outside }),
  }).describe()
}

const answer = (analysis: Analysis) => {
  const folded = valueOfName(analysis, 'answer')
  return folded.state === 'known' ? folded.value : `? ${folded.because}`
}

describe('values of configuration files', () => {
  const loads: [string, string][] = [
    ['yaml', "import yaml\ncfg = yaml.safe_load(open('conf.yaml'))\n"],
    [
      'a file that is entered',
      "import yaml\nwith open('conf.yaml') as file:\n    cfg = yaml.load(file, Loader=yaml.FullLoader)\n",
    ],
    [
      'pathlib',
      "import yaml\nfrom pathlib import Path\ncfg = yaml.safe_load(Path('conf.yaml').read_text())\n",
    ],
    ['a constant', "import json\nNAME = 'conf.yaml'\ncfg = json.load(open(NAME))\n"],
  ]
  for (const [name, text] of loads) {
    it(`are read with ${name}`, async () => {
      assert.equal(answer(await read(`${text}answer = cfg['trainer']['max_epochs']\n`, ['conf.yaml'])), 50)
      assert.equal(
        answer(await read(`${text}answer = cfg.get('trainer').get('missing', 7)\n`, ['conf.yaml'])),
        7,
      )
    })
  }

  it('come by attribute from OmegaConf and its wrappers', async () => {
    const omega = "from omegaconf import OmegaConf\ncfg = OmegaConf.load('conf.yaml')\n"
    assert.equal(answer(await read(`${omega}answer = cfg.data.workers * 2 + 1\n`, ['conf.yaml'])), 1)
    assert.deepEqual(answer(await read(`${omega}answer = cfg.trainer.devices\n`, ['conf.yaml'])), [0, 1])
    const easy =
      "import yaml\nfrom easydict import EasyDict\ncfg = EasyDict(yaml.safe_load(open('conf.yaml')))\n"
    assert.equal(answer(await read(`${easy}answer = cfg.trainer.precision\n`, ['conf.yaml'])), '32-true')
  })

  it('are unknown where they cannot be read, or where code changes them', async () => {
    const omega = "from omegaconf import OmegaConf\ncfg = OmegaConf.load('conf.yaml')\n"
    assert.match(String(answer(await read(`${omega}answer = cfg.data.path\n`, ['conf.yaml']))), /^\?/)
    assert.match(String(answer(await read(`${omega}answer = cfg.data.other\n`, ['conf.yaml']))), /^\?/)
    assert.match(String(answer(await read(`${omega}answer = cfg.data.workers\n`, []))), /^\?/)
    const changed = `${omega}cfg['data'] = make()\nanswer = cfg.data.workers\n`
    assert.match(String(answer(await read(changed, ['conf.yaml']))), /^\?/)
    const deep = `${omega}cfg.trainer.max_epochs = 3\nanswer = cfg.trainer.max_epochs\n`
    assert.match(String(answer(await read(deep, ['conf.yaml']))), /^\?/)
    const beside = `${omega}cfg.trainer.devices = 3\nanswer = cfg.trainer.max_epochs\n`
    assert.equal(answer(await read(beside, ['conf.yaml'])), 50)
    const whole = `${omega}cfg.trainer.precision = pick()\nTrainer(**cfg.trainer)\nanswer = 1\n`
    assert.match(String(argument(await read(whole, ['conf.yaml']), 'Trainer', 'precision')), /^\?/)
    assert.equal(argument(await read(whole, ['conf.yaml']), 'Trainer', 'max_epochs'), 50)
    const set = `${omega}cfg.data = make()\nanswer = cfg.data.workers\n`
    assert.match(String(answer(await read(set, ['conf.yaml']))), /^\?/)
  })

  const hydra = (body: string) =>
    `import hydra\nfrom hydra.utils import instantiate\n\n\ndef train(config):\n    ${body}\n\n\n@hydra.main(config_path='conf', config_name='train')\ndef main(cfg):\n    train(cfg)\n`

  it('follow the parameter of a Hydra program into its functions', async () => {
    const analysis = await read(hydra('answer = config.trainer.max_epochs'), ['hydra'], { overridable: true })
    const folded = valueOfName(analysis, 'answer')
    assert.ok(folded.state === 'known')
    assert.deepEqual([folded.value, folded.channel, folded.overridable], [50, 'named file', true])
    assert.deepEqual(folded.configured?.keys, ['trainer', 'max_epochs'])
    assert.equal(folded.location?.path, 'conf.yaml')
  })

  it('are the arguments of what instantiate makes', async () => {
    const analysis = await read(
      hydra('trainer = instantiate(config.trainer, max_epochs=3)\n    trainer.fit(net)'),
      ['hydra'],
    )
    assert.equal(callNamed(analysis, 'instantiate').name, 'lightning.pytorch.Trainer')
    assert.equal(callNamed(analysis, 'fit').receiver, 'lightning.pytorch.Trainer')
    assert.equal(argument(analysis, 'instantiate', 'precision'), '32-true')
    assert.equal(argument(analysis, 'instantiate', 'max_epochs'), 3)
    assert.equal(argument(analysis, 'instantiate', 'strategy'), 'absent')
  })

  it('are unpacked into a call', async () => {
    const analysis = await read(hydra('Trainer(**config.trainer)'), ['hydra'])
    assert.equal(argument(analysis, 'Trainer', 'max_epochs'), 50)
    assert.equal(argument(analysis, 'Trainer', 'strategy'), 'absent')
  })

  it('are handed from another module', async () => {
    const text = 'def fit(net, cfg):\n    answer = cfg.max_epochs\n'
    const value = { state: 'unknown', because: 'a file' } as const
    const path = { root: 'main', keys: ['trainer'] }
    const passed = (given: Partial<PassedArguments[number]>, name = 'fit'): OutsideCall[] => [
      {
        ...{ name, looped: false, usedAs: null, open: false },
        args: [{ name: null, position: 1, value, path, ...given }],
      },
    ]
    const seen = async (outside: OutsideCall[]) => answer(await read(text, ['main'], { outside }))
    assert.equal(await seen(passed({})), 50)
    assert.equal(await seen(passed({ name: 'cfg', position: null })), 50)
    assert.match(String(await seen(passed({}, 'other'))), /^\?/)
    const other = passed({ path: { root: 'main', keys: ['data'] } })
    assert.match(String(await seen([...passed({}), ...other])), /^\?/)
  })

  it('have no end where a function of another module is given what it made before', async () => {
    const other = await read(
      'from omegaconf import OmegaConf\n\n\ndef prepared(data):\n    return OmegaConf.create(data)\n',
      [],
    )
    const text =
      'import yaml\nfrom other import prepared\n\n\ndef build(path):\n    cfg = yaml.safe_load(open(path))\n' +
      "    while cfg.more:\n        cfg = prepared(cfg)\n    return cfg\n\n\nanswer = build('conf.yaml').trainer\n"
    const imported = { other: other.summary() }
    assert.match(String(answer(await read(text, ['conf.yaml'], { imported }))), /^\?/)
  })

  it('leave open what methods of a class may set', async () => {
    const made = (method: string) =>
      `class C:\n    def __init__(self):\n        self.n = 1\n        self.all = [1]\n    def go(self, d):\n        ${method}\n\n\nc = C()\n`
    const of = async (method: string, name = 'n') =>
      String(answer(await read(`${made(method)}answer = c.${name}\n`, [])))
    assert.equal(await of('pass'), '1')
    for (const method of [
      'self.n += 1',
      "setattr(self, 'n', 2)",
      'setattr(self, d, 2)',
      'self.__dict__.update(d)',
    ])
      assert.match(await of(method), /^\?/, method)
    assert.equal(await of("setattr(self, 'other', 2)"), '1')
    assert.match(await of('self.all.append(2)', 'all'), /^\?/)
  })

  it('say nothing of the dictionaries of objects that code makes', async () => {
    const text = 'class Env:\n    def __init__(self):\n        self.params = load()\n\n\nenv = Env()\n'
    assert.match(String(answer(await read(`${text}answer = env.params.get('fast', True)\n`, []))), /^\?/)
    assert.match(String(answer(await read(`${text}answer = env.other.get('fast', True)\n`, []))), /^\?/)
  })

  it('are told to the linker', async () => {
    const analysis = await read(
      "import hydra\nimport yaml\nfrom engine import run\n\n\n@hydra.main(config_path='../conf', config_name='train.yaml')\ndef main(cfg):\n    run(cfg.model, epochs=cfg.epochs)\n    yaml.safe_load(open('data.yaml'))\n",
      [],
      { imported: { engine: (await read('def run(model, epochs):\n    pass\n', [])).summary() } },
    )
    const { configurations, outward } = analysis.summary()
    assert.deepEqual(configurations, [
      { kind: 'hydra', folder: '../conf', name: 'train.yaml' },
      { kind: 'file', path: 'data.yaml' },
    ])
    assert.deepEqual(
      outward?.map(({ target, args }) => [target, ...args!.map(({ path }) => path)]),
      [
        [
          'engine.run',
          { root: 'train.py\0hydra', keys: ['model'] },
          { root: 'train.py\0hydra', keys: ['epochs'] },
        ],
      ],
    )
  })
})

describe('variables that a program sets', () => {
  const writes = async (text: string) => {
    const found = environmentWrites(await read(text, []))
    return Object.fromEntries(
      [...found].map(([name, { folded, fallback }]) => [
        name,
        `${folded.state === 'known' ? folded.value : '?'}${fallback ? ' unless set' : ''}`,
      ]),
    )
  }

  it('are found in every spelling', async () => {
    const text =
      "import os\nfrom os import environ\nos.environ['A'] = '1'\nenviron['B'] = '2'\nos.environ.setdefault('C', '3')\nos.environ.update(D='4')\nos.environ.update({'E': '5'})\nos.putenv('F', '6')\n"
    assert.deepEqual(await writes(text), { A: '1', B: '2', C: '3 unless set', D: '4', E: '5', F: '6' })
  })

  it('are unknown where they are set in several ways', async () => {
    assert.deepEqual(
      await writes("import os\nif x:\n    os.environ['A'] = '1'\nelse:\n    os.environ['A'] = '2'\n"),
      {
        A: '?',
      },
    )
  })
})
