/** What a module uses, for lists that many of its loops and calls ask about. */
import { holdsAny, usesOf } from '../../python/library-uses.js'
import type { PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'

/** `python.uses`, remembered. */
export function usesAny(python: PythonModule, names: readonly string[]): boolean {
  return once(python, `uses ${names.join(' ')}`, () => python.uses(...names))
}

/** The same of the modules around this one. */
export function usesAround(python: PythonModule, names: readonly string[]): boolean {
  return once(python, `uses around ${names.join(' ')}`, () =>
    [...python.importers, ...python.imported].some((module) => holdsAny(usesOf(module), names)),
  )
}
