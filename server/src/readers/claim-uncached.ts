/** Writes down work that a library or a program would keep, and that is thrown away or not kept. */
import type { Origin } from '../text/origin.js'
import type { ClaimBuilder, ClaimOptions, Place } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'

export interface Uncached {
  key: string
  /** What is computed again. */
  transformation: string
  because: string
  place: Place
  site: Place
  options?: ClaimOptions
  /** Where the code or a file says so. */
  origin?: Origin
  demonstration?: boolean
  light?: boolean
}

export function claimUncached(
  claims: ClaimBuilder,
  evidence: Evidence,
  scope: string,
  found: Uncached,
  /** The launch that it belongs to; null: none. */
  job: string | null = null,
): void {
  const work = claims.subject('Preprocessing', found.place, scope, evidence, job)
  const { place, site } = found
  if (found.origin === undefined) work.known('cached', found.key, false, place, { site, ...found.options })
  else work.say('cached', found.key, { ...found.origin, state: 'known', value: false })
  work.known('transformation', found.key, found.transformation, place, { site })
  work.known('uncachedBecause', found.key, found.because, place, { site })
  if (found.light === true) work.known('light', found.key, true, place, { site })
  if (found.demonstration === true) work.known('demonstration', found.key, true, place, { site })
}
