/** Answers about a whole module that many of its loops and calls ask for. */
import type { PythonModule } from '../../python/module.js'

const answers = new WeakMap<PythonModule, Map<string, unknown>>()

/** What `compute` gave the first time it was asked of this module. */
export function once<T>(python: PythonModule, question: string, compute: () => T): T {
  let known = answers.get(python)
  if (known === undefined) {
    known = new Map()
    answers.set(python, known)
  }
  if (!known.has(question)) known.set(question, compute())
  return known.get(question) as T
}

/** `python.uses`, for a list that every loop asks about. */
export function usesAny(python: PythonModule, names: readonly string[]): boolean {
  return once(python, `uses ${names.join(' ')}`, () => python.uses(...names))
}

/** The same of the modules around this one. */
export function usesAround(python: PythonModule, names: readonly string[]): boolean {
  return once(python, `uses around ${names.join(' ')}`, () =>
    [...python.importers, ...python.imported].some((module) =>
      module.uses.some((use) =>
        names.some((name) => (name.endsWith('.') ? use.startsWith(name) : use === name)),
      ),
    ),
  )
}
