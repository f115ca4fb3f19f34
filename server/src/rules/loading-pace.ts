/** Whether batches are waited for, whatever the accelerator computes. */
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { subjectsOf } from './subject-view.js'

/** The training process reads and decodes each batch of the training by itself. */
export function decodesItself({ settings }: Pick<SubjectView<'InputPipeline'>, 'settings'>): boolean {
  const { feeds, work, workers } = settings
  return effective(workers) === 0 && effective(feeds) === 'training' && effective(work) === 'decode'
}

export function waitsForBatches(run: Run): boolean {
  return subjectsOf(run, 'InputPipeline').some(decodesItself)
}
