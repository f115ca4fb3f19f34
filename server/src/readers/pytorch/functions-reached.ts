/** Functions of a module that calls lead to, through any number of others. */
import type { Call, Func, PythonModule } from '../../python/module.js'

/** `calls`: these, and those of the functions. */
export function functionsReached(
  python: PythonModule,
  from: readonly Call[],
): { calls: Call[]; functions: Set<Func> } {
  const calls = [...from]
  const functions = new Set<Func>()
  for (let index = 0; index < calls.length; index++) {
    const func = python.functionOf(calls[index]!.expr.callee)
    if (func === null || functions.has(func)) continue
    functions.add(func)
    calls.push(...func.calls)
  }
  return { calls, functions }
}
