import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule } from '../rule.js'
import { notTraining, type Silence, unless } from '../silence.js'
import { subjectsAround, subjectsOf } from '../subject-view.js'

/** So few of them are no burden. */
const few = 10
/** Of a size that nobody knows, so many are worth a word. */
const many = 50
/** Parameters below which a checkpoint is a small file. */
const large = 100_000_000
/** Bytes for each parameter: weights in fp32, and with the gradients' moments and a master copy beside 16-bit weights. */
const bytes = { weights: 4, 'training state': 14 }
/** Files of which each is worth a word, however many there are. */
const heavy = 10e9
/** From here on the files are worth a warning. */
const muchStorage = 100e9

export default defineRule({
  name: 'compute/checkpoint-bloat',
  judges: 'Training',
  checklist: ['observability/egress-and-storage'],
  severity: 'warning',
  finds: 'runs that keep every checkpoint',
  summary: 'Every checkpoint of a long run is kept, although the last and the best would do.',
  check(view, { report, silent }) {
    const { keptCheckpoints, epochs, checkpointCount, checkpointHolds, parameters } = view.settings
    const most = effective(keptCheckpoints)
    const huge = most === undefined || most === null ? null : hugeFiles(view, most)
    if (keptCheckpoints === undefined || (most !== null && huge === null))
      return silent(unless(view, 'keptCheckpoints', `at most ${most} checkpoints are kept`))
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    // It may save nothing while it runs.
    if (view.settings.saves?.state === 'unknown') return silent(unless(view, 'saves', ''))
    if (huge !== null && most != null)
      return report({
        at: keptCheckpoints,
        severity: 'information',
        message: `${formatCount(most)} checkpoints of ${gigabytes(huge)} each are kept (\`${keptCheckpoints.key}\`), the state of the optimiser with the weights: ${gigabytes(most * huge)}, and training stands still while each is written. Save less often, and keep the best and the last.`,
        fixes: [{ set: [{ claim: keptCheckpoints, value: 2 }] }],
      })
    const wanted = effective(view.settings.checkpointsFor)
    if (wanted !== undefined) return silent(`all checkpoints are kept on purpose: ${wanted}`)
    const count = checkpointCount?.state === 'unknown' ? undefined : effective(checkpointCount ?? epochs)
    const { adapters } = view.settings
    const trained = adapters === undefined ? null : effective(adapters)
    if (trained !== undefined && trained !== null)
      return silent('its checkpoints hold adapters, which are small')
    // Where adapters may be trained, nobody knows what a checkpoint holds.
    const size = trained === undefined ? undefined : (effective(parameters) ?? sizeOfModels(view))
    const holds = effective(checkpointHolds) ?? 'weights'
    const each = size === undefined ? null : size * bytes[holds]
    const total = each === null || count === undefined ? null : each * count
    if (count !== undefined && count <= few && (count < severalFiles || (total ?? 0) < muchInFew))
      return silent(`there are few checkpoints: ${count}`)
    if (count === undefined && (each ?? 0) < heavy && (size === undefined || size >= large)) {
      const few = mayBeFew(view)
      if (few !== undefined && (size === undefined || !soonMany(view))) return silent(few)
    }
    // Many small files are much as well.
    if (size !== undefined && size < large && (total ?? 0) <= muchStorage)
      return silent(`the model is small: ${millions(size)} parameters`)
    const counted = size === undefined ? countedWeights(view) : null
    if (counted !== null && counted * bytes[holds] * (count ?? usual) < little)
      return silent(`the files are small: about ${gigabytes(counted * bytes[holds])} each`)
    const written = keptCheckpoints.state === 'known'
    // Without a model that is known to be large, only what somebody wrote is worth a word.
    if (size === undefined && !written && effective(view.settings.fineTuning) !== true && count !== undefined)
      return silent(unless(view, 'parameters', ''))
    report({
      at: keptCheckpoints,
      severity:
        total !== null && total > muchStorage && (size ?? 0) >= large
          ? 'warning'
          : size === undefined && count !== undefined && count < many
            ? 'hint'
            : 'information',
      message: messageOf(keptCheckpoints.key, count, size, holds),
      fixes: [{ set: [{ claim: keptCheckpoints, value: 2 }] }],
    })
  },
})

/** Files whose number nobody knows are taken for so many. */
const usual = 50
/** So few are what anybody would keep; more of them are much where they hold this many bytes together. */
const severalFiles = 4
const muchInFew = 30e9
/** A data set of so many samples is no large one. */
const usualSamples = 25_000

/** The rhythm is one of steps, and with these batches a data set of usual size makes many checkpoints. */
function soonMany({ settings }: SubjectView<'Training'>): boolean {
  const { accumulation, batchSize, epochs, savedEvery } = settings
  const rhythm = effective(savedEvery)
  const batch = effective(batchSize)
  const passes = effective(epochs)
  if (rhythm?.unit !== 'steps' || batch === undefined || passes === undefined) return false
  const samples = few * rhythm.count * batch * (effective(accumulation) ?? 1)
  return samples <= usualSamples * passes
}

/** Bytes that cost nothing worth a word. */
const little = 1e9

/** Why checkpoints whose number cannot be read may be few, or hold little; undefined: a run of any length keeps many. */
function mayBeFew(view: SubjectView<'Training'>): Silence | undefined {
  const { adapters, checkpointCount, checkpointHolds, epochs, fineTuning, keptCheckpoints } = view.settings
  const length = checkpointCount ?? epochs
  const unread = unless(view, checkpointCount === undefined ? 'epochs' : 'checkpointCount', '')
  // A launch that gives it is judged with what it gives.
  if (length?.state === 'unknown' && /\blaunch\b/.test(length.because)) return unread
  if (adapters !== undefined && effective(adapters) !== null) return unless(view, 'adapters', '')
  if (keptCheckpoints?.state === 'known')
    return checkpointCount === undefined && effective(fineTuning) === true ? unread : undefined
  // A rhythm that somebody chose comes often enough to be met.
  const chosen = checkpointCount !== undefined && checkpointCount.channel !== 'library default'
  return chosen && effective(checkpointHolds) === 'training state' ? undefined : unread
}

/** Weights of the run's networks, as far as its own code tells them; null: it does not. */
function countedWeights({ run, settings }: SubjectView<'Training'>): number | null {
  // They stand on top of those of a pretrained network.
  if (effective(settings.fineTuning) === true) return null
  const made = subjectsAround(run, 'Network').map((one) => one.settings.countedLayers)
  if (made.some((one) => one?.state === 'unknown')) return null
  const networks = [
    ...(effective(settings.countedLayers)?.networks ?? []),
    ...made.flatMap((one) => effective(one) ?? []),
  ]
  return networks.length === 0 ? null : networks.reduce((sum, { parameters }) => sum + parameters, 0)
}

function messageOf(
  key: string,
  count: number | undefined,
  size: number | undefined,
  holds: keyof typeof bytes,
): string {
  if (size === undefined)
    return count === undefined
      ? `Every checkpoint of the run is kept (\`${key}\`), however many there are${holds === 'weights' ? '' : ', the state of the optimiser with the weights'}.`
      : `All ${formatCount(count)} checkpoints of the run are kept (\`${key}\`).`
  const each = size * bytes[holds]
  const what = `${millions(size)} parameters${holds === 'weights' ? '' : ' with the state of the optimiser'}`
  return count === undefined
    ? `Every checkpoint of the run is kept (\`${key}\`), however many there are: ${gigabytes(each)} each (${what}).`
    : `All ${formatCount(count)} checkpoints are kept (\`${key}\`): ${formatCount(count)} × ${gigabytes(each)} (${what}) = ${gigabytes(each * count)}.`
}

/** From here on a few checkpoints are a matter of hundreds of gigabytes, and of minutes for each. */
const hugeCheckpoint = 100e9

/** Bytes of each of several checkpoints that hold the state of a training, where each is huge; else null. */
function hugeFiles(view: SubjectView<'Training'>, kept: number): number | null {
  const { adapters, parameters, checkpointHolds } = view.settings
  // The best one and the last one are what anybody would keep.
  if (kept < 3 || effective(checkpointHolds) !== 'training state') return null
  if (adapters === undefined || effective(adapters) !== null) return null
  const size = effective(parameters) ?? sizeOfModels(view)
  const each = size === undefined ? 0 : size * bytes['training state']
  return each >= hugeCheckpoint ? each : null
}

function sizeOfModels(view: SubjectView<'Training'>): number | undefined {
  const models = subjectsOf(view.run, 'Model')
  const trained = models.filter(({ settings }) => effective(settings.use) === 'trained')
  return trained.length === 1 ? effective(trained[0]!.settings.parameters) : undefined
}

/** `1.5 TB`, `105 GB`. */
function gigabytes(size: number): string {
  const [amount, unit] =
    size >= 1e12 ? [size / 1e12, 'TB'] : size >= 1e9 ? [size / 1e9, 'GB'] : [size / 1e6, 'MB']
  return `${amount >= 10 ? Math.round(amount) : Math.round(amount * 10) / 10} ${unit}`
}

function millions(count: number): string {
  return count >= 1e9 ? `${Math.round(count / 1e8) / 10} B` : `${Math.round(count / 1e6)} M`
}
