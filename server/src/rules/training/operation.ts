/** What the rules about operations ask of each of them. */
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import type { OperationKind } from '../../workload/resource-kinds.js'
import { subjectsAround } from '../subject-view.js'

/** The claim that says what the operation does, where it is one of this kind. */
export function operationOf(
  view: SubjectView<'Operation'>,
  ...kinds: OperationKind[]
): Claim<OperationKind> | null {
  const { kind } = view.settings
  return kind !== undefined && kind.state !== 'unknown' && kinds.includes(kind.value!) ? kind : null
}

/** True where an accelerator may do the work. */
export function onAccelerator(view: SubjectView): boolean {
  const { accelerator } = view.subject.evidence
  return accelerator === 'gpu' || accelerator === 'maybe'
}

export function trains(view: SubjectView): boolean {
  const { role } = view.subject.evidence
  return role === 'training' || role === 'tuning'
}

/** The job that runs it asks for accelerators. */
export function onGpuJob(view: SubjectView): boolean {
  const gpus = effective(view.run.job.compute?.settings.gpus)
  return gpus !== undefined && gpus > 0
}

/** Something else of this program is a training with this property. */
export function trainingHas(
  view: SubjectView,
  test: (training: SubjectView<'Training'>) => boolean,
): boolean {
  return subjectsAround(view.run, 'Training').some(test)
}

export function reinforcement(view: SubjectView): boolean {
  return trainingHas(view, ({ settings }) => effective(settings.openEnded) === 'reinforcement learning')
}

/** `.item() (2 times) and print()`. */
export function listed(names: string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const words = [...counts].map(([name, count]) => (count > 1 ? `${name} ${count} times` : name))
  const last = words.pop()
  return words.length === 0 ? (last ?? '') : `${words.join(', ')} and ${last}`
}

/** The other places of an operation, for a reader of the finding to go to. */
export function otherPlaces(view: SubjectView<'Operation'>, message: string) {
  const places = effective(view.settings.places) ?? []
  return places.slice(1, 9).map(({ what, location }) => ({ location, message: `${what}: ${message}` }))
}
