import assert from 'node:assert/strict'
import { configuredFrom } from '../../server/src/config/configured.js'
import { yamlFacts } from '../../server/src/config/yaml.js'
import { composeHydra, type HydraFile, hydraFolder } from '../../server/src/link/hydra.js'
import { overrideValue } from '../../server/src/link/hydra-overrides.js'
import { type Configured, configuredAt, plainConfigured } from '../../server/src/text/configured.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'

const launched = { path: 'run.sh', cell: null, start: 0, end: 1 }

function file(path: string, text: string): HydraFile {
  const root = configuredFrom(path, sourceFile(path, text).fragments[0]!, yamlFacts(text).documents)
  const header = /# @package (\S+)/.exec(text)?.[1]
  return header === undefined ? { root } : { root, package: header }
}

function compose(
  files: Record<string, string>,
  overrides: Record<string, string | null> = {},
  multirun = false,
  seen: () => void = () => {},
) {
  const read = new Map(
    Object.entries(files).map(([path, text]) => [`conf/${path}`, file(`conf/${path}`, text)]),
  )
  return composeHydra(
    {
      folder: 'conf',
      name: 'train',
      overrides: Object.fromEntries(
        Object.entries(overrides).map(([name, value]) => [name, { value, location: launched }]),
      ),
      complete: true,
      multirun,
    },
    (path) => {
      seen()
      return read.get(path)
    },
  )
}

/** The values; unknown ones as '?'. */
function shown(node: Configured | undefined | null): unknown {
  if (node === undefined || node === null) return node
  if (node.kind === 'unknown') return '?'
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(shown)
  const entries = Object.entries(node.entries).map(([key, value]) => [key, shown(value)])
  return Object.fromEntries(node.open === undefined ? entries : [...entries, ['…', node.open]])
}

describe('a configuration that Hydra composes', () => {
  it('takes the chosen file of each group, its own values last', () => {
    const { root, files } = compose({
      'train.yaml': 'defaults:\n  - model: small\n  - optimizer: adam\nmodel:\n  width: 512\nseed: 1\n',
      'model/small.yaml': 'width: 64\ndepth: 2\n',
      'optimizer/adam.yaml': 'lr: 0.1\n',
    })
    assert.deepEqual(shown(root), { model: { width: 512, depth: 2 }, optimizer: { lr: 0.1 }, seed: 1 })
    assert.deepEqual(files.sort(), ['conf/model/small.yaml', 'conf/optimizer/adam.yaml', 'conf/train.yaml'])
  })

  it('says so where defaults lists name each other or too many files', () => {
    const ring = compose({
      'train.yaml': 'defaults:\n  - a: one\nseed: 1\n',
      'a/one.yaml': 'defaults:\n  - two\nlr: 1\n',
      'a/two.yaml': 'defaults:\n  - one\nwidth: 2\n',
    })
    assert.deepEqual(shown(ring.root), {
      a: { lr: 1, width: 2, '…': 'defaults lists that name each other' },
      seed: 1,
    })
    // Eight files of eight entries on each of eight levels: 8⁸ ways.
    const levels = Array.from({ length: 8 }, (_, level) => level)
    const files: Record<string, string> = { 'train.yaml': `defaults:\n${entries(0)}seed: 1\n` }
    function entries(level: number): string {
      return level === 8 ? '' : levels.map((index) => `  - /l${level}: f${index}\n`).join('')
    }
    for (const level of levels)
      for (const index of levels)
        files[`l${level}/f${index}.yaml`] =
          `defaults:\n${entries(level + 1)}  - _self_\nv${index}: ${level}\n`
    let lookups = 0
    const { root, files: taken } = compose(files, {}, false, () => lookups++)
    assert.match(JSON.stringify(shown(root)), /defaults lists that name too many files/)
    assert.ok(lookups < 2_000, `${lookups} look-ups`)
    assert.ok(taken.length <= 200)
  })

  it('puts its own values where _self_ stands', () => {
    const { root } = compose({
      'train.yaml': 'defaults:\n  - _self_\n  - model: small\nmodel:\n  width: 512\n',
      'model/small.yaml': 'width: 64\n',
    })
    assert.deepEqual(shown(root), { model: { width: 64 } })
  })

  it('follows defaults of a group, headers, optional files and no choice', () => {
    const { root } = compose({
      'train.yaml':
        'defaults:\n  - trainer: ddp\n  - experiment: one\n  - optional local: default\n  - logger: null\n  - hydra: none\n',
      'trainer/ddp.yaml': 'defaults:\n  - base\nstrategy: ddp\n',
      'trainer/base.yaml': 'epochs: 10\n',
      'experiment/one.yaml': '# @package _global_\ntrainer:\n  epochs: 20\nseed: 7\n',
    })
    assert.deepEqual(shown(root), { trainer: { epochs: 20, strategy: 'ddp' }, seed: 7 })
  })

  it('lets an experiment choose for other groups', () => {
    const { root } = compose(
      {
        'train.yaml': 'defaults:\n  - model: small\n  - experiment: null\n',
        'model/small.yaml': 'width: 64\n',
        'model/large.yaml': 'width: 4096\n',
        'experiment/big.yaml': '# @package _global_\ndefaults:\n  - override /model: large\nseed: 3\n',
      },
      { experiment: 'big' },
    )
    assert.deepEqual(shown(root), { model: { width: 4096 }, seed: 3 })
  })

  it('takes choices and values from the launch line, the last word being its', () => {
    const files = {
      'train.yaml': 'defaults:\n  - trainer: cpu\nlr: 1\n',
      'trainer/cpu.yaml': 'accelerator: cpu\n',
      'trainer/gpu.yaml': 'accelerator: gpu\ndevices: 4\n',
    }
    const { root } = compose(files, {
      trainer: 'gpu',
      'trainer.devices': '2',
      lr: '3e-4',
      'new.key': '[a, 1]',
    })
    assert.deepEqual(shown(root), {
      trainer: { accelerator: 'gpu', devices: 2 },
      lr: 0.0003,
      new: { key: ['a', 1] },
    })
    assert.deepEqual(configuredAt(root!, 'trainer', 'devices')?.at.location, launched)
    assert.equal(configuredAt(root!, 'trainer', 'accelerator')?.at.location.path, 'conf/trainer/gpu.yaml')
  })

  it('knows what it does not know', () => {
    const files = {
      'train.yaml':
        'defaults:\n  - model: elsewhere\n  - data: ${data_name}\nroot: ${oc.env:HOME}\nmust: ???\n',
    }
    assert.deepEqual(shown(compose(files).root), {
      model: { '…': 'model/elsewhere is not in the project' },
      data: { '…': 'a choice that cannot be read' },
      root: '?',
      must: '?',
    })
    assert.deepEqual(shown(compose({ 'train.yaml': 'lr: 1\n' }, { lr: null }).root), { lr: '?' })
    assert.deepEqual(shown(compose({ 'train.yaml': 'lr: 1\n' }, { lr: '1,2' }, true).root), { lr: '?' })
    assert.equal(compose({}).root, null)
  })

  it('resolves references between values', () => {
    const { root } = compose({
      'train.yaml':
        'epochs: 5\ntrainer:\n  max_epochs: ${epochs}\n  again: ${trainer.max_epochs}\n  own: ${trainer.own}\n',
    })
    assert.deepEqual(shown(root), { epochs: 5, trainer: { max_epochs: 5, again: 5, own: '?' } })
  })

  it('says which files it still needs', () => {
    const { pending, root } = composeHydra(
      { folder: 'conf', name: 'train', overrides: {}, complete: true, multirun: false },
      (path) =>
        path === 'conf/train.yaml'
          ? file(path, 'defaults:\n  - model: small\n')
          : path === 'conf/model/small.yaml'
            ? 'pending'
            : undefined,
    )
    assert.deepEqual(pending, ['conf/model/small.yaml'])
    assert.notEqual(root, null)
  })

  it('ends where files name each other', () => {
    const { root } = compose({
      'train.yaml': 'defaults:\n  - other\nx: 1\n',
      'other.yaml': 'defaults:\n  - train\ny: 2\n',
    })
    assert.equal(plainConfigured(configuredAt(root!, 'x')!), 1)
  })

  it('reads values of the command line', () => {
    const values = ['true', 'null', '3', '1e-3', "'a b'", '[1,2]', 'bf16-mixed', '${x}', '{a: 1}']
    assert.deepEqual(values.map(overrideValue), [
      true,
      null,
      3,
      0.001,
      'a b',
      [1, 2],
      'bf16-mixed',
      undefined,
      undefined,
    ])
  })

  it('finds the folder beside the script', () => {
    assert.equal(hydraFolder('src/train.py', '../conf'), 'conf')
    assert.equal(hydraFolder('src/train.py', null), 'src')
    assert.equal(hydraFolder('src/train.py', 'pkg://ours.conf'), null)
  })
})
