/** Batches that hold a single record: `x.unsqueeze(0)`, `x[None]`, `tokenizer(text, return_tensors='pt')`. */
import type { Argument, CallExpr, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Func, FunctionSummary, PythonModule } from './module.js'
import { certainReturn } from './returns.js'
import { heldBy } from './value-origins.js'

export interface BatchOfOne {
  /** What it is made of. */
  record: Expr
  /** `shape`: it surely holds one; `tokens`: it holds one if the record is one text, and no list of them. */
  by: 'shape' | 'tokens'
  /** A list of several would be padded to one length. */
  pads: boolean
}

const deepest = 12

/** Null: it holds several, or nothing tells. */
export function batchOfOne(python: PythonModule, expr: Expr, depth = 0): BatchOfOne | null {
  if (depth > deepest) return null
  // A name that is bound again and again from itself leads to the same expressions on many ways.
  const known = once(python, 'batches of one', () => new Map<Expr, BatchOfOne | null>())
  const before = known.get(expr)
  if (before !== undefined) return before
  known.set(expr, null)
  const found = follow(python, expr, depth)
  known.set(expr, found)
  return found
}

function follow(python: PythonModule, expr: Expr, depth: number): BatchOfOne | null {
  const inner = (one: Expr | undefined): BatchOfOne | null =>
    one === undefined ? null : batchOfOne(python, one, depth + 1)
  switch (expr.type) {
    case 'name': {
      // With `if cuda: inputs = inputs.to('cuda')`.
      let first: BatchOfOne | null = null
      for (const { kind, value, unpack } of heldBy(python, expr).bindings) {
        const held = kind === 'assign' && value !== null && unpack === null ? inner(value) : null
        if (held === null) return null
        first ??= held
      }
      return first
    }
    case 'starred':
      return inner(expr.value)
    case 'attribute':
      return partOfTokens.test(expr.attr) ? inner(expr.value) : null
    case 'subscript':
      return ofSubscript(python, expr, inner)
    case 'comprehension': {
      const [clause] = expr.clauses
      const items = clause?.iterable
      return expr.kind === 'dict' && items?.type === 'call' && items.callee.type === 'attribute'
        ? inner(items.callee.value)
        : null
    }
    case 'call':
      return ofCall(python, expr, inner)
    // `pixels[None] / 255`
    case 'binary':
      return expr.right.type === 'constant' || expr.right.type === 'name' ? inner(expr.left) : null
    default:
      return null
  }
}

/** Whether what a function returns is a batch of one. */
export function givenBatch(python: PythonModule, func: Func): Pick<FunctionSummary, 'givesOne'> {
  const returned = certainReturn(func)
  const made = returned === null ? null : batchOfOne(python, returned)
  return made === null ? {} : { givesOne: made.by }
}

type Inner = (expr: Expr | undefined) => BatchOfOne | null

const partOfTokens = /^(input_ids|input_features|input_values|pixel_values|inputs_embeds|data)$/

function ofSubscript(
  python: PythonModule,
  { value, index }: Expr & { type: 'subscript' },
  inner: Inner,
): BatchOfOne | null {
  const first = index.type === 'tuple' ? index.items[0] : index
  if (first !== undefined && isNewAxis(python, first)) return byShape(value)
  if (index.type === 'constant' && typeof index.value === 'string' && partOfTokens.test(index.value))
    return inner(value)
  // `x[i:i + 1]`.
  const written = python.code.slice(index.start, index.end).replace(/\s/g, '')
  return /^(\w+):\1\+1(,|$)/.test(written) ? byShape(value, index) : null
}

function isNewAxis(python: PythonModule, expr: Expr): boolean {
  return (
    (expr.type === 'constant' && expr.value === null) ||
    (expr.type === 'attribute' && expr.attr === 'newaxis' && python.nameOf(expr) !== null)
  )
}

/** @param index what picks the record, where the value alone does not */
function byShape(record: Expr, index?: Expr): BatchOfOne {
  return { record: index ?? record, by: 'shape', pads: false }
}

const moves =
  /^(to|cuda|cpu|float|half|double|bfloat16|long|int|type|contiguous|astype|detach|clone|requires_grad_|pin_memory|numpy|copy)$/
const conversions =
  /^(torch\.(tensor|as_tensor|from_numpy|Tensor|FloatTensor|LongTensor)|torch\.autograd\.Variable|numpy\.(array|asarray)|jax\.numpy\.(array|asarray)|tensorflow\.(convert_to_tensor|constant|cast))$/
const addsAxis = /^(torch\.unsqueeze|(numpy|jax\.numpy|tensorflow)\.expand_dims|keras\.ops\.expand_dims)$/

function ofCall(python: PythonModule, expr: CallExpr, inner: Inner): BatchOfOne | null {
  const { callee, args } = expr
  const method = lastName(callee)
  const name = python.nameOf(callee)
  const first = args.find((one) => one.name === null && one.star === 0)
  const tokens = tokenized(expr)
  if (tokens !== null) return tokens
  if (name !== null && addsAxis.test(name))
    return first !== undefined && isZero(argumentOf(args, 1, 'dim', 'axis')) ? byShape(first.value) : null
  if (name !== null && conversions.test(name)) {
    const held = first?.value
    const [item] = held?.type === 'list' ? held.items : []
    if (held?.type === 'list')
      return held.items.length === 1 && item!.type !== 'starred' ? byShape(item!) : null
    return inner(held)
  }
  const own = python.functionOf(callee)
  if (own !== null) {
    const returned = certainReturn(own)
    const made = returned === null ? null : inner(returned)
    return made === null ? null : { ...made, record: expr }
  }
  const elsewhere = python.importedFunction(callee)?.givesOne
  if (elsewhere !== undefined) return { record: expr, by: elsewhere, pads: false }
  if (callee.type !== 'attribute') return null
  if (/^unsqueeze_?$/.test(method)) return isZero(argumentOf(args, 0, 'dim')) ? byShape(callee.value) : null
  if (/^(reshape|view)$/.test(method) && name === null && beginsWithOne(args)) return byShape(callee.value)
  return moves.test(method) && name === null ? inner(callee.value) : null
}

/** `tokenizer(text, return_tensors='pt')`, `processor(images=image, return_tensors='pt')`. */
function tokenized({ callee, args }: CallExpr): BatchOfOne | null {
  if (!args.some(({ name }) => name === 'return_tensors')) return null
  const positional = args.find(({ name, star }) => name === null && star === 0)
  const named = args.find(({ name }) =>
    /^(text|images?|audio|raw_speech|conversation|videos?)$/.test(name ?? ''),
  )
  const given = (named ?? positional)?.value
  if (given === undefined) return null
  const padding = args.find(({ name }) => name === 'padding')?.value
  const pads = padding !== undefined && !(padding.type === 'constant' && padding.value === false)
  if (given.type === 'list')
    return given.items.length === 1 && given.items[0]!.type !== 'starred' ? byShape(given.items[0]!) : null
  // A conversation is a list of messages.
  const chat = lastName(callee) === 'apply_chat_template'
  return { record: given, by: chat ? 'shape' : 'tokens', pads }
}

function argumentOf(args: readonly Argument[], position: number, ...names: string[]): Expr | undefined {
  const named = args.find(({ name }) => name !== null && names.includes(name))
  return (named ?? args.filter(({ name, star }) => name === null && star === 0)[position])?.value
}

function isZero(expr: Expr | undefined): boolean {
  return expr?.type === 'constant' && expr.value === 0
}

/** `reshape(1, 28, 28)`, `view((1, -1))`. */
function beginsWithOne(args: readonly Argument[]): boolean {
  const [first, second] = args
  const shape = first?.value.type === 'tuple' || first?.value.type === 'list' ? first.value.items : null
  const leading = shape === null ? first?.value : shape[0]
  const more = shape === null ? second !== undefined : shape.length > 1
  return more && leading?.type === 'constant' && leading.value === 1
}
