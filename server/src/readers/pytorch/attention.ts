/** Attention that is written out: the matrix of scores, its softmax, and the product with the values. */

import type { Func, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf } from '../../syntax/python-children.js'

export interface WrittenAttention {
  /** The softmax over the scores. */
  softmax: Expr
  func: Func
  className: string
}

const fused = /scaled_dot_product_attention|flash_attn|xformers|memory_efficient_attention|flex_attention/
/** Not softmax over the products of queries and keys alone: no fused kernel computes it. */
const another = /\bfft\b|rfft|torch\.c(omplex|float)|\btopk\(|sigmoid|sparse|wavelet|fourier/i

/** What the parts of attention are called, whatever the class is. */
const queries = /\bquer(y|ies)\b|\b(q_proj|to_q|w_?q)\b/i
const values = /\bvalues?\b|\b(v_proj|to_v|w_?v)\b/i

/** Between channels instead of places: its scores do not grow with the sample. `'b (head c) h w -> b head c (h w)'` */
const channels = /^\w*(channel|cross_?covariance|xca|mdta)|->[^'"\n]*\bc\w* \(\s*\w+( \w+)+\s*\)\s*['"]/i

const otherKind = (code: string): boolean => another.test(code) || channels.test(code)

export function writtenAttentions(analysis: PythonModule): WrittenAttention[] {
  const found: WrittenAttention[] = []
  for (const klass of analysis.classes) {
    if (!klass.bases.includes('torch.nn.Module')) continue
    const code = analysis.code.slice(klass.node.start, klass.node.end)
    if (!/att(entio)?n/i.test(klass.name) && !(queries.test(code) && values.test(code))) continue
    const lent = ownFused.test(analysis.code) ? code.replace(calledHere, '') : code
    if (fused.test(lent) || otherKind(`${klass.name}\n${code}`)) continue
    const forward = klass.methods.get('forward')
    if (forward === undefined) continue
    const modules = new Set([...code.matchAll(softmaxModules)].map((match) => match[1]!))
    for (const func of [forward, ...helpersOf(analysis, forward)]) {
      const softmax = scoresOf(func, modules)
      if (softmax === null) continue
      if (!found.some((one) => one.softmax === softmax)) found.push({ softmax, func, className: klass.name })
      break
    }
  }
  return found
}

/** A function of the module that is called like the fused one, which it is not. */
const ownFused = /\bdef scaled_dot_product_attention\b/
const calledHere = /(?<!\b(F|functional)\.)\bscaled_dot_product_attention\b/g

/** `self.attend = nn.Softmax(dim=-1)` */
const softmaxModules = /\bself\.(\w+)\s*=\s*(?:torch\.)?(?:nn\.)?Softmax\(/g

/** What `forward` leaves to functions of the same module: `self.attend(q, k, v)`. */
function helpersOf(analysis: PythonModule, { node }: Func): Func[] {
  const calls = flat(node.body).flatMap(expressionsOf).flatMap(callsWithin)
  // Most are called again and again.
  const called = new Set(calls.flatMap(({ callee }) => analysis.functionOf(callee) ?? []))
  return [...called].filter((func) => {
    const code = analysis.code.slice(func.node.start, func.node.end)
    return !fused.test(code.replace(calledHere, '')) && !otherKind(code)
  })
}

function callsWithin(expr: Expr): (Expr & { type: 'call' })[] {
  const inside = childrenOf(expr).flatMap(callsWithin)
  return expr.type === 'call' ? [expr, ...inside] : inside
}

/** The softmax between two matrix products, whose weights nobody else sees; null: something else. */
function scoresOf(func: Func, modules: ReadonlySet<string>): Expr | null {
  const statements = flat(func.node.body)
  // Values that come out of a product of two matrices, and what is made of them.
  const scores = new Set<string>()
  const weights = new Set<string>()
  const turned = new Set<string>()
  const isSoft = (expr: Expr) => isSoftmax(expr, modules)
  const isOfScores = (soft: Expr) =>
    mentions(soft, scores) || find(soft, (one) => isScore(one, turned)) !== null
  let softmax: Expr | null = null
  let used = false
  for (const statement of statements) {
    // Whoever is always handed the weights needs the matrix.
    if (statement.type === 'return' && statement.value !== null && func.node.body.includes(statement)) {
      const returned = statement.value.type === 'tuple' ? statement.value.items : [statement.value]
      if (returned.some((one) => one.type === 'name' && weights.has(one.id))) return null
    }
    const values = expressionsOf(statement)
    // `F.softmax(scores, dim=-1) @ v`
    let within = false
    for (const value of values) {
      const product = productOver(value, (one) => isSoft(one) || (one.type === 'name' && weights.has(one.id)))
      if (product === null) continue
      const soft = find(product, isSoft)
      if (soft === null) used = true
      else if (isOfScores(soft)) {
        softmax ??= soft
        used = true
        within = true
      }
    }
    if (statement.type === 'assign' && statement.value !== null) {
      const target = statement.targets[0]
      if (target?.type === 'attribute' && mentions(statement.value, weights)) return null
      if (target?.type !== 'name' || within) continue
      const soft = find(statement.value, isSoft)
      if (soft !== null && isOfScores(soft)) {
        softmax ??= soft
        weights.add(target.id)
      } else if (find(statement.value, (one) => isScore(one, turned)) !== null) scores.add(target.id)
      else if (mentions(statement.value, weights) && find(statement.value, isProduct) === null)
        weights.add(target.id)
      else if (mentions(statement.value, scores)) scores.add(target.id)
      if (/^k|key/i.test(target.id) && find(statement.value, isTurned) !== null) turned.add(target.id)
    }
  }
  return used ? softmax : null
}

/** The innermost product of matrices with such a part. */
function productOver(expr: Expr, test: (one: Expr) => boolean): Expr | null {
  let product: Expr | null = null
  const holdsPart = (one: Expr): boolean => {
    let found = test(one)
    for (const child of childrenOf(one)) if (holdsPart(child)) found = true
    if (found && isProduct(one)) product ??= one
    return found
  }
  holdsPart(expr)
  return product
}

const holds = (expr: Expr, test: (one: Expr) => boolean): boolean => find(expr, test) !== null

function flat(block: Stmt[]): Stmt[] {
  return block.flatMap((statement) =>
    statement.type === 'function' || statement.type === 'class'
      ? []
      : [statement, ...blocksOf(statement).flatMap(flat)],
  )
}

function find(expr: Expr, test: (expr: Expr) => boolean): Expr | null {
  if (test(expr)) return expr
  for (const child of childrenOf(expr)) {
    const found = find(child, test)
    if (found !== null) return found
  }
  return null
}

function mentions(expr: Expr, names: ReadonlySet<string>): boolean {
  return find(expr, (one) => one.type === 'name' && names.has(one.id)) !== null
}

function isProduct(expr: Expr): boolean {
  if (expr.type === 'binary') return expr.op === '@'
  return expr.type === 'call' && /^(matmul|bmm|einsum|baddbmm)$/.test(lastIdentifier(expr.callee))
}

/** A product with a transposed matrix: queries with keys. `turned`: names of those that were transposed before. */
function isScore(expr: Expr, turned: ReadonlySet<string>): boolean {
  if (!isProduct(expr)) return false
  if (expr.type === 'call' && lastIdentifier(expr.callee) === 'einsum') return true
  return mentions(expr, turned) || holds(expr, isTurned)
}

function isTurned(expr: Expr): boolean {
  if (expr.type === 'attribute') return /^(T|mT)$/.test(expr.attr)
  return (
    expr.type === 'call' && /^(transpose|permute|swapaxes|t|rearrange)$/.test(lastIdentifier(expr.callee))
  )
}

function isSoftmax(expr: Expr, modules: ReadonlySet<string>): boolean {
  if (expr.type !== 'call') return false
  const { callee } = expr
  if (/^softmax$/i.test(lastIdentifier(callee))) return true
  const own = callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'
  return own && modules.has(callee.attr)
}
