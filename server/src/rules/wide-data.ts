/** Whether a training learns from pictures, sound or texts, as far as words of its program tell. */
import { once } from '../text/once.js'
import type { SubjectView } from '../workload/claim.js'

/** Networks for these compute much for each sample, and there are many samples. */
export function learnsWide({ run, subject }: SubjectView<'Training'>): boolean {
  return (
    subject.evidence.wide !== undefined ||
    once(run, 'some of it is wide', () => run.subjects.some((one) => one.subject.evidence.wide !== undefined))
  )
}
