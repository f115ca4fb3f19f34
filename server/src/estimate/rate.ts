/** What an hour of a job costs, as an interval: the price of its machines, or of its accelerators where no machine is named. */
import { pricesPerDevice } from '../catalog/device-prices.js'
import { gpu as knownGpu } from '../catalog/gpus.js'
import type { PriceSettings } from '../catalog/price-book.js'
import { formatUsd, type HourlyCost, hourlyCost, type MachineRequest, spotDiscount } from './hourly.js'
import type { Interval } from './network.js'

export interface Rate {
  /** USD per hour for all machines. */
  usd: Interval
  /** USD per hour at the dearest provider, where `usd` is that of the cheapest. */
  dearest?: number
  /** At the price of spot capacity. */
  spot: boolean
  /** ISO date of the price; empty: the user's own. */
  asOf: string
  region: string
  /** No machine and no price of the user's: the range of list prices stands for it. */
  assumed: boolean
  /** A clause each. */
  assumptions: string[]
}

/** The rate, or what would make it known. `spot`: as the job asks; undefined: it does not say. */
export function rateOf(
  request: MachineRequest,
  spot: boolean | undefined,
  settings: PriceSettings,
  today: string,
): Rate | { missing: string } {
  const cost = hourlyCost(request, settings, today)
  const onSpot = spot === true && cost?.spot != null
  const usd = onSpot ? cost.spot : (cost?.onDemand ?? cost?.spot)
  if (cost !== undefined && usd != null) {
    const spotOnly = !onSpot && cost.onDemand === null
    const unpriced = spot === true && !onSpot && !spotOnly
    return {
      usd: unpriced ? spotRange(cost, usd) : { low: usd, high: usd },
      spot: onSpot || spotOnly || unpriced,
      asOf: cost.price.asOf,
      region: cost.price.assumedRegion ? `${cost.price.region}, assumed` : cost.price.region,
      assumed: false,
      assumptions: [...cost.assumptions, ...(unpriced ? [spotWords(cost)] : [])],
    }
  }
  return ofAccelerators(request, settings, today)
}

/** A service asks no less for spot capacity than its machine costs. `usd`: on demand, of all machines. */
function spotRange({ price: { machineSpot, fee }, machines }: HourlyCost, usd: number): Rate['usd'] {
  const [least, most] = spotDiscount
  if (machineSpot === null) return { low: usd * (1 - most), high: usd * (1 - least) }
  const bare = machineSpot * machines
  return { low: bare, high: Math.max(bare * (fee ?? 1), usd * (1 - least)) }
}

/** What the range is, in words. */
function spotWords({ price: { machineSpot } }: HourlyCost): string {
  return machineSpot === null
    ? 'no spot price is known: 20 to 50 % of the price on demand is assumed'
    : 'the service publishes no spot price: from that of the machine to half of the price on demand, or the fee on top, is assumed'
}

function ofAccelerators(
  { instanceType, gpuModel, gpus, nodes }: MachineRequest,
  settings: PriceSettings,
  today: string,
): Rate | { missing: string } {
  const card = gpuModel === undefined ? undefined : knownGpu(gpuModel)
  if (gpus === 0) return { missing: 'the machine: it computes on processors, and no type is named' }
  if (card === undefined || gpus === undefined)
    return {
      missing:
        instanceType !== undefined
          ? `a price of ${instanceType}: \`[[prices.machines]]\` would say`
          : gpus === undefined
            ? 'the machine'
            : 'which accelerators it runs on',
    }
  const devices = gpus * (nodes ?? 1)
  const assumptions = nodes === undefined ? ['one machine is assumed'] : []
  const own = settings.accelerators.find(({ name }) => knownGpu(name)?.name === card.name)
  if (own !== undefined)
    return {
      usd: { low: own.usd * devices, high: own.usd * devices },
      spot: false,
      asOf: '',
      region: '',
      assumed: false,
      assumptions: [...assumptions, `${formatUsd(own.usd)} per ${card.name} and hour, as configured`],
    }
  const listed = pricesPerDevice(card.name, null, today)
  if (listed === null) return { missing: `a price of ${card.name}: \`[[prices.accelerators]]\` would say` }
  return {
    usd: { low: listed.low * devices, high: listed.high * devices },
    spot: false,
    asOf: listed.asOf,
    region: '',
    assumed: true,
    assumptions: [
      ...assumptions,
      `${listed.low === listed.high ? formatUsd(listed.low) : `${formatUsd(listed.low)} to ${formatUsd(listed.high)}`} per ${card.name} and hour: ${listed.from}; \`[[prices.accelerators]]\` would say what you pay`,
    ],
  }
}
