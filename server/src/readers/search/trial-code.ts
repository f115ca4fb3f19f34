/** Where the code of a trial stands, which tells trials of a search from what the program trains besides. */
import type { PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { reachedBy, reachedFunctions, type TrialFunction } from './trial-function.js'

export function claimTrialCode(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  key: string,
  trial: TrialFunction | null,
  claims: ClaimBuilder,
  place: Place,
): void {
  if (trial === null) return
  const own = new Set(reachedFunctions(python, trial.func))
  // What the program does not run besides, a trial may run all the same: by a name in a table, or as a method of what it is handed.
  const besides = new Set(
    reachedBy(
      python,
      python.calls.filter((call) => call.function === null),
      new Set([trial.func]),
    ),
  )
  const places = python.functions
    .filter((one) => own.has(one) || !besides.has(one))
    .map(({ node: { start, end } }) => claims.locate({ start, end }))
  search.known('trialCode', key, places, place)
}
