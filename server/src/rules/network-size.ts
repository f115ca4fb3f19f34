/** Whether the network of a training is known to be so large that its arithmetic takes long. */
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { subjectsOf } from './subject-view.js'

export function runsPublishedNetwork(run: Run): boolean {
  return subjectsOf(run, 'Network').some(({ settings }) => settings.name !== undefined)
}

/** Weights from which on a network takes long enough for its format to be worth a warning: of all layers, and of convolutions, which use each at many places. */
const many = { weights: 5e6, convolved: 5e5 }

/** The work of a step is shown to be large: a published network, or one of the project whose layers add up. */
export function isLarge({ run, settings, subject }: SubjectView<'Training'>): boolean {
  if (
    subject.evidence.published === true ||
    subject.evidence.large !== undefined ||
    runsPublishedNetwork(run) ||
    settings.model !== undefined
  )
    return true
  if ((effective(settings.layers)?.parameters ?? 0) >= many.weights) return true
  return [
    ...(effective(settings.countedLayers)?.networks ?? []),
    ...subjectsOf(run, 'Network').flatMap((one) => effective(one.settings.countedLayers) ?? []),
  ].some(
    // A width that nobody could read is guessed to be wide, which shows nothing.
    ({ parameters, convolved = 0, guessed, guesses }) => {
      const unread =
        guesses ?? (guessed === true ? { parameters, convolved } : { parameters: 0, convolved: 0 })
      return parameters - unread.parameters >= many.weights || convolved - unread.convolved >= many.convolved
    },
  )
}
