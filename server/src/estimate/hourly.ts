/** What a job costs per hour: the price of its machines, and what goes into it. */
import { cheapestMachine } from '../catalog/cheapest.js'
import { cloudPrice } from '../catalog/gpu-clouds.js'
import { instance, type Provider } from '../catalog/instances.js'
import { type PriceSettings, paidPrice } from '../catalog/price-book.js'
import { isOld, type Price } from '../catalog/prices.js'
import { groupedDigits } from '../text/grouped-digits.js'
import type { Interval } from './network.js'

/** What is known of a request for machines; absent: not known. */
export interface MachineRequest {
  instanceType?: string
  provider?: string
  region?: string
  nodes?: number
  /** Accelerators per node, and what they are, where the machine has none of its own. */
  gpus?: number
  gpuModel?: string
  managedBy?: 'sagemaker' | 'vertex'
  /** Where no machine is named: the platform takes the cheapest that holds the accelerators. */
  takesCheapest?: boolean
  /** vCPUs that it has at least. */
  cpus?: number
  /** A cloud that rents out accelerators by the piece: no other cloud's price stands in for it. */
  gpuCloud?: string
}

/** Without what is not known. */
export function machineRequest(
  parts: { [K in keyof MachineRequest]: MachineRequest[K] | undefined },
): MachineRequest {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
}

export interface HourlyCost {
  /** USD per hour for all machines of the job; null: no such price is known. */
  onDemand: number | null
  spot: number | null
  machines: number
  /** The machine may cost more than this: it is the cheapest that is listed. */
  atLeast: boolean
  /** Of one machine. */
  price: Price
  /** The price was read more than half a year ago. */
  old: boolean
  /** The region that was named, where no price of it is known: that of another stands in. */
  unlisted: string | null
  /** The region of the price, in words. */
  where: string
  /** What had to be assumed, a clause each. */
  assumptions: string[]
}

const providers = new Set<string>(['aws', 'gcp', 'azure', 'lambda', 'coreweave'])

/** Undefined where the machine or its price is not known. `today`: ISO date. */
export function hourlyCost(
  request: MachineRequest,
  settings: PriceSettings,
  today: string,
): HourlyCost | undefined {
  const { provider, nodes, gpus, gpuModel, managedBy } = request
  // `--region "$REGION"` of a variable that is empty names none.
  const region = request.region?.trim() === '' ? undefined : request.region
  if (request.instanceType === undefined && request.gpuCloud !== undefined) return pieces(request, today)
  const cheapest = request.instanceType === undefined ? cheapestFor(request, settings) : undefined
  const instanceType = request.instanceType ?? cheapest
  if (instanceType === undefined) return undefined
  const known = instance(instanceType)
  const attached =
    known !== undefined && known.gpu === null && gpuModel !== undefined && gpus !== undefined && gpus > 0
      ? { accelerator: googleName(gpuModel), count: gpus }
      : undefined
  const found = paidPrice(
    {
      type: instanceType,
      ...(provider !== undefined && providers.has(provider) ? { provider: provider as Provider } : {}),
      ...(region === undefined ? {} : { region }),
      ...(managedBy === undefined ? {} : { service: managedBy }),
      ...(attached === undefined ? {} : { attached }),
    },
    settings,
  )
  if (found === undefined) return undefined
  const machines = nodes ?? 1
  const assumptions: string[] = []
  if (cheapest !== undefined)
    assumptions.push(`no machine is named: ${cheapest} is the cheapest listed one with ${gpus}×${gpuModel}`)
  const whole = known?.gpuCount ?? 0
  if (gpus !== undefined && gpus > 0 && gpus < whole)
    assumptions.push(`${gpus} of its ${whole} GPUs are asked for: the price is that of the whole machine`)
  if (found.assumedRegion) {
    assumptions.push(
      region === undefined
        ? `region not named: ${found.region} is assumed`
        : `no price of ${region} is known: that of ${found.region} is shown`,
    )
  }
  if (nodes === undefined) assumptions.push('one machine is assumed')
  if (found.fee !== null)
    assumptions.push(`the service's fee is taken as ${Math.round((found.fee - 1) * 100)} %`)
  if (settings.discount > 0 && found.asOf !== '') {
    assumptions.push(`less ${Math.round(settings.discount * 100)} % on demand, as configured`)
  }
  return {
    onDemand: times(found.onDemand, machines),
    spot: times(found.spot, machines),
    machines,
    atLeast: cheapest !== undefined,
    price: found,
    old: found.asOf !== '' && isOld(found.asOf, today),
    ...regionOf(found, region),
    assumptions,
  }
}

function regionOf(found: Price, asked: string | undefined): Pick<HourlyCost, 'unlisted' | 'where'> {
  if (!found.assumedRegion) return { unlisted: null, where: found.region }
  if (asked === undefined) return { unlisted: null, where: `${found.region}, assumed` }
  return { unlisted: asked, where: `${found.region}, as no price of ${asked} is known` }
}

/** Accelerators that are rented by the piece. */
function pieces({ gpuCloud, gpus, gpuModel, nodes }: MachineRequest, today: string): HourlyCost | undefined {
  if (gpuCloud === undefined || gpuModel === undefined || gpus === undefined || gpus < 1) return undefined
  const found = cloudPrice(gpuCloud, gpuModel, gpus)
  if (found === undefined) return undefined
  const machines = nodes ?? 1
  return {
    onDemand: times(found.onDemand, machines),
    spot: times(found.spot, machines),
    machines,
    atLeast: true,
    price: found,
    old: isOld(found.asOf, today),
    unlisted: null,
    where: found.region,
    assumptions: [`list price of ${found.type}`, ...(nodes === undefined ? ['one machine is assumed'] : [])],
  }
}

function cheapestFor(
  { takesCheapest, provider, region, gpus, gpuModel, cpus }: MachineRequest,
  settings: PriceSettings,
): string | undefined {
  if (takesCheapest !== true || gpus === undefined || gpuModel === undefined) return undefined
  const within = region ?? settings.region ?? undefined
  return cheapestMachine(gpuModel, gpus, {
    ...(provider !== undefined && providers.has(provider) ? { provider: provider as Provider } : {}),
    ...(within === undefined ? {} : { region: within }),
    ...(cpus === undefined ? {} : { cpus }),
  })
}

function times(usd: number | null, machines: number): number | null {
  return usd === null ? null : Math.round(usd * machines * 1e4) / 1e4
}

/** The catalogue's 'T4' as GCP names what is attached to a machine. */
function googleName(model: string): string {
  const name = model.toLowerCase().replaceAll('_', '-')
  return /^nvidia-/.test(name) ? name : `nvidia-tesla-${name.replace(/-\d+gb$/, '')}`
}

/** `$8.80–13 per hour (us-east-1, prices of 2026-07-20)`; prices that were read half a year ago are called old. */
export function moneyText(usd: {
  range: [number, number]
  per: string
  asOf: string
  region: string
  /** ISO date. */
  today?: string
}): string {
  const now = usd.today ?? new Date().toISOString()
  const [low, high] = usd.range.map(usd.per === 'hour' ? pricedUsd : roughUsd) as [string, string]
  const amount = usd.range[0] < 0.005 ? `up to ${high}` : low === high ? low : `${low}–${high.slice(1)}`
  const where = [
    usd.region,
    usd.asOf === '' ? 'your prices' : `${isOld(usd.asOf, now) ? 'old prices, of' : 'prices of'} ${usd.asOf}`,
  ].filter((part) => part !== '')
  return `${amount} per ${usd.per} (${where.join(', ')})`
}

/** `$21.96`, `$0.53`; three digits below ten cents. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0'
  const digits = usd < 0.1 ? 3 : usd < 1000 ? 2 : 0
  return `$${usd.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ',')}`
}

/** `$65`, `$0.17`: two digits are all that an estimate means. */
export function roughUsd(usd: number): string {
  const rough = Number(usd.toPrecision(2))
  return rough >= 10 ? `$${groupedDigits(rough)}` : formatUsd(rough)
}

/** `$65`, `$1.05`: made of list prices alone, so below ten dollars the cents are known. */
export function pricedUsd(usd: number): string {
  return usd >= 10 ? roughUsd(usd) : formatUsd(usd)
}

/** `$1.41`, `$5.20 to $24.58`. `write`: one amount. */
export function spokenUsd({ low, high }: Interval, write: (usd: number) => string): string {
  const [least, most] = [write(low), write(high)]
  return least === most ? least : `${least} to ${most}`
}

/** What providers take off for capacity that they may take back, where no price of it is known: least and most. */
export const spotDiscount = [0.5, 0.8] as const
