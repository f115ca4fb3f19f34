/** Tokenizers that pad every text to one length while training data is prepared. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, PythonRange, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { noteSmall } from '../../text/evidence.js'
import type { Json } from '../../text/json.js'
import { knownArgument, mayBePassed, numberArgument, passedCall, passedPlace } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { both, convert, orDefault, orUnknown } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { codeMatches, codeText } from '../pytorch/evidence.js'
import { hotCode } from '../pytorch/hot-code.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { stepEvidence } from '../pytorch/operations.js'
import { type Maker, makersOf } from '../pytorch/sample-work.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { storesTrainingData, takesAllTexts, takesWholeList } from './padded-lists.js'
import { fewTrainingSamples } from './samples.js'
import { trainerCalls } from './trainers.js'

/** Shapes that must not change, tasks whose inputs come in fixed groups, and models whose texts have one length. */
const fixedShapes =
  /torch_compile\s*=\s*True|\btorch\.compile\(|torch_xla|pytorch[-/]xla|\btpu_cores\b|accelerator\s*=\s*['"]tpu|tensorrt|onnx|jit\.trace|MultipleChoice|multiple_choice|\bdiffusers\b|\bCLIP\w*|group_texts|PipelineModule|deepspeed\.pipe|torch\.distributed\.pipelining|optimum\.(habana|neuron)|max_autotune|\bTFAuto\w+|prepare_tf_dataset/

/** Networks that were made for texts of one length, by the program that a module prepares them for. */
const ofDiffusion = /^diffusers(\.|$)/

/** Compilers that want one shape, unless tensors of PyTorch are made. */
const compiledLibraries = /\bjax\b|\btensorflow\b/

export const huggingfacePaddingReader = defineReader({
  name: 'huggingface-padding',
  languages: ['python'],
  triggers: ['max_length', 'padding'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const found = paddedCalls(python)
    if (found.length === 0) return
    const evidence = stepEvidence(python)
    noteSmall(evidence, fewTrainingSamples(python))
    for (const { call, key, rows, stored } of found) {
      const source = new CallSource(python, call, claims)
      const place = passedPlace(source.argument(key))
      if (place === null) continue
      const pipeline = claims.subject('InputPipeline', place, call.function?.qualified ?? '', evidence)
      // What a launch could replace may make the texts short.
      const length = convert(
        orDefault(source.get('max_length'), null),
        lengthOrNull,
        'the length cannot be read',
      )
      const padded = orUnknown(source.get(key), 'it may not pad')
      if (rows === null) {
        const tokens = both(padded, length, (word, limit) => (isOneLength(key, word) ? limit : undefined))
        pipeline.say('paddedTo', key, tokens)
        // How long texts may be may not be known: they are padded all the same.
        if (length.state === 'unknown')
          pipeline.say(
            'paddedAlike',
            key,
            convert(padded, (word) => isOneLength(key, word)),
          )
        if (stored === true) pipeline.known('paddedInStore', key, true, place)
      } else {
        // How long texts may be is known or not: they are padded to the longest of many.
        const tokens = effective(length) ?? null
        pipeline.say(
          'paddedAmong',
          key,
          convert(padded, () => ({ rows, tokens })),
        )
      }
    }
  },
  change: changePadding,
})

/** Its network has to get batches of one shape. */
export function shapesStay(python: PythonModule): boolean {
  return (
    codeMatches(python, fixedShapes) ||
    [...python.importers, ...python.programs].some(({ imports }) =>
      imports.some((name) => ofDiffusion.test(name)),
    ) ||
    (codeMatches(python, compiledLibraries) && !python.imports.has('torch'))
  )
}

const lengthOrNull = (value: Json): number | null | undefined => (value === null ? null : asNumber(value))

/** To that of the model, or to `max_length`, and not to the longest of those that are there. */
const isOneLength = (key: Padded['key'], word: Json): boolean =>
  key === 'padding' ? word === 'max_length' : word === true

interface Padded {
  call: Call
  key: 'padding' | 'pad_to_max_length'
  maker: Maker | null
  /** It pads to the longest of so many rows; null: to one length. */
  rows: number | 'all' | null
  /** What it gives is stored, for a training elsewhere. */
  stored?: true
}

function paddedCalls(python: PythonModule): Padded[] {
  const has = (role: Loop['role']) => python.loops.some((loop) => loop.role === role)
  const onlyMeasures = has('evaluate') && !has('train') && trainerCalls(python).length === 0
  const candidates = python.calls.flatMap((call): Omit<Padded, 'maker' | 'rows'>[] => {
    if (!call.expr.args.some((one) => one.name === 'padding' || one.name === 'pad_to_max_length')) return []
    const callee = python.text.slice(call.expr.callee.start, call.expr.callee.end)
    const collator = isCollator(call)
    if (collator && (onlyMeasures || feedsByName(call.function?.class?.name ?? '') === 'evaluation'))
      return []
    if (!collator && !/(^|[._])(tokenizer(\.__call__)?|tok|encode_plus|batch_encode_plus)$/i.test(callee))
      return []
    const words = wordsOf(python.argument(call, 'padding'))
    const padsRows = !collator && words.some((word) => word === 'longest' || word === true)
    if (padsRows || words.includes('max_length')) return [{ call, key: 'padding' }]
    const old = python.argument(call, 'pad_to_max_length')
    if (knownArgument(old) === true) return [{ call, key: 'pad_to_max_length' }]
    return []
  })
  if (candidates.length === 0) return []
  const fixed = shapesStay(python)
  const stored = storesTrainingData(python) ? { stored: true as const } : {}
  const reached = reachedFrom(python)
  const collators = candidates.filter(({ call }) => isCollator(call))
  return candidates.flatMap((one): Padded[] => {
    const maker = one.call.function === null ? undefined : reached.get(one.call.function)
    const toOneLength =
      one.key !== 'padding' || wordsOf(python.argument(one.call, 'padding')).includes('max_length')
    if (!toOneLength) {
      const map = maker === undefined ? lambdaMap(python, one.call) : mapOf(python, maker)
      const all = maker === undefined && map === undefined && takesWholeList(python, one.call)
      const rows = all ? 'all' : map === undefined ? null : rowsOf(python, map)
      return rows === null ? [] : [{ ...one, maker: maker ?? null, rows }]
    }
    if (fixed) return []
    // For each batch; others beside the first are for an evaluation.
    if (isCollator(one.call)) return one === collators[0] ? [{ ...one, maker: null, rows: null }] : []
    if (maker !== undefined) return [{ ...one, maker, rows: null, ...stored }]
    const mapped =
      lambdaMap(python, one.call) !== undefined ||
      mappedElsewhere(python, one.call) ||
      madeElsewhere(python, one.call) ||
      takesWholeList(python, one.call)
    const all = 'stored' in stored && takesAllTexts(python, one.call)
    return mapped || all ? [{ ...one, maker: null, rows: null, ...stored }] : []
  })
}

/** What an argument is, or may be: `padding = 'max_length' if args.pad_to_max_length else False`. */
function wordsOf(argument: ArgumentValue): Json[] {
  const word = knownArgument(argument)
  if (word !== undefined) return [word]
  if (argument.state !== 'given' || argument.folded.state === 'known') return []
  return (argument.folded.options ?? []).map(({ folded }) => folded.value)
}

/** `map(encode, …)` of rows that are kept. */
function mapOf(python: PythonModule, { func, kept }: Maker): Call | undefined {
  if (!kept) return undefined
  return python.methodCalls('map').find((map) => {
    const given = map.expr.args.find((one) => one.name === 'function') ?? map.expr.args[0]
    return given !== undefined && python.functionOf(given.value) === func
  })
}

/** How many rows `map(encode, batched=True)` hands to the function at once; null: not many at once. */
function rowsOf(python: PythonModule, map: Call): number | null {
  if (knownArgument(python.argument(map, 'batched')) !== true) return null
  const size = python.argument(map, 'batch_size')
  return mayBePassed(size) ? numberArgument(size) : 1000
}

/** A function of rows (`def encode(rows, tokenizer)`), or one inside the function that makes it, which another module uses. */
function mappedElsewhere(python: PythonModule, call: Call): boolean {
  const { function: func, expr } = call
  const [text] = expr.args
  if (func === null || text === undefined || !isOfRows(func, text.value)) return false
  const maker = python.functions.find((one) => `${one.qualified}.${func.name}` === func.qualified)
  const used = [func, ...(maker === undefined ? [] : [maker])].some(
    (one) => python.outsideCalls(one).length > 0,
  )
  return used && python.importers.some(({ uses }) => uses.some((use) => preparesRows.test(use)))
}

/** A function that a data set of another module calls for each sample, or a collator for each batch. */
function madeElsewhere(python: PythonModule, { function: func }: Call): boolean {
  return func !== null && python.outsideCalls(func).some(({ eachSample }) => eachSample === true)
}

const preparesRows = /(^|\.)(map|set_transform|with_transform)$/

/** `rows['text']` of the function's own parameter. */
function isOfRows({ node }: Func, text: Expr): boolean {
  const object = text.type === 'subscript' ? text.value : null
  return object?.type === 'name' && node.params.some((one) => one.name === object.id)
}

/** Functions that prepare samples, and those that they call. */
function reachedFrom(python: PythonModule): Map<Func, Maker> {
  const reached = new Map<Func, Maker>()
  for (const maker of makersOf(python)) {
    if (!reached.has(maker.func)) reached.set(maker.func, maker)
    const { followed } = hotCode(python, maker.func.node.body, maker.func)
    for (const func of followed.keys()) if (!reached.has(func)) reached.set(func, maker)
  }
  return reached
}

/** `data.map(lambda row: tokenizer(row['text'], …))`, also in a function that the lambda calls. */
function lambdaMap(python: PythonModule, call: Call): Call | undefined {
  const sites = call.function === null ? [] : (python.callSites(call.function) ?? [])
  return python
    .methodCalls('map')
    .find((map) =>
      map.expr.args.some(
        ({ value }) =>
          value.type === 'lambda' &&
          [call, ...sites].some(({ expr }) => value.start <= expr.start && expr.end <= value.end),
      ),
    )
}

/** Networks whose inputs and labels may differ in length. */
const encodesAndDecodes = /Seq2SeqLM|ForConditionalGeneration|EncoderDecoder|Seq2SeqTrain/

const padsByItself =
  /^transformers\.(\w+\.)*DataCollator(WithPadding|ForSeq2Seq|ForLanguageModeling|ForTokenClassification|ForWholeWordMask)$/

const isCollator = ({ name }: Call): boolean => padsByItself.test(name ?? '')

/** Values of its `padding`; all others leave texts as they are, or pad them to one length. */
const padsBatches: Json[] = [true, 'longest']

function changePadding(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  const found = python === undefined ? undefined : paddedCalls(python).find((one) => one.call === call)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  // Read for a launch, it pads; the code alone leaves it open.
  if (found === undefined) return { reason: `${claim.key} is chosen elsewhere` }
  const range = (one: Call): PythonRange => ({
    fragment: fragment.index,
    start: one.expr.start,
    end: one.expr.end,
  })
  const { key, maker } = found
  if (takesWholeList(python, call))
    return { reason: 'pad in the collate function of the loader instead (DataCollatorWithPadding)' }
  // A name may be chosen by an option that would then do nothing.
  if (call.expr.args.find((one) => one.name === key)?.value.type !== 'constant')
    return { reason: `${key} is chosen elsewhere` }
  // By itself it pads to the longest.
  if (isCollator(call))
    return {
      title: 'Pad to the longest text of the batch',
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call: range(call), name: key }],
      imports: [],
    }
  // In a collate function the texts of one batch are there together.
  if (maker !== null && maker.each === 'batch' && !maker.kept && key === 'padding') {
    return {
      title: 'Pad to the longest text of the batch',
      safety: 'unsafe',
      writes: [{ kind: 'set keyword', path, call: range(call), name: key, value: '"longest"' }],
      imports: [],
    }
  }
  const around = call.function?.node ?? call.statement
  const text = codeText(python, around.start, around.end)
  if (/return_tensors/.test(text))
    return { reason: 'its tensors need one length: pad in the collate function' }
  const beside = paddedCalls(python).some((one) => one.call !== call && one.call.function === call.function)
  if (beside && /labels/.test(text) && !codeMatches(python, encodesAndDecodes))
    return { reason: 'inputs and labels are tokenized apart, and only the padding gives them one length' }
  const trainers = trainerCalls(python)
  const [trainer] = trainers
  // The program has a collator that pads; whether all who take these texts use it is for its author to say.
  if (trainer === undefined && python.calls.some(isCollator))
    return {
      title: `Leave ${key} out, where every loader pads its batches (DataCollatorWithPadding)`,
      safety: 'display',
      writes: [{ kind: 'remove keyword', path, call: range(call), name: key }],
      imports: [],
    }
  if (trainer === undefined || trainers.length > 1)
    return { reason: 'pad in the collate function of the loader instead (DataCollatorWithPadding)' }
  const writes: Write[] = [{ kind: 'remove keyword', path, call: range(call), name: key }]
  const imports: Import[] = []
  const collator = python.argument(trainer, 'data_collator')
  const made = passedCall(python, collator)
  if (mayBePassed(collator)) {
    if (made?.name == null || !padsByItself.test(made.name))
      return { reason: 'the collator has to pad: DataCollatorWithPadding does' }
    const padding = python.argument(made, 'padding')
    if (mayBePassed(padding) && !padsBatches.includes(knownArgument(padding) ?? null))
      return { reason: 'the collator does not pad to the longest text of a batch' }
    if (/labels/.test(text) && !/Seq2Seq|ForTokenClassification/.test(made.name))
      return { reason: 'the labels have to be padded too: DataCollatorForSeq2Seq does' }
  } else {
    if (/labels/.test(text))
      return { reason: 'the labels have to be padded too: DataCollatorForSeq2Seq does' }
    // With a tokenizer a Trainer pads by itself.
    if (!trainer.expr.args.some((one) => one.name === 'tokenizer' || one.name === 'processing_class')) {
      const { callee } = call.expr
      if (callee.type !== 'name' || trainer.function !== null)
        return { reason: 'give the Trainer a collator that pads (DataCollatorWithPadding)' }
      const name = nameFor(python.tree, 'transformers', 'DataCollatorWithPadding', {
        path,
        fragment: fragment.index,
        offset: trainer.expr.start,
      })
      if (name.import !== null) imports.push(name.import)
      writes.push({
        kind: 'set keyword',
        path,
        call: range(trainer),
        name: 'data_collator',
        value: `${name.text}(${callee.id})`,
      })
    }
  }
  return { title: 'Pad each batch to its longest text', safety: 'unsafe', writes, imports }
}
