/** Libraries that one function imports, and others are handed: `def build(tf, config)`. */
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { Binding, Scope } from './scope.js'

/**
 * The library that a parameter stands for, as imported: a function of this module imports it under the same name, and the
 * module itself does not; null: none.
 */
export function handedModule(analysis: Analysis, { name, kind }: Binding): string | null {
  return kind === 'param' ? (modulesInFunctions(analysis).get(name) ?? null) : null
}

/** By name: what functions import, where all that do mean the same. */
function modulesInFunctions(analysis: Analysis): ReadonlyMap<string, string> {
  return once(analysis, 'modules imported in functions', () => {
    const root = analysis.scopes
    const found = new Map<string, string | null>()
    const visit = (scope: Scope): void => {
      for (const [name, bindings] of scope.bindings)
        for (const { node, target } of bindings) {
          if (node?.type !== 'import' || node.from || target === null || root.bindings.has(name)) continue
          found.set(name, (found.get(name) ?? target) === target ? target : null)
        }
      scope.children.forEach(visit)
    }
    root.children.forEach(visit)
    return new Map([...found].flatMap(([name, target]) => (target === null ? [] : [[name, target] as const])))
  })
}
