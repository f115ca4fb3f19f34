/** Classes of a module that one of its classes is derived from. */
import type { Analysis } from './analysis.js'
import { classOf } from './callables.js'
import type { Klass } from './module.js'

/** Nobody writes more of them: without a bound a chain of classes would take the square of its length. */
const most = 32

const known = new WeakMap<Klass, readonly Klass[]>()

/** Each once, those of the first base first; at most 32. */
export function baseClasses(analysis: Analysis, klass: Klass): readonly Klass[] {
  const before = known.get(klass)
  if (before !== undefined) return before
  const found = new Set<Klass>([klass])
  const visit = (one: Klass): void => {
    for (const base of directBases(analysis, one)) {
      if (found.has(base) || found.size > most) continue
      found.add(base)
      visit(base)
    }
  }
  visit(klass)
  found.delete(klass)
  const all = [...found]
  known.set(klass, all)
  return all
}

function directBases(analysis: Analysis, { node }: Klass): Klass[] {
  return node.bases.flatMap(({ name, value }) => (name === null ? (classOf(analysis, value) ?? []) : []))
}
