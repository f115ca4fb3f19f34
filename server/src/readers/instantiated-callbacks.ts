/** Callbacks that a configuration names and the program makes of it: `for one in cfg.callbacks.values(): instantiate(one)`. */
import { canonicalName } from '../python/canonical-names.js'
import type { PythonModule } from '../python/module.js'
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Configured } from '../text/configured.js'
import type { Callbacks, Verdict } from './callback-list.js'

/** Null: the call makes nothing that a configuration names. */
export function judgeInstantiated(python: PythonModule, call: CallExpr, known: Callbacks): Verdict | null {
  if (python.nameOf(call.callee) !== 'hydra.utils.instantiate') return null
  const [given] = call.args
  if (given === undefined || given.star > 0) return 'unknown'
  const group = groupOf(python, given.value)
  if (group !== null) {
    if (group.kind !== 'map' || group.open !== undefined) return 'unknown'
    return together(Object.values(group.entries).map((one) => ofConfiguration(one, known)))
  }
  const one = python.configured(given.value)
  return one === null ? 'unknown' : ofConfiguration(one, known)
}

/** `for _, one in cfg.callbacks.items()`: what the loop goes through. */
function groupOf(python: PythonModule, expr: Expr): Configured | null {
  if (expr.type !== 'name') return null
  const [binding, other] = python.bindingsOf(expr)
  const through = binding?.kind === 'loop' && other === undefined ? binding.value : null
  if (through?.type !== 'call' || through.callee.type !== 'attribute') return null
  return /^(items|values)$/.test(through.callee.attr) ? python.configured(through.callee.value) : null
}

function ofConfiguration(node: Configured, known: Callbacks): Verdict {
  if (node.kind === 'scalar' && node.value === null) return 'goes on'
  if (node.kind !== 'map') return 'unknown'
  const target = node.entries._target_
  if (target === undefined) return node.open === undefined ? 'goes on' : 'unknown'
  if (target.kind !== 'scalar' || typeof target.value !== 'string') return 'unknown'
  const name = canonicalName(target.value)
  if (/stop|patience|plateau/i.test(name)) return 'stops'
  // A callback of the project that ends runs says so in its name.
  return /^(lightning|keras|transformers)\./.test(name) ? known.library(name) : 'goes on'
}

function together(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('stops')) return 'stops'
  return verdicts.includes('unknown') ? 'unknown' : 'goes on'
}
