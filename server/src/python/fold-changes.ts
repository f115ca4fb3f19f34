/** Lists and dictionaries that are changed in place after they were made. */
import type { Json } from '../text/json.js'
import { define, defineAll, lookUp } from '../text/records.js'
import { maximumItems } from './fold-numeric.js'
import { combine, type Fold, unknown } from './folded.js'
import type { Folded } from './module.js'
import { keysOfTarget, type Mutation } from './mutations.js'
import { isDict } from './operators.js'

/** Changes in place that are followed one by one. */
const maximumChanges = 500

/** A list after `append` and `extend`, a dictionary after `d[key] = value` and `update`. */
export function foldChanges(fold: Fold, id: string, made: Folded, changes: readonly Mutation[]): Folded {
  const unclear = unknown(`${id} is changed`)
  if (made.state === 'unknown') return made
  if (changes.length > maximumChanges || changes.some((change) => !change.certain)) return unclear
  const list = Array.isArray(made.value) ? [...made.value] : null
  const dictionary = isDict(made.value) ? { ...made.value } : null
  const parts: Folded[] = [made]
  for (const change of changes) {
    const args = change.call?.args ?? []
    if (change.call !== null && (args.length !== 1 || args[0]!.name !== null || args[0]!.star > 0))
      return unclear
    const given = change.value ?? args[0]?.value
    const added = given === undefined ? unclear : fold(given)
    if (added.state === 'unknown') return added
    parts.push(added)
    if (change.method === 'append' && list !== null) list.push(added.value)
    else if (change.method === 'extend' && list !== null && Array.isArray(added.value)) {
      for (const item of added.value) list.push(item)
    } else if (change.method === 'update' && dictionary !== null && isDict(added.value)) {
      defineAll(dictionary, added.value)
    } else if (change.target !== null && dictionary !== null) {
      const keys = (change.inside === null ? [change.target.index] : keysOfTarget(change.inside)).map(fold)
      const open = keys.find((key) => key.state === 'unknown')
      if (open !== undefined) return open
      const path = keys.map((key) => String(key.state === 'known' && key.value))
      if (!setInside(dictionary, path, added.value)) return unclear
      parts.push(...keys)
    } else return unclear
    if (list !== null && list.length > maximumItems) return unknown('too long')
  }
  return combine(list ?? dictionary, parts)
}

/** Copies what lies on the way, which others may hold as well; false: there is no such way. */
function setInside(dictionary: { [key: string]: Json }, [key, ...further]: string[], value: Json): boolean {
  if (key === undefined) return false
  if (further.length === 0) {
    define(dictionary, key, value)
    return true
  }
  const inner = lookUp(dictionary, key)
  if (inner === undefined || !isDict(inner)) return false
  const copy = { ...inner }
  define(dictionary, key, copy)
  return setInside(copy, further, value)
}
