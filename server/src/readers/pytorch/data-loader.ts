/** PyTorch data loaders: one `InputPipeline` for each `DataLoader(...)` call. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import { noteSmall } from '../../text/evidence.js'
import { once } from '../../text/once.js'
import { isOpen } from '../../text/open-comment.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { unreadable } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { claimArgument, claimFolded } from '../claim-argument.js'
import { mayKnow } from '../first-releases.js'
import { differentiatesWithJax, keptOnProcessor } from '../jax/device.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { collatesInLoops, keepsSamplesApart, padsBatch } from './collate.js'
import { collateWork } from './collate-work.js'
import { waitingCopies } from './copies.js'
import { changeLoader } from './data-loader-changes.js'
import { assignedTo, type DatasetWork, datasetWork } from './dataset-work.js'
import { decodesMedia, decodesSound, mediaLibraries } from './datasets.js'
import { decoderInStep } from './decoder-in-step.js'
import { evidenceAt } from './evidence.js'
import { fewSamples } from './few-samples.js'
import { gathering } from './gathering.js'
import { hasOwnIterator, ownIterator, whyNotKept } from './keeping-workers.js'
import { loaderArguments, loaderSettings, positionsOf } from './loader-arguments.js'
import { claimOrder } from './loader-order.js'
import { feedsOf } from './loader-use.js'
import { type Epochs, epochLoopOf, epochsOf, onePassOf } from './loop-facts.js'
import { isResidentFor } from './resident-batches.js'

export const dataLoaderReader = defineReader({
  name: 'pytorch-data-loader',
  title: 'PyTorch',
  languages: ['python'],
  triggers: [
    'DataLoader',
    'DenseDataLoader',
    'NeighborLoader',
    'HGTLoader',
    'ClusterLoader',
    'ShaDowKHopSampler',
    'GraphSAINT',
    'WebLoader',
    'SubjectsLoader',
    'to_dataloader',
  ],
  settings: [loaderSettings],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.calls) {
      if (positionsOf(python, call) !== undefined) readLoader(python, call, context, claims)
    }
  },
  change: changeLoader,
})

function readLoader(
  python: PythonModule,
  call: Call,
  { versions, binding }: ReaderContext,
  claims: ClaimBuilder,
): void {
  const feeds = feedsOf(python, call)
  const evidence = { ...evidenceAt(python, call) }
  // Whoever makes a loader for training trains with it, wherever the loop is.
  if (feeds === 'training' && /^(library|data)$/.test(evidence.role)) evidence.role = 'training'
  const forJax = differentiatesWithJax(python, [...python.importers, ...python.imported])
  if (forJax && evidence.accelerator === 'none' && !keptOnProcessor(python, binding))
    evidence.accelerator = 'maybe'
  const given = passedExpression(python.argument(call, 'dataset', 0))
  if (given !== null) noteSmall(evidence, fewSamples(python, given))
  const pipeline = claims.subject(
    'InputPipeline',
    calleePlace(call),
    call.function?.qualified ?? '',
    evidence,
  )
  const place = calleePlace(call)
  const site = callSite(call)
  const source = loaderArguments(python, call, claims)
  loaderSettings.claim(pipeline, source, {}, ['pinnedMemory'])
  if (mayKnow(versions, 'persistent_workers'))
    loaderSettings.claim(pipeline, source, {}, ['persistentWorkers'])
  const { key, value } = loaderSettings.read('workers', source)
  // A zero that its author explains is a decision, not an oversight.
  const explained = isGiven(source.get(key)) && effective(value) === 0 && isExplained(python, call)
  if (explained) pipeline.known('workersStated', key, 'its comment', place, { site })
  const because = isGeneratedHere(python, call) ? 'the training itself makes the samples' : null
  pipeline.say('workers', key, because === null ? value : unreadable(value, because))
  if (feeds === null) pipeline.unknown('feeds', 'DataLoader', 'what it feeds cannot be told', place, { site })
  else pipeline.known('feeds', 'DataLoader', feeds, place, { site })
  // A loader of the project may well copy by itself while it is iterated.
  if (hasOwnIterator(python, call))
    pipeline.unknown('pinnedMemory', 'pin_memory', ownIterator, place, { site })
  if (keepsSamplesApart(python, call))
    pipeline.unknown('pinnedMemory', 'pin_memory', 'its samples are no tensors', place, { site })
  if (forJax)
    pipeline.unknown('pinnedMemory', 'pin_memory', 'JAX copies arrays, which it does not pin', place, {
      site,
    })
  const unsure = whyNotKept(python, call)
  if (unsure !== null) pipeline.unknown('persistentWorkers', 'persistent_workers', unsure, place, { site })
  if (feeds === 'training') {
    claimCopies(python, pipeline, claims)
    claimBatchSize(python, call, pipeline)
  }
  const epochs = feeds === 'training' ? onlyEpochs(python) : null
  if (epochs !== null) claimFolded(pipeline, 'passes', epochs.key, epochs.trips, epochs.place, asNumber, site)
  else if (feeds === 'training' && goesThroughOnce(python))
    pipeline.default('passes', 'epochs', 1, place, { site })
  // A data set that makes its own loader shuffles as well.
  const ofDataset = call.method === 'to_dataloader'
  const dataset = python.argument(call, 'dataset', ofDataset ? null : 0)
  if (feeds === 'training' && !ofDataset) claimOrder(python, call, passedExpression(dataset), pipeline)
  const collate = collateWork(python, call)
  const nested = collate === null && collatesInLoops(python, call)
  // Sampling a graph takes as long as it takes, wherever the graph lies.
  const samples = /(Neighbor|HGT|Cluster)Loader$|Sampler$/.test(call.name ?? '')
  const expr = samples ? null : passedExpression(dataset)
  const seen = expr === null ? null : datasetWork(python, expr)
  const gathered = expr === null || feeds !== 'training' ? null : gathering(python, call, expr)
  if (gathered !== null) pipeline.known('gathered', 'dataset', gathered, place, { site })
  const resident = expr !== null && seen?.work !== 'decode' && isResidentFor(python, call, expr)
  const sample: DatasetWork | null = resident
    ? { work: 'device', decoder: null, unsharded: seen?.unsharded === true }
    : seen
  const later = sample?.work === 'memory' && feeds === 'training' ? decoderInStep(python, call) : null
  const { work, decoder } =
    later === null
      ? (collate ?? (nested && sample?.work === 'memory' ? null : sample) ?? { work: null, decoder: null })
      : { work: 'decode' as const, decoder: later }
  if (work === null) {
    pipeline.unknown('work', 'dataset', 'the data set is made elsewhere', place, { site })
    const long = seen !== null || ofGraphs(call) || mediaAround(python, call)
    pipeline.known('mayTakeLong', 'dataset', long, place, { site })
  } else {
    pipeline.known('work', 'dataset', work, place, { site })
    if (decoder !== null) pipeline.known('decoder', 'dataset', decoder, place, { site })
    if (decodesMedia.test(decoder ?? '')) pipeline.known('media', 'dataset', true, place, { site })
    if (feeds === 'training' && decodesSound.test(sample?.decoder ?? ''))
      claimGrouping(python, call, pipeline)
    if (feeds === 'training' && work === 'decode' && decodesMedia.test(decoder ?? ''))
      claimBatch(python, call, pipeline)
  }
  if (sample?.unsharded === true) pipeline.known('unshardedStream', 'IterableDataset', true, place, { site })
}

/** The module, or one that it works with, deals with pictures, sound or films, or the loader is called so. */
function mediaAround(python: PythonModule, { expr, assignedTo }: Call): boolean {
  const named = `${assignedTo ?? ''} ${python.code.slice(expr.start, expr.end)}`
  return mediaName.test(named) || once(python, 'media around', () => python.uses(...mediaLibraries))
}

const mediaName = /image|img|picture|photo|pixel|scene|video|frames|audio|speech|wave(form)?s?\b|spectro/i

/** To put graphs together takes longer than to stack rows, and so does it to cut windows out of tables of series. */
const ofGraphs = ({ name, method }: Call): boolean =>
  method === 'to_dataloader' || /^(torch_geometric|dgl)\./.test(name ?? '')

/** Recordings of any length are padded to the longest of a batch that chance puts together. */
function claimGrouping(python: PythonModule, call: Call, pipeline: SubjectBuilder<'InputPipeline'>): void {
  if (!padsBatch(python, call)) return
  const samplers = ['sampler', 'batch_sampler'].map((name, at) => python.argument(call, name, 3 + at))
  if (samplers.some(mayBePassed) || knownArgument(python.argument(call, 'shuffle', 2)) !== true) return
  if (numberArgument(python.argument(call, 'batch_size', positionsOf(python, call)?.batch ?? null)) === 1)
    return
  const site = callSite(call)
  pipeline.default('groupedByLength', 'batch_sampler', false, calleePlace(call), { site })
}

/** `ExperienceSource(self.play)`, a method that yields: a copy of the object in a worker would not learn. */
function isGeneratedHere(python: PythonModule, call: Call): boolean {
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  const made = dataset === null ? null : python.definition(dataset)
  const [only, another] = made?.type === 'attribute' ? (assignedTo(python, made) ?? []) : [made]
  const [source] = only?.type === 'call' && another === undefined ? only.args : []
  const func = source?.value.type === 'attribute' ? python.functionOf(source.value) : null
  if (func === null || func.class === null) return false
  return /\byield\b/.test(python.code.slice(func.node.start, func.node.end))
}

function claimBatchSize(python: PythonModule, call: Call, pipeline: SubjectBuilder<'InputPipeline'>): void {
  const key = 'batch_size'
  const { batch = null, usual = 1 } = positionsOf(python, call) ?? {}
  const unknown = (because: string) =>
    pipeline.unknown('batchSize', key, because, calleePlace(call), { site: callSite(call) })
  if (usual === null) unknown('it counts parts of a graph')
  else if (mayBePassed(python.argument(call, 'batch_sampler', 4))) unknown('a sampler makes the batches')
  else
    claimArgument(pipeline, 'batchSize', key, call, python.argument(call, key, batch), {
      convert: asNumber,
      otherwise: usual,
    })
}

/** Without a function of its own that puts samples together, they have one size. */
function claimBatch(python: PythonModule, call: Call, pipeline: SubjectBuilder<'InputPipeline'>): void {
  const others = ['collate_fn', 'batch_sampler'].map((name) => python.argument(call, name))
  if (others.some(mayBePassed)) return
  const key = 'batch_size'
  claimArgument(pipeline, 'imagesAtOnce', key, call, python.argument(call, key, 1), {
    convert: asNumber,
    otherwise: 1,
  })
}

/** Copies in the training loops of this module, which wait although the memory that they come from allows more. */
function claimCopies(
  python: PythonModule,
  pipeline: SubjectBuilder<'InputPipeline'>,
  claims: ClaimBuilder,
): void {
  const copies = waitingCopies(python)
  const [first] = copies
  if (first === undefined) return
  const key = 'non_blocking'
  const place = calleePlace(first)
  const places = copies.map((call) => ({
    what: `${python.text.slice(call.expr.callee.start, call.expr.callee.end)}()`,
    location: claims.locate(calleePlace(call)),
  }))
  pipeline.default('waitingCopies', key, places, place, { site: callSite(first) })
}

/** How often the training loops of this module go through their data, where they all agree. */
export function onlyEpochs(python: PythonModule): Epochs | null {
  return once(python, 'epochs of loaders', () => {
    const outer = new Set<Loop>()
    for (const loop of python.loops) {
      const epoch = loop.role === 'train' ? epochLoopOf(python, loop) : null
      if (epoch !== null) outer.add(epoch)
    }
    const [only] = outer
    return only === undefined || outer.size > 1 ? null : epochsOf(only)
  })
}

/** No training loop of this module stands in a loop over epochs, here or where it is called. */
function goesThroughOnce(python: PythonModule): boolean {
  const trainings = python.loops.filter(({ role }) => role === 'train')
  return trainings.length > 0 && trainings.every((loop) => onePassOf(python, loop) !== null)
}

/** A comment in the call, or above its statement, that speaks of worker processes, and not of what is still to be done. */
export function isExplained(python: PythonModule, call: Call): boolean {
  // Where it is written, which may be a function that makes it for somebody else.
  const { start } = python.statementAt(call.expr.start) ?? call.statement
  const before = python.text.lastIndexOf('\n', python.text.lastIndexOf('\n', start) - 1)
  const line = python.text.indexOf('\n', call.expr.end)
  return python.tree.comments.some(
    (comment) =>
      comment.start > before &&
      comment.end <= (line < 0 ? python.text.length : line) &&
      !isOpen(comment.text) &&
      /work(er|ing)|process|fork|debug|spawn|windows|pickl|queue|thread|deadlock|hang|cuda/i.test(
        comment.text,
      ),
  )
}
