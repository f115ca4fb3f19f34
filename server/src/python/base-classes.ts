/** Classes of a module that one of its classes is derived from. */
import type { Analysis } from './analysis.js'
import type { Klass } from './module.js'
import { classOf } from './names.js'

const known = new WeakMap<Klass, readonly Klass[]>()

/** All of them, each once, those of the first base first. */
export function baseClasses(analysis: Analysis, klass: Klass): readonly Klass[] {
  const before = known.get(klass)
  if (before !== undefined) return before
  const found = new Set<Klass>([klass])
  const visit = (one: Klass): void => {
    for (const base of directBases(analysis, one)) {
      if (found.has(base)) continue
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
