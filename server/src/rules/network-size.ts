/** Whether the network of a training is known to be so large that its arithmetic takes long. */
import type { CountedLayers } from '../text/counted-layers.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { subjectsAround } from './subject-view.js'

export function runsPublishedNetwork(run: Run): boolean {
  return subjectsAround(run, 'Network').some(({ settings }) => settings.name !== undefined)
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
  return countedNetworks({ run, settings }).some((one) => {
    const { parameters, convolved } = readWeights(one)
    return parameters >= many.weights || convolved >= many.convolved
  })
}

/** The networks of the project's own whose layers are counted: of the training itself, and of what it is read with. */
export function countedNetworks({
  run,
  settings,
}: Pick<SubjectView<'Training'>, 'run' | 'settings'>): CountedLayers[] {
  return [
    ...(effective(settings.countedLayers)?.networks ?? []),
    ...subjectsAround(run, 'Network').flatMap((one) => effective(one.settings.countedLayers) ?? []),
  ]
}

/** Layers that use each weight once for a row of numbers, and none that is shown to be wide: to start their kernels takes as long as their products. */
export function computesOnRows(view: SubjectView<'Training'>): boolean {
  const { run, settings } = view
  const named = settings.model !== undefined || settings.layers !== undefined
  const networks = countedNetworks(view)
  return (
    !named &&
    networks.length > 0 &&
    subjectsAround(run, 'Network').every((one) => effective(one.settings.countedLayers) !== undefined) &&
    networks.every(
      (one) =>
        one.places === undefined &&
        one.attends === undefined &&
        (one.convolved ?? 0) === 0 &&
        (one.recurrent ?? 0) === 0 &&
        readWeights(one).parameters < many.weights,
    )
  )
}

/** Without layers whose width nobody could read: these are guessed to be wide, which shows nothing. */
function readWeights({ parameters, convolved = 0, guessed, guesses }: CountedLayers): {
  parameters: number
  convolved: number
} {
  const unread = guesses ?? (guessed === true ? { parameters, convolved } : { parameters: 0, convolved: 0 })
  return { parameters: parameters - unread.parameters, convolved: convolved - unread.convolved }
}
