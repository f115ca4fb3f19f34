/** Lists that grow after they were made: `command = ['python', 'train.py']`, then `command.append('--fast')`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { AddedItem } from './module.js'

/** What is added in place before the name is read, in order; null: the list is changed in other ways, too. */
export function addedItems(analysis: Analysis, name: Expr): AddedItem[] | null {
  if (name.type !== 'name') return []
  const added: AddedItem[] = []
  for (const { method, call, certain } of analysis.changesOf(name.id, name.start)) {
    const [first, ...others] = call?.args ?? []
    if (first === undefined || others.length > 0 || first.name !== null || first.star > 0) return null
    if (method !== 'append' && method !== 'extend') return null
    added.push({ value: first.value, spread: method === 'extend', certain })
  }
  return added
}
