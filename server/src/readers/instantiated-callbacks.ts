/** Callbacks that a configuration names and the program makes of it: `for one in cfg.callbacks.values(): instantiate(one)`. */
import type { PythonModule } from '../python/module.js'
import type { CallExpr } from '../syntax/python-ast.js'
import type { Callbacks, Verdict } from './callback-list.js'

/** Null: the call makes nothing that a configuration names. */
export function judgeInstantiated(python: PythonModule, call: CallExpr, known: Callbacks): Verdict | null {
  const made = python.madeObjects(call)
  if (made === null) return null
  const verdicts = made.calls.map(({ name }) => ofTarget(name ?? '', known))
  if (verdicts.includes('stops')) return 'stops'
  return made.open || verdicts.includes('unknown') ? 'unknown' : 'goes on'
}

function ofTarget(name: string, known: Callbacks): Verdict {
  if (/stop|patience|plateau/i.test(name)) return 'stops'
  // A callback of the project that ends runs says so in its name.
  return /^(lightning|keras|transformers)\./.test(name) ? known.library(name) : 'goes on'
}
