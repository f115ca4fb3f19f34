/** Clouds that rent out accelerators by the piece: what one, or several, cost per hour. */
import { lookUp } from '../text/records.js'
import { gpu } from './gpus.js'
import type { Price } from './prices.js'
import data from './prices.json' with { type: 'json' }

type CloudRow = [
  cloud: string,
  accelerator: string,
  memoryGB: number | null,
  count: number,
  onDemand: number | null,
  spot: number | null,
  tier: string,
  asOf: string,
  confidence: string,
  source: number,
]

const prices = data as unknown as { sources: string[]; gpuClouds: CloudRow[] }

/** Names that launchers have for them. */
const aliases: Record<string, string> = {
  vast: 'vast-ai',
  vastai: 'vast-ai',
  do: 'digitalocean',
  jarvislabs: 'jarvis-labs',
}

/** Accelerators that a cloud has listed under another name: Modal's A10G is its A10 since 2025. */
const renamed: Record<string, Record<string, string>> = { modal: { A10G: 'A10' } }

/** Clouds that run pods, which pay for their part of a node. */
const sharesNodes = new Set(['coreweave'])

/** Machines of strangers, and prices to which processors and memory come on top. */
const apart = /^(community|classic)/

const confidences: Record<string, Price['confidence']> = { h: 'high', m: 'medium', l: 'low' }

/**
 * The least that `count` accelerators of this catalogue name cost at a cloud: of a machine that holds so many, else by the
 * piece; undefined: not known.
 */
export function cloudPrice(cloud: string, model: string, count: number): Price | undefined {
  const name = lookUp(aliases, cloud.toLowerCase()) ?? cloud.toLowerCase()
  const listed = lookUp(lookUp(renamed, name) ?? {}, model) ?? model
  const rows = prices.gpuClouds.filter(
    (row) => row[0] === name && row[4] !== null && catalogueName(row) === listed && !apart.test(row[6]),
  )
  const whole = cheapest(rows.filter((row) => row[3] === count))
  const shared = sharesNodes.has(name) ? cheapest(rows.filter((each) => each[3] > count)) : undefined
  const row = whole ?? cheapest(rows.filter((each) => each[3] === 1)) ?? shared
  if (row === undefined) return undefined
  const pieces = whole === undefined ? count / row[3] : 1
  const times = (usd: number | null) => (usd === null ? null : Math.round(usd * pieces * 1e4) / 1e4)
  return {
    provider: 'gpu cloud',
    type: `${count}×${model} at ${name}`,
    onDemand: times(row[4]),
    spot: times(row[5]),
    region: '',
    assumedRegion: false,
    asOf: row[7],
    confidence: lookUp(confidences, row[8]) ?? 'low',
    source: prices.sources[row[9]]!,
    spotSource: row[5] === null ? null : prices.sources[row[9]]!,
    fee: null,
    machineSpot: null,
    block: false,
  }
}

/** What clouds ask for one accelerator of this catalogue name, per hour and on demand. */
export function cloudRates(model: string): { cloud: string; usd: number; asOf: string }[] {
  return prices.gpuClouds
    .filter((row) => row[3] >= 1 && row[4] !== null && !apart.test(row[6]) && catalogueName(row) === model)
    .map((row) => ({ cloud: row[0], usd: row[4]! / row[3], asOf: row[7] }))
}

function cheapest(rows: readonly CloudRow[]): CloudRow | undefined {
  return [...rows].sort((a, b) => a[4]! - b[4]!)[0]
}

/** The accelerator of a row, as the catalogue names it: `A100 SXM` of 80 GB is A100-80GB. */
function catalogueName(row: CloudRow): string | undefined {
  if (!names.has(row)) names.set(row, findName(row))
  return names.get(row)
}

const names = new Map<CloudRow, string | undefined>()

function findName([, accelerator, memoryGB]: CloudRow): string | undefined {
  const name = accelerator.replace(/ \(.*\)$|^(Tesla|HGX) | (NVLink|Blackwell|SE)$/g, '')
  const found = gpu(name)
  const fits = (one: ReturnType<typeof gpu>) => one !== undefined && one.memoryGB === memoryGB
  if (fits(found)) return found!.name
  const sized = gpu(`${name.split(/[ -]/)[0]}-${memoryGB}GB`)
  return fits(sized) ? sized!.name : undefined
}
