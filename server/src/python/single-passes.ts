/** Networks that are run on one record: `model(image.unsqueeze(0))`, and functions that do so with what they are passed. */

import type { Argument, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { batchOfOne } from './batches-of-one.js'
import type { SingleParameter, SinglePassKind } from './function-summary.js'
import type { Call, Func, PythonModule } from './module.js'
import { isNetworkType } from './network-types.js'
import { passKindOf } from './pass-kinds.js'
import { type Sizing, sizing } from './record-sizes.js'
import { originsOf } from './value-origins.js'

/** A call that runs a network on a batch of one. */
export interface SinglePass {
  call: Call
  kind: SinglePassKind
  /** What the batch is made of. */
  record: Expr
  /** It is one only if the record is no list. */
  unsure: boolean
  /** A list would be padded: then it may well be one. */
  pads: boolean
  /** What the function does with it that is called: as `SingleParameter`. */
  within?: Sizing
}

/** What a module must hold for any of it. */
const words =
  /unsqueeze|expand_dims|newaxis|(array|[tT]ensor)\(\s*\[|\[None\b|return_tensors|\.run\(|\b(spacy|stanza)\b|(reshape|view)\(\s*\(?1\b|: *\w+ *\+ *1\b|pipeline\(|SentenceTransformer|CrossEncoder|FlagEmbedding|ultralytics|vllm/

const known = new WeakMap<PythonModule, Map<Func, SingleParameter[]>>()

export function singlePassesOf(python: PythonModule, call: Call): SinglePass[] {
  const direct = directPass(python, call)
  if (direct !== null) return [direct]
  const { callee } = call.expr
  const own = python.functionOf(callee)
  const parameters = own === null ? python.importedSingles(callee) : singleParameters(python, own)
  return parameters.flatMap((parameter): SinglePass[] => {
    const { name, position, kind, unsure = false, pads = false } = parameter
    const given = python.argument(call, name, position)
    return given.state === 'given'
      ? [{ call, kind, record: given.expr, unsure, pads, within: parameter }]
      : []
  })
}

export function mayHoldSinglePasses(python: PythonModule): boolean {
  return (
    once(python.tree, 'words of single passes', () => words.test(python.code)) ||
    python.imported.some(({ functions, classes }) =>
      [...Object.values(functions), ...Object.values(classes)].some(
        (one) => one.singles !== undefined || ('givesOne' in one && one.givesOne !== undefined),
      ),
    )
  )
}

/** Parameters that a function runs a network on, each as a batch of one. */
export function singleParameters(python: PythonModule, func: Func): SingleParameter[] {
  let all = known.get(python)
  if (all === undefined) {
    all = new Map()
    known.set(python, all)
  }
  const before = all.get(func)
  if (before !== undefined) return before
  // What calls itself is not followed.
  all.set(func, [])
  const found = new Map<string, SingleParameter>()
  if (!python.effectsOfFunction(func).backward)
    for (const call of func.calls)
      for (const { kind, record, unsure, pads, within } of singlePassesOf(python, call)) {
        const origins = originsOf(python, record)
        const { loops, params, carried } = origins
        if (carried || loops.size > 0) continue
        for (const binding of params) {
          const owner = python.parameterOf(binding)
          if (owner?.func !== func || binding.name === 'self') continue
          if (unsure && isSeveral(python, record)) continue
          found.set(binding.name, {
            name: binding.name,
            position: owner.position,
            kind,
            ...(unsure ? { unsure: true as const } : {}),
            ...(pads ? { pads: true as const } : {}),
            ...sizing(python, origins, within),
          })
        }
      }
  const result = [...found.values()]
  all.set(func, result)
  return result
}

/** A list or a slice of several, or what is declared as one. */
export function isSeveral(python: PythonModule, expr: Expr, depth = 0): boolean {
  if (depth > 8) return false
  switch (expr.type) {
    case 'list':
    case 'tuple':
    case 'set':
    case 'comprehension':
      return true
    case 'call':
      return /^(list|tolist|to_list|sorted|r?split|splitlines|sent_tokenize|chunk)$/.test(
        lastName(expr.callee),
      )
    case 'subscript': {
      const written = python.code.slice(expr.index.start, expr.index.end)
      // `texts[start:start + size]`, not the first characters of a text.
      return written.includes(':') && originsOf(python, expr.index).loops.size > 0
    }
    case 'name':
      return python.bindingsOf(expr).some((binding) => {
        if (binding.kind === 'param') {
          const annotation = python.parameterOf(binding)?.annotation ?? null
          return (
            annotation !== null &&
            /\b(list|sequence|iterable)\b/i.test(python.code.slice(annotation.start, annotation.end))
          )
        }
        return (
          binding.kind === 'assign' &&
          binding.value !== null &&
          binding.unpack === null &&
          binding.at <= expr.start &&
          isSeveral(python, binding.value, depth + 1)
        )
      })
    default:
      return false
  }
}

/** `texts.map(encoder.encode)`, `map(classifier, texts)`: a network is handed over as it is, to be run on each element. */
export function passHandedOver(python: PythonModule, call: Call): SinglePass | null {
  const [first] = call.expr.args
  if (first === undefined || (first.value.type !== 'attribute' && first.value.type !== 'name')) return null
  const callee = first.value
  const kind = passKindOf(python, { ...call, name: null, expr: { ...call.expr, callee } })
  if (kind !== 'encode' && kind !== 'pipeline' && kind !== 'texts') return null
  const expr = { ...call.expr, callee, start: callee.start, end: callee.end }
  return { call: { ...call, expr }, kind, record: callee, unsure: false, pads: false }
}

function directPass(python: PythonModule, call: Call): SinglePass | null {
  const { callee, args } = call.expr
  if (args.length === 0 || (callee.type !== 'name' && callee.type !== 'attribute')) return null
  // A network that feeds its own layers knows what it does.
  const { function: func } = call
  if (
    func?.class?.bases.some(isNetworkType) === true &&
    /^(forward|call|__call__|training_step)$/.test(func.name)
  )
    return null
  const kind = passKindOf(python, call)
  const input = kind === null ? null : kind === 'session' ? fedTo(args) : inputOf(args)
  if (kind === null || input === null) return null
  if (kind === 'pipeline' || kind === 'encode' || kind === 'engine' || kind === 'texts') {
    if (input.type === 'list')
      return input.items.length === 1
        ? { call, kind, record: input.items[0]!, unsure: false, pads: false }
        : null
    return { call, kind, record: input, unsure: true, pads: false }
  }
  const batch = batchOfOne(python, input)
  if (batch === null) return null
  const byTokens = batch.by === 'tokens'
  // What prepares inputs for a network brings pictures to its size.
  const within = byTokens ? { within: { sized: true as const } } : {}
  return { call, kind, record: batch.record, unsure: byTokens, pads: batch.pads, ...within }
}

/** `session.run(None, {'input': picture[None]})`. */
function fedTo(args: readonly Argument[]): Expr | null {
  const feed = (args.find(({ name }) => name === 'input_feed') ?? args[1])?.value
  return feed?.type === 'dict' ? (feed.entries[0]?.value ?? null) : (feed ?? null)
}

const inputNames =
  /^(input\w*|pixel_values|images?|x|prompts?|texts?|sentences?|image_inputs|text_inputs|decoder_input_ids)$/

/** The first input: further ones may be steps, conditions or states. */
function inputOf(args: readonly Argument[]): Expr | null {
  const [first] = args
  if (first === undefined) return null
  if (first.name === null) return first.value
  return (
    (args.find(({ name }) => inputNames.test(name ?? '')) ?? args.find(({ star }) => star === 2))?.value ??
    null
  )
}
