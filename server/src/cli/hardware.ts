/** `costlint gpus` and `costlint machines`: the catalogue that findings, estimates and bills are made from, searchable. */
import { pricesPerDevice } from '../catalog/device-prices.js'
import { allGpus, type Gpu, gpu } from '../catalog/gpus.js'
import { allInstances, type Instance, instance } from '../catalog/instances.js'
import { type Price, price } from '../catalog/prices.js'
import { formatUsd } from '../estimate/hourly.js'
import { suggestion } from '../linter.js'
import { groupedDigits } from '../text/grouped-digits.js'
import { type Console, exit, UsageError } from './console.js'
import { drawnTable } from './format/table.js'

export interface HardwareFlags {
  format: 'full' | 'json'
  /** Whose prices are shown; absent: each provider's reference region. */
  region?: string
}

export function listGpus(console: Console, query: readonly string[], { format }: HardwareFlags): number {
  const named = query.length === 1 ? gpu(query[0]!) : undefined
  const found = allGpus().filter(
    (one) => one === named || matches(query, `${one.name} ${one.vendor} ${one.generation}`),
  )
  if (found.length === 0)
    throw nothing(
      'accelerator',
      query,
      allGpus().map(({ name }) => name),
    )
  const today = new Date().toISOString()
  const rows = found.map((one) => ({ one, cost: pricesPerDevice(one.name, null, today) }))
  if (format === 'json') {
    const list = rows.map(({ one, cost }) => ({
      ...one,
      formats: [...one.formats],
      usdPerHour: cost === null ? null : { low: cost.low, high: cost.high, from: cost.from },
    }))
    console.out(`${JSON.stringify(list, null, 2)}\n`)
    return exit.clean
  }
  const table = drawnTable(
    [
      { title: 'name' },
      { title: 'vendor' },
      { title: 'generation' },
      { title: 'memory', right: true },
      { title: 'bandwidth', right: true },
      { title: 'bf16', right: true },
      { title: 'fp16', right: true },
      { title: 'fp32', right: true },
      { title: 'list price', right: true },
    ],
    rows.map(({ one, cost }) => [
      one.name,
      one.vendor,
      one.generation,
      withUnit(one.memoryGB, 'GB'),
      withUnit(one.bandwidth, 'GB/s'),
      ...[fast(one, 'bf16'), fast(one, 'fp16'), one.tflops.fp32].map((value) => withUnit(value, 'TF')),
      cost === null ? '' : usdRange(cost.low, cost.high),
    ]),
    console.colors,
  )
  console.out(
    `${table}\nTF: dense teraflops as the vendor states them. Prices per GPU and hour, on demand.\n`,
  )
  return exit.clean
}

export function listMachines(
  console: Console,
  query: readonly string[],
  { format, region }: HardwareFlags,
): number {
  const listed = allInstances().filter((one) =>
    matches(query, `${one.provider} ${one.type} ${one.gpu?.name ?? 'cpu'} ${one.gpu?.vendor ?? ''}`),
  )
  // One without an accelerator is known by the naming scheme of its provider.
  const named = query.length === 1 ? instance(query[0]!) : undefined
  const all =
    named === undefined || listed.some(({ type }) => type === named.type) ? listed : [named, ...listed]
  if (all.length === 0)
    throw nothing(
      'machine',
      query,
      allInstances().map(({ type }) => type),
    )
  const rows = all
    .map((one) => ({ one, cost: priceOf(one, region) }))
    .filter(({ cost }) => region === undefined || cost !== null)
    .sort((a, b) => (a.cost?.onDemand ?? Infinity) - (b.cost?.onDemand ?? Infinity))
  if (rows.length === 0)
    throw new UsageError(`no price in the region "${region}" is known of any of these machines`)
  if (format === 'json') {
    const list = rows.map(({ one, cost }) => ({
      ...one,
      gpu: one.gpu?.name ?? null,
      price:
        cost === null
          ? null
          : {
              onDemand: cost.onDemand,
              spot: cost.spot,
              region: cost.region,
              asOf: cost.asOf,
              source: cost.source,
            },
    }))
    console.out(`${JSON.stringify(list, null, 2)}\n`)
    return exit.clean
  }
  const table = drawnTable(
    [
      { title: 'machine' },
      { title: 'provider' },
      { title: 'accelerators' },
      { title: 'memory each', right: true },
      { title: 'vCPUs', right: true },
      { title: 'RAM', right: true },
      { title: 'on demand', right: true },
      { title: 'spot', right: true },
      { title: 'region' },
      { title: 'as of' },
    ],
    rows.map(({ one, cost }) => [
      `${one.type}${one.retired ? ' (retired)' : ''}`,
      one.provider,
      one.gpu === null ? '' : `${one.gpuCount} × ${one.gpu.name}`,
      withUnit(one.gpuMemoryGB, 'GB'),
      String(one.vcpus),
      withUnit(one.memoryGiB, 'GiB'),
      perHour(cost?.onDemand ?? null),
      perHour(cost?.spot ?? null),
      cost?.region ?? '',
      cost?.asOf ?? '',
    ]),
    console.colors,
  )
  console.out(table)
  return exit.clean
}

function priceOf({ type, provider }: Instance, region: string | undefined): Price | null {
  const found = price({ type, provider, ...(region === undefined ? {} : { region }) })
  return found === undefined || (region !== undefined && found.assumedRegion) ? null : found
}

/** Every word stands somewhere in the text, whatever the spelling. */
function matches(query: readonly string[], text: string): boolean {
  const plain = (one: string) => one.toLowerCase().replace(/[^a-z0-9. ]/g, '')
  const within = plain(text)
  return query.every((word) => within.includes(plain(word)))
}

function nothing(what: string, query: readonly string[], names: readonly string[]): UsageError {
  const text = query.join(' ')
  return new UsageError(`no ${what} in the catalogue matches "${text}"${suggestion(text, names)}`)
}

function fast(one: Gpu, format: 'bf16' | 'fp16'): number | null {
  return one.tflops[format] === 0 ? null : one.tflops[format]
}

function withUnit(value: number | null, unit: string): string {
  return value === null ? '' : `${groupedDigits(Number(value.toPrecision(4)))} ${unit}`
}

function perHour(usd: number | null): string {
  return usd === null ? '' : `${formatUsd(usd)}/h`
}

function usdRange(low: number, high: number): string {
  return low === high ? perHour(low) : `${formatUsd(low)}–${perHour(high).slice(1)}`
}
