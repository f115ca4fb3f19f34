/** What expressions of a network's code stand for: sizes, lists, conditions; calls are left to whoever follows it. */
import { type LayerTape, Unfollowed } from '../../estimate/layers.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { effective } from '../../values/value.js'
import type { Arguments } from './layer-arguments.js'
import type { Evaluator } from './network-constructor.js'
import { assigned } from './network-targets.js'
import { given, isLayer, isSelf, isStack, isTensor, type Scope, type Value } from './network-values.js'
import { arithmetic, withBatch } from './tensor-calls.js'

/** `out[:, -1, :]`, `tokens[:, 0]`: one step of each sample. */
const oneStep = /^\s*:\s*,\s*-?\d+\s*(,\s*(:|\.\.\.)\s*)*$/

/** `skips[::-1]`, `x.shape[2:]`. */
const span = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-1)?\s*)?$/

const mostSteps = 6_000
const longestList = 500

export abstract class NetworkEvaluation implements Evaluator {
  private steps = 0

  constructor(protected readonly tape: LayerTape) {}

  /** What a call gives. `key` tells layers apart that are made in several turns of a loop. */
  protected abstract call(expr: CallExpr, scope: Scope, depth: number, key: string): Value

  tick(): void {
    if (++this.steps > mostSteps) throw new Unfollowed('too long')
  }

  /** Undefined where it cannot be followed: it matters only to what uses it. */
  quiet(expr: Expr, scope: Scope): Value {
    return attempt(() => this.value(expr, scope, 0))
  }

  items(expr: Expr, scope: Scope): Value[] | undefined {
    return attempt(() => this.list(expr, scope))
  }

  /** Undefined: it cannot be told. */
  truth(test: Expr, scope: Scope): boolean | undefined {
    return attempt(() => {
      const value = this.value(test, scope, 0)
      if (isTensor(value)) throw new Unfollowed('a condition on values')
      return Array.isArray(value) ? value.length > 0 : Boolean(value)
    })
  }

  protected value(expr: Expr, scope: Scope, depth: number, key = ''): Value {
    this.tick()
    switch (expr.type) {
      case 'constant':
        return expr.value
      case 'name':
        if (scope.names.has(expr.id)) return given(scope.names.get(expr.id))
        return this.named(expr, scope, depth, key)
      case 'attribute':
        if (isSelf(expr.value) && scope.klass !== null) return given(scope.own.get(expr.attr))
        if (expr.attr === 'shape') {
          const x = this.value(expr.value, scope, depth, key)
          if (isTensor(x)) return withBatch(x.shape)
        }
        return this.folded(expr, scope)
      case 'tuple':
      case 'list':
        return expr.items.flatMap((item) =>
          item.type === 'starred' ? this.list(item.value, scope) : [this.value(item, scope, depth, key)],
        )
      case 'comprehension':
        return this.list(expr, scope)
      case 'conditional': {
        const truth = this.truth(expr.test, scope)
        if (truth === undefined) throw new Unfollowed('a condition that is not readable')
        return this.value(truth ? expr.then : expr.otherwise, scope, depth, key)
      }
      case 'unary': {
        const operand = this.value(expr.operand, scope, depth, key)
        if (expr.op === 'not' && !isTensor(operand)) return !operand
        if (expr.op === '-' && typeof operand === 'number') return -operand
        throw new Unfollowed('an expression that is not followed')
      }
      case 'binary':
        return this.binary(expr, scope, depth, key)
      case 'subscript': {
        const list = this.value(expr.value, scope, depth, key)
        const { start, end } = expr.index
        if (isTensor(list) && list.shape.length > 1 && oneStep.test(scope.python.text.slice(start, end)))
          return this.tape.resized(list, list.shape.slice(1))
        const part = span.exec(scope.python.text.slice(start, end))
        if (Array.isArray(list) && part !== null) return sliced(list, part)
        const index = this.value(expr.index, scope, depth, key)
        if (!Array.isArray(list) || typeof index !== 'number')
          throw new Unfollowed('an index that is not followed')
        return given(list.at(index))
      }
      case 'call':
        return this.call(expr, scope, depth, key)
      default:
        return this.folded(expr, scope)
    }
  }

  /** A name that the code at hand has not assigned. */
  protected named(expr: Expr, scope: Scope, _depth: number, _key: string): Value {
    return this.folded(expr, scope)
  }

  private binary(expr: Expr & { type: 'binary' }, scope: Scope, depth: number, key: string): Value {
    const left = this.value(expr.left, scope, depth, key)
    if (expr.op === 'and' || expr.op === 'or') {
      if (isTensor(left)) throw new Unfollowed('a condition on values')
      const decided = expr.op === 'and' ? !left : Boolean(left)
      return decided ? left : this.value(expr.right, scope, depth, key)
    }
    const right = this.value(expr.right, scope, depth, key)
    const compared = comparison(expr.op, left, right)
    return compared ?? arithmetic(this.tape, expr.op, left, right)
  }

  protected folded(expr: Expr, { python }: Scope): Value {
    const value = effective(python.fold(expr))
    if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)))
      throw new Unfollowed('a value that is not readable')
    return value as Value
  }

  /** The items of a list, a tuple, `[f(i) for i in range(n)]`, `enumerate(…)`, a list of layers. */
  protected list(expr: Expr, scope: Scope): Value[] {
    if (expr.type === 'comprehension') return this.comprehension(expr, scope)
    if (expr.type === 'call' && expr.callee.type === 'name' && !scope.names.has(expr.callee.id)) {
      const lists = () => expr.args.map((one) => this.list(one.value, scope))
      switch (expr.callee.id) {
        case 'range':
          return this.range(expr, scope)
        case 'enumerate':
          return (lists()[0] ?? []).map((item, index) => [index, item])
        case 'reversed':
          return [...(lists()[0] ?? [])].reverse()
        case 'list':
        case 'tuple':
          return lists()[0] ?? []
        case 'zip': {
          const all = lists()
          const length = Math.min(...all.map((one) => one.length))
          return Array.from({ length: Number.isFinite(length) ? length : 0 }, (_one, index) =>
            all.map((one) => one[index]),
          )
        }
      }
    }
    const value = this.value(expr, scope, 0)
    if (isStack(value)) return value.stack
    if (!Array.isArray(value)) throw new Unfollowed('a list that is not followed')
    return value
  }

  private comprehension(expr: Expr & { type: 'comprehension' }, scope: Scope): Value[] {
    if (expr.clauses.length !== 1 || expr.conditions.length > 0)
      throw new Unfollowed('a list that is not followed')
    const { target, iterable } = expr.clauses[0]!
    return this.list(iterable, scope).map((item) => {
      const inner: Scope = { ...scope, names: new Map(scope.names) }
      if (!assigned(target, item, inner.names)) throw new Unfollowed('a list that is not followed')
      return this.value(expr.element, inner, 0)
    })
  }

  private range({ args }: CallExpr, scope: Scope): Value[] {
    const bounds = args.map((one) => this.value(one.value, scope, 0))
    const [first, second, step] = bounds.map((one) => (typeof one === 'number' ? one : Number.NaN))
    const [from, to] = second === undefined ? [0, first!] : [first!, second]
    const count = Math.ceil((to - from) / (step ?? 1))
    if (!(count <= longestList)) throw new Unfollowed('a list that is not followed')
    return Array.from({ length: Math.max(0, count) }, (_one, index) => from + index * (step ?? 1))
  }

  protected argumentsOf(expr: CallExpr, scope: Scope, skipped: number): Arguments {
    return {
      value: (name, position) => {
        if (expr.args.some((one) => one.star === 1)) throw new Unfollowed('arguments that are not readable')
        const found =
          expr.args.find((one) => one.name === name) ??
          expr.args.filter((one) => one.name === null && one.star === 0)[position + skipped]
        if (found === undefined) return undefined
        const value = this.value(found.value, scope, 0)
        if (isTensor(value) || isLayer(value) || isStack(value))
          throw new Unfollowed('arguments that are not readable')
        return value as ReturnType<Arguments['value']>
      },
    }
  }
}

function sliced(list: Value[], [, from, to, step]: RegExpExecArray): Value[] {
  if (step !== undefined) {
    if (from !== '' || to !== '') throw new Unfollowed('an index that is not followed')
    return [...list].reverse()
  }
  return list.slice(from === '' ? 0 : Number(from), to === '' ? list.length : Number(to))
}

/** Undefined: it is no comparison, or not one of plain values. */
function comparison(op: string, left: Value, right: Value): boolean | undefined {
  if (op === 'is') return left === right
  if (op === 'is not') return left !== right
  const plain = (one: Value) => one === null || /^(number|string|boolean)$/.test(typeof one)
  if ((op === '==' || op === '!=') && areNumbers(left) && areNumbers(right))
    return (op === '==') === (left.length === right.length && left.every((one, at) => one === right[at]))
  if (op === 'in' && Array.isArray(right) && plain(left)) return right.includes(left)
  if (!plain(left) || !plain(right)) return undefined
  if (op === '==') return left === right
  if (op === '!=') return left !== right
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  if (op === '<') return left < right
  if (op === '<=') return left <= right
  if (op === '>') return left > right
  return op === '>=' ? left >= right : undefined
}

/** Sizes of a tensor. */
function areNumbers(value: Value): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
}

export function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Unfollowed) return undefined
    throw error
  }
}
