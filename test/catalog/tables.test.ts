import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
type Row = Record<string, string>
type Build = (table: (name: string) => Row[], date?: string) => string

async function builder(file: string, name: string): Promise<Build> {
  return ((await import(pathToFileURL(join(root, 'scripts', file)).href)) as Record<string, Build>)[name]!
}

describe('tables of the catalog', () => {
  it('give what is shipped', () => {
    const folder = mkdtempSync(join(tmpdir(), 'costlint catalog '))
    try {
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/catalog.mjs'), folder], {
        encoding: 'utf8',
      })
      assert.equal(status, 0, stderr)
      for (const name of ['data.json', 'models.json', 'prices.json', 'datasets.json', 'step-costs.json']) {
        const made = JSON.parse(readFileSync(join(folder, name), 'utf8'))
        const shipped = JSON.parse(readFileSync(join(root, 'server/src/catalog', name), 'utf8'))
        assert.deepEqual(made, shipped, `${name}: run npm run catalog`)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('are refused where prices contradict each other', async () => {
    const build = await builder('catalog-prices.mjs', 'buildPrices')
    const row = (type: string, onDemand: string, spot = '', date = '2026-07-20'): Row => ({
      provider: 'aws',
      instance_type: type,
      region: 'us-east-1',
      on_demand_usd_per_hour: onDemand,
      spot_usd_per_hour: spot,
      as_of: date,
      confidence: 'high',
      source: 'a list',
      spot_source: '',
    })
    const fails = (rows: Row[], message: RegExp) =>
      assert.throws(() => build((name) => (name === 'prices.tsv' ? rows : [])), message)
    fails([row('g5.xlarge', '1'), row('g5.xlarge', '2')], /aws g5\.xlarge us-east-1: priced twice/)
    fails([row('g5.xlarge', '1', '2')], /spot dearer than on demand/)
    fails([row('g5.xlarge', '')], /no price: ''/)
    fails([row('g5.xlarge', '1', '', 'recently')], /no date: 'recently'/)
    fails([row('g5.xlarge', '1'), row('ml.g5.xlarge', '3')], /3\.00 times the price of the machine in it/)
    assert.match(
      build((name) => (name === 'prices.tsv' ? [row('g5.xlarge', '1', '0.4')] : [])),
      /"g5\.xlarge"/,
    )
  })

  it('are refused where one name stands for two networks', async () => {
    const build = await builder('catalog-steps.mjs', 'buildStepCosts')
    const network = (name: string, aliases: string): Row => ({
      name,
      aliases,
      class: 'conv',
      params_millions: '5',
      unit: 'pixels',
      points: '224:1',
      layers: '',
      kept_mb: '',
      source: 'a paper',
    })
    assert.throws(
      () => build(() => [network('timm/ghostnet_100', 'GhostNet'), network('ghostnet', '')]),
      /ghostnet: 'ghostnet' is timm\/ghostnet_100 already/,
    )
  })

  it('are refused where a machine holds an accelerator that nobody knows, or stands twice', async () => {
    const build = await builder('catalog-machines.mjs', 'buildMachines')
    const machine = (gpu: string): Row => ({
      provider: 'aws',
      instance_type: 'g5.xlarge',
      gpu,
      gpu_count: '1',
      gpu_mem_gb_each: '24',
      vcpu: '4',
      ram_gib: '16',
      note: '',
      verified_by: 'a list',
    })
    const gpus: Row[] = [
      { gpu: 'A10G', aliases: '', vendor: 'nvidia', generation: 'Ampere', mem_gb: '24', verified_by: '' },
    ]
    const fails = (instances: Row[], message: RegExp) =>
      assert.throws(
        () =>
          build(
            (name) => (name === 'gpus.tsv' ? gpus : name === 'instances.tsv' ? instances : []),
            '2026-11-24',
          ),
        message,
      )
    fails([machine('A11G')], /g5\.xlarge: no GPU A11G/)
    fails([machine('A10G'), machine('A10G')], /g5\.xlarge: listed twice/)
  })
})
