/** `tf.data` pipelines: how their functions are applied, and whether the next batch is made ahead. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import type { CallRole, ChangeTarget } from '../../text/change-target.js'
import { noteSmall } from '../../text/evidence.js'
import { once } from '../../text/once.js'
import { fixedArgument, mayBePassed, passedExpression, textArgument } from '../../values/argument.js'
import { callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { kerasEvidence } from '../keras/evidence.js'
import { kerasFits } from '../keras/fits.js'
import { claimFolderPictures } from '../keras/folder-pictures.js'
import { claimOperation } from '../operation-claims.js'
import { codeMatches } from '../pytorch/evidence.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { estimatorInputs } from './estimator.js'
import { isSessionLoop } from './graph-loop.js'
import { handedOut } from './handed-out.js'
import { changeInput } from './input-changes.js'
import { type Mapped, mappedOf } from './mapped.js'
import { fusedMap, methodPlace, type Pipeline, pipelineOf, plainName, usesPipelines } from './pipeline.js'
import { claimRepeated, repeatedSteps, uncached } from './uncached.js'
import { type TensorflowVersion, tensorflowVersion } from './versions.js'

export const tensorflowInputReader = defineReader({
  name: 'tensorflow-input',
  languages: ['python'],
  triggers: [
    'tf.data',
    'tensorflow.data',
    'tensorflow_datasets',
    'dataset_from_directory',
    'data.Dataset',
    'flow_from_d',
    // Its pictures may be made in another module.
    'fit_generator',
    '.fit(',
  ],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    claimFolderPictures(python, uncached, claims)
    if (!usesPipelines(python)) return
    const found = [...appliedSteps(python)]
    const ends = endsOf(python)
    const requests = [...remoteReads(python)]
    const repeated = repeatedSteps(python)
    if (found.length === 0 && ends.length === 0 && requests.length === 0 && repeated.length === 0) return
    const evidence = inputEvidence(python, context)
    const version = tensorflowVersion(python, context.versions)
    for (const step of found) claimApplied(python, step, version, evidence, claims)
    // A script that only converts reads each file once.
    if (evidence.role === 'training')
      for (const one of requests) claimRemoteRead(python, one, evidence, claims)
    for (const one of repeated) claimRepeated(python, one, evidence, claims)
    for (const end of ends) claimPrefetch(python, end, version, evidence, claims)
  },
  change: changeInput,
})

function inputEvidence(python: PythonModule, context: ReaderContext): Evidence {
  const evidence = { ...kerasEvidence(python, context).evidence }
  // Without a `fit` or a step here or next to it, the module may do anything with its data.
  if (evidence.role !== 'test' && !trainsNearby(python)) evidence.role = 'library'
  noteSmall(evidence, toyData(python))
  return evidence
}

function trainsNearby(python: PythonModule): boolean {
  if (
    kerasFits(python).length > 0 ||
    estimatorInputs(python).length > 0 ||
    python.uses('tensorflow.GradientTape', 'jax.value_and_grad', 'jax.grad')
  )
    return true
  if (python.loops.some((loop) => loop.role === 'train')) return true
  const around = [...python.importers, ...python.imported, ...python.programs]
  const uses = (method: string) => around.some((module) => module.uses.includes(method))
  if (
    around.some((module) =>
      module.uses.some((use) => /^tensorflow\.estimator\.(train_and_evaluate|Estimator)/.test(use)),
    )
  )
    return true
  return around.some(({ evidence }) => evidence?.role === 'training') || (uses('.fit') && uses('.compile'))
}

const toySets =
  /^(mnist|fashion_mnist|kmnist|emnist|cifar10|cifar100|iris|titanic|penguins|imdb_reviews|horses_or_humans|rock_paper_scissors|wine_quality)(\/|:|$)/

function toyData(python: PythonModule): string | null {
  return once(python, 'tfds toy data', () => {
    for (const call of python.calls) {
      if (call.name !== 'tensorflow_datasets.load' && call.name !== 'tensorflow_datasets.builder') continue
      const known = toySets.exec(textArgument(python.argument(call, 'name', 0)) ?? '')
      if (known !== null) return known[1]!
    }
    return null
  })
}

// What is applied to each element.

export interface Applied {
  call: Call
  pipeline: Pipeline
  mapped: Mapped
  /** `files`: a reader for each file. */
  kind: 'function' | 'files'
}

const fileReaders =
  /^tensorflow\.data\.(experimental\.)?(TFRecordDataset|TextLineDataset|CsvDataset|FixedLengthRecordDataset)$/

/** Every `map` and `interleave` of a pipeline that is written to handle one element after the other. */
function* appliedSteps(analysis: PythonModule): Iterable<Applied> {
  for (const method of ['map', 'interleave']) {
    for (const call of analysis.methodCalls(method)) {
      if (call.name !== null && !/^tensorflow\./.test(call.name)) continue
      const { callee, args } = call.expr
      if (callee.type !== 'attribute' || args.some((one) => one.star !== 0)) continue
      // In order, because its author says so.
      if (args.some((one) => one.name === 'synchronous')) continue
      if (!oneByOne(analysis, call, method === 'map' ? 1 : 3)) continue
      const mapped = mappedOf(analysis, call)
      if (mapped === null) continue
      if (method === 'map' && mapped.does === null) continue
      const pipeline = pipelineOf(analysis, callee.value)
      if (pipeline === null) continue
      // A whole batch at a time uses the cores within the operations, as far as they go.
      if (method === 'map') {
        if (mapped.python === null && pipeline.steps.some((step) => batches(step))) continue
        yield { call, pipeline, mapped, kind: 'function' }
      } else if (opensFiles(analysis, call)) {
        yield { call, pipeline, mapped, kind: 'files' }
      }
    }
  }
}

function batches(step: Call): boolean {
  return /^(batch|padded_batch|ragged_batch)$/.test(step.method)
}

function oneByOne(analysis: PythonModule, call: Call, position: number): boolean {
  const given = analysis.argument(call, 'num_parallel_calls', position)
  if (!mayBePassed(given)) return true
  const count = fixedArgument(given)
  return count === null || count === 1
}

/** `interleave(tf.data.TFRecordDataset)`, `interleave(lambda path: tf.data.TextLineDataset(path).skip(1))`. */
function opensFiles(analysis: PythonModule, call: Call): boolean {
  const given = call.expr.args.find((one) => one.name === 'map_func') ?? call.expr.args[0]
  if (given === undefined) return false
  const direct = analysis.nameOf(given.value)
  if (direct !== null) return fileReaders.test(plainName(direct))
  const func = analysis.functionOf(given.value)
  const body = given.value.type === 'lambda' ? given.value.body : (func?.node ?? given.value)
  return analysis.calls.some(
    (one) =>
      one.expr.start >= body.start &&
      one.expr.end <= body.end &&
      one.name !== null &&
      fileReaders.test(plainName(one.name)),
  )
}

function claimApplied(
  python: PythonModule,
  step: Applied,
  version: TensorflowVersion,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const { call, mapped, kind } = step
  const old = version.before(2, 7)
  // From 2.7 on the library runs functions without state in parallel by itself; reading files it never does.
  const automatic = kind === 'function' && mapped.stateful === null
  if (automatic && old === false) return
  // Options may turn it on in older versions, too.
  if (automatic && codeMatches(python, /map_parallelization|OptimizationOptions/)) return
  const place = methodPlace(call)
  const site = callSite(call, targetOf(automatic || kind === 'files' ? 'map without state' : 'map', version))
  const pipeline = claims.subject('InputPipeline', place, call.function?.qualified ?? '', evidence)
  const key = 'num_parallel_calls'
  if (call.expr.args.some((one) => one.name === key))
    pipeline.known('concurrent', key, false, place, { site })
  else pipeline.default('concurrent', key, false, place, { site })
  const shown = mapped.name === null ? `${call.method}(…)` : `${call.method}(${mapped.name})`
  const does = kind === 'files' ? 'reads its files in turn' : `${mapped.does} for one element after the other`
  pipeline.known('applied', shown, { what: shown, does }, place, { site })
  if (mapped.stateful !== null && kind === 'function')
    pipeline.known('oneByOneBecause', shown, mapped.stateful, place, { site })
  if (mapped.python !== null && kind === 'function')
    pipeline.known('interpreted', mapped.python, true, place, { site })
  if (automatic && old === null) pipeline.known('byItselfFrom', shown, 'TensorFlow 2.7', place, { site })
  const feeds = feedsOf(python, call)
  if (feeds !== null) pipeline.known('feeds', call.method, feeds, place, { site })
}

/** What the change needs to know: `AUTOTUNE` had another place before 2.4. */
function targetOf(role: CallRole, version: TensorflowVersion): ChangeTarget {
  return { kind: 'call', role, ...(version.before(2, 4) === true ? { older: true } : {}) }
}

/** By the names of what the pipeline is assigned to, and of the function that makes it. */
function feedsOf(python: PythonModule, call: Call): 'training' | 'evaluation' | null {
  const { statement } = call
  const targets =
    statement.type === 'assign'
      ? statement.targets.map((target) => python.text.slice(target.start, target.end)).join(' ')
      : ''
  return feedsByName(targets) ?? feedsByName(call.function?.name ?? '')
}

// The end of a pipeline.

export interface End {
  /** The last step, or the source where there is none. */
  last: Call
  pipeline: Pipeline
  /** What takes its batches. */
  into: string
}

const generators = /\.from_generator$/
const readers =
  /\.(TFRecordDataset|TextLineDataset|CsvDataset|FixedLengthRecordDataset|list_files|from_generator)$/

/** Pipelines that feed training and make their batches only when they are asked for. */
function endsOf(analysis: PythonModule): End[] {
  const found = new Map<Call, End>()
  const add = (expr: Expr, into: string): void => {
    const pipeline = pipelineOf(analysis, expr)
    const last = pipeline?.steps.at(-1)
    if (pipeline == null || last === undefined || !pipeline.complete || found.has(last)) return
    if (pipeline.steps.some((step) => makesAhead(analysis, step)) || !worthIt(analysis, pipeline)) return
    if (last.expr.callee.type !== 'attribute') return
    found.set(last, { last, pipeline, into })
  }
  for (const fit of kerasFits(analysis)) {
    const x = passedExpression(analysis.argument(fit, 'x', 0))
    if (x !== null) add(x, 'fit')
  }
  for (const data of estimatorInputs(analysis)) add(data, 'input_fn')
  for (const { data, name } of iterated(analysis))
    if (feedsByName(name) !== 'evaluation') add(data, 'session')
  for (const loop of analysis.loops) {
    if (loop.role === 'train' && loop.node.type === 'for') add(loop.node.iterable, 'loop')
  }
  for (const data of handedOut(analysis, aheadElsewhere)) add(data, 'loop')
  return [...found.values()]
}

/** Whoever trains makes the batches ahead itself. */
const aheadElsewhere =
  /^\.(prefetch|experimental_distribute_dataset|distribute_datasets_from_function)$|Strategy$/

/** Data that a session that trains draws from, by an iterator of the graph: `dataset.make_one_shot_iterator()`. */
function iterated(analysis: PythonModule): { data: Expr; name: string }[] {
  if (!analysis.loops.some(isSessionLoop)) return []
  return analysis.calls.flatMap(({ method, expr }) => {
    const [given] = expr.args
    if (method === 'make_initializer' && given !== undefined)
      return [{ data: given.value, name: lastName(given.value) }]
    if (!/^make_(one_shot|initializable)_iterator$/.test(method) || expr.callee.type !== 'attribute')
      return []
    // `tf.data.make_one_shot_iterator(dataset)`, `dataset.make_one_shot_iterator()`.
    const data = given?.value ?? expr.callee.value
    return [{ data, name: lastName(data) }]
  })
}

/** Steps that hand over batches that are made ahead, or that keep all of them. */
function makesAhead(analysis: PythonModule, step: Call): boolean {
  if (/^(prefetch|experimental_distribute_dataset|distribute_datasets_from_function)$/.test(step.method))
    return true
  // `apply(tf.data.experimental.prefetch_to_device(…))`, `apply(…)` of anything that cannot be seen.
  return step.method === 'apply' && fusedMap(analysis, step) === null
}

/** The processor has something to do for each batch. */
function worthIt(analysis: PythonModule, pipeline: Pipeline): boolean {
  const { source, steps } = pipeline
  if (source === null || /dataset_from_directory$/.test(source)) return false
  // After a cache only the batches are put together.
  const cached = steps.map((step) => step.method).lastIndexOf('cache')
  const rest = steps.slice(cached + 1)
  if (rest.some((step) => step.method === 'map' && (mappedOf(analysis, step)?.does ?? null) !== null))
    return true
  if (cached >= 0) return false
  const maps = (step: Call) => step.method === 'map' || fusedMap(analysis, step) !== null
  return readers.test(source) && (generators.test(source) || steps.some(maps))
}

function claimPrefetch(
  python: PythonModule,
  end: End,
  version: TensorflowVersion,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const old = version.before(2, 12)
  if (old === false) return
  if (codeMatches(python, /inject_prefetch|autotune_buffers/)) return
  // A strategy makes batches ahead by itself, also for `fit()`.
  if (
    codeMatches(
      python,
      /\bstrategy\.(scope|num_replicas_in_sync)\b|\b(Mirrored|MultiWorkerMirrored|TPU)Strategy\(/,
    )
  )
    return
  const place = methodPlace(end.last)
  const site = callSite(end.last, targetOf('prefetch', version))
  const pipeline = claims.subject('InputPipeline', place, end.last.function?.qualified ?? '', evidence)
  pipeline.default('prefetched', 'prefetch', false, place, { site })
  pipeline.known('feeds', end.into, 'training', place, { site })
  if (old === null) pipeline.known('byItselfFrom', 'prefetch', 'TensorFlow 2.12', place, { site })
  if (onlyParses(python, end.pipeline)) pipeline.known('onlyParses', end.into, true, place, { site })
}

/** Records of numbers, which no step makes pictures or sounds of. */
function onlyParses(analysis: PythonModule, { source, steps }: Pipeline): boolean {
  const applied = steps.flatMap((step) => fusedMap(analysis, step) ?? (step.method === 'map' ? step : []))
  const does = applied.map((step) => mappedOf(analysis, step)?.does ?? null)
  return /\.TFRecordDataset$/.test(source ?? '') && does.every((one) => one !== null && /^parses /.test(one))
}

// Files of a store.

interface RemoteRead {
  call: Call
  /** The call that asks the store. */
  reads: string
}

const remote = /^(gs|s3a?|hdfs|abfss?|az|https?):\/\//

/** A file of a store for each element, read again in every pass. */
function* remoteReads(analysis: PythonModule): Iterable<RemoteRead> {
  for (const call of analysis.methodCalls('map')) {
    const { callee } = call.expr
    if (callee.type !== 'attribute' || call.name !== null) continue
    const reads = mappedOf(analysis, call)?.reads ?? null
    if (reads === null) continue
    const pipeline = pipelineOf(analysis, callee.value)
    if (pipeline === null || !comesFromStore(analysis, pipeline)) continue
    if (keptBehind(analysis, call)) continue
    yield { call, reads }
  }
}

/** `list_files('gs://…')`, `from_tensor_slices(tf.io.gfile.glob('gs://…'))`. */
function comesFromStore(analysis: PythonModule, { sourceCall }: Pipeline): boolean {
  const given = sourceCall?.expr.args[0]
  if (given === undefined || given.star !== 0) return false
  const isRemote = (expr: Expr): boolean => {
    const value = effective(analysis.fold(expr))
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' && remote.test(first)
  }
  if (isRemote(given.value)) return true
  const made = analysis.definition(given.value)
  if (made.type !== 'call') return false
  const name = analysis.nameOf(made.callee)
  const [pattern] = made.args
  return (
    name !== null && /(^|\.)gfile\.[Gg]lob$/.test(name) && pattern !== undefined && isRemote(pattern.value)
  )
}

/** What it reads is kept by a later step of a pipeline that holds it. */
function keptBehind(analysis: PythonModule, call: Call): boolean {
  return ['cache', 'snapshot'].some((method) =>
    analysis.methodCalls(method).some((kept) => {
      const { callee } = kept.expr
      return (
        callee.type === 'attribute' && (pipelineOf(analysis, callee.value)?.steps.includes(call) ?? false)
      )
    }),
  )
}

const readLocally =
  'copy the files to a local disk first, keep what is read with cache(), or read records of many samples'

function claimRemoteRead(
  python: PythonModule,
  { call, reads }: RemoteRead,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const at = methodPlace(call)
  const operation = claimOperation(claims, {
    kind: 'remote read',
    place: 'sample',
    key: reads,
    at,
    site: callSite(call, { kind: 'refused', reason: readLocally }),
    scope: call.function?.qualified ?? '',
    evidence,
    subject: 'a request to the store',
  })
  const shown = python.text.slice(at.start, at.end)
  operation.known('each', shown, 'sample', at)
}
