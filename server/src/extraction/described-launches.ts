/** Launches whose command lines say how they train, whatever program that starts. */
import type { FragmentFacts, Reader } from '../readers/reader.js'
import { ClaimBuilder } from '../workload/builder.js'
import type { Extraction, Launch } from '../workload/claim.js'

/** Adds what readers know of these launches, which stand in this fragment. */
export function describeLaunches(
  readers: readonly Reader[],
  { path, fragment }: FragmentFacts,
  launches: readonly Launch[],
  into: Extraction,
): void {
  for (const launch of launches) {
    if (launch.described === true) continue
    for (const reader of readers) {
      const builder = new ClaimBuilder(path, fragment, reader.name)
      if (reader.describes?.(launch, builder) !== true) continue
      launch.described = true
      into.subjects.push(...builder.extraction.subjects)
      into.claims.push(...builder.extraction.claims)
      break
    }
  }
}
