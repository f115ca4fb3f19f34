/** Models that are loaded again for each element, row, request or pass, though they stay the same. */

import { passedFor } from '../../python/function-loads.js'
import { loadedModel } from '../../python/model-load-names.js'
import type { Call, Func, FunctionLoad, Loop, PythonModule } from '../../python/module.js'
import { readyNetworkRun } from '../../python/ready-networks.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { childrenOf, comprehensionsAround } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { numberIn } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import {
  appliesOnly,
  changesModel,
  type ElementFunction,
  elementFunctions,
  trainsModels,
} from './element-functions.js'
import { changeModelLoad } from './model-loads-change.js'

export const modelLoadsReader = defineReader({
  name: 'model-loads',
  languages: ['python'],
  triggers: [
    'from_pretrained',
    'load_model',
    'joblib.load',
    'pickle.load',
    'torch.load',
    'torch.jit.load',
    'torch.hub.load',
    'spacy.load',
    'saved_model.load',
    'InferenceSession',
    'SentenceTransformer',
    'YOLO(',
    'pipeline(',
    'hub.load',
    'load_learner',
    'CrossEncoder',
    'WhisperModel',
    'easyocr',
    'vllm',
    'llama_cpp',
    // The model may be loaded in another module.
    'predict',
    'infer',
    'fastapi',
    'Pool(',
    'Executor',
    'insightface',
    'flair',
    'demucs',
    'nemo',
    'paddle',
    'stanza',
    'mediapipe',
    'rembg',
    'openvino',
    'FlagEmbedding',
    'flask',
    'torch',
    'keras',
    'transformers',
    'pandas',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const claim = (found: Repeated): void => {
      const [first] = found.loads
      const { role, accelerator, notebook } = python.evidence
      const at = calleePlace(first!.call)
      const key = calleeText(python, first!.call)
      const operation = claimOperation(claims, {
        kind: 'load model',
        place: 'sample',
        key,
        at,
        site: { start: first!.call.expr.start, end: first!.call.expr.end },
        scope: found.func?.qualified ?? '',
        evidence: { role: role === 'test' ? 'test' : 'inference', accelerator, small: null, notebook },
        places: found.loads.map(({ call }) => ({ what: calleeText(python, call), node: calleePlace(call) })),
        weight: found.loads.every((one) => one.light) ? 'slight' : 'ordinary',
      })
      operation.known('repeatedFor', key, found.each, at)
      operation.known('remedy', key, found.remedy, at)
    }
    for (const found of repeatedLoads(python))
      if (!found.loads.some(({ call }) => isMeant(python, call))) claim(found)
  },
  change: changeModelLoad,
})

/** A comment a few lines above it says why: models that no two threads may share. */
function isMeant({ text, tree }: PythonModule, { expr }: Call): boolean {
  return tree.comments.some(
    (one) =>
      one.end <= expr.start &&
      reason.test(one.text) &&
      text.slice(one.end, expr.start).split('\n').length <= linesAbove + 1,
  )
}

const linesAbove = 4
const reason = /\bthread|\bbecause\b|on purpose|deliberate|intentional/i

function calleeText(python: PythonModule, call: Call): string {
  const { start, end } = calleePlace(call)
  return `${python.text.slice(start, end).replace(/\s+/g, '')}()`
}

const deepest = 12

export interface Load {
  call: Call
  /** A tokenizer or a scaler: milliseconds, not seconds. */
  light: boolean
  /** The function that is called loads it. */
  behind?: true
}

export interface Repeated {
  loads: Load[]
  func: Func | null
  each: string
  remedy: string
  /** Null: a loop, or a whole script. */
  element: ElementFunction | null
}

export function repeatedLoads(python: PythonModule): Repeated[] {
  const found: Repeated[] = []
  const taken = new Set<Call>()
  for (const element of elementFunctions(python)) {
    const loads = loadsIn(python, element.func).filter(({ call }) => !taken.has(call))
    if (loads.length === 0) continue
    for (const { call } of loads) taken.add(call)
    found.push({ loads, func: element.func, each: element.each, remedy: element.remedy, element })
  }
  found.push(...loadsInProperties(python, taken))
  found.push(...loadsInScript(python, taken), ...loadsInLoops(python, taken), ...loadsInRounds(python, taken))
  return found
}

/** Loads in a function and in those of the module that it calls, where nothing keeps what they give. */
function loadsIn(python: PythonModule, func: Func, depth = 0): Load[] {
  const loads: Load[] = []
  for (const call of func.calls) {
    // `if self.model is None:` loads once.
    if (call.conditional) continue
    const light = weightOf(python, call)
    if (light !== null) {
      if (!varies(python, call.expr, func.node)) loads.push({ call, light })
      continue
    }
    const inner = depth >= 1 || call.expr.args.length > 0 ? null : python.functionOf(call.expr.callee)
    const within =
      inner !== null && inner !== func && !keeps(python, inner) ? loadsIn(python, inner, depth + 1) : []
    if (within.length > 0) loads.push(...within)
    else if (depth === 0 && loadsBehind(python, call, [func.node]))
      loads.push({ call, light: false, behind: true })
  }
  return loads
}

/** What it runs loads a model each time, which is the same wherever that code is. */
function loadsBehind(python: PythonModule, call: Call, around: readonly Span[]): boolean {
  const { expr } = call
  const receiver = expr.callee.type === 'attribute' ? [expr.callee.value] : []
  return modelsBehind(python, call).some(({ inputs }) => {
    const passed = passedFor(expr, inputs)
    return (
      passed !== null &&
      !around.some((code) => [...receiver, ...passed].some((one) => variesIn(python, one, code)))
    )
  })
}

function modelsBehind(python: PythonModule, { name, expr: { callee } }: Call): FunctionLoad[] {
  if (name !== null) return []
  const own = python.functionOf(callee)
  const all = own === null ? python.importedLoads(callee) : python.functionLoads(own)
  const loads = all.filter(({ model }) => model === true)
  if (loads.length === 0 || (own !== null && keeps(python, own))) return []
  // An object may have a model of its own.
  return python.classOf(callee) !== null || python.importedClass(callee) !== null ? [] : loads
}

/** `@lru_cache`, `@st.cache_resource`, or a function that looks before it loads. */
function keeps(python: PythonModule, func: Func): boolean {
  const known = once(python, 'functions that keep what they load', () => new Map<Func, boolean>())
  const kept = known.get(func) ?? keepsByText(python, func)
  known.set(func, kept)
  return kept
}

function keepsByText(python: PythonModule, func: Func): boolean {
  const decorated = func.node.decorators.some((one) =>
    /cache|memo|singleton|once/i.test(python.code.slice(one.start, one.end)),
  )
  return (
    decorated ||
    /\bglobal\b|\bis (not )?None\b|\bnot in\b|hasattr\(/.test(
      python.code.slice(func.node.start, func.node.end),
    )
  )
}

/** Streamlit runs the whole script anew whenever somebody touches a control. */
function loadsInScript(python: PythonModule, taken: Set<Call>): Repeated[] {
  if (
    !python.calls.some(({ name, function: func }) => func === null && name?.startsWith('streamlit.') === true)
  )
    return []
  const loads: Load[] = []
  for (const call of python.calls) {
    if (call.function !== null || call.conditional || call.loops.length > 0 || taken.has(call)) continue
    const light = weightOf(python, call)
    if (light !== null) loads.push({ call, light })
    const inner = light !== null ? null : python.functionOf(call.expr.callee)
    if (inner !== null && !keeps(python, inner)) loads.push(...loadsIn(python, inner, 1))
  }
  const fresh = [...new Map(loads.map((load) => [load.call, load])).values()].filter(
    ({ call }) => !taken.has(call),
  )
  if (fresh.length === 0) return []
  for (const { call } of fresh) taken.add(call)
  return [{ loads: fresh, func: null, each: 'interaction', remedy: cached, element: null }]
}

export const cached = 'in a function under `@st.cache_resource`'

function loadsInLoops(python: PythonModule, taken: Set<Call>): Repeated[] {
  const found = new Map<object, Repeated>()
  for (const call of python.calls) {
    if (taken.has(call) || call.conditional) continue
    const load = loadOfEachPass(python, call)
    if (load === null) continue
    const pass = call.loops.at(-1) ?? call.statement
    const known = found.get(pass)
    if (known !== undefined) known.loads.push(load)
    else
      found.set(pass, {
        loads: [load],
        func: call.function,
        each: 'pass of the loop',
        remedy: 'before the loop',
        element: null,
      })
  }
  return [...found.values()]
}

function loadOfEachPass(python: PythonModule, call: Call): Load | null {
  const light = weightOf(python, call)
  // What a library has under a name runs no code of the project.
  if (light === null && call.name !== null) return null
  const loop = call.loops.at(-1)
  if (light === true || loop?.hasBreak === true || loop?.node.type === 'while') return null
  const around = call.loops.map(({ node }) => node)
  if (light === false) {
    const same =
      loop !== undefined &&
      (appliesOnly(loop) || (!trainsModels(loop) && runsReadyNetwork(python, loop))) &&
      !around.some((node) => varies(python, call.expr, node))
    return same ? { call, light } : null
  }
  // Hardly any call runs code that loads a model, so all else is asked of few.
  if (modelsBehind(python, call).length === 0) return null
  const items = comprehensionsAround(call.statement, call.expr)
  if (loop === undefined && items.length === 0) return null
  if (loop !== undefined && isShort(loop)) return null
  const heads = items.flatMap(({ clauses }) =>
    clauses.map(({ target, iterable }) => ({ start: target.start, end: iterable.end })),
  )
  if (heads.some(({ start, end }) => startsAfresh.test(python.code.slice(start, end)))) return null
  if (changesModels(python, loop, call) || !loadsBehind(python, call, [...around, ...items])) return null
  return { call, light: false, behind: true }
}

/** `detector(frame)`, `session.run(None, inputs)` of what a library hands out with its weights. */
function runsReadyNetwork(python: PythonModule, { calls }: Loop): boolean {
  const made = new Set(calls.flatMap(({ assignedTo }) => assignedTo ?? []))
  return calls.some(
    ({ expr, method }) =>
      readyNetworkRun(python, expr) !== null ||
      (/^(apply_model|inference_\w+|remove)$/.test(method) &&
        expr.args.some(({ value }) => value.type === 'name' && made.has(value.id))),
  )
}

/** Over a few models, splits or tasks. */
const fewPasses = 5

function isShort({ trips }: Loop): boolean {
  return (numberIn(trips) ?? Number.POSITIVE_INFINITY) < fewPasses
}

const startsAfresh = /fold|seed|trial|repeat|epoch/i
const trainsInText = /(^|\W)(train|fit|fine_?tune|backward)\w*\(/i

/** A model that is trained or changed has to be a fresh one each time. */
function changesModels(python: PythonModule, loop: Loop | undefined, call: Call): boolean {
  if (
    loop !== undefined &&
    (trainsModels(loop) || startsAfresh.test(python.code.slice(loop.node.start, loop.node.body[0]!.start)))
  )
    return true
  const own = python.functionOf(call.expr.callee)
  if (own !== null) return trainsInText.test(python.code.slice(own.node.start, own.node.end))
  const imported = python.importedFunction(call.expr.callee)
  return imported !== null && (imported.trains || imported.backward || imported.calls.some(changesModel))
}

export const keptProperty = 'when the object is made, or keep it in an attribute'

/** `@property` that loads a model: each method that reads it does so anew. */
function loadsInProperties(python: PythonModule, taken: Set<Call>): Repeated[] {
  return python.functions.flatMap((func): Repeated[] => {
    const isProperty = func.node.decorators.some((one) => one.type === 'name' && one.id === 'property')
    if (!isProperty || keeps(python, func) || !isReadByMethods(python, func)) return []
    const loads = loadsIn(python, func, 1).filter(({ call, light }) => !light && !taken.has(call))
    if (loads.length === 0) return []
    for (const { call } of loads) taken.add(call)
    return [{ loads, func, each: `use of \`${func.name}\``, remedy: keptProperty, element: null }]
  })
}

/** Another method that is given something reads it: it does so for each call. */
function isReadByMethods(python: PythonModule, { name, class: owner }: Func): boolean {
  const read = new RegExp(`\\bself\\.${name}\\b`)
  return python.functions.some(
    ({ node, class: other, name: reader }) =>
      owner !== null &&
      other === owner &&
      reader !== name &&
      !/^(__\w+__|train\w*|fit\w*|val\w*|test\w*|eval\w*|export\w*|save\w*|load\w*)$/.test(reader) &&
      node.params.length > 1 &&
      read.test(python.code.slice(node.start, node.end)),
  )
}

const roundWords = /(^|_)(rounds?|rnd|comm\w*|clients?|federated|participants?|selected)(_|$)/i
const deepestRounds = 3

/** Federated training: what each client does in each round. */
function loadsInRounds(python: PythonModule, taken: Set<Call>): Repeated[] {
  return python.functions.flatMap((func): Repeated[] => {
    const loads = func.calls.flatMap((call): Load[] => {
      const isModel = !taken.has(call) && !call.conditional && weightOf(python, call) === false
      return isModel && call.loops.length === 0 && !varies(python, call.expr, func.node)
        ? [{ call, light: false }]
        : []
    })
    if (loads.length === 0 || keeps(python, func) || !runsInRounds(python, func)) return []
    for (const { call } of loads) taken.add(call)
    const remedy = 'before the first round, in each process that trains'
    return [{ loads, func, each: 'round', remedy, element: null }]
  })
}

function runsInRounds(python: PythonModule, func: Func, depth = 0): boolean {
  if (depth > deepestRounds || func.name === '__init__') return false
  const isClient = func.class?.bases.some((base) => /^flwr\.(\w+\.)*(NumPy)?Client$/.test(base)) === true
  if (isClient && /^(fit|evaluate)$/.test(func.name)) return true
  const sites =
    func.class === null
      ? (python.callSites(func) ?? [])
      : python.calls.filter(({ method, expr }) => method === func.name && expr.callee.type === 'attribute')
  return sites.some(
    ({ loops, function: caller }) =>
      loops.some(
        ({ node }) =>
          node.type === 'for' && roundWords.test(python.text.slice(node.target.start, node.target.end)),
      ) ||
      (caller !== null && caller !== func && runsInRounds(python, caller, depth + 1)),
  )
}

/** Null: no load of a model; true: of something light. */
function weightOf(python: PythonModule, call: Call): boolean | null {
  const loaded =
    call.name === null ? null : loadedModel(call.name, argumentsText(python, call), call.assignedTo)
  return loaded === null ? null : loaded === 'light'
}

function argumentsText(python: PythonModule, call: Call): string {
  return python.text.slice(call.expr.callee.end, call.expr.end)
}

/** An argument that is another one each time that the code between these places runs. */
function varies(python: PythonModule, expr: CallExpr, code: Span): boolean {
  return expr.args.some((argument) => variesIn(python, argument.value, code))
}

function variesIn(python: PythonModule, expr: Expr, code: Span): boolean {
  const visit = (one: Expr, depth: number): boolean => {
    if (depth > deepest) return true
    if (one.type !== 'name') return childrenOf(one).some((child) => visit(child, depth + 1))
    if (one.id === 'self' || one.id === 'cls') return false
    return python.bindingsOf(one).some(({ at, kind, value }) => {
      if (at < code.start || at >= code.end) return false
      // `with open('model.pkl', 'rb') as f`.
      const made = kind === 'assign' || kind === 'with' ? value : null
      return made === null || visit(made, depth + 1)
    })
  }
  return visit(expr, 0)
}
