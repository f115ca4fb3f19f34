/**
 * What a function gives back where no file says otherwise: `if exists(path): return json.load(f)`, then `return {"epochs": 3}`, or
 * defaults that a file is laid over. The file is the user's, so the value may be replaced.
 */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { functionAt } from './definition-places.js'
import { agree, unknown } from './folded.js'
import type { Folded, Func, PythonModule } from './module.js'
import { returnsOf } from './returns.js'

/** It reads a file of settings. */
const loads = /\b(json|ya?ml|toml|tomllib|tomli|OmegaConf)\.(\w*load\w*)\(/

/** Null: the value comes from no such function, or none of what that gives back is known to hold the key. */
export function defaultEntry(analysis: Analysis, value: Expr, key: string): Folded | null {
  const made = madeBy(analysis, value)
  if (made === null) return null
  const found = functionAt(analysis, made.callee)
  if (found === null || !readsSettings(found.python, found.func)) return null
  const entries = returnsOf(found.func).flatMap((one) => entryOf(found.python, one, key) ?? [])
  const folded = agree(entries, 'a key')
  return folded.state === 'known' ? { ...folded, overridable: true } : null
}

/** The call that makes it, also where every caller passes the same on. */
function madeBy(analysis: Analysis, value: Expr): (Expr & { type: 'call' }) | null {
  const made = analysis.definition(value)
  if (made.type === 'call') return made
  const [only, ...others] = made.type === 'name' ? (analysis.possible(made) ?? []) : []
  if (only === undefined || others.length > 0) return null
  const passed = analysis.definition(only)
  return passed.type === 'call' ? passed : null
}

function readsSettings(python: PythonModule, { node }: Func): boolean {
  return loads.test(python.code.slice(node.start, node.end))
}

const mostHops = 4

/** What a dictionary, a copy of one, or a name of one holds under the key; null: it cannot be seen to hold it. */
function entryOf(python: PythonModule, expr: Expr, key: string, hops = 0): Folded | null {
  if (hops > mostHops) return null
  if (expr.type === 'dict') {
    let found: Folded | null = null
    for (const entry of expr.entries) {
      if (entry.key === null) found = entryOf(python, entry.value, key, hops + 1) ?? found
      else if (entry.key.type !== 'constant') found = unknown('a key')
      else if (entry.key.value === key) found = python.fold(entry.value)
    }
    return found
  }
  if (expr.type === 'name') {
    const [only, ...others] = python.bindingsOf(expr)
    const isAssigned = only?.kind === 'assign' && only.value !== null && (only.unpack ?? null) === null
    return isAssigned && others.length === 0 ? entryOf(python, only.value!, key, hops + 1) : null
  }
  if (expr.type !== 'call') return null
  const { callee, args } = expr
  if (callee.type === 'attribute' && callee.attr === 'copy' && args.length === 0)
    return entryOf(python, callee.value, key, hops + 1)
  const name = callee.type === 'name' ? callee.id : python.nameOf(callee)
  const isCopy = name === 'dict' || name === 'copy.deepcopy' || name === 'copy.copy'
  return isCopy && args.length === 1 && args[0]!.name === null && args[0]!.star === 0
    ? entryOf(python, args[0]!.value, key, hops + 1)
    : null
}
