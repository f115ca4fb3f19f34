import { model as published } from '../../catalog/models.js'
import { trainingMemory, usableMemory } from '../../estimate/memory.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { atLeast, atMost } from '../bounds.js'
import { machineOf } from '../hardware.js'
import { launchShare, smallestCard } from '../launch-share.js'
import { mostMemoryOf } from '../memory-bound.js'
import { countedNetworks, isLarge } from '../network-size.js'
import { defineRule, type FixRequest, type Report, type RuleOptions } from '../rule.js'
import { isSilence, offAccelerator, otherRole, type Silence, unless } from '../silence.js'
import { isViewOf, subjectsAround } from '../subject-view.js'
import {
  aboutGigabytes,
  gigabytes,
  noEstimate,
  onEveryCard,
  parametersText,
  type TrainingMemory,
  usableOf,
  usualGB,
} from '../training-memory.js'
import { learnsWide } from '../wide-data.js'

/** Four times the batch must fit in this share of the memory, at the high end of the estimate. */
const spare = 0.6
/** A larger batch that is proposed fits in this share. */
const filled = 0.7

export default defineRule({
  name: 'training/tiny-batch',
  judges: ['Training', 'InputPipeline'],
  checklist: ['rightsize/match-instance', 'rightsize/recheck-after-change'],
  severity: 'warning',
  measuredBy: 'memory',
  finds: 'batches of a few samples on a GPU with room for many',
  summary: 'A batch of a few samples launches every kernel for little work on a GPU with room for many.',
  check(judged, { report, silent, options }) {
    if (isViewOf(judged, 'InputPipeline')) {
      const found = fewImages(judged)
      return isSilence(found) ? silent(found) : report(found)
    }
    if (!isViewOf(judged, 'Training')) return silent('it is no training')
    const view = judged
    const { batchSize, accumulation, openEnded, secondOrder } = view.settings
    const batch = effective(batchSize)
    const light = lightReport(view)
    if (batchSize === undefined || (batch === undefined && light === null))
      return silent(unless(view, 'batchSize', ''))
    if (view.subject.evidence.role !== 'training') return silent(otherRole(view))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const kind = effective(openEnded)
    // What learns by comparing the samples of a batch is given many for it, not few.
    if (kind !== undefined && !(comparing.test(kind) && (batch ?? few) < few))
      return silent(`${kind} chooses its batch for other reasons`)
    if (effective(secondOrder) === true)
      return silent('gradients of gradients take more memory than is estimated')
    if (light !== null) return report(light)
    const found = mostMemoryOf(view, options)
    const small = smallestCard(view)
    const steps = effective(accumulation) ?? 1
    // Who sums up passes trains what fills a small card: it is more than that in general.
    const more = steps >= manySteps && small.memoryGB! < usualGB
    const usable =
      ('estimate' in found ? found.usable : null) ?? usableMemory(more ? { memoryGB: usualGB } : small)!
    const waiting = waitsForKernels(
      view,
      options,
      'estimate' in found ? (samples, size) => highAt(found, samples, size) <= filled * usable : undefined,
    )
    if (!('estimate' in found)) {
      const few =
        (found.onlyLayers ? fewForItsSize(view, options) : null) ??
        accumulatedLittle(view, options) ??
        waiting
      return few === null ? silent(noEstimate(view, found)) : report(few)
    }
    const { setup } = found
    if (!isTiny(setup, steps))
      return waiting === null ? silent(`the batch is not tiny for this model: ${batch}`) : report(waiting)
    const known = found.machine.gpu !== null && found.usable !== null
    if (highAt(found, 4 * setup.batch) > spare * usable)
      return waiting === null ? silent('four times the batch might not fit') : report(waiting)
    const larger = largerBatch(found, steps, usable)
    const room = known
      ? ` of the ${found.machine.gpu!.memoryGB} GB of ${found.machine.gpu!.name}`
      : ` GB, where ${more ? `most GPUs have at least ${usualGB}` : `small GPUs have ${small.memoryGB}`}`
    const seen =
      batchSize.state === 'default'
        ? `\`${batchSize.key}\` is not given, so each step takes ${setup.batch === 1 ? 'one sample' : `${setup.batch} samples`}`
        : `Each step takes ${setup.batch === 1 ? 'one sample' : `${setup.batch} samples`}`
    const together = steps > 1 ? `, and ${steps} of them make one update` : ''
    const recomputes = setup.checkpointing ? ' while activations are recomputed' : ''
    const same =
      larger !== null && larger.steps !== steps
        ? ` A batch of ${larger.batch}${larger.steps > 1 ? ` × ${larger.steps}` : ''} gives the same update${setup.checkpointing ? `, and fits${recomputes}` : ''}.`
        : ` It could take ${largest(found, usable)} at once${recomputes}.`
    report({
      at: batchSize,
      severity: batchSize.state === 'default' && setup.batch === 1 ? 'warning' : 'information',
      confidence: 'medium',
      message: `${seen}${together}: ${found.id} (${parametersText(setup.model.parameters)}) then uses ${aboutGigabytes(found)}${room}.${same}`,
      fixes: fixesFor(batchSize, accumulation, larger, steps).map((fix) =>
        known || larger === null || highAt(found, larger.batch) <= onEveryCard
          ? fix
          : { ...fix, onlyIf: `its card has ${more ? usualGB : small.memoryGB} GB` },
      ),
    })
  },
})

/** As many images or recordings at once, of one size, leave room with most networks. */
const fewAtOnce = 4

/** A few images at a time, where the network is not known: hardly any that is trained from images of one size needs all memory for them. */
function fewImages(view: SubjectView<'InputPipeline'>): Report | Silence {
  const { imagesAtOnce, feeds } = view.settings
  if (imagesAtOnce === undefined || effective(feeds) !== 'training')
    return { text: 'nothing is said of its batches', besideThePoint: true }
  const batch = effective(imagesAtOnce)
  if (batch === undefined || batch > fewAtOnce)
    return unless(view, 'imagesAtOnce', `it takes ${batch} samples at once`)
  const { evidence } = view.subject
  if (evidence.role !== 'training') return otherRole(view)
  const stopped = offAccelerator(view)
  if (stopped !== undefined) return stopped
  for (const { settings } of subjectsAround(view.run, 'Training')) {
    const network = effective(settings.parameters) ?? effective(settings.model)
    if (effective(settings.batchSize) !== undefined && network !== undefined)
      return { text: 'what trains on it is judged with its network' }
    const kind = effective(settings.openEnded)
    if (kind !== undefined) return { text: `${kind} chooses its batch for other reasons` }
  }
  return {
    at: imagesAtOnce,
    severity: 'information',
    confidence: 'low',
    message: `Each step takes ${batch === 1 ? 'one sample' : `${batch} samples`}: unless the network fills the memory with ${batch === 1 ? 'it' : 'them'}, a batch of ${Math.max(8, 4 * batch)} or more uses the accelerator far better, with a learning rate to match.`,
  }
}

/** Samples up to which a step of a light network is hardly more than the start of its kernels. */
const fewSamples = 2

/** The same of layers that take one step after the other, and of plain ones. */
const halfOfMany = 32

/** What sets the pace of a step, where that is not the network's arithmetic. */
const light = new Set(['narrow layers', 'table look-ups'])

const comparing = /self-supervised/

/** Samples that nobody takes for few: of any network, and of one whose steps of a sequence follow each other. */
const many = { samples: 64, sequences: 128 }
/** Samples up to which a step is surely too short for the network, whatever it is made of. */
const few = 8
/** Samples of a step, and tokens in all, that networks of many weights are mostly given. */
const usual = { batch: 16, tokens: 1024 }
/** Share of an epoch's time that four times the batch must save: on the slowest card that may be meant, on the fastest, on the one that is named. */
const worth = { slowest: 0.2, fastest: 0.4, named: 0.3 }
/** Hours that nobody changes a learning rate for. */
const fewMinutes = 0.05

/** By the arithmetic of its network, much of a step is the start of its kernels, which more samples would share. */
function waitsForKernels(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  fits?: (samples: number, size: number) => boolean,
): Report | null {
  const { batchSize, epochs, accumulation, lightNetwork } = view.settings
  const batch = effective(batchSize)
  // The steps of a recurrent layer follow each other, each a kernel of its own, so there is most to gain.
  const steps = countedNetworks(view).some(({ recurrent = 0 }) => recurrent > 0)
  if (batchSize === undefined || batch === undefined) return null
  if (batch > (steps ? many.sequences : many.samples)) return null
  const large = isLarge(view)
  if (!large && (atLeast(epochs)?.value ?? 2) < 2) return null
  // What is stated of its state holds for the batch as well.
  if (lightNetwork?.state === 'unknown') return null
  const share = launchShare(view, options, fits)
  if (share === null) return null
  const { larger, network, length, filledUp, cards, named, hours } = share
  // What a published network is mostly given is not few, unless the texts are short.
  if (large && batch >= usual.batch && (length === null || batch * length > usual.tokens)) return null
  const { low, high } = share.saved
  if (named ? low < worth.named : low < worth.slowest || high < worth.fastest) return null
  const worthAWord = large || batch <= few || (steps && learnsWide(view))
  const minutes = hours !== null && hours.high * high < fewMinutes
  const passes = effective(accumulation) ?? 1
  const together = passes > 1 && (batch * passes) % larger === 0 ? (batch * passes) / larger : null
  const samples = batch === 1 ? 'one sample' : `${batch} samples`
  const padded = filledUp ? ' but for their padding' : ''
  const unit = network.networkClass === 'transformer' ? 'tokens' : 'steps'
  const long = length === null ? '' : ` of at most ${length} ${unit}${padded}`
  const update =
    together === null
      ? 'The learning rate goes with it.'
      : `${larger}${together > 1 ? ` × ${together}` : ''} gives the same update.`
  return {
    at: batchSize,
    severity: worthAWord && !minutes && !filledUp ? 'information' : 'hint',
    confidence: 'medium',
    message: `Each step takes ${samples}${long}, and much of its time is the start of ${steps ? 'the kernels of its recurrent layers' : 'its kernels'}. With ${4 * batch} an epoch takes ${shareText(low, high)} less time (${cards})${larger > 4 * batch ? `, and ${larger} fit` : ''}. ${update}`,
    saving: {
      fraction: [low / 2, high],
      usd: null,
      basis:
        'the start of kernels and the update of weights, which four times the samples share, by the estimate of the time of a step',
    },
    fixes: fixesFor(
      batchSize,
      accumulation,
      together === null ? null : { batch: larger, steps: together },
      passes,
    ),
  }
}

/** '30 to 60 %' */
function shareText(low: number, high: number): string {
  const [least, most] = [low, high].map((one) => Math.round(one * 20) * 5) as [number, number]
  return least === most ? `about ${most} %` : `${least} to ${most} %`
}

/** A network whose layers are known to be light, though not how large it is. */
function lightReport(view: SubjectView<'Training'>): Report | null {
  const { settings } = view
  const { batchSize, lightNetwork, boundBy, epochs } = settings
  const pace = effective(boundBy)
  const layers = effective(lightNetwork) ?? (light.has(pace ?? '') ? pace : undefined)
  const most = atMost(batchSize)
  if (batchSize === undefined || layers === undefined || most === null) return null
  const recurrent = /recurrent/.test(layers)
  if (most.value > (recurrent ? many.samples : halfOfMany)) return null
  if ((atLeast(epochs)?.value ?? 1) < 5) return null
  const samples = most.exact && most.value === 1 ? 'one sample' : `${most.says} samples`
  const larger = Math.max(32, 8 * most.value)
  const worthAWord = most.value <= fewSamples || (recurrent && learnsWide(view))
  return {
    at: batchSize,
    severity: worthAWord ? 'information' : 'hint',
    confidence: 'medium',
    message: `Each step takes ${samples} through ${layers}: starting the kernels takes longer than their work. A batch of ${larger} takes a fraction of the time, with a learning rate to match.`,
  }
}

/** Weights, gradients and states of AdamW in fp32: bytes of a parameter. */
const statesEach = 16

/** A published network whose size is known and whose layers are not: what its states leave of the memory is for the samples. */
function fewForItsSize(view: SubjectView<'Training'>, options: RuleOptions): Report | null {
  const { batchSize, model, parameters } = view.settings
  const id = effective(model)
  const size = effective(parameters) ?? (id === undefined ? undefined : published(id)?.parameters)
  const batch = effective(batchSize)
  if (batchSize === undefined || id === undefined || size === undefined || batch === undefined) return null
  // Detectors and the like are given whole scenes, language models long texts.
  if (batch > fewSamples || !/^(speech|nlp-encoder|nlp-seq2seq)$/.test(published(id)?.kind ?? '')) return null
  const usable = usableOf(machineOf(view, options)) ?? usableMemory(smallestCard(view))!
  const states = statesEach * size
  if (states > statesShare * usable) return null
  return {
    at: batchSize,
    severity: 'information',
    confidence: 'low',
    message: `Each step takes ${batch === 1 ? 'one sample' : `${batch} samples`}: weights and states of ${id} (${parametersText(size)}) take ${gigabytes(states)} GB at most. Unless long samples fill the rest of the memory, a batch of 8 or more uses the accelerator far better.`,
  }
}

/** Samples, and the passes that sum up their gradients, of which nobody needs so many where the memory is almost empty. */
const summedUp = { samples: 2, passes: 8, share: 0.15 }
const summedUpTexts = { samples: 4, passes: 4, share: 0.25 }
/** Passes that are summed up because memory was meant to be short: as many samples at once make the same update. */
const manySteps = 4

/** A small language model whose few texts are summed up to a batch that fits as it is, however long they are. */
function accumulatedLittle(view: SubjectView<'Training'>, options: RuleOptions): Report | null {
  const { batchSize, accumulation, model, parameters } = view.settings
  const [batch, passes] = [effective(batchSize), effective(accumulation)]
  const id = effective(model)
  const size = effective(parameters) ?? (id === undefined ? undefined : published(id)?.parameters)
  if (batchSize === undefined || batch === undefined || passes === undefined) return null
  const kind = id === undefined ? undefined : published(id)?.kind
  if (id === undefined || size === undefined || !/^(causal-lm|nlp-encoder|nlp-seq2seq)$/.test(kind ?? ''))
    return null
  // What reads whole texts at once is given shorter ones.
  const enough = kind === 'causal-lm' ? summedUp : summedUpTexts
  if (batch > enough.samples || passes < enough.passes) return null
  const usable = usableOf(machineOf(view, options)) ?? usableMemory(smallestCard(view))!
  const states = statesEach * size
  if (states > enough.share * usable) return null
  return {
    at: batchSize,
    severity: 'information',
    confidence: 'low',
    message: `Each step takes ${batch === 1 ? 'one sample' : `${batch} samples`}, and ${passes} of them make one update: weights and states of ${id} (${parametersText(size)}) take ${gigabytes(states)} GB at most. A batch of ${4 * batch}${passes > 4 ? ` × ${Math.ceil(passes / 4)}` : ''} gives the same update in a fraction of the steps, unless its texts are very long.`,
  }
}

/** States that take no more of the memory leave room for several samples. */
const statesShare = 0.25

function isTiny(setup: TrainingMemory['setup'], steps: number): boolean {
  const { batch, model, tokens } = setup
  if (batch <= summedUp.samples && steps >= manySteps) return true
  if (model.kind === 'causal-lm')
    return (
      (batch === 1 && model.parameters <= 1e9) ||
      // All weights are brought to 16 bits anew for each of them.
      (setup.weightBits === 4 && tokens !== null && batch * tokens <= fewTokens) ||
      (batch <= 4 && tokens !== null && batch * tokens * model.parameters <= fewProducts)
    )
  return batch <= 4 && model.parameters < 5e8
}

/** Tokens of a step times parameters, up to which starting the kernels of a language model takes as long as their work: 2,048 × 1 billion. */
const fewProducts = 2e12

/** Tokens of a step up to which unpacking weights of 4 bits takes a good part of it. */
const fewTokens = 1024

/** @param size tokens of a text at most; absent: as the program cuts them */
function highAt({ setup }: TrainingMemory, batch: number, size?: number): number {
  const tokens = setup.tokens === null ? null : Math.min(setup.tokens, size ?? setup.tokens)
  return trainingMemory({ ...setup, tokens, batch })?.high ?? Number.POSITIVE_INFINITY
}

/** Largest power of two that fits. */
function largest(found: TrainingMemory, usable: number): number {
  let batch = found.setup.batch
  while (batch < 1024 && highAt(found, 2 * batch) <= filled * usable) batch *= 2
  return batch
}

/** A larger batch that makes the same update in fewer steps; null: there is none. */
function largerBatch(
  found: TrainingMemory,
  steps: number,
  usable: number,
): { batch: number; steps: number } | null {
  const product = found.setup.batch * steps
  let best: { batch: number; steps: number } | null = null
  for (let { batch } = found.setup; batch <= product; batch *= 2) {
    if (product % batch !== 0 || highAt(found, batch) > filled * usable) break
    best = { batch, steps: product / batch }
  }
  return best !== null && best.batch > found.setup.batch ? best : null
}

/** Only a change that keeps the update is offered; any other needs another learning rate. */
function fixesFor(
  batchSize: Claim<number>,
  accumulation: Claim<number> | undefined,
  larger: { batch: number; steps: number } | null,
  steps: number,
): FixRequest[] {
  if (larger === null || steps === 1 || accumulation === undefined) return []
  return [
    {
      title: `Take ${larger.batch} samples at a time, ${larger.steps === 1 ? 'one batch' : `${larger.steps} batches`} for each update`,
      set: [
        { claim: batchSize, value: larger.batch },
        { claim: accumulation, value: larger.steps },
      ],
    },
  ]
}
