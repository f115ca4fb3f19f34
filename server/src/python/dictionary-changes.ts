/** What assignments, `update`, `pop` and `setdefault` make of a dictionary before it is used. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { search } from './call-arguments.js'
import { underCondition } from './conditional-arguments.js'
import { inDictionary } from './dictionary-arguments.js'
import { given } from './given-argument.js'
import type { ArgumentValue, Folded } from './module.js'

/** `kwargs['num_workers'] = 4` and `kwargs.update(...)` between the dictionary and the call. */
export function afterChanges(
  analysis: Analysis,
  expr: Expr,
  keyword: string,
  result: ArgumentValue,
  until: number,
  whole: boolean,
): ArgumentValue {
  if (expr.type !== 'name') return result
  let current = result
  for (const change of analysis.changesOf(expr.id, expr.start, until)) {
    const changed: ArgumentValue = { state: 'unknown', because: `${expr.id} is changed` }
    const args = change.call?.args ?? []
    const first = change.target?.index ?? args[0]?.value
    const key = first === undefined || change.method === 'update' ? null : analysis.fold(first)
    if (change.method === 'append' || change.method === 'extend') continue
    if (change.method === 'update') {
      const inside = args.every((argument) => argument.name !== null || argument.star === 2)
        ? search(analysis, args, keyword, null)
        : inDictionary(analysis, args[0]!.value, keyword)
      if (inside.state === 'absent') continue
      const open: ArgumentValue = { state: 'unknown', because: `${expr.id} is updated under a condition` }
      current = change.certain ? inside : underCondition(analysis, change, expr, current, inside, open)
      continue
    }
    if (key === null) return changed
    if (key.state === 'unknown') {
      if (mayBe(key, keyword)) return changed
      continue
    }
    if (key.value !== keyword) continue
    if (change.inside !== null) {
      if (whole) current = changed
      continue
    }
    if (!change.certain) {
      const open: ArgumentValue = {
        state: 'unknown',
        because: `${expr.id}['${keyword}'] is set under a condition`,
      }
      const set = change.target === null || change.value === null ? changed : given(analysis, change.value)
      current = underCondition(analysis, change, expr, current, set, open)
      continue
    }
    if (change.target !== null) {
      current = change.value === null ? changed : given(analysis, change.value)
    } else if (change.method === 'pop') current = { state: 'absent' }
    else if (change.method === 'setdefault') {
      const fallback = args[1]
      if (current.state === 'absent')
        current = fallback === undefined ? changed : given(analysis, fallback.value)
    } else current = changed
  }
  return current
}

/** A key that cannot be told could still be this one. */
export function mayBe(key: Folded & { state: 'unknown' }, keyword: string): boolean {
  return key.options?.some(({ folded }) => folded.value === keyword) ?? true
}
