import type { Location } from '../../text/location.js'
import type { Claim } from '../../workload/claim.js'

/** The function that makes samples, to go to from a finding inside what it calls. */
export function makes(maker: Claim | undefined, each: string): { location: Location; message: string }[] {
  if (maker === undefined) return []
  return [{ location: maker.location, message: `\`${maker.key}\` makes one ${each} at a time` }]
}
