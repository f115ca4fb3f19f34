/** What a program has to do before a store for checkpoints is of use to it. */
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { subjectsOf } from '../subject-view.js'

/** As a clause, of the programs of the job that are in the project; undefined: they use it, or none is there. */
export function missingForStore({ run }: SubjectView<'Compute'>): string | undefined {
  const programs = run.siblings.flatMap((one) =>
    subjectsOf(one, 'Program').filter(({ subject }) => subject.location.path === one.script),
  )
  if (programs.length === 0) return undefined
  const elsewhere = programs
    .map(({ settings }) => effective(settings.resultFolder))
    .find((one) => one !== undefined)
  if (elsewhere !== undefined)
    return `its checkpoints are written to the folder that is kept, not to ${elsewhere}`
  return programs.some(({ settings }) => effective(settings.resumes) === true)
    ? undefined
    : 'its program saves checkpoints there and continues from them'
}
