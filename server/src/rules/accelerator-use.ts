/** Whether what a run starts computes on an accelerator. */
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { subjectIn, subjectsOf } from './subject-view.js'

/**
 * Its program says so, or how many it takes, or a library trains for it that takes the accelerator which it finds. Undefined: nobody
 * can tell.
 */
export function usesAccelerator(
  run: Run,
  program: SubjectView<'Program'> | undefined = subjectIn(run, 'Program'),
): boolean | undefined {
  const own = effective(program?.settings.usesAccelerator)
  if (own !== undefined || program === undefined) return own
  // It has no library that could, whatever machine it is started on.
  if (effective(program.settings.acceleratorLibrary) === null) return undefined
  if (effective(program.settings.devices) !== undefined) return true
  const takes = subjectsOf(run, 'Training').some(
    ({ settings, subject: { evidence } }) =>
      (effective(settings.managed) === true || effective(settings.automaticDevice) === true) &&
      /^(gpu|maybe)$/.test(evidence.accelerator),
  )
  return takes ? true : undefined
}
