/** The cheapest machine with given accelerators, for platforms that choose the machine by themselves. */
import { allInstances, type Provider } from './instances.js'
import { price } from './prices.js'

const found = new Map<string, string | null>()

/**
 * The type of the machine with exactly this many accelerators of the name that costs least on demand, in the region or,
 * without one, in each provider's reference region; undefined: no price is known. `model`: as the catalogue names it; `cpus`: vCPUs at least.
 */
export function cheapestMachine(
  model: string,
  count: number,
  place: { provider?: Provider; region?: string; cpus?: number },
): string | undefined {
  const key = [model, count, place.provider, place.region, place.cpus].join('\0')
  let type = found.get(key)
  if (type === undefined) {
    let least = Number.POSITIVE_INFINITY
    type = null
    for (const one of allInstances()) {
      if (one.retired || one.gpu?.name !== model || one.gpuCount !== count) continue
      if (one.vcpus < (place.cpus ?? 0)) continue
      if (place.provider !== undefined && one.provider !== place.provider) continue
      const listed = price({
        type: one.type,
        provider: one.provider,
        ...(place.region && { region: place.region }),
      })
      if (listed?.onDemand == null || listed.onDemand >= least) continue
      if (place.region !== undefined && listed.assumedRegion) continue
      least = listed.onDemand
      type = one.type
    }
    found.set(key, type)
  }
  return type ?? undefined
}
