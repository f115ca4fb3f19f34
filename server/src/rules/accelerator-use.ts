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
  const takes = subjectsOf(run, 'Training').some(({ settings, subject: { evidence } }) =>
    // What chooses by itself would use one, though the machine of its job has none.
    effective(settings.automaticDevice) === true
      ? /^(gpu|maybe|cpu)$/.test(evidence.accelerator)
      : effective(settings.managed) === true && /^(gpu|maybe)$/.test(evidence.accelerator),
  )
  return takes ? true : undefined
}
