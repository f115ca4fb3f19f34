/**
 * Comprehensions as the loops that they stand for: `[train(lr, d) for lr in rates for d in depths]`, also where joblib runs
 * the calls beside each other: `Parallel(n_jobs=4)(delayed(train)(lr, d) for lr in rates for d in depths)`.
 */
import { comprehensionsIn } from '../../python/index-calls.js'
import { callsWithin } from '../../python/look-up.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { CallExpr, Comprehension, For, Stmt } from '../../syntax/python-ast.js'

const delayed = /^(joblib\.(parallel\.)?delayed|dask\.delayed|sklearn\.utils\.(fixes|parallel)\.delayed)$/

export interface ComprehensionLoop {
  /** The outermost one; the others are in it. */
  loop: Loop
  /** joblib starts its calls beside each other. */
  parallel: boolean
}

export function comprehensionLoops(python: PythonModule): ComprehensionLoop[] {
  const found: ComprehensionLoop[] = []
  for (const expr of comprehensionsIn(python.tree)) {
    // Those that leave nothing out.
    if (expr.conditions.length > 0) continue
    const calls = callsIn(python, expr)
    const parallel = calls.some((call) => isDelayed(python, call))
    const plain = calls.map((call) => undelayed(python, call))
    if (calls.length > 0) found.push({ loop: asLoops(python, expr, plain), parallel })
  }
  return found
}

function callsIn(python: PythonModule, { element, value }: Comprehension): Call[] {
  const own = callsWithin(python.calls, element)
  return value === undefined ? own : [...own, ...callsWithin(python.calls, value)]
}

function isDelayed(python: PythonModule, { expr: { callee } }: Call): boolean {
  return callee.type === 'call' && delayed.test(python.nameOf(callee.callee) ?? '')
}

/** `delayed(train)(lr)` is `train(lr)`, later. */
function undelayed(python: PythonModule, call: Call): Call {
  const { callee } = call.expr
  const func = callee.type === 'call' && isDelayed(python, call) ? callee.args[0]?.value : undefined
  if (func === undefined) return call
  const expr: CallExpr = { ...call.expr, callee: func }
  const method = func.type === 'attribute' ? func.attr : func.type === 'name' ? func.id : ''
  return { ...call, expr, name: python.nameOf(func), method }
}

/** The loop around all that an expression does for each of its items. */
export function asLoops(
  python: PythonModule,
  expr: Pick<Comprehension, 'element' | 'value' | 'clauses' | 'end'>,
  calls: Call[],
  // A generator starts at the bracket of the call that it is handed to.
  start = expr.element.start,
): Loop {
  const effects = effectsOf(python, calls)
  const { end } = expr
  const work: Stmt[] = [expr.element, ...(expr.value === undefined ? [] : [expr.value])].map((value) => ({
    type: 'expr',
    value,
    start: value.start,
    end: value.end,
  }))
  let inner: Loop | null = null
  for (const { target, iterable } of [...expr.clauses].reverse()) {
    const body: Stmt[] = inner === null ? work : [inner.node]
    const node: For = { type: 'for', target, iterable, body, orelse: [], start, end }
    const loop: Loop = {
      index: -1,
      node,
      parent: null,
      inner: inner === null ? [] : [inner],
      calls,
      function: calls[0]!.function,
      role: 'other',
      trips: { state: 'unknown', because: 'a comprehension' },
      horizon: null,
      effects,
      hasBreak: false,
    }
    if (inner !== null) inner.parent = loop
    inner = loop
  }
  return inner!
}

function effectsOf(python: PythonModule, calls: readonly Call[]): Loop['effects'] {
  const all = calls.flatMap(({ expr, name, method }) => {
    const func = python.functionOf(expr.callee)
    const named = expr.callee.type === 'attribute' ? [`.${method}`] : []
    const own = { calls: new Set(name === null ? named : [name, ...named]) }
    return func === null ? [own] : [own, python.effectsOfFunction(func)]
  })
  const any = (key: 'backward' | 'optimizerStep' | 'trains' | 'epochs' | 'secondOrder') =>
    all.some((one) => key in one && (one as Loop['effects'])[key])
  return {
    backward: any('backward'),
    optimizerStep: any('optimizerStep'),
    trains: any('trains'),
    epochs: any('epochs'),
    secondOrder: any('secondOrder'),
    calls: new Set(all.flatMap((one) => [...one.calls])),
  }
}
