/** Writes down preparation that gives the same in every epoch, where a library would keep it and is not asked to. */
import type { ClaimBuilder, Place, SubjectBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import type { PreprocessingSettings } from '../workload/resource-kinds.js'

export interface PreparedAgain {
  /** What would keep it: 'cache_dir'. */
  keeper: string
  /** What names the work: 'transform'. */
  key: string
  steps: PreprocessingSettings['steps']
  /** Null: nobody can tell how many epochs there are. */
  epochs: number | null
  /** More than a few workers can hide. */
  dear?: boolean
  /** Workers do it beside the accelerator, which may hide it. */
  overlapped: boolean
  place: Place
  site: Place
  scope: string
  evidence: Evidence
  /** Tells it from other work that is shown at one place. */
  apart: string
}

export function claimPreparedAgain(
  claims: ClaimBuilder,
  { keeper, key, steps, epochs, dear, overlapped, place, site, scope, evidence, apart }: PreparedAgain,
): SubjectBuilder<'Preprocessing'> {
  const work = claims.subject('Preprocessing', place, scope, evidence, null, apart)
  work.known('cached', keeper, false, place, { site })
  work.known('steps', key, steps, place, { site })
  work.known('again', 'epochs', { per: 'epoch', times: epochs }, place, { site })
  work.known('weight', key, dear === true ? 'dear' : 'heavy', place, { site })
  if (overlapped) work.known('overlapped', key, true, place, { site })
  return work
}
