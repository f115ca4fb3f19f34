/** PyTorch data loaders: one `InputPipeline` for each `DataLoader(...)` call. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, Loop, PythonModule } from '../../python/module.js'
import { namesIn } from '../../syntax/python-children.js'
import { noteSmall } from '../../text/evidence.js'
import { lookUp } from '../../text/records.js'
import {
  fixedArgument,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedExpression,
} from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { unreadable } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import { effective, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimArgument, claimedCall, claimFolded } from '../claim-argument.js'
import { mayKnow } from '../first-releases.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { collatesInLoops, padsBatch } from './collate.js'
import { waitingCopies } from './copies.js'
import { assignedTo, collateWork, type DatasetWork, datasetWork } from './dataset-work.js'
import { decoderIn, decodesMedia, decodesSound } from './datasets.js'
import { codeText, evidenceAt } from './evidence.js'
import { fewSamples } from './few-samples.js'
import { gathering } from './gathering.js'
import { keepingWorkers } from './keeping-workers.js'
import { claimOrder } from './loader-order.js'
import { feedsOf, loaderBase } from './loader-use.js'
import { type Epochs, epochLoopOf, epochsOf } from './loop-facts.js'
import { once, usesAny } from './once.js'
import { isResidentFor, moving } from './resident-batches.js'
import { type WorkersOption, workersOption } from './workers-option.js'

/** Loaders, with the positions of the arguments that are read; null: keyword only. */
const loaders: Record<string, { batch: number | null; workers: number | null; pinned: number | null }> = {
  'torch.utils.data.DataLoader': { batch: 1, workers: 5, pinned: 7 },
  'torch_geometric.loader.DataLoader': { batch: 1, workers: null, pinned: null },
  'torch_geometric.loader.DenseDataLoader': { batch: 1, workers: null, pinned: null },
  // These sample a graph for each batch.
  'torch_geometric.loader.NeighborLoader': { batch: null, workers: null, pinned: null },
  'torch_geometric.loader.LinkNeighborLoader': { batch: null, workers: null, pinned: null },
  'torch_geometric.loader.HGTLoader': { batch: null, workers: null, pinned: null },
  // The same loader, which can be gone on with where it was left.
  'torchdata.stateful_dataloader.StatefulDataLoader': { batch: 1, workers: 5, pinned: 7 },
  'streaming.StreamingDataLoader': { batch: 1, workers: 5, pinned: 7 },
  'streaming.base.StreamingDataLoader': { batch: 1, workers: 5, pinned: 7 },
  'monai.data.DataLoader': { batch: null, workers: 1, pinned: null },
  'monai.data.dataloader.DataLoader': { batch: null, workers: 1, pinned: null },
}

const loaderSettings = settingTable('InputPipeline', {
  workers: { keys: ['num_workers'], parse: asNumber, otherwise: 0 },
  pinnedMemory: { keys: ['pin_memory'], parse: asBoolean, otherwise: false },
  persistentWorkers: { keys: ['persistent_workers'], parse: asBoolean, otherwise: false },
})

function loaderArguments(python: PythonModule, call: Call, locator: Locator): CallSource {
  const { workers, pinned } = positionsOf(python, call) ?? { workers: null, pinned: null }
  const positions: Record<string, number> = {}
  if (workers !== null) positions.num_workers = workers
  if (pinned !== null) positions.pin_memory = pinned
  return new CallSource(python, call, locator, { positions })
}

/** Where a call that makes a loader takes its arguments; undefined: it makes none. */
function positionsOf(python: PythonModule, call: Call) {
  return lookUp(loaders, call.name ?? loaderBase(python, call) ?? '')
}

export const dataLoaderReader = defineReader({
  name: 'pytorch-data-loader',
  title: 'PyTorch',
  languages: ['python'],
  triggers: ['DataLoader', 'DenseDataLoader', 'NeighborLoader', 'HGTLoader'],
  settings: [loaderSettings],
  read(facts, { versions }, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.calls) {
      if (positionsOf(python, call) !== undefined) readLoader(python, call, versions, claims)
    }
  },
  change: changeLoader,
})

function readLoader(
  python: PythonModule,
  call: Call,
  versions: Record<string, string>,
  claims: ClaimBuilder,
): void {
  const feeds = feedsOf(python, call)
  const evidence = { ...evidenceAt(python, call) }
  // Whoever makes a loader for training trains with it, wherever the loop is.
  if (feeds === 'training' && /^(library|data)$/.test(evidence.role)) evidence.role = 'training'
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
  if (python.classOf(call.expr.callee)?.methods.has('__iter__') === true) {
    const because = 'the loader has an iterator of its own'
    pipeline.unknown('pinnedMemory', 'pin_memory', because, place, { site })
    pipeline.unknown('persistentWorkers', 'persistent_workers', because, place, { site })
  }
  if (feeds === 'training') {
    claimCopies(python, pipeline, claims)
    claimBatchSize(python, call, pipeline)
  }
  // One pass of such a sampler may be the whole run.
  if (mayBePassed(python.argument(call, 'batch_sampler', 4)))
    pipeline.unknown('persistentWorkers', 'persistent_workers', 'its batches are drawn elsewhere', place, {
      site,
    })
  // Its workers end with it, whatever it is told.
  if (call.loops.some(({ role }) => role === 'epoch'))
    pipeline.unknown('persistentWorkers', 'persistent_workers', 'the loader is made in each epoch', place, {
      site,
    })
  const { state } = python.argument(call, 'num_workers', positionsOf(python, call)?.workers ?? null)
  // Nobody has seen that there are any.
  if (state === 'unknown')
    pipeline.unknown('persistentWorkers', 'persistent_workers', 'there may be no workers', place, { site })
  if (hasOneIterator(python, call))
    pipeline.unknown('persistentWorkers', 'persistent_workers', 'one iterator serves all epochs', place, {
      site,
    })
  const epochs = feeds === 'training' ? onlyEpochs(python) : null
  if (epochs !== null) claimFolded(pipeline, 'passes', epochs.key, epochs.trips, epochs.place, asNumber, site)
  const dataset = python.argument(call, 'dataset', 0)
  if (feeds === 'training') claimOrder(python, call, passedExpression(dataset), pipeline)
  const collate = collateWork(python, call)
  const nested = collate === null && collatesInLoops(python, call)
  // Sampling a graph takes as long as it takes, wherever the graph lies.
  const samples = /(Neighbor|HGT)Loader$/.test(call.name ?? '')
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
  if (work === null) pipeline.unknown('work', 'dataset', 'the data set is made elsewhere', place, { site })
  else {
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

/** `batches = iter(loader)` ahead of all loops, and nothing goes over the loader itself: its workers start once. */
function hasOneIterator(python: PythonModule, { assignedTo, function: func }: Call): boolean {
  if (assignedTo === null) return false
  const speaks = (expr: Call['expr']['callee']): boolean => namesIn(expr).includes(assignedTo)
  const once = python.calls.some(
    ({ expr: { callee, args }, function: where, loops }) =>
      callee.type === 'name' &&
      callee.id === 'iter' &&
      where === func &&
      loops.length === 0 &&
      args[0] !== undefined &&
      speaks(args[0].value),
  )
  return once && !python.loops.some(({ node }) => node.type === 'for' && speaks(node.iterable))
}

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

/** What decodes the files whose names the loader hands out, in the steps themselves; null: nothing does. */
function decoderInStep(python: PythonModule, { assignedTo, expr }: Call): string | null {
  const steps = python.loops.filter(({ role }) => role === 'train')
  const own = steps.filter(({ node }) => {
    if (node.type !== 'for') return false
    const { start, end } = node.iterable
    return (start <= expr.start && expr.end <= end) || namesIn(node.iterable).includes(assignedTo ?? '')
  })
  const [only, ...more] = own.length > 0 ? own : steps
  if (only === undefined || more.length > 0) return null
  return decoderIn([...only.effects.calls].filter((name) => mediaReader.test(name)))
}

const mediaReader =
  /^(soundfile\.read|librosa\.load|torchaudio\.load|cv2\.imread|PIL\.Image\.open|nibabel\.load|pydicom\.dcmread|decord\.VideoReader|torchvision\.io\.read_\w+|skimage\.io\.imread)$/

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
  if (mayBePassed(python.argument(call, 'batch_sampler', 4))) {
    const site = callSite(call)
    pipeline.unknown('batchSize', key, 'a sampler makes the batches', calleePlace(call), { site })
  } else
    claimArgument(
      pipeline,
      'batchSize',
      key,
      call,
      python.argument(call, key, positionsOf(python, call)?.batch ?? null),
      {
        convert: asNumber,
        otherwise: 1,
      },
    )
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

/** A comment in the call, or above its statement, that speaks of worker processes. */
export function isExplained(python: PythonModule, call: Call): boolean {
  const before = python.text.lastIndexOf('\n', python.text.lastIndexOf('\n', call.statement.start) - 1)
  const line = python.text.indexOf('\n', call.expr.end)
  return python.tree.comments.some(
    (comment) =>
      comment.start > before &&
      comment.end <= (line < 0 ? python.text.length : line) &&
      /work(er|ing)|process|fork|debug|spawn|windows|pickl|queue|thread|deadlock|hang|cuda/i.test(
        comment.text,
      ),
  )
}

/** The title of a change to so many worker processes. */
export const loadWith = (count: number): string =>
  `Load with ${count} worker ${count === 1 ? 'process' : 'processes'}`

/** `value` null: as many workers as the machine that runs it has cores for; 'allowed cores': as the process may use of them. */
function changeLoader(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isConfigured(claim, facts)) {
    if (claim.setting === 'workers')
      return writeConfigured(claim, typeof value === 'number' ? value : 4, facts)
    return writeConfigured(claim, true, facts)
  }
  const { python, path, fragment } = facts
  if (python === undefined && claim.setting === 'workers') {
    const count = typeof value === 'number' ? value : 8
    const there = writeLaunchValue(claim, String(count), facts)
    return changeOf(loadWith(count), [there])
  }
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the loader is no longer in the file' }
  const positions = positionsOf(python, call)
  if (positions !== undefined && claim.setting === 'pinnedMemory')
    return switchOn(claim, python.argument(call, claim.key, positions.pinned), call, facts, 'True')
  if (positions !== undefined && claim.setting === 'persistentWorkers') {
    const kept = keepingWorkers(python, call, positions.workers)
    if ('reason' in kept) return kept
    return switchOn(claim, python.argument(call, claim.key), call, facts, kept.code)
  }
  if (claim.setting === 'waitingCopies') return overlapCopies(python, facts)
  if (claim.setting === 'shuffled') {
    const written = writeArgument(facts, call, 'shuffle', python.argument(call, 'shuffle', 2), 'True')
    return 'reason' in written
      ? written
      : { title: 'Shuffle in every epoch (shuffle=True)', safety: 'unsafe', writes: [written], imports: [] }
  }
  if (claim.setting !== 'workers') return byHand(claim)
  if (positions === undefined) return { reason: 'the loader is no longer in the file' }
  const workers = python.argument(call, 'num_workers', positions.workers)
  const given = passedExpression(python.argument(call, 'dataset', 0))
  if (given !== null && datasetWork(python, given)?.work === 'memory' && decoderInStep(python, call) !== null)
    return { reason: 'read the files in the data set first: worker processes make samples, not steps' }
  if (passedExpression(workers) === null && mayBePassed(workers))
    return { reason: 'its arguments are not written here' }
  const imports: Import[] = []
  let code: string
  let title: string
  const option = effective(claim) === 0 ? workersOption(python, call) : null
  if (claim.location.path !== path) {
    // A module of constants holds plain numbers.
    const count = typeof value === 'number' ? value : 4
    code = String(count)
    title = loadWith(count)
  } else if (option !== null) {
    code = option.code
    title = `Load with as many worker processes as ${option.flag} says (${option.byDefault} by default)`
  } else if (typeof value === 'number') {
    code = String(value)
    title = loadWith(value)
  } else {
    const counter = value === 'allowed cores' ? 'sched_getaffinity' : 'cpu_count'
    const cores = nameFor(python.tree, 'os', counter, {
      path,
      fragment: fragment.index,
      offset: call.expr.start,
    })
    // `import os` reads better than `from os import cpu_count` where neither is there.
    const name = cores.import === null ? cores.text : `os.${counter}`
    code = value === 'allowed cores' ? `min(8, len(${name}(0)))` : `min(8, ${name}() or 1)`
    if (cores.import !== null) imports.push({ path, fragment: fragment.index, module: 'os', name: null })
    title = 'Load with up to 8 worker processes'
  }
  const written = writeArgument(facts, call, 'num_workers', workers, code)
  if ('reason' in written) return written
  const writes: Write[] = [written]
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  // Where there were workers before, or somebody sets their number in another file, only that changes.
  const open: Record<string, ArgumentValue> =
    effective(claim) === 0 && claim.location.path === path
      ? {
          pin_memory: python.argument(call, 'pin_memory', positions.pinned),
          persistent_workers: python.argument(call, 'persistent_workers'),
        }
      : {}
  for (const [name, argument] of Object.entries(open)) {
    if (mayBePassed(argument)) continue
    const value = name === 'persistent_workers' ? keptWith(python, call, workers, option, facts) : 'True'
    if (value !== null) writes.push({ kind: 'set keyword', path, call: range, name, value })
  }
  // Pinned memory is of use to copies that the host does not wait for.
  if (open.pin_memory !== undefined && !mayBePassed(open.pin_memory) && feedsOf(python, call) === 'training')
    writes.push(...overlapping(python, facts))
  const stream = isUnshardedStream(python, call)
  const sure = madeOnHost(python, call)
  const condition = stream
    ? ', once the data set is sharded among them with get_worker_info()'
    : sure
      ? ''
      : ', if its samples are made on the CPU'
  return {
    title: `${title}${condition}`,
    safety: stream || !sure ? 'display' : 'unsafe',
    writes,
    imports,
  }
}

/** `persistent_workers` beside a number of workers that is written now; null: it would not always be right. */
function keptWith(
  python: PythonModule,
  call: Call,
  workers: ArgumentValue,
  option: WorkersOption | null,
  { versions }: FragmentFacts,
): string | null {
  if (!mayKnow(versions, 'persistent_workers')) return null
  // The option may be given a zero, with which PyTorch refuses to keep workers.
  if (option !== null) return `${option.code} > 0`
  if (!mayBePassed(workers) || fixedArgument(workers) !== undefined) return 'True'
  const kept = keepingWorkers(python, call, positionsOf(python, call)?.workers ?? null)
  return 'reason' in kept ? null : kept.code
}

/** A worker process cannot make samples on the accelerator: it is seen what makes them, or that a step copies them there. */
function madeOnHost(python: PythonModule, call: Call): boolean {
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  if (collateWork(python, call) !== null || passedExpression(python.argument(call, 'collate_fn')) !== null)
    return true
  if (dataset !== null && (datasetWork(python, dataset)?.work ?? null) !== null) return true
  if (usesAny(python, moving)) return true
  return python.loops.some(({ node }) => copying.test(codeText(python, node.start, node.end)))
}

const copying = /\.(to|cuda|xpu|mps)\(|non_blocking|to_device|device_put/

/** `pin_memory=True`, `persistent_workers=True`. */
function switchOn(
  claim: Claim,
  given: ArgumentValue,
  call: Call,
  facts: FragmentFacts,
  value: string,
): Change | Refusal {
  const written = writeArgument(facts, call, claim.key, given, value)
  if ('reason' in written) return written
  const title =
    claim.setting === 'pinnedMemory'
      ? 'Collate into pinned memory (pin_memory=True)'
      : `Keep the workers between epochs (persistent_workers=${value})`
  return { title, safety: 'unsafe', writes: [written], imports: [] }
}

/** The host goes on while pinned memory is copied; what uses the batch on the device waits for it there. */
function overlapCopies(python: PythonModule, facts: FragmentFacts): Change | Refusal {
  const writes = overlapping(python, facts)
  if (writes.length === 0) return { reason: 'the copies are no longer in the file' }
  return { title: 'Copy without waiting (non_blocking=True)', safety: 'safe', writes, imports: [] }
}

function overlapping(python: PythonModule, facts: FragmentFacts): Write[] {
  return waitingCopies(python).map(
    ({ expr }): Write => ({
      kind: 'set keyword',
      path: facts.path,
      call: { fragment: facts.fragment.index, start: expr.start, end: expr.end },
      name: 'non_blocking',
      value: 'True',
    }),
  )
}

function isUnshardedStream(python: PythonModule, call: Call): boolean {
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  return dataset !== null && datasetWork(python, dataset)?.unsharded === true
}
