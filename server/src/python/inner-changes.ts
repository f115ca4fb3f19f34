/** What is written into the values of a dictionary: `config['train']['lr'] = 0.1`. */
import type { Expr, Subscript } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { mayBe } from './call-arguments.js'
import type { Folded } from './module.js'
import { keysOfTarget } from './mutations.js'

/**
 * What is assigned to a key of `config['train']` as `config['train'][key] = …`. `unclear`: something is, under a condition
 * or further inside; `other keys`: only those; null: nothing is written into it.
 */
export function innerChange(
  analysis: Analysis,
  place: Subscript,
  keyword: string,
  until: number,
): Expr | 'unclear' | 'other keys' | null {
  let base: Expr = place
  while (base.type === 'subscript') base = base.value
  if (base.type !== 'name' || !analysis.mutatedNames.has(base.id)) return null
  const path = keysOfTarget(place).map((one) => analysis.fold(one))
  let found: Expr | 'unclear' | 'other keys' | null = null
  for (const { inside, value, certain } of analysis.changesOf(base.id, base.start, until)) {
    if (inside === null) continue
    const keys = keysOfTarget(inside).map((one) => analysis.fold(one))
    const last = keys[path.length]
    if (last === undefined || !path.every((key, index) => mayBeSame(key, keys[index]!))) continue
    found ??= 'other keys'
    if (last.state === 'unknown' ? !mayBe(last, keyword) : last.value !== keyword) continue
    const clear = certain && last.state === 'known' && keys.length === path.length + 1
    found = clear && value !== null ? value : 'unclear'
  }
  return found
}

/** Keys that are written into `config['train']`; null: one of them cannot be told. */
export function innerKeys(analysis: Analysis, place: Subscript, until: number): string[] | null {
  let base: Expr = place
  while (base.type === 'subscript') base = base.value
  if (base.type !== 'name' || !analysis.mutatedNames.has(base.id)) return []
  const path = keysOfTarget(place).map((one) => analysis.fold(one))
  const found: string[] = []
  for (const { inside } of analysis.changesOf(base.id, base.start, until)) {
    if (inside === null) continue
    const keys = keysOfTarget(inside).map((one) => analysis.fold(one))
    const last = keys[path.length]
    if (last === undefined || !path.every((key, index) => mayBeSame(key, keys[index]!))) continue
    if (last.state === 'unknown') return null
    found.push(String(last.value))
  }
  return found
}

function mayBeSame(one: Folded, other: Folded): boolean {
  return one.state === 'unknown' || other.state === 'unknown' || one.value === other.value
}
