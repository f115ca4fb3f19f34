/** Metrics that code reports under plain names. */
import type { Call, PythonModule } from './module.js'

/** Names that a call of `x.log(name, …)` or `x.log_dict({name: …})` gives; empty where they do not fold. */
export function loggedNames(python: PythonModule, call: Call): string[] {
  if (call.expr.callee.type !== 'attribute' || (call.method !== 'log' && call.method !== 'log_dict'))
    return []
  const [first] = call.expr.args
  if (first === undefined) return []
  if (call.method === 'log_dict') return python.keysOf(first.value) ?? []
  const name = python.fold(first.value)
  return name.state === 'known' && typeof name.value === 'string' && !name.overridable ? [name.value] : []
}
