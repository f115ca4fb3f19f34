/** Whether something ends a run early, as it was found among its callbacks. */
import type { PythonModule } from '../python/module.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'
import type { Verdict } from './callback-list.js'
import { claimWanted } from './wanted-stopping.js'

export function claimVerdict(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  key: string,
  verdict: Verdict,
  place: Place,
  site: Place,
  /** A launch that is not linked could bring a callback. */
  overridable = false,
): void {
  if (verdict === 'unknown')
    training.unknown('earlyStopping', key, 'a callback that cannot be read', place, { site })
  else if (verdict === 'stops') training.known('earlyStopping', key, true, place, { site })
  else {
    training.default('earlyStopping', key, false, place, { site, overridable })
    claimWanted(python, training)
  }
}
