/** Pools of machines, and what of the project gives pools another size. */
import { effective } from '../values/value.js'
import type { Claim } from '../workload/claim.js'
import type { Extractions } from './extractions.js'
import type { LinkKind } from './link-kind.js'

export class PoolScalers implements LinkKind {
  join(all: Extractions): void {
    const [first] = [...all.byPath].flatMap(([path, { claims }]) =>
      claims.filter(({ setting }) => setting === 'resizesPools').map((claim) => ({ path, claim })),
    )
    if (first === undefined) return
    const value = effective(first.claim as Claim<string>)
    for (const [path, { claims }] of [...all.byPath]) {
      const made = claims.filter(({ setting }) => setting === 'initial')
      if (made.length === 0) continue
      all.relate(path, first.path)
      const told = made.map(
        ({ subject }) => ({ ...first.claim, subject, setting: 'resizedBy', state: 'known', value }) as Claim,
      )
      all.amend(path, told, false)
    }
  }
}
