/** Compiled pipelines whose Python code is in the project as well: that is where things are said and changed. */
import type { Extraction } from '../workload/claim.js'
import type { Extractions } from './extractions.js'
import type { LinkKind } from './link-kind.js'

/** `a_b` and `A B` of Python are `a-b` in what is compiled. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z\d]+/g, '-')

export class CompiledLinks implements LinkKind {
  join(extractions: Extractions): void {
    for (const path of compiledCopies(extractions.byPath)) extractions.hide(path)
  }
}

/** Paths of compiled files with their source in the project. */
function compiledCopies(extractions: ReadonlyMap<string, Extraction>): string[] {
  const defined = new Set<string>()
  let unreadable = false
  const compiled: [string, string][] = []
  for (const [path, { compiledFrom, pipelines }] of extractions) {
    if (compiledFrom !== undefined) compiled.push([path, plain(compiledFrom)])
    for (const name of pipelines ?? []) {
      if (name === null) unreadable = true
      else defined.add(plain(name))
    }
  }
  // A name that cannot be read may be any.
  return compiled.flatMap(([path, name]) => (unreadable || defined.has(name) ? [path] : []))
}
