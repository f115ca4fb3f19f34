/** The keys of dictionaries. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { inBranches } from './branch-assignments.js'
import { inDictionary } from './dictionary-arguments.js'
import { innerKeys } from './inner-changes.js'
import { onlyPassed } from './only-passed.js'
import { writtenOut } from './written-out.js'

/** All keys of a dictionary, as written and as added later; null where they cannot all be known. */
export function dictionaryKeys(analysis: Analysis, expr: Expr, until: number = expr.start): string[] | null {
  const keys = new Set<string>()
  const collect = (source: Expr, end: number, depth: number): boolean => {
    if (depth > 8) return false
    const found = analysis.definition(source)
    const branches = inBranches(analysis, found)
    if (found.type === 'call' && found.callee.type === 'name' && found.callee.id === 'dict') {
      for (const argument of found.args) {
        if (argument.name !== null) keys.add(argument.name)
        else if (!collect(argument.value, argument.value.start, depth + 1)) return false
      }
    } else if (found.type === 'binary' && found.op === '|') {
      if (!collect(found.left, found.left.start, depth + 1)) return false
      if (!collect(found.right, found.right.start, depth + 1)) return false
    } else if (
      found.type === 'call' &&
      found.callee.type === 'attribute' &&
      found.callee.attr === 'copy' &&
      found.args.length === 0
    ) {
      if (!collect(found.callee.value, found.start, depth + 1)) return false
    } else if (found.type === 'dict') {
      for (const entry of found.entries) {
        if (entry.key === null) {
          if (!collect(entry.value, entry.value.start, depth + 1)) return false
          continue
        }
        const key = analysis.fold(entry.key)
        if (key.state === 'unknown') return false
        keys.add(String(key.value))
      }
    } else if (branches !== null) {
      if (!collect(branches.first, branches.first.start, depth + 1)) return false
      if (!collect(branches.second, branches.second.start, depth + 1)) return false
    } else {
      const behind = behindName(found, end)
      if (behind === null || !collect(behind, behind.start, depth + 1)) return false
      const inner = found.type === 'subscript' ? innerKeys(analysis, found, end) : []
      if (inner === null) return false
      for (const key of inner) keys.add(key)
    }
    return source.type !== 'name' || change(source.id, source.start, end, depth)
  }
  /** `config['model']`, a parameter that one call passes. */
  const behindName = (found: Expr, end: number): Expr | null => {
    const made = writtenOut(analysis, found)
    if (made !== null) return made
    if (found.type === 'name') return onlyPassed(analysis, found)
    if (found.type !== 'subscript' || found.index.type !== 'constant') return null
    const { value } = found.index
    const entry = typeof value === 'string' ? inDictionary(analysis, found.value, value, end, 0, false) : null
    return entry?.state === 'given' ? entry.expr : null
  }
  const change = (name: string, at: number, end: number, depth: number): boolean => {
    for (const one of analysis.changesOf(name, at, end)) {
      const args = one.call?.args ?? []
      if (one.method === 'update') {
        for (const argument of args) {
          if (argument.name !== null) keys.add(argument.name)
          else if (!collect(argument.value, argument.value.start, depth + 1)) return false
        }
        continue
      }
      if (one.method === 'append' || one.method === 'extend') continue
      const first = one.target?.index ?? args[0]?.value
      const key = first === undefined ? null : analysis.fold(first)
      if (key === null || key.state === 'unknown') return false
      const removes = one.method === 'pop' || (one.target !== null && one.value === null)
      if (!removes) keys.add(String(key.value))
      else if (!one.certain) return false
      else if (one.method === 'pop') keys.delete(String(key.value))
    }
    return true
  }
  return collect(expr, until, 0) ? [...keys] : null
}
