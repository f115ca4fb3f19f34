/** Steps of a run, and passes over its samples, each by the other. */
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { samplesOfData } from '../training-question.js'

/** Passes that a number of steps makes at least; null: how many samples there are, or how many a step takes, is not known. */
export function passesOf(view: SubjectView<'Training'>): number | null {
  const steps = effective(view.settings.maxSteps)
  const each = samplesOfStep(view)
  const samples = samplesOf(view)
  return typeof steps !== 'number' || each === null || samples === null ? null : (steps * each) / samples
}

/** Steps that the epochs of a run take at most; null: as above. */
export function stepsOf(view: SubjectView<'Training'>): number | null {
  const epochs = effective(view.settings.epochs)
  const each = samplesOfStep(view)
  const samples = samplesOf(view)
  return epochs === undefined || each === null || samples === null ? null : epochs * Math.ceil(samples / each)
}

/** More devices take more. */
function samplesOfStep({ settings: { accumulation, batchSize } }: SubjectView<'Training'>): number | null {
  const batch = effective(batchSize)
  const times = accumulation === undefined ? 1 : effective(accumulation)
  return batch === undefined || times === undefined ? null : batch * times
}

function samplesOf(view: SubjectView<'Training'>): number | null {
  return effective(view.settings.samples) ?? samplesOfData(view)?.high ?? null
}
