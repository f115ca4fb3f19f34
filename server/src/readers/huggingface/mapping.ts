/** How a data set is prepared with `map`: row by row or in batches, in one process or in several. */

import type { Change, PythonRange, Refusal, Write } from '../../edit/write.js'
import { putsOnDevice } from '../../python/device-moves.js'
import type { Call, Func, Klass, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { fixedArgument, mayBePassed } from '../../values/argument.js'
import { callSite } from '../../values/places.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { upToCores } from '../core-count.js'
import { stepEvidence } from '../pytorch/operations.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { methodPlace, pipelineOf } from '../tensorflow/pipeline.js'
import { fewTrainingSamples } from './samples.js'

export const huggingfaceMappingReader = defineReader({
  name: 'huggingface-mapping',
  languages: ['python'],
  triggers: [
    'tokenizer',
    'Tokenizer',
    'tok(',
    'feature_extractor',
    'image_processor',
    'processor',
    'sentencepiece',
    'tiktoken',
    'spacy',
    'nltk',
    'jieba',
    'Processor',
    'FeatureExtractor',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const found = mappings(python)
    if (found.length === 0) return
    const evidence = stepEvidence(python)
    const few = fewTrainingSamples(python)
    for (const { call, work, shown, key, simple } of found) {
      const place = methodPlace(call)
      const site = callSite(call)
      const preparing = claims.subject('Preprocessing', place, call.function?.qualified ?? '', evidence)
      if (key === 'batched') {
        preparing.default('batched', key, false, place, { site })
        // How many is the author's choice; that there are several takes the edge off.
        if (call.expr.args.some((one) => one.name === 'num_proc'))
          preparing.unknown('processes', 'num_proc', 'several', place, { site })
      } else preparing.default('processes', key, 1, place, { site })
      preparing.known('transformation', shown, work, place, { site })
      if (!simple) preparing.known('light', shown, true, place, { site })
      if (few !== null || call.expr.args.length === 0)
        preparing.known('demonstration', shown, true, place, { site })
    }
  },
  change: changeMapping,
})

interface Mapping {
  call: Call
  key: 'batched' | 'num_proc'
  /** As the code calls it: `map(encode)`. */
  shown: string
  /** What it does to one row. */
  work: string
  /** The function takes lists as it is (`batched`), or the work is heavy (`num_proc`). */
  simple: boolean
}

function mappings(analysis: PythonModule): Mapping[] {
  const found: Mapping[] = columns(analysis)
  if (!preparesDatasets(analysis)) return found
  const told = new Set<string>()
  for (const call of analysis.methodCalls('map')) {
    const one = mappingOf(analysis, call)
    if (one === null) continue
    // What has to change first is the function, wherever it is used.
    if (!one.simple && told.has(one.shown)) continue
    told.add(one.shown)
    found.push(one)
  }
  return found
}

const library = /^datasets(\.|$)/

/** It imports the library, or is handed its data sets by a module that does; tables have a `map` as well. */
function preparesDatasets({ imports, importers }: PythonModule): boolean {
  return (
    [...imports].some((name) => library.test(name)) ||
    (![...imports].some((name) => /^pandas(\.|$)/.test(name)) &&
      importers.some((module) => module.imports.some((name) => library.test(name))))
  )
}

/** `frame['text'].apply(lambda text: tokenizer.encode(text))`: a column of a table, one text per call. */
function columns(analysis: PythonModule): Mapping[] {
  if (![...analysis.imports].some((name) => /^pandas(\.|$)/.test(name))) return []
  return analysis.methodCalls('apply').flatMap((call): Mapping[] => {
    const one = columnOf(analysis, call)
    return one === null ? [] : [one]
  })
}

function columnOf(analysis: PythonModule, call: Call): Mapping | null {
  const { args, callee } = call.expr
  const [given] = args
  if (call.name !== null || callee.type !== 'attribute' || callee.value.type !== 'subscript') return null
  if (given === undefined || given.star !== 0 || given.name !== null) return null
  const target = analysis.functionOf(given.value)
  const body = given.value.type === 'lambda' ? given.value.body : (target?.node ?? null)
  if (body === null) return null
  if (!callsWithin(analysis, body, 1, new Set()).some((one) => isTokenizer(analysis, one))) return null
  const name = given.value.type === 'name' ? given.value.id : '…'
  return { call, key: 'batched', shown: `apply(${name})`, work: 'tokenises one text', simple: true }
}

function mappingOf(analysis: PythonModule, call: Call): Mapping | null {
  if (call.method === 'apply') return columnOf(analysis, call)
  const { args, callee } = call.expr
  if (call.name !== null || callee.type !== 'attribute') return null
  const given = args.find((one) => one.name === 'function') ?? args[0]
  if (given === undefined || given.star !== 0 || (given.name !== null && given.name !== 'function'))
    return null
  // What comes unpacked may well say how.
  if (args.some((one) => one.star !== 0)) return null
  const batched = analysis.argument(call, 'batched')
  const rows = mayBePassed(batched) && fixedArgument(batched) === false
  if (!rows && (mayBePassed(batched) || args.some((one) => one.name === 'num_proc'))) return null
  if (args.some((one) => one.name === 'num_parallel_calls')) return null
  const target =
    analysis.functionOf(given.value) ??
    (analysis.instanceClass(given.value) ?? calledClass(analysis, given.value))?.methods.get('__call__') ??
    null
  const body = given.value.type === 'lambda' ? given.value.body : (target?.node ?? null)
  if (body === null) return null
  const inside = callsWithin(analysis, body, 0, new Set())
  const cuts = inside.find((one) => isOtherTokenizer(analysis, one))
  if (cuts !== undefined && !streams(analysis, callee.value) && pipelineOf(analysis, callee.value) === null) {
    if (args.some((one) => one.name === 'num_proc')) return null
    const shown = `map(${given.value.type === 'name' ? given.value.id : '…'})`
    return { call, key: 'num_proc', shown, work: 'tokenises one text', simple: true }
  }
  const tokenises = inside.find((one) => isTokenizer(analysis, one))
  const prepares = inside.find((one) => isProcessor(analysis, one))
  const wanted = tokenises ?? prepares
  if (wanted === undefined || pipelineOf(analysis, callee.value) !== null || streams(analysis, callee.value))
    return null
  const named = given.value.type === 'call' ? given.value.callee : given.value
  const name = named.type === 'name' ? named.id : named.type === 'attribute' ? named.attr : '…'
  const shown = named === given.value ? `map(${name})` : `map(${name}(…))`
  // Beside a recording or a picture its text takes no time.
  if (tokenises === undefined || prepares !== undefined) {
    if (args.some((one) => one.name === 'num_proc')) return null
    // A process that is forked cannot use the card.
    if (inside.some((one) => one.method === 'cuda' || putsOnDevice(one, analysis.text))) return null
    const audio = /feature_extractor|audio|speech|wav|librosa|soundfile|sampling_rate/i.test(
      analysis.code.slice(body.start, body.end),
    )
    return {
      call,
      key: 'num_proc',
      shown,
      work: audio ? 'prepares one recording' : 'prepares one image',
      simple: true,
    }
  }
  return {
    call,
    key: 'batched',
    shown,
    work: 'tokenises one text',
    simple: takesLists(given.value, target, tokenises),
  }
}

/** Calls in the function, and in those of the module that it calls. */
function callsWithin(
  analysis: PythonModule,
  body: { start: number; end: number },
  depth: number,
  entered: Set<Func>,
): Call[] {
  const own = analysis.calls.filter(
    (one) => one.expr.start >= body.start && one.expr.end <= body.end && one.loops.length === 0,
  )
  if (depth >= 2) return own
  return own.flatMap((call) => {
    const func = analysis.functionOf(call.expr.callee)
    if (func === null || entered.has(func)) return [call]
    entered.add(func)
    return [call, ...callsWithin(analysis, func.node, depth + 1, entered)]
  })
}

/** A call of a tokenizer of its own: `tokenizer(…)`, `tok.encode(…)`; chat templates are rendered one by one anyhow. */
function isTokenizer(analysis: PythonModule, call: Call): boolean {
  const { callee } = call.expr
  const made = callee.type === 'name' || callee.type === 'attribute' ? analysis.typeOf(callee) : null
  if (made !== null && ofTransformers.test(made) && /Tokenizer/.test(made)) return !isSlow(analysis, callee)
  const text = analysis.text.slice(call.expr.callee.start, call.expr.callee.end)
  if (!/(^|[._])(tokenizer|tok)(\.(encode|encode_plus|__call__|tokenize))?$/i.test(text)) return false
  return !isSlow(analysis, call.expr.callee)
}

/** `map(Prepare(tokenizer))` */
function calledClass(analysis: PythonModule, expr: Expr): Klass | null {
  return expr.type === 'call' ? analysis.classOf(expr.callee) : null
}

const otherTokenizers =
  /^(sentencepiece\.SentencePieceProcessor|tiktoken\.(get_encoding|encoding_for_model|Encoding)|youtokentome\.BPE|tokenizers\.Tokenizer(\.from_\w+)?|spacy\.load|nltk\.\w+(\.\w+)*Tokenizer|stanza\.Pipeline|konlpy\.\w+(\.\w+)*|MeCab\.Tagger|sacremoses\.\w+)$/
const cutting = /^(encode\w*|Encode\w*|tokenize|pipe|morphs|pos|parse|nouns)$/
const cuttingFunctions =
  /^(nltk\.(\w+\.)*(word_tokenize|sent_tokenize|pos_tag)|jieba\.(\w+\.)?(l?cut|posseg\.cut))$/

/** Tokenizers of other libraries, which cut one text after the other in one process. */
function isOtherTokenizer(analysis: PythonModule, call: Call): boolean {
  if (call.name !== null) return cuttingFunctions.test(call.name)
  const { callee } = call.expr
  const object = callee.type === 'attribute' && cutting.test(callee.attr) ? callee.value : callee
  if (object.type !== 'name' && object.type !== 'attribute') return false
  const made = analysis.definition(object)
  const maker = made.type === 'call' ? analysis.nameOf(made.callee) : null
  return otherTokenizers.test(maker ?? analysis.typeOf(object) ?? '')
}

/** Only the fast tokenizers handle a batch in parallel. */
function isSlow(analysis: PythonModule, callee: Expr): boolean {
  const made = analysis.definition(callee)
  if (made.type !== 'call') return false
  const fast = made.args.find((one) => one.name === 'use_fast')
  if (fast !== undefined && fast.value.type === 'constant' && fast.value.value === false) return true
  const name = analysis.nameOf(made.callee) ?? ''
  // A class of its own that is not a `…Fast` one is written in Python.
  return (
    /^(nltk|spacy|sentencepiece|keras|torchtext)\./.test(name) ||
    /^transformers\.(?!Auto)\w*Tokenizer\.from_pretrained$/.test(name)
  )
}

const ofTransformers = /^transformers\./

function isProcessor(analysis: PythonModule, call: Call): boolean {
  const { callee } = call.expr
  const made = callee.type === 'name' || callee.type === 'attribute' ? analysis.typeOf(callee) : null
  if (made !== null && ofTransformers.test(made) && /(ImageProcessor|FeatureExtractor)/.test(made))
    return true
  const text = analysis.text.slice(call.expr.callee.start, call.expr.callee.end)
  if (/(^|[._])(feature_extractor|image_processor)$/i.test(text)) return true
  if (/^(librosa\.(load|feature\.\w+)|torchaudio\.load|soundfile\.read)$/.test(call.name ?? '')) return true
  // `processor(audio['array'])`; it takes texts as well, by their name.
  const [first] = call.expr.args
  const given = first?.name ?? (first === undefined ? 'text' : '')
  return /(^|[._])processor$/i.test(text) && /^(|audios?|images?|raw_speech|videos?)$/.test(given)
}

/** A data set that is, or may be, read while it is iterated over is not prepared ahead. */
function streams(analysis: PythonModule, receiver: Expr, depth = 0): boolean {
  if (depth > 8) return false
  const inner = (one: Expr): boolean => streams(analysis, one, depth + 1)
  switch (receiver.type) {
    case 'name':
      return analysis.bindingsOf(receiver).some(({ value }) => value !== null && inner(value))
    case 'subscript':
      return inner(receiver.value)
    case 'conditional':
      return inner(receiver.then) || inner(receiver.otherwise)
    case 'call': {
      const { callee, args } = receiver
      const asked = args.find((one) => one.name === 'streaming')?.value
      if (asked !== undefined) return asked.type !== 'constant' || asked.value === true
      const name = analysis.nameOf(callee)
      if (name !== null) return /^datasets\.(\w+\.)*Iterable/.test(name)
      return callee.type === 'attribute' && inner(callee.value)
    }
    default:
      return false
  }
}

/** `return tokenizer(row['text'], truncation=True)`: lists go in as well as texts. */
function takesLists(given: Expr, target: Func | null, call: Call): boolean {
  const returned =
    given.type === 'lambda' ? given.body : target === null ? null : onlyStatement(target.node.body)
  if (
    returned !== call.expr ||
    (call.expr.callee.type === 'attribute' && /^(encode|encode_plus|tokenize)$/.test(call.expr.callee.attr))
  )
    return false
  const params = given.type === 'lambda' ? given.params : target!.node.params
  const row = params.filter((one) => one.name !== 'self')
  if (row.length !== 1) return false
  if (call.expr.args.some((one) => one.name === 'return_tensors' || one.star !== 0)) return false
  return call.expr.args.every(({ value }) => isColumn(value, row[0]!.name) || !mentions(value, row[0]!.name))
}

function onlyStatement(body: Stmt[]): Expr | null {
  const code = body.filter((one) => one.type !== 'expr' || one.value.type !== 'constant')
  const [only] = code
  return code.length === 1 && only?.type === 'return' ? only.value : null
}

function isColumn(expr: Expr, row: string): boolean {
  return (
    expr.type === 'subscript' &&
    expr.value.type === 'name' &&
    expr.value.id === row &&
    !mentions(expr.index, row)
  )
}

function mentions(expr: Expr, name: string): boolean {
  if (expr.type === 'name') return expr.id === name
  return childrenOf(expr).some((child) => mentions(child, name))
}

function changeMapping(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  const found = python === undefined || call === null ? null : mappingOf(python, call)
  if (python === undefined || call === null || found === null)
    return { reason: 'the call is no longer in the file' }
  const range: PythonRange = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const set = (name: string, text: string): Write => ({
    kind: 'set keyword',
    path,
    call: range,
    name,
    value: text,
  })
  if (call.method === 'apply') return { reason: 'give the tokenizer the list of all texts at once' }
  if (found.key === 'batched') {
    if (!found.simple)
      return {
        reason: 'its function handles one row: let it take a dictionary of lists, then give batched=True',
      }
    return {
      title: 'Tokenise in batches (batched=True)',
      safety: 'unsafe',
      writes: [set('batched', 'True')],
      imports: [],
    }
  }
  const told = toldOutside(python, call)
  if (told !== null)
    return { reason: `its function changes \`${told}\`, of which each process would have its own` }
  if (typeof value === 'number')
    return {
      title: `Use ${value} processes (num_proc=${value})`,
      safety: 'unsafe',
      writes: [set('num_proc', String(value))],
      imports: [],
    }
  return {
    title: 'Use several processes (num_proc)',
    safety: 'unsafe',
    ...processes(python, facts, call, set),
  }
}

function processes(
  python: PythonModule,
  facts: FragmentFacts,
  call: Call,
  set: (name: string, text: string) => Write,
): Pick<Change, 'writes' | 'imports'> {
  const { code, imports } = upToCores(python, facts, call.expr.start)
  return { writes: [set('num_proc', code)], imports }
}

const inPlace = /^(append|extend|insert|update|pop|popitem|remove|setdefault|clear|add|put|writerow|write)$/

/** `skipped.append(row)`, `counts[key] += 1`, `global seen`: what the function of a `map` changes that others read; null: nothing. */
function toldOutside(python: PythonModule, call: Call): string | null {
  const given = call.expr.args.find((one) => one.name === 'function') ?? call.expr.args[0]
  const func = given === undefined ? null : python.functionOf(given.value)
  if (func === null) return null
  const { start, end } = func.node
  const within = (one: { start: number; end: number }): boolean => one.start >= start && one.end <= end
  const outer = (expr: Expr): string | null => {
    if (expr.type === 'attribute' || expr.type === 'subscript') return outer(expr.value)
    if (expr.type !== 'name') return null
    const bindings = python.bindingsOf(expr)
    return bindings.length > 0 && bindings.every(({ at }) => at < start || at >= end) ? expr.id : null
  }
  for (const { expr, method } of python.calls) {
    if (!within(expr) || expr.callee.type !== 'attribute' || !inPlace.test(method)) continue
    const name = outer(expr.callee.value)
    if (name !== null) return name
  }
  for (const statement of python.statements) {
    if (!within(statement)) continue
    if (statement.type === 'global')
      return python.text.slice(statement.start, statement.end).replace(/^\w+\s+/, '')
    const targets =
      statement.type === 'assign'
        ? statement.targets
        : statement.type === 'augassign'
          ? [statement.target]
          : []
    for (const target of targets) {
      const name = target.type === 'name' ? null : outer(target)
      if (name !== null) return name
    }
  }
  return null
}
