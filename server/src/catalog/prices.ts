/** List prices of machines, per hour, without tax and before commitments; where each figure comes from and when. */
import { feeFactor, type Service } from './fees.js'
import { allInstances, type Provider, type servicePrefix } from './instances.js'
import data from './prices.json' with { type: 'json' }

/** `c`: 'h', 'm', 'l'. Sources are indexes, -1: none. */
type MachineRow = [
  provider: string,
  type: string,
  region: string,
  onDemand: number | null,
  spot: number | null,
  asOf: string,
  confidence: string,
  source: number,
  spotSource: number,
]

type BlockRow = [type: string, region: string, usdPerHour: number, asOf: string, source: number]

const prices = data as unknown as { sources: string[]; machines: MachineRow[]; capacityBlocks: BlockRow[] }

export interface Price {
  provider: Provider | 'gpu cloud'
  /** The provider's name of the machine, with a service's prefix where the price is the service's. */
  type: string
  /** USD per hour and machine. `null`: not sold that way, or not known. */
  onDemand: number | null
  spot: number | null
  region: string
  /** The region is not one that was asked for: the provider's reference region stands in. */
  assumedRegion: boolean
  /** ISO date, or only its year or month. */
  asOf: string
  confidence: 'high' | 'medium' | 'low'
  source: string
  spotSource: string | null
  /** Factor of a managed service that is contained, where it was computed and not listed. */
  fee: number | null
  /** USD per hour of the machine alone on spot capacity, where a service that does not publish its own price runs it. */
  machineSpot: number | null
  /** Not sold on demand: what a Capacity Block costs, which is reserved and paid ahead. */
  block: boolean
}

export interface PriceQuery {
  /** 'g5.xlarge', 'ml.g5.xlarge', 'a2-highgpu-1g', 'Standard_NC6s_v3', 'tpu-v5litepod-4'. */
  type: string
  provider?: Provider
  region?: string
  /** The machine is rented through this service. `ml.` types say so themselves. */
  service?: Service
  /** Accelerators attached to a machine that has none of its own: GCP's 'nvidia-tesla-t4'. */
  attached?: { accelerator: string; count: number }
}

/** Regions whose prices stand in where no region is known, in order of preference. */
const referenceRegions = [
  'us-east-1',
  'us-central1',
  'eastus',
  'global',
  'us',
  'eastus2',
  'us-central2',
  'us-east-2',
]

const confidences = { h: 'high', m: 'medium', l: 'low' } as const

let byType: Map<string, MachineRow[]> | undefined

function rowsOf(type: string): MachineRow[] {
  if (byType === undefined) {
    byType = new Map()
    for (const row of prices.machines) {
      const key = keyOf(row[1])
      const rows = byType.get(key)
      if (rows === undefined) byType.set(key, [row])
      else rows.push(row)
    }
  }
  return byType.get(keyOf(type)) ?? []
}

function keyOf(type: string): string {
  return type
    .trim()
    .toLowerCase()
    .replace(/^standard_/, '')
}

/** The list price of a machine; undefined: none is known. */
export function price(query: PriceQuery): Price | undefined {
  if (query.type.length > 100) return undefined
  const listed = listedPrice(query)
  const managed = /^ml\.(.+)$/i.exec(query.type.trim())
  if (managed !== null && (listed === undefined || listed.assumedRegion)) {
    // The service's own list knows fewer regions than the list of its machines.
    const machine = listedPrice({ ...query, type: managed[1]! })
    const computed = machine && withFee(machine, 'sagemaker', `ml.${machine.type}`)
    return computed !== undefined && (listed === undefined || !computed.assumedRegion) ? computed : listed
  }
  if (listed === undefined) return undefined
  if (query.attached !== undefined) return withAccelerators(listed, query)
  return query.service === 'vertex' ? withFee(listed, 'vertex', listed.type) : listed
}

function listedPrice({ type, provider, region }: PriceQuery): Price | undefined {
  const rows = rowsOf(type).filter((row) => provider === undefined || row[0] === provider)
  const asked = region === undefined ? undefined : rows.find((row) => row[2] === region.toLowerCase())
  const row = asked ?? byReference(rows)
  if (row === undefined) return undefined
  return {
    provider: row[0] as Provider,
    type: row[1],
    onDemand: row[3],
    spot: row[4],
    region: row[2],
    assumedRegion: asked === undefined,
    asOf: row[5],
    confidence: confidences[row[6] as keyof typeof confidences],
    source: prices.sources[row[7]]!,
    spotSource: prices.sources[row[8]] ?? null,
    fee: null,
    machineSpot: null,
    block: /Capacity Blocks/.test(prices.sources[row[7]]!),
  }
}

function byReference(rows: readonly MachineRow[]): MachineRow | undefined {
  for (const region of referenceRegions) {
    const row = rows.find((each) => each[2] === region)
    if (row !== undefined) return row
  }
  return rows[0]
}

function withFee(machine: Price, service: Service, type: string): Price | undefined {
  const factor = feeFactor(service, machine.type)
  if (factor === undefined || machine.onDemand === null) return undefined
  return {
    ...machine,
    type,
    onDemand: cents(machine.onDemand * factor),
    // What a service asks for spot capacity is not published.
    spot: null,
    spotSource: null,
    fee: factor,
    machineSpot: machine.spot,
  }
}

/** Machine and accelerators have a price each; both must be known in the same region. */
function withAccelerators(machine: Price, query: PriceQuery): Price | undefined {
  const { accelerator, count } = query.attached!
  const name = accelerator.toLowerCase().replaceAll('_', '-')
  const one = listedPrice({ type: `gpu:${name}`, provider: 'gcp', region: machine.region })
  if (
    one === undefined ||
    one.region !== machine.region ||
    machine.onDemand === null ||
    one.onDemand === null
  ) {
    return undefined
  }
  const both: Price = {
    ...machine,
    onDemand: cents(machine.onDemand + count * one.onDemand),
    spot: machine.spot === null || one.spot === null ? null : cents(machine.spot + count * one.spot),
    asOf: [machine.asOf, one.asOf].sort()[0]!,
    confidence: machine.confidence === 'high' ? one.confidence : machine.confidence,
  }
  return query.service === 'vertex' ? withFee(both, 'vertex', both.type) : both
}

/** A hundredth of a cent: list prices have four or five decimals. */
function cents(usd: number): number {
  return Math.round(usd * 1e4) / 1e4
}

/** What a Capacity Block of this machine costs per hour in a region; undefined: not known. */
export function capacityBlockPrice(type: string, region: string): { usd: number; asOf: string } | undefined {
  const key = keyOf(type).replace(/^ml\./, '')
  const row = prices.capacityBlocks.find((each) => each[0] === key && each[1] === region)
  return row && { usd: row[2], asOf: row[3] }
}

/** Days after which a price is said to be old. */
const oldAfterDays = 180

/** True where the price was read more than 180 days before `today` (ISO date). */
export function isOld(asOf: string, today: string): boolean {
  const read = Date.parse(`${asOf}${['-12-31', '-28', ''][asOf.split('-').length - 1]}`)
  return Date.parse(today.slice(0, 10)) - read > oldAfterDays * 86_400_000
}

/** Machines of one provider that are sold in a region, cheapest on-demand price first. `prefix`: of the service that rents them. */
export function machinesByPrice(
  provider: Provider,
  region: string,
  prefix: ReturnType<typeof servicePrefix>,
): { type: string; price: Price }[] {
  const found: { type: string; price: Price }[] = []
  for (const instance of allInstances()) {
    if (instance.provider !== provider || instance.retired) continue
    // A managed service rents no bare metal.
    if (prefix !== '' && /metal/.test(instance.type)) continue
    const type = `${prefix}${instance.type}`
    const known = price({ type, provider, region })
    if (known?.onDemand && known.region === region) found.push({ type, price: known })
  }
  return found.sort((a, b) => a.price.onDemand! - b.price.onDemand!)
}
