/** Outputs of a network that leave a block under autocast: what NumPy is given, which has no bf16, and what is measured goes back to fp32. */

import type { Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, expressionsOf, forEachChild, forEachExpression } from '../../syntax/python-children.js'
import { rangeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { boundIn } from './forward-block.js'

/** Methods that leave the format of numbers as it is. */
const sameFormat =
  /^(detach|cpu|clone|contiguous|squeeze|unsqueeze|view|reshape|flatten|permute|transpose|t|mean|sum|numpy)$/

export interface Outputs {
  /** All that the statements under autocast bind. */
  bound: ReadonlySet<string>
  /** Those of them that are tensors for certain. */
  tensors: ReadonlySet<string>
}

/** What comes out of it is no longer in the format of the network. */
const countsOrChooses = /arg(max|min|sort)|\b(max|min|topk|sort|long|int|round)\(|[<>=]=|[<>]/

/** What statements under autocast bind, but for inputs that are only moved or brought into another shape. */
export function outputsOf(python: PythonModule, statements: readonly Stmt[]): Set<string> {
  const names = new Set<string>()
  for (const statement of statements) {
    if (countsOrChooses.test(python.code.slice(statement.start, statement.end))) continue
    const input = statement.type === 'assign' ? inputOf(statement.value) : null
    if (input !== null && !names.has(input)) continue
    for (const name of boundIn(statement)) names.add(name)
  }
  return names
}

/** `target` of `target.to(device)[:, 0].squeeze(1)`; null: something is computed. */
function inputOf(expr: Expr | null): string | null {
  if (expr?.type === 'name') return expr.id
  if (expr?.type === 'subscript') return inputOf(expr.value)
  if (expr?.type !== 'call' || expr.callee.type !== 'attribute') return null
  const { attr, value } = expr.callee
  return attr === 'to' || attr === 'cuda' || sameFormat.test(attr) ? inputOf(value) : null
}

/**
 * @param body where they are used, from `from` on
 */
export function backToFull(
  facts: FragmentFacts,
  python: PythonModule,
  { bound, tensors }: Outputs,
  body: readonly Stmt[],
  from: number,
): Write[] {
  const found = new Map<number, Expr>()
  // What is bound anew has the format of its new value.
  const gone = new Set<string>()
  // Counts and dictionaries that come out as well have no format.
  const others = untouched(python, bound)
  // A list of outputs may become an array behind the loop.
  const later = /\.numpy\(/.test(python.code)
  const visit = (expr: Expr): void => {
    if (isChoice(expr)) return
    if (expr.type === 'call') {
      const { callee } = expr
      if (callee.type === 'attribute' && callee.attr === 'numpy') add(callee.value, bound)
      if (callee.type === 'attribute' && callee.attr === 'round') add(callee.value, tensors)
      const name = lastIdentifier(callee)
      if (later && /^(append|extend)$/.test(name))
        for (const { value } of expr.args) if (!isLoss(value)) add(value, bound)
      if (!keepsFormat.test(name)) for (const { value } of expr.args) add(value, tensors)
    }
    if (expr.type === 'binary') for (const side of [expr.left, expr.right]) add(side, tensors)
    forEachChild(expr, visit)
  }
  const add = (value: Expr, names: ReadonlySet<string>): void => {
    const root = rootOf(value)
    const name = nameIn(root)
    if (
      root !== null &&
      name !== null &&
      root.start >= from &&
      names.has(name) &&
      !gone.has(name) &&
      !(root.type === 'name' && others.has(name))
    )
      found.set(root.start, root)
  }
  const walk = (statements: readonly Stmt[]): void => {
    for (const statement of statements) {
      if (statement.type === 'function' || statement.type === 'class' || statement.end <= from) continue
      if (statement.start >= from || blocksOf(statement).length === 0) expressionsOf(statement).forEach(visit)
      for (const name of statement.start >= from ? targetsOf(statement) : []) gone.add(name)
      blocksOf(statement).forEach(walk)
    }
  }
  walk(body)
  return [...found.values()].map((root) => ({
    kind: 'replace',
    path: facts.path,
    range: rangeOf(facts, root),
    text: `${python.text.slice(root.start, root.end)}.float()`,
  }))
}

/** Names of what is taken apart by keys, or only ever counted: no tensors. */
function untouched(python: PythonModule, names: ReadonlySet<string>): Set<string> {
  return new Set(
    [...names].filter((name) =>
      new RegExp(
        `(?<![\\w.])${name}(\\[\\s*[fr]*['"]|\\.(items|keys|values|update|get|pop|append|logits)\\b)|\\*\\*${name}\\b`,
      ).test(python.code),
    ),
  )
}

/** Which number is the largest, and which are above a bound, hardly depends on the format. */
function isChoice(expr: Expr): boolean {
  if (expr.type === 'call') return chooses.test(lastIdentifier(expr.callee))
  if (expr.type !== 'binary' || !/^[<>]=?$/.test(expr.op)) return false
  return expr.right.type === 'constant' || expr.left.type === 'constant'
}

const chooses = /^(arg(max|min|sort)|max|min|topk|sort|backward|step|update_bar|set_postfix)$/
/** What only looks at it, hands it on to be looked at, or takes it back to fp32 itself. */
const keepsFormat =
  /loss|criterion|^(append|extend|len|print|isinstance|type|zip|range|enumerate|float|int|list|tuple|item|size|format|str|zeros_like|ones_like|save_image|make_grid)$/i

/** The names that a statement binds by itself. */
function targetsOf(statement: Stmt): string[] {
  const names: string[] = []
  const add = (expr: Expr): void => {
    if (expr.type === 'name') names.push(expr.id)
    else if (expr.type === 'tuple' || expr.type === 'list') expr.items.forEach(add)
  }
  if (statement.type === 'assign') statement.targets.forEach(add)
  else if (statement.type === 'for') add(statement.target)
  return names
}

/** Outputs that a loss of PyTorch is given first, and that nobody takes apart: tensors. */
export function tensorsIn(
  python: PythonModule,
  statements: readonly Stmt[],
  bound: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>()
  const visit = (expr: Expr): void => {
    if (expr.type === 'call') {
      const [first] = expr.args
      const root = first?.name === null ? rootOf(first.value) : null
      if (root?.type === 'name' && bound.has(root.id) && takesTensor(python, expr.callee)) found.add(root.id)
    }
    forEachChild(expr, visit)
  }
  const walk = (statement: Stmt): void => {
    forEachExpression(statement, visit)
    for (const block of blocksOf(statement)) block.forEach(walk)
  }
  statements.forEach(walk)
  for (const name of found) {
    if (
      isLossName(name) ||
      new RegExp(`(?<![\\w.])${name}(\\[['"\\d]|\\.(\\w*logits|loss|items|keys|values)\\b)`).test(python.code)
    )
      found.delete(name)
  }
  return found
}

function takesTensor(python: PythonModule, callee: Expr): boolean {
  const name = python.nameOf(callee)
  if (name !== null && /^torch\.nn\.functional\./.test(name)) return true
  const type = python.typeOf(callee)
  if (type !== null) return /^torch\.nn\.(\w+\.)*\w*Loss\w*$/.test(type)
  return /criterion|loss/i.test(lastIdentifier(callee)) && python.functionOf(callee) === null
}

const isLossName = (name: string): boolean => /loss/i.test(name)

/** Losses of PyTorch come out of autocast in fp32. */
function isLoss(value: Expr): boolean {
  const name = nameIn(rootOf(value))
  return name !== null && isLossName(name)
}

/** `out` and `out["mask"]`. */
function nameIn(expr: Expr | null): string | null {
  if (expr?.type === 'subscript') return nameIn(expr.value)
  return expr?.type === 'name' ? expr.id : null
}

/** `out` of `out.detach().cpu()[:, 0]`, `out["mask"]` of `out["mask"].cpu()`; null: what stands there has another format. */
function rootOf(expr: Expr): Expr | null {
  if (expr.type === 'name') return expr
  if (expr.type === 'subscript') {
    const { index, value } = expr
    return index.type === 'constant' && typeof index.value === 'string' ? expr : rootOf(value)
  }
  if (expr.type === 'attribute' && expr.attr === 'data') return rootOf(expr.value)
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return null
  return sameFormat.test(expr.callee.attr) ? rootOf(expr.callee.value) : null
}
