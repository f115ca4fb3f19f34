/** Endpoints that a program or a command makes, and the files of the project that end some. */
import { effective } from '../values/value.js'
import type { Claim, Extraction } from '../workload/claim.js'
import type { Extractions } from './extractions.js'
import type { LinkKind } from './link-kind.js'

export class EndpointEndings implements LinkKind {
  join(all: Extractions): void {
    const made = [...all.byPath].filter(([, one]) => one.claims.some(({ setting }) => setting === 'endsBy'))
    if (made.length === 0) return
    const ending = [...all.byPath].flatMap(([path, one]) => {
      const claim = one.claims.find(({ setting }) => setting === 'endsEndpoints')
      return claim !== undefined && effective(claim as Claim<boolean>) === true ? [{ path, claim }] : []
    })
    for (const [path, extraction] of made) {
      const elsewhere = ending.find((one) => one.path !== path)
      if (elsewhere === undefined) continue
      all.relate(path, elsewhere.path)
      all.amend(path, told(extraction, elsewhere.claim), false)
    }
  }
}

/** Said of each endpoint of the file, with the place where the other one ends some. */
function told({ claims }: Extraction, ending: Claim): Claim[] {
  return claims
    .filter(({ setting }) => setting === 'endsBy')
    .map(({ subject }) => ({
      ...ending,
      subject,
      setting: 'endedElsewhere',
      state: 'known',
      value: ending.location,
    }))
}
