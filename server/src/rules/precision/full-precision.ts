import { type Gpu, gpu as gpuNamed, gpuSupports, usualCards } from '../../catalog/gpus.js'
import { waitsForLaunches } from '../../estimate/kernel-launches.js'
import {
  mixedPrecisionSpeedup,
  mixedPrecisionSpeedupOnAny,
  type Speedup,
} from '../../estimate/mixed-precision.js'
import type { Interval } from '../../estimate/network.js'
import { effective } from '../../values/value.js'
import type { Claim, Evidence, Run, SubjectView } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { machineOf } from '../hardware.js'
import { waitsForBatches } from '../loading-pace.js'
import { computesOnRows, countedNetworks, isLarge, runsPublishedNetwork } from '../network-size.js'
import { defineRule, type FixRequest, type Report, type Severity } from '../rule.js'
import { shortFormatGain } from '../short-format-gain.js'
import { isSilence, notTraining, offAccelerator, otherOperation, type Silence, unless } from '../silence.js'
import { isViewOf, subjectIn } from '../subject-view.js'
import { operationOf } from '../training/operation.js'
import { learnsWide } from '../wide-data.js'

const full: Precision[] = ['fp32', 'tf32']

export default defineRule({
  name: 'precision/full-precision',
  judges: ['Training', 'Operation'],
  checklist: ['model/mixed-precision'],
  overlaps: 'machine',
  severity: 'warning',
  finds: 'training in fp32 on hardware that is faster in 16 bits',
  summary: 'Training in fp32 leaves the matrix units of the accelerator idle and takes twice the memory.',
  check(judged, { report, silent, options }) {
    if (isViewOf(judged, 'Operation')) {
      const pass = passInFull(judged)
      return isSilence(pass) ? silent(pass) : report(pass)
    }
    if (!isViewOf(judged, 'Training')) return silent('it is no training')
    const view = judged
    const { settings, subject } = view
    const { precision } = settings
    const format = effective(precision)
    if (precision === undefined || format === undefined || !full.includes(format))
      return silent(unless(view, 'precision', `the precision is ${format}`))
    if (isVariant(precision, view))
      return silent('its file is the full-precision one by its name, and no launch names it')
    const { role, accelerator } = subject.evidence
    const stopped = (role === 'job' ? undefined : notTraining(view)) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const pace = effective(settings.boundBy)
    if (pace === 'an environment') return silent('its steps wait for an environment, not for the accelerator')

    // A published network is large enough to fill each step of a solver.
    const solved = pace === 'steps of a solver' && runsPublishedNetwork(view.run)
    const { gpu, gpus } = machineOf(view, options)
    const computed = shortFormatGain(view, gpuNamed(slowest)!)
    const bound =
      startsOfKernels(view, computed) ??
      (computesOnRows(view) ? 'rows of numbers' : undefined) ??
      (solved ? undefined : pace)
    if (gpu !== null && !gpu.formats.has('bf16') && !gpu.formats.has('fp16'))
      return silent(`${gpu.name} has no 16-bit units`)
    if (gpu !== null && !gpu.formats.has('bf16') && effective(settings.onlyShortFormat) === 'bf16')
      return silent(`${gpu.name} does not compute in bf16`)
    const speedup = gpu === null || bound !== undefined ? null : mixedPrecisionSpeedup(gpu)
    const gains = bound === undefined ? (speedup ?? speedupOnAny(view, gpu)) : null
    const refused = effective(settings.autocastRefusedBy)
    const several = takesSeveral(view.run)
    const paid = gpu !== null || (gpus ?? 0) > 0 || several
    const heavy = isLarge(view) || (computed !== null && computed.low >= surely)
    // Nobody shards what one device holds, and a configuration by itself holds no code that would show it.
    const asked = role === 'job' || (effective(settings.sharding) ?? 'none') !== 'none'
    const hidden =
      !heavy &&
      !paid &&
      !asked &&
      effective(settings.fineTuning) !== true &&
      (!learnsWide(view) ||
        (computed === null && accelerator !== 'gpu' && precision.state === 'default' && isShort(view)))
    report({
      at: precision,
      severity: severityOf(
        precision,
        effective(settings.secondOrder) === true ? 'gradients of gradients' : effective(settings.openEnded),
        bound ?? (hidden ? 'nothing that shows its work' : undefined),
        gpu === null && !several && effective(settings.automaticDevice) === true ? accelerator : null,
        (subject.evidence.small === null &&
          (runsPublishedNetwork(view.run) || effective(settings.fineTuning) === true)) ||
          mayBeDear(view),
        view.run.job.launch !== null,
        (paid || heavy) && (computed === null || usual(computed) >= little) && !waitsForBatches(view.run),
      ),
      message: `${seen(precision)} ${gain(speedup, gpu?.name ?? null)}${advice(refused)}`,
      ...(gains === null ? {} : { saving: { fraction: gains.fraction, usd: null, basis: gains.basis } }),
      fixes: fixesFor(
        precision,
        gpu?.name ?? null,
        accelerator === 'tpu',
        subject.evidence.withoutBf16 !== undefined || mayLackBf16(view.run),
        bound !== undefined,
      ),
    })
  },
})

/** A network beside the block in which the training casts; in each step it may well be the larger one. */
function passInFull(view: SubjectView<'Operation'>): Report | Silence {
  const kind = operationOf(view, 'full precision pass')
  if (kind === null) return otherOperation
  const stopped = notTraining(view) ?? offAccelerator(view)
  if (stopped !== undefined) return stopped
  const inStep = effective(view.settings.place) === 'step'
  return {
    at: kind,
    severity: inStep ? 'information' : 'hint',
    message: inStep
      ? `\`${kind.key}\` runs in fp32 in each step: it is called outside the \`autocast\` block, which may hold it as well.`
      : `This evaluation runs \`${kind.key}\` in fp32, though the training casts to 16 bits (\`autocast\`).`,
  }
}

const fullByName = /(^|[^a-z0-9])(fp32|float32|tf32|full[_-]?precision)([^a-z0-9]|$)/i

/** `fp32_8gpu.yaml`, a file that stands alone: whoever wants that format asks for it. A program that reads it is told of it. */
function isVariant({ state, channel, overridable, location }: Claim, { run, subject }: SubjectView): boolean {
  const { path } = location
  return (
    state === 'known' &&
    channel === 'named file' &&
    overridable &&
    run.job.launch === null &&
    subject.location.path === path &&
    fullByName.test(path.slice(path.lastIndexOf('/') + 1))
  )
}

/**
 * What only a user's own settings could refute is information where no launch is known; so is arithmetic that takes care in 16 bits. What 16 bits
 * hardly speed up is a hint, and so is code for whatever device there is, unless its run is long and nothing shows that its network is small.
 */
function severityOf(
  precision: Claim,
  careful: string | undefined,
  bound: string | undefined,
  anyDevice: Evidence['accelerator'] | null,
  worthwhile: boolean,
  launched: boolean,
  dear: boolean,
): Severity {
  if (bound !== undefined || (anyDevice === 'maybe' && !worthwhile)) return 'hint'
  if (precision.overridable && precision.state === 'default' && !launched) return 'information'
  const takesCare = careful === 'adversarial training' || careful === 'gradients of gradients'
  return takesCare || anyDevice !== null || !dear ? 'information' : 'warning'
}

/** Passes from which on a run is long. */
const manyEpochs = 10
/** What may well keep an accelerator busy: weights of all layers, those of convolutions, billions of products for a sample. */
const some = { weights: 1e6, convolved: 1e5, products: 0.05 }

/** The run is not known to be short, nor its network to be small. */
function mayBeDear({ run, settings, subject }: SubjectView<'Training'>): boolean {
  if (subject.evidence.small !== null || subject.evidence.negligible !== undefined) return false
  const epochs = effective(settings.epochs)
  const bounded = settings.epochs !== undefined || settings.maxSteps !== undefined
  if (!bounded || (epochs !== undefined && epochs < manyEpochs)) return false
  const layers = effective(settings.layers)
  if (layers !== undefined) return layers.parameters >= some.weights || layers.products >= some.products
  const known = countedNetworks({ run, settings })
  return (
    known.length === 0 ||
    known.some(({ parameters, convolved = 0 }) => parameters >= some.weights || convolved >= some.convolved)
  )
}

/** A few passes over something that nobody knows the size of. One pass over a stream may be long. */
function isShort({ settings }: SubjectView<'Training'>): boolean {
  const epochs = effective(settings.epochs) ?? manyEpochs
  return epochs > 1 && epochs < manyEpochs
}

/** Its author spreads it over several accelerators, and pays for each. A launcher that counts none starts one for each device. */
function takesSeveral(run: Run): boolean {
  const { launch } = run.job
  return (
    (effective(subjectIn(run, 'Program')?.settings.devices)?.count ?? 1) > 1 ||
    (launch?.perDevice === true && (launch.processes ?? 1) !== 1)
  )
}

/** The card on which arithmetic takes longest of those in common use. */
const slowest = 'T4'
/** Times that a step is faster there: where it surely pays, where it is worth a word at most, and where nobody would notice. */
const surely = 2
const little = 1.8
const unnoticed = 1.45

/** What sets the pace of a network whose work is known and as good as nothing; undefined: its work does, or it is not known. */
function startsOfKernels(
  { settings, subject }: SubjectView<'Training'>,
  gain: Interval | null,
): string | undefined {
  const layers = effective(settings.layers)
  const batch = effective(settings.batchSize)
  const followed = layers !== undefined && batch !== undefined && waitsForLaunches(layers, batch)
  const reckoned = gain !== null && usual(gain) < unnoticed
  // What is not known of a small network does not make it a large one.
  const few = gain !== null && subject.evidence.smallNetwork === true && gain.low < surely
  return followed || reckoned || few ? 'starts of kernels' : undefined
}

const usual = ({ low, high }: Interval): number => Math.sqrt(low * high)

/** On the accelerators that the job allows, else on usual ones. */
function speedupOnAny({ run }: SubjectView, named: Gpu | null): Speedup | null {
  if (named !== null) return null
  const allowed = effective(run.job.compute?.settings.gpuChoices) ?? []
  const cards = (allowed.length > 0 ? allowed : usualCards).flatMap((name) => gpuNamed(name) ?? [])
  return cards.length === 0 ? null : mixedPrecisionSpeedupOnAny(cards)
}

/** The platform gives it one of several cards, and not each of them has the format. */
function mayLackBf16({ job }: Run): boolean {
  const allowed = effective(job.compute?.settings.gpuChoices) ?? []
  return allowed.some((name) => gpuSupports(name, 'bf16') === false)
}

function seen(precision: Claim): string {
  return precision.state === 'default'
    ? `Trains in fp32: \`${precision.key}\` is not used.`
    : `Trains in fp32, as \`${precision.key}\` says.`
}

function gain(speedup: Speedup | null, gpu: string | null): string {
  const memory = 'halves the memory of activations'
  if (speedup === null) return `Mixed precision runs matrix work on the faster 16-bit units and ${memory}.`
  const [low, high] = speedup.times.map((one) => one.toFixed(1))
  return `Mixed precision is typically ${low === high ? low : `${low} to ${high}`} times faster on ${gpu} and ${memory}.`
}

function advice(refused: string | undefined): string {
  return refused === undefined
    ? ''
    : ` First replace ${refused}, which fails under autocast, with its logits form.`
}

/** `bound`: what sets the pace is not what gets faster, so the change is for whoever has measured that it pays. */
function fixesFor(
  precision: Claim,
  gpu: string | null,
  onTpu: boolean,
  older: boolean,
  bound: boolean,
): FixRequest[] {
  const card = gpu ?? (onTpu ? 'TPU' : undefined)
  const to = (value: Precision): FixRequest => ({
    set: [{ claim: precision, value }],
    ...(card === undefined ? {} : { card }),
    ...(bound ? { onlyIf: 'its steps get faster by it' } : {}),
  })
  if (onTpu) return [to('bf16-mixed')]
  if (gpu === null) return older ? [to('fp16-mixed')] : [to('bf16-mixed'), to('fp16-mixed')]
  return [to(gpuSupports(gpu, 'bf16') === true ? 'bf16-mixed' : 'fp16-mixed')]
}
