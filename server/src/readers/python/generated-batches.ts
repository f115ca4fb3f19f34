/** Batches that a generator of the program makes in the process that trains: hand-written loops, and `fit` of Keras. */

import { functionAt } from '../../python/definition-places.js'
import { isGenerator } from '../../python/generators.js'
import type { Call, ClassSummary, Func, Loop, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Binding } from '../../python/scope.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { isLeftOut, knownArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { isJaxLoop, jaxEvidence } from '../jax/loop.js'
import { kerasEvidence } from '../keras/evidence.js'
import { fitWithWorkers } from '../keras/fit-workers.js'
import { argumentOf, kerasFits, usesKeras } from '../keras/fits.js'
import { isOfImageGenerator } from '../keras/image-generators.js'
import { decoderIn } from '../pytorch/datasets.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { callsIn, hotCode, isHot } from '../pytorch/hot-code.js'
import { defineReader } from '../reader.js'
import { handedOut } from '../tensorflow/handed-out.js'
import { pipelineOf } from '../tensorflow/pipeline.js'
import { isSlow } from './slow-samples.js'

export const generatedBatchesReader = defineReader({
  name: 'python-generators',
  languages: ['python'],
  triggers: [
    'GradientTape',
    'value_and_grad',
    'jax.grad',
    'filter_grad',
    'nnx.grad',
    'backward',
    'sess',
    'Session',
    'train_on_batch',
    // The step may stand in another module.
    'tensorflow',
    'jax',
    'optax',
    'fit_generator',
    '.fit(',
  ],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    const evidence = (loop: Loop | null): Evidence =>
      loop !== null && isJaxLoop(loop)
        ? jaxEvidence(python, context)
        : usesKeras(python)
          ? kerasEvidence(python, context).evidence
          : trainingEvidence(python)
    for (const fit of kerasFits(python)) readFit(python, fit, evidence(null), claims)
    for (const data of handedOut(python, keeping)) {
      const made = pipelineFrom(python, data)
      if (made !== null) claim(claims, made, evidence(null), '', 'one thread')
    }
    for (const loop of python.loops) {
      if (loop.role !== 'train') continue
      const { node } = loop
      const drawn = loop.calls.flatMap((call) =>
        call.name === 'next' && call.loops.includes(loop) ? (call.expr.args[0]?.value ?? []) : [],
      )
      const sources = [...(node.type === 'for' ? [node.iterable] : []), ...drawn]
      const generated = sources
        .flatMap((source) => standsFor(python, source))
        .map((source) => generatorOf(python, source))
        .find((made) => made !== null)
      const made = generated ?? readInStep(python, loop)
      if (made === null) continue
      const common = evidence(loop)
      const role = common.role === 'test' ? common.role : ('training' as const)
      const scope = loop.function?.qualified ?? ''
      claim(claims, made, { ...common, role }, scope, generated === undefined ? 'the step' : 'generator')
    }
  },
  change: fitWithWorkers,
})

interface Made {
  /** The call that makes it. */
  call: CallExpr
  decoder: string
  /** Pictures in memory are turned and scaled. */
  light?: true
  /** Several may draw from it at once: what is asked for a batch by its number. */
  numbered?: true
  /** Each picture is turned, sheared or scaled by itself, which takes longer than to decode it. */
  turned?: true
}

/** What decodes pictures, sound, films: reading rows takes no time worth a word. */
const costly =
  /^(PIL|OpenCV|(imread|load_img)\(\)|torchvision\.io|torchaudio|an audio decoder|a video decoder|a file reader)$/
/** It makes its batches ahead, or has others make them. */
const ahead =
  /^(threading|multiprocessing|concurrent|queue|joblib|ray|torch\.utils\.data|tensorflow\.(compat\.v\d\.)?data|grain)\.|^\.(imap\w*|submit|starmap)$/

function costOf(calls: Iterable<string>, files = false): string | null {
  const all = [...calls]
  if (all.some((name) => ahead.test(name))) return null
  const decoder = decoderIn(all)
  if (decoder === null) return null
  if (costly.test(decoder)) return decoder
  // An array is soon read; what is then done to it may take long.
  return decoder === 'a file read' && (files || all.some(isSlow)) ? decoder : null
}

/** The generator that an expression goes through; null: another source, or one that costs little. */
function generatorOf(python: PythonModule, source: Expr, depth = 0): Made | null {
  const value = python.definition(source)
  if (value.type !== 'call' || depth > 4) return null
  const [first] = value.args
  const { callee } = value
  if (
    /^(enumerate|tqdm(\.\w+)*\.(tqdm|trange)|tqdm|iter)$/.test(python.nameOf(callee) ?? '') &&
    first !== undefined
  )
    return generatorOf(python, first.value, depth + 1)
  const func = python.functionOf(callee)
  if (func !== null) {
    const decoder = isGenerator(python, func) ? costOf(python.effectsOfFunction(func).calls) : null
    return decoder === null ? null : { call: value, decoder }
  }
  const imported = python.importedFunction(callee)
  const calls =
    imported === null
      ? (iteratorOf(python, value) ?? python.importedYields(callee))
      : imported.yields === true
        ? imported.calls
        : null
  const decoder = calls === null ? null : costOf(calls)
  return decoder === null ? null : { call: value, decoder }
}

/** What going over `PictureLoader(folder, 8)` calls, whose `__iter__` yields one batch after the other. */
function iteratorOf(python: PythonModule, made: CallExpr): string[] | null {
  const own = python.classOf(made.callee)?.methods.get('__iter__')
  if (own !== undefined) return isGenerator(python, own) ? [...python.effectsOfFunction(own).calls] : null
  return lookUp(python.importedClass(made.callee)?.yields ?? {}, '__iter__') ?? null
}

/** Pictures, sound or films that each step reads before it computes, in a module without loaders that would do it ahead. */
function readInStep(python: PythonModule, loop: Loop): Made | null {
  if (!isHot(python, loop) || python.usesHere('torch.utils.data.DataLoader', 'tensorflow.data.')) return null
  for (const hot of hotCode(python, loop.node.body, loop.function).statements) {
    if (hot.guarded || hot.conditional || hot.exceptional) continue
    for (const call of hot.expressions.flatMap((expr) => callsIn(python, expr))) {
      const calls = call.name === null ? (python.importedCalls(call.expr.callee) ?? []) : [call.name]
      const decoder = costOf(calls)
      if (decoder !== null) return { call: call.expr, decoder }
    }
  }
  return null
}

function claim(
  claims: ClaimBuilder,
  { call, decoder, light, turned, numbered }: Made,
  evidence: Evidence,
  scope: string,
  by: 'generator' | 'one thread' | 'the step',
  fit: Call | null = null,
): void {
  const at = { start: call.callee.start, end: call.callee.end }
  const { start, end } = numbered === true && fit !== null ? fit.expr : call
  const site = { start, end }
  const pipeline = claims.subject('InputPipeline', at, scope, evidence)
  pipeline.known('feeds', 'batches', 'training', at)
  const key = lastIdentifier(call.callee) === 'from_generator' ? 'from_generator' : 'workers'
  pipeline.known('workers', key, 0, at, { site })
  pipeline.known('work', 'batches', light === true ? 'light' : 'decode', at)
  pipeline.known('decoder', 'batches', decoder, at)
  pipeline.known('generatedBy', lastIdentifier(call.callee), by, at)
  if (turned === true) pipeline.known('turned', lastIdentifier(call.callee), true, at)
}

/** Keras draws from a generator, or a sequence, in one thread. */
function readFit(python: PythonModule, fit: Call, evidence: Evidence, claims: ClaimBuilder): void {
  if (fit.expr.args.some(({ star }) => star > 0) || asksForWorkers(python, fit)) return
  const named = python.argument(fit, 'generator')
  const data = passedExpression(isLeftOut(named) ? argumentOf(python, fit, 'x') : named)
  if (data === null) return
  const made = standsFor(python, data)
    .map(
      (one) =>
        generatorOf(python, one) ??
        sequenceOf(python, one) ??
        picturesOf(python, one) ??
        pipelineFrom(python, one),
    )
    .find((one) => one !== null)
  if (made !== undefined) claim(claims, made, evidence, fit.function?.qualified ?? '', 'one thread', fit)
}

/** `workers=4`; one is what Keras takes by itself. */
function asksForWorkers(python: PythonModule, fit: Call): boolean {
  return ['workers', 'use_multiprocessing'].some((name) => {
    const given = python.argument(fit, name)
    const value = given.state === 'given' ? effective(given.folded) : undefined
    return !isLeftOut(given) && value !== 1 && value !== 0 && value !== false
  })
}

/** What an expression may be: through names, attributes, what functions of this module are passed, and what they return. */
function standsFor(python: PythonModule, expr: Expr, depth = 0, seen = new Set<Binding>()): Expr[] {
  if (depth > 4) return []
  const value = python.definition(expr)
  const follow = (one: Expr | null): Expr[] => (one === null ? [] : standsFor(python, one, depth + 1, seen))
  if (value.type === 'call') {
    const func = python.functionOf(value.callee)
    return func === null || isGenerator(python, func) ? [value] : returnsOf(func).flatMap(follow)
  }
  if (value.type === 'attribute') return python.attributeValues(value).flatMap(follow)
  if (value.type !== 'name') return [value]
  return python.bindingsOf(value).flatMap((binding) => {
    if (seen.has(binding)) return []
    seen.add(binding)
    if (binding.kind === 'param') return passedFor(python, binding).flatMap(follow)
    const { value: bound, unpack } = binding
    if (bound === null || unpack === null) return follow(bound)
    // `train, valid = make_generators(folder)`.
    const func = bound.type === 'call' ? python.functionOf(bound.callee) : null
    if (func === null) return [bound]
    return returnsOf(func).flatMap((one) => {
      const parts = python.definition(one)
      return parts.type === 'tuple' && unpack.length === 1 ? follow(parts.items[unpack[0]!] ?? null) : []
    })
  })
}

/** What the calls of a function in this module pass for its parameter. */
function passedFor(python: PythonModule, parameter: Binding): Expr[] {
  const owner = python.parameterOf(parameter)
  const sites = owner === null ? null : python.callSites(owner.func)
  return (sites ?? []).flatMap(
    (site) => passedExpression(python.argument(site, parameter.name, owner!.position)) ?? [],
  )
}

const sequence = /^keras\.(\w+\.)*(Sequence|PyDataset)$/

/** `ImageSequence(files, 32)` of a class of the project that is given no workers. */
function sequenceOf(python: PythonModule, data: Expr): Made | null {
  const value = python.definition(data)
  if (
    value.type !== 'call' ||
    value.args.some(({ name }) => /^(workers|use_multiprocessing)$/.test(name ?? ''))
  )
    return null
  const klass = python.classOf(value.callee)
  const described: Pick<ClassSummary, 'bases' | 'items'> | null =
    klass === null
      ? python.importedClass(value.callee)
      : { bases: klass.bases, items: itemsOf(python, klass.methods.get('__getitem__')) }
  if (described?.items === undefined || !described.bases.some((base) => sequence.test(base))) return null
  // `super().__init__(workers=8)` of a sequence of this module.
  const calls = [...(klass?.methods.values() ?? [])].flatMap((method) => method.calls)
  if (calls.some(({ expr }) => expr.args.some(({ name }) => name === 'workers'))) return null
  // One file after the other for each batch.
  const decoder = costOf(described.items, true)
  return decoder === null ? null : { call: value, decoder }
}

const fromFolder = /\.flow_from_(directory|dataframe)$/
/** What `ImageDataGenerator` does to each picture by itself, in Python. */
const turning =
  /^(rotation_range|width_shift_range|height_shift_range|shear_range|zoom_range|brightness_range|channel_shift_range|preprocessing_function)$/

/** `ImageDataGenerator(…).flow_from_directory(folder)`; `.flow(x, y)` where that turns or scales the pictures. */
function picturesOf(python: PythonModule, data: Expr): Made | null {
  const value = python.definition(data)
  const call = value.type === 'call' ? python.callAt(value) : null
  const decoder = 'ImageDataGenerator'
  if (value.type !== 'call' || call === null) return null
  // A function of another module that makes it.
  if (python.importedFunction(value.callee)?.calls.some((name) => fromFolder.test(name)) === true)
    return {
      ...{ call: value, decoder, numbered: true },
      ...(turnsElsewhere(python, value) ? { turned: true } : {}),
    }
  if (value.callee.type !== 'attribute') return null
  const ofGenerator = isOfImageGenerator(call)
  const maker = python.definition(value.callee.value)
  const turns = maker.type === 'call' && maker.args.some(({ name }) => name !== null && turning.test(name))
  // Nothing else has methods of these names.
  if (fromFolder.test(`.${call.method}`) && (ofGenerator || (call.receiver ?? call.name ?? '') === ''))
    return {
      ...{ call: value, decoder, numbered: true },
      ...(turns && !isSmall(python, call) ? { turned: true } : {}),
    }
  if (!ofGenerator || call.method !== 'flow') return null
  return turns ? { call: value, decoder, light: true, numbered: true } : null
}

function turnsElsewhere(python: PythonModule, { callee }: CallExpr): boolean {
  const made = functionAt(python, callee)
  const calls = made?.python.calls.filter((call) => call.function?.node === made.func.node) ?? []
  return (
    calls.some(
      ({ name, expr }) => makesPictures(name) && expr.args.some((one) => turning.test(one.name ?? '')),
    ) && calls.every((call) => !fromFolder.test(`.${call.method}`) || !isSmall(made!.python, call))
  )
}

const makesPictures = (name: string | null): boolean => /(^|\.)ImageDataGenerator$/.test(name ?? '')

/** Pixels of an edge below which a picture is soon turned. */
const smallEdge = 100

function isSmall(python: PythonModule, flow: Call): boolean {
  const size = knownArgument(
    python.argument(flow, 'target_size', flow.method === 'flow_from_directory' ? 1 : 5),
  )
  return Array.isArray(size) && size.some((edge) => typeof edge === 'number' && edge < smallEdge)
}

/** Whoever trains keeps the elements. */
const keeping = /^\.(cache|snapshot)$/

/** `tf.data.Dataset.from_generator(read, …)`: its library makes batches ahead, but Python reads in one thread. */
function pipelineFrom(python: PythonModule, data: Expr): Made | null {
  const pipeline = pipelineOf(python, data)
  if (pipeline?.source?.endsWith('.from_generator') !== true || pipeline.sourceCall === null) return null
  if (pipeline.steps.some(({ method }) => /^(cache|snapshot|interleave)$/.test(method))) return null
  const given = passedExpression(python.argument(pipeline.sourceCall, 'generator', 0))
  if (given === null) return null
  // `lambda: samples(files)`
  const made = given.type === 'lambda' && given.body.type === 'call' ? given.body.callee : given
  const func = python.functionOf(made)
  const calls = func === null ? python.importedFunction(made)?.calls : python.effectsOfFunction(func).calls
  const decoder = calls === undefined ? null : costOf(calls)
  return decoder === null ? null : { call: pipeline.sourceCall.expr, decoder }
}

function itemsOf(python: PythonModule, item: Func | undefined): string[] {
  return item === undefined ? [] : [...python.effectsOfFunction(item).calls]
}
