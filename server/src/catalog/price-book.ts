/** List prices under the user's own: what the user pays for a machine, a discount on everything else, a usual region. */
import { type Price, type PriceQuery, price } from './prices.js'

/** A price of the user's, USD per hour and machine. */
export interface OwnPrice {
  /** As jobs name it. */
  type: string
  /** Null: in every region. */
  region: string | null
  onDemand: number | null
  spot: number | null
}

/** What the user pays for one accelerator and hour where no machine is named: on SLURM, on Kubernetes. */
export interface OwnAcceleratorPrice {
  /** A name of the catalogue. */
  name: string
  /** USD. */
  usd: number
}

export interface PriceSettings {
  /** Region of jobs that name none. */
  region: string | null
  /** Share of the list price that is not paid, 0 to 1: savings plans, commitments. Spot prices are left alone. */
  discount: number
  machines: OwnPrice[]
  accelerators: OwnAcceleratorPrice[]
}

export const listPrices: PriceSettings = { region: null, discount: 0, machines: [], accelerators: [] }

const own = "the project's configuration"

/** What the user pays; undefined: no price is known. */
export function paidPrice(query: PriceQuery, settings: PriceSettings): Price | undefined {
  const region = query.region ?? settings.region ?? undefined
  const listed = price({ ...query, ...(region === undefined ? {} : { region }) })
  const mine = ownPrice(query.type, region, settings.machines)
  if (mine !== undefined) {
    return {
      provider: listed?.provider ?? query.provider ?? 'aws',
      type: query.type,
      onDemand: mine.onDemand ?? listed?.onDemand ?? null,
      spot: mine.spot ?? listed?.spot ?? null,
      region: mine.region ?? region ?? listed?.region ?? '',
      assumedRegion: false,
      asOf: '',
      confidence: 'high',
      source: own,
      spotSource: mine.spot === null ? (listed?.spotSource ?? null) : own,
      fee: null,
      machineSpot: null,
      block: false,
    }
  }
  if (listed === undefined || listed.onDemand === null || settings.discount === 0) return listed
  return { ...listed, onDemand: Math.round(listed.onDemand * (1 - settings.discount) * 1e4) / 1e4 }
}

function ownPrice(
  type: string,
  region: string | undefined,
  machines: readonly OwnPrice[],
): OwnPrice | undefined {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  const named = machines.filter((each) => same(each.type, type))
  return (
    named.find((each) => each.region !== null && region !== undefined && same(each.region, region)) ??
    named.find((each) => each.region === null)
  )
}
