/** Texts that the code of a data set pads to one length itself: `ids + [PAD] * (max_length - len(ids))`. */
import type { Func, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf, lastName } from '../../syntax/python-children.js'
import { numberIn, passedExpression } from '../../values/argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { shapesStay } from '../huggingface/padding.js'
import { onlyEvaluates } from './evaluated-once.js'
import { codeMatches, trainingEvidence, trainsAnywhere } from './evidence.js'
import { hotCode } from './hot-code.js'
import { usesAny, usesAround } from './library-uses.js'
import { isDataset, makersOf } from './sample-work.js'

/** What is padded may be anything else: measurements of patients, paths of cars. */
const ofWords =
  /[tT]okeni[sz]|sentencepiece|tiktoken|token_?ids|input_ids|vocab|\bwords?\b|captions?\b|sentences?\b|<pad>/

/** What a length is taken from, or ends with. */
const lengths =
  /\bwhile\s+len\(|enable_padding|-\s*\w*len|-\s*\w+\.(size|shape)\b|:\s*(len\(|\w+\.(size|shape)\b)/

export function claimPaddedByHand(python: PythonModule, claims: ClaimBuilder): void {
  const [first] = paddedByHand(python)
  if (first !== undefined) claimPadding(python, first, trainingEvidence(python), claims)
}

/** The same of functions that prepare what a library then trains on. */
export function claimPaddedIn(
  python: PythonModule,
  functions: readonly Func[],
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  if (!codeMatches(python, ofWords)) return
  // Whoever prepares all texts at once has one length for all of them.
  const [first] = functions.flatMap((func) => paddings(python, func.node.body, func))
  if (first !== undefined) claimPadding(python, first, evidence, claims)
}

function claimPadding(python: PythonModule, first: Padding, evidence: Evidence, claims: ClaimBuilder): void {
  const { func, at, length } = first
  const place = { start: at.start, end: at.end }
  const site = {
    ...place,
    target: { kind: 'refused' as const, reason: 'pad where a batch is put together, to its longest text' },
  }
  const pipeline = claims.subject('InputPipeline', place, func?.qualified ?? '', evidence)
  const key = python.text.slice(length.start, length.end).replace(/\s+/g, ' ')
  pipeline.known('paddedByHand', key, true, place, { site })
  const tokens = numberIn(python.fold(length))
  if (tokens !== null) pipeline.known('paddedTo', key, tokens, place, { site })
  else {
    pipeline.unknown('paddedTo', key, 'the length cannot be read', place)
    pipeline.known('paddedAlike', key, true, place, { site })
  }
}

const tensorDataSet = 'torch.utils.data.TensorDataset'

interface Padding {
  /** Null: the module itself. */
  func: Func | null
  at: Expr
  /** What it is padded to. */
  length: Expr
}

function paddedByHand(python: PythonModule): Padding[] {
  if (!lengths.test(python.code) || !codeMatches(python, ofWords) || shapesStay(python)) return []
  const functions = [...preparing(python)].flatMap((func) => paddings(python, func.node.body, func))
  // A script that makes one tensor of all texts.
  const own = usesAny(python, [tensorDataSet]) ? paddings(python, python.tree.body, null) : []
  return [...functions, ...own, ...padsAsTokenizer(python)].filter(({ length }) =>
    isOneForAll(python, length),
  )
}

/** Functions that each sample of a training runs through: when it is asked for, put into a batch, or when the data set is made. */
function preparing(python: PythonModule): Set<Func> {
  const found = new Set<Func>()
  const add = (func: Func): void => {
    if (func.class !== null && onlyEvaluates(python, func.class.name)) return
    found.add(func)
    for (const one of hotCode(python, func.node.body, func).followed.keys()) found.add(one)
  }
  for (const { func } of makersOf(python)) add(func)
  for (const klass of python.classes)
    if (isDataset(klass)) for (const method of klass.methods.values()) add(method)
  // All texts become rows of one tensor.
  const fillsTensors = usesAround(python, [tensorDataSet]) || usesAny(python, [tensorDataSet])
  for (const func of python.functions)
    if (fillsTensors || python.outsideCalls(func).some(({ eachSample }) => eachSample === true)) add(func)
  return found
}

/** `tokenizer.enable_padding(length=512)` of the library `tokenizers`. */
function padsAsTokenizer(python: PythonModule): Padding[] {
  if (!python.uses('tokenizers.') || !trainsAnywhere(python)) return []
  return python.methodCalls('enable_padding').flatMap((call) => {
    const length = passedExpression(python.argument(call, 'length'))
    return length === null ? [] : [{ func: call.function, at: call.expr, length }]
  })
}

function paddings(python: PythonModule, body: readonly Stmt[], func: Func | null): Padding[] {
  const found: Padding[] = []
  const filled = new Map<string, Expr & { type: 'call' }>()
  const visit = (expr: Expr): void => {
    const length = padsTo(python, expr)
    if (length !== null) found.push({ func, at: expr, length })
    else for (const child of childrenOf(expr)) visit(child)
  }
  const assign = (target: Expr | undefined, value: Expr): void => {
    if (target?.type === 'name') {
      const made = value.type === 'binary' && value.op === '*' ? value.left : value
      if (made.type === 'call' && fills.test(python.nameOf(made.callee) ?? '')) filled.set(target.id, made)
      else filled.delete(target.id)
    }
    // `row = torch.ones(longest) * pad`, then `row[: len(ids)] = ids`.
    if (target?.type !== 'subscript' || target.value.type !== 'name') return
    const row = filled.get(target.value.id)
    const size = row?.args[0]?.value
    // `torch.zeros(2, longest)`, of which each row is filled.
    const rows = row?.args.filter(({ name, star }) => name === null && star === 0) ?? []
    const several = rows.length > 1 && target.index.type === 'tuple' && lastName(row!.callee) !== 'full'
    const length = several
      ? rows.at(-1)!.value
      : size?.type === 'tuple' && (size.items.length === 1 || target.index.type === 'tuple')
        ? size.items.at(-1)!
        : size
    const ends = python.code.slice(target.index.start, target.index.end)
    if (row === undefined || length === undefined || length.type === 'tuple') return
    if (/:.*(\blen\(|\.size\(|\.shape\b)/s.test(ends)) found.push({ func, at: row, length })
  }
  const walk = (block: readonly Stmt[]): void => {
    for (const statement of block) {
      if (statement.type === 'function' || statement.type === 'class') continue
      for (const expr of expressionsOf(statement)) visit(expr)
      if (statement.type === 'assign' && statement.value !== null)
        assign(statement.targets[0], statement.value)
      const appended = appendsUpTo(python, statement)
      if (appended !== null) found.push({ func, ...appended })
      for (const inner of blocksOf(statement)) walk(inner)
    }
  }
  walk(body)
  return found
}

/** `while len(ids) < longest: ids.append(0)`. */
function appendsUpTo(python: PythonModule, statement: Stmt): Pick<Padding, 'at' | 'length'> | null {
  if (statement.type !== 'while' || statement.test.type !== 'binary' || !/^(<|!=)$/.test(statement.test.op))
    return null
  const { left, right } = statement.test
  if (!isLength(left) || statement.body.length === 0) return null
  // The words, and what says which of them are none.
  const appends = statement.body.every((one) => /\.append\(|\+=/.test(python.code.slice(one.start, one.end)))
  return appends ? { at: statement.test, length: right } : null
}

const fills = /^(torch|numpy)\.(zeros|ones|full)$/
const padsArrays = /^(torch\.nn\.functional|numpy)\.pad$/

/** What an expression fills up to; null: it fills up nothing. */
function padsTo(python: PythonModule, expr: Expr): Expr | null {
  if (expr.type === 'binary' && expr.op === '*') {
    const [list, count] = expr.left.type === 'list' ? [expr.left, expr.right] : [expr.right, expr.left]
    return list.type === 'list' && list.items.length === 1 && !isEmptyText(list.items[0]!)
      ? missing(python, count)
      : null
  }
  if (expr.type !== 'call') return null
  const name = python.nameOf(expr.callee) ?? ''
  const size = fills.test(name) ? expr.args[0] : padsArrays.test(name) ? expr.args[1] : undefined
  if (size === undefined || size.star > 0) return null
  const { value } = size
  if (value.type !== 'tuple' && value.type !== 'list') return missing(python, value)
  const last = value.items.at(padsArrays.test(name) ? -1 : 0)
  return last === undefined ? null : missing(python, last)
}

/** `answers + [''] * (most - len(answers))`: as many texts for each sample, rather than as many words for each text. */
function isEmptyText(expr: Expr): boolean {
  return expr.type === 'constant' && typeof expr.value === 'string' && !/pad/i.test(expr.value)
}

/** `longest` of `longest - len(ids)`, `longest - ids.size(0)`, `longest - ids.shape[0]`, also behind a name. */
function missing(python: PythonModule, expr: Expr): Expr | null {
  const count = expr.type === 'name' ? python.definition(expr) : expr
  if (count.type !== 'binary' || count.op !== '-') return null
  const taken = count.right.type === 'name' ? python.definition(count.right) : count.right
  return isLength(taken) ? count.left : null
}

function isLength(expr: Expr): boolean {
  if (expr.type === 'subscript') return expr.value.type === 'attribute' && expr.value.attr === 'shape'
  if (expr.type !== 'call') return false
  const { callee } = expr satisfies CallExpr
  return callee.type === 'name' ? callee.id === 'len' : callee.type === 'attribute' && callee.attr === 'size'
}

/** A number that is known, an option, or what the data set keeps: not the longest of a batch. */
function isOneForAll(python: PythonModule, length: Expr): boolean {
  if (numberIn(python.fold(length)) !== null) return true
  if (length.type !== 'attribute') return length.type === 'name' && /^[A-Z][A-Z\d_]*$/.test(length.id)
  const values = python.attributeValues(length)
  const own = length.value.type === 'name' && length.value.id === 'self'
  // What an object is given elsewhere may be the longest of a batch.
  if (values.length === 0) return own
  return values.every((value) => value !== null && (value.type === 'name' || value.type === 'attribute'))
}
