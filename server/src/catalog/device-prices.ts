/** What one accelerator costs per hour where no machine is named: the range of list prices. */
import { cloudRates } from './gpu-clouds.js'
import { allInstances, type Instance } from './instances.js'
import { isOld, price } from './prices.js'

export interface DevicePrice {
  /** USD per accelerator and hour, on demand. */
  low: number
  high: number
  /** Where the figures come from, a clause. */
  from: string
  /** ISO date of the oldest of them. */
  asOf: string
}

/**
 * @param machine one that was named: its price alone counts
 * @param today ISO date
 * @returns null: no price is listed
 */
export function pricesPerDevice(
  name: string,
  machine: Instance | null,
  today: string,
): Readonly<DevicePrice> | null {
  if (machine !== null) {
    const listed = price({ type: machine.type, provider: machine.provider })
    if (listed?.onDemand == null || machine.gpuCount <= 0) return null
    const each = listed.onDemand / Math.max(1, machine.gpuCount)
    return {
      low: each,
      high: each,
      from: `${machine.type}, ${listed.region}, prices of ${listed.asOf}`,
      asOf: listed.asOf,
    }
  }
  const key = `${name} ${today}`
  let found = perDevice.get(key)
  if (found === undefined) {
    found = listedPerDevice(name, today)
    perDevice.set(key, found)
  }
  return found
}

/** By accelerator and day: a project asks for the same few in each of its bills. */
const perDevice = new Map<string, DevicePrice | null>()

function listedPerDevice(name: string, today: string): DevicePrice | null {
  // Of each provider the machine that costs least for each accelerator: others add processors and memory.
  const least = new Map<string, { usd: number; asOf: string }>()
  for (const one of allInstances()) {
    if (one.gpu?.name !== name || one.gpuCount < 1 || one.retired) continue
    const listed = price({ type: one.type, provider: one.provider })
    if (listed?.onDemand == null || listed.block) continue
    const usd = listed.onDemand / one.gpuCount
    const before = least.get(one.provider)
    if (before === undefined || usd < before.usd) least.set(one.provider, { usd, asOf: listed.asOf })
  }
  for (const { cloud, usd, asOf } of cloudRates(name)) {
    const before = least.get(cloud)
    if (before === undefined || usd < before.usd) least.set(cloud, { usd, asOf })
  }
  const found = [...least.values()]
  if (found.length === 0) return null
  const recent = found.filter(({ asOf }) => !isOld(asOf, today))
  const counted = recent.length > 0 ? recent : found
  const usd = counted.map((one) => one.usd).sort((a, b) => a - b)
  const dates = counted.map((one) => one.asOf).sort()
  const [first, last] = [dates[0]!, dates[dates.length - 1]!]
  const when = first === last ? first : `${first} to ${last}`
  return {
    low: usd[0]!,
    high: usd[usd.length - 1]!,
    from: `${usd.length === 1 ? 'one list price' : `list prices of ${usd.length} providers`}, ${when}, no machine named`,
    asOf: first,
  }
}
