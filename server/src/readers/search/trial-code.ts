/** Where the code of a trial stands, which tells trials of a search from what the program trains besides. */
import type { PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { reachedFunctions, type TrialFunction } from './trial-function.js'

export function claimTrialCode(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  key: string,
  trial: TrialFunction | null,
  claims: ClaimBuilder,
  place: Place,
): void {
  if (trial === null) return
  const places = reachedFunctions(python, trial.func).map(({ node: { start, end } }) =>
    claims.locate({ start, end }),
  )
  search.known('trialCode', key, places, place)
}
