/** Attention that is written out: the matrix of scores, its softmax, and the product with the values. */
import { lastIdentifier } from '../../python/effects.js'
import type { Func, PythonModule } from '../../python/module.js'
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

export function writtenAttentions(analysis: PythonModule): WrittenAttention[] {
  const found: WrittenAttention[] = []
  for (const klass of analysis.classes) {
    if (!klass.bases.includes('torch.nn.Module')) continue
    const code = analysis.code.slice(klass.node.start, klass.node.end)
    if (!/att(entio)?n/i.test(klass.name) && !(queries.test(code) && values.test(code))) continue
    if (fused.test(code) || another.test(code) || channels.test(`${klass.name}\n${code}`)) continue
    const func = klass.methods.get('forward')
    const softmax = func === undefined ? null : scoresOf(func)
    if (func !== undefined && softmax !== null) found.push({ softmax, func, className: klass.name })
  }
  return found
}

/** The softmax between two matrix products, whose weights nobody else sees; null: something else. */
function scoresOf(func: Func): Expr | null {
  const statements = flat(func.node.body)
  // Values that come out of a product of two matrices, and what is made of them.
  const scores = new Set<string>()
  const weights = new Set<string>()
  let softmax: Expr | null = null
  let used = false
  for (const statement of statements) {
    // Whoever is always handed the weights needs the matrix.
    if (statement.type === 'return' && statement.value !== null && func.node.body.includes(statement)) {
      const returned = statement.value.type === 'tuple' ? statement.value.items : [statement.value]
      if (returned.some((one) => one.type === 'name' && weights.has(one.id))) return null
    }
    const values = expressionsOf(statement)
    for (const value of values) {
      const product = find(value, isProduct)
      if (product !== null && mentions(product, weights)) used = true
    }
    if (statement.type === 'assign' && statement.value !== null) {
      const target = statement.targets[0]
      if (target?.type === 'attribute' && mentions(statement.value, weights)) return null
      if (target?.type !== 'name') continue
      const soft = find(statement.value, isSoftmax)
      if (soft !== null && (mentions(soft, scores) || find(soft, isScore) !== null)) {
        softmax ??= soft
        weights.add(target.id)
      } else if (find(statement.value, isScore) !== null) scores.add(target.id)
      else if (mentions(statement.value, weights) && find(statement.value, isProduct) === null)
        weights.add(target.id)
      else if (mentions(statement.value, scores)) scores.add(target.id)
    }
  }
  return used ? softmax : null
}

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

/** A product with a transposed matrix: queries with keys. */
function isScore(expr: Expr): boolean {
  if (!isProduct(expr)) return false
  if (expr.type === 'call' && lastIdentifier(expr.callee) === 'einsum') return true
  return (
    find(
      expr,
      (one) =>
        (one.type === 'call' && /^(transpose|permute|swapaxes|t)$/.test(lastIdentifier(one.callee))) ||
        (one.type === 'attribute' && /^(T|mT)$/.test(one.attr)),
    ) !== null
  )
}

function isSoftmax(expr: Expr): boolean {
  return expr.type === 'call' && /^softmax$/i.test(lastIdentifier(expr.callee))
}
