/** What is written into the values of a dictionary: `config['train']['lr'] = 0.1`. */
import type { Expr, Subscript } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { mayBe } from './dictionary-changes.js'
import type { Folded } from './module.js'
import { keysOfTarget, type Mutation } from './mutations.js'

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
  let found: Expr | 'unclear' | 'other keys' | null = null
  for (const { key, value, certain, deeper } of writesInto(analysis, place, until)) {
    found ??= 'other keys'
    if (key.state === 'unknown' ? !mayBe(key, keyword) : key.value !== keyword) continue
    const clear = certain && key.state === 'known' && !deeper
    found = clear && value !== null ? value : 'unclear'
  }
  return found
}

/** Keys that are written into `config['train']`; null: one of them cannot be told. */
export function innerKeys(analysis: Analysis, place: Subscript, until: number): string[] | null {
  const found: string[] = []
  for (const { key } of writesInto(analysis, place, until)) {
    if (key.state === 'unknown') return null
    found.push(String(key.value))
  }
  return found
}

interface InnerWrite extends Pick<Mutation, 'value' | 'certain'> {
  /** The key of the place at hand. */
  key: Folded
  /** It goes further inside than to that key. */
  deeper: boolean
}

/** What may be written into a place of a dictionary, in order. */
function* writesInto(analysis: Analysis, place: Subscript, until: number): Generator<InnerWrite> {
  let base: Expr = place
  while (base.type === 'subscript') base = base.value
  if (base.type !== 'name' || !analysis.mutatedNames.has(base.id)) return
  const path = keysOfTarget(place).map((one) => analysis.fold(one))
  for (const { inside, value, certain } of analysis.changesOf(base.id, base.start, until)) {
    if (inside === null) continue
    const keys = keysOfTarget(inside).map((one) => analysis.fold(one))
    const key = keys[path.length]
    if (key === undefined || !path.every((one, index) => mayBeSame(one, keys[index]!))) continue
    yield { key, value, certain, deeper: keys.length > path.length + 1 }
  }
}

function mayBeSame(one: Folded, other: Folded): boolean {
  return one.state === 'unknown' || other.state === 'unknown' || one.value === other.value
}
