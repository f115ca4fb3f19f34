/**
 * Functions that are mapped over combinations, as the loops that they stand for: `pool.starmap(train, product(rates, depths))`,
 * `executor.map(train, *zip(*combinations))`, `train.map(combinations)` of Modal and Prefect.
 */
import { functionAt } from '../../python/definition-places.js'
import { callsWithin } from '../../python/look-up.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { asLoops, type ComprehensionLoop } from './grid-comprehension.js'

/** Methods of pools, executors, clients and remote functions. */
const mapping =
  /^(map|imap|imap_unordered|map_async|map_unordered|starmap|starmap_async|for_each|spawn_map|map_array)$/

export function mappedLoops(python: PythonModule): ComprehensionLoop[] {
  return once(python.tree, 'mapped functions', () =>
    python.calls.flatMap((call) => (mapping.test(call.method) ? (mappedLoop(python, call) ?? []) : [])),
  )
}

interface Mapped {
  func: Expr
  items: Expr
  /** Each item is a tuple of all arguments. */
  spread: boolean
  /** What the function is given beside the items. */
  bound: CallExpr['args']
}

function mappedLoop(python: PythonModule, call: Call): ComprehensionLoop | null {
  const mapped = mappedOf(python, call)
  if (mapped === null) return null
  const { func, items, spread, bound } = mapped
  const { start, end } = call.expr
  const parallel = !/^(map|itertools\.starmap)$/.test(call.name ?? '')
  const node = { start: func.start, end: func.end }
  const params = paramsOf(python, func)
  const own = bound.filter(({ name }) => name === null).length
  const given = params?.slice(own) ?? ['item']
  const names = (spread ? given : given.slice(0, 1)).map((id): Expr => ({ type: 'name', id, ...node }))
  const [first] = names
  if (first === undefined) return null
  const target: Expr = spread && params !== null ? { type: 'tuple', items: names, ...node } : first
  const clauses = [{ target, iterable: items }]
  if (func.type === 'lambda') {
    const calls = callsWithin(python.calls, func.body)
    return calls.length === 0
      ? null
      : { loop: asLoops(python, { element: func.body, clauses, end }, calls, start), parallel }
  }
  const handed = names.map((value) => ({ name: null, star: 0 as const, value, ...node }))
  const expr: CallExpr = { type: 'call', callee: func, args: [...bound, ...handed], ...node }
  const method = func.type === 'attribute' ? func.attr : func.type === 'name' ? func.id : ''
  const made: Call = { ...call, expr, name: python.nameOf(func), method }
  return { loop: asLoops(python, { element: expr, clauses, end }, [made], start), parallel }
}

function mappedOf(python: PythonModule, { expr: { callee, args }, method }: Call): Mapped | null {
  const [first, second, third] = args
  if (first === undefined || first.name !== null || first.star > 0) return null
  const starred = method.startsWith('starmap')
  // `train.starmap(combinations)`
  if (second === undefined || second.name !== null) {
    const remote = callee.type === 'attribute' && python.functionOf(callee.value) !== null
    return remote ? { func: callee.value, items: first.value, spread: starred, bound: [] } : null
  }
  if (third !== undefined && third.name === null && third.star === 0 && isList(python, third.value))
    return null
  const [func, bound] = unbound(python, first.value)
  const zipped = second.star === 1 ? unzipped(python, second.value) : null
  if (second.star > 0 && zipped === null) return null
  return { func, bound, items: zipped ?? second.value, spread: starred || zipped !== null }
}

/** A second list goes beside the first. */
const isList = (python: PythonModule, expr: Expr): boolean => python.definition(expr).type !== 'constant'

/** `functools.partial(train, data)` */
function unbound(python: PythonModule, expr: Expr): [func: Expr, bound: CallExpr['args']] {
  const value = expr.type === 'lambda' ? expr : python.definition(expr)
  const [func, ...bound] = value.type === 'call' ? value.args : []
  return value.type === 'call' && func !== undefined && python.nameOf(value.callee) === 'functools.partial'
    ? [func.value, bound]
    : [expr, []]
}

/** The list behind `*zip(*combinations)`. */
function unzipped(python: PythonModule, expr: Expr): Expr | null {
  if (expr.type !== 'call' || python.nameOf(expr.callee) !== 'zip') return null
  const [only, other] = expr.args
  return only?.star === 1 && other === undefined ? only.value : null
}

function paramsOf(python: PythonModule, func: Expr): string[] | null {
  const node = func.type === 'lambda' ? func : (functionAt(python, func)?.func.node ?? null)
  return node?.params.map(({ name }) => name).filter((name) => name !== 'self') ?? null
}
