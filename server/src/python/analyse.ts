/** From the tree of a module to what readers ask. */

import type { PythonTree } from '../syntax/python-ast.js'
import type { LaunchBinding } from '../text/launch.js'
import { once } from '../text/once.js'
import { Analysis, type Neighbours } from './analysis.js'
import { deadBlocks, deadCode, withoutBlocks } from './dead-code.js'

/** A module as readers see it: what never runs is left out. */
export function analyse(
  path: string,
  text: string,
  tree: PythonTree,
  notebook: boolean,
  neighbours?: Neighbours,
  binding: LaunchBinding | null = null,
): Analysis {
  const whole = new Analysis(path, text, tree, notebook, neighbours, binding)
  const dead = deadBlocks(whole)
  if (dead.size === 0) return whole.describe()
  return new Analysis(
    path,
    text,
    withoutDead(tree, dead),
    notebook,
    neighbours,
    binding,
    deadCode(whole, dead),
  ).describe()
}

/** Without the same code it is the same tree, so what follows from it holds for the next analysis. */
function withoutDead(tree: PythonTree, dead: ReturnType<typeof deadBlocks>): PythonTree {
  const places = [...dead].map(([block, { from }]) => block[from]!.start)
  return once(tree, `without ${places.join(' ')}`, () => withoutBlocks(tree, dead))
}

/**
 * The last analysis of one tree. A file is asked for its summary and for its claims; where nothing around it differs, what
 * it says does not differ either. It takes much memory, so it is kept for files in an editor only.
 */
export class LastAnalysis {
  private last: { neighbours: Neighbours; binding: LaunchBinding | null; analysis: Analysis } | null = null

  constructor(
    private readonly path: string,
    private readonly text: string,
    private readonly tree: PythonTree,
    private readonly notebook: boolean,
  ) {}

  with(neighbours: Neighbours, binding: LaunchBinding | null): Analysis {
    const { last } = this
    if (last !== null && last.binding === binding && seeTheSame(last.neighbours, neighbours))
      return last.analysis
    const analysis = analyse(this.path, this.text, this.tree, this.notebook, neighbours, binding)
    this.last = { neighbours, binding, analysis }
    return analysis
  }
}

function seeTheSame(a: Neighbours, b: Neighbours): boolean {
  const isPlain = ({ configurations }: Neighbours) =>
    configurations === undefined || configurations.size === 0
  return (
    sameImports(a.importedByName, b.importedByName) &&
    sameItems(a.importers, b.importers) &&
    sameItems(a.behind, b.behind) &&
    sameItems(a.programs, b.programs) &&
    sameItems(a.outside, b.outside) &&
    knowsImporters(a) === knowsImporters(b) &&
    isPlain(a) &&
    isPlain(b) &&
    (a.processorOnly ?? false) === (b.processorOnly ?? false)
  )
}

/** Nobody has to be asked where there is nobody. */
function knowsImporters({ importers, outside }: Neighbours): boolean {
  return outside !== undefined || importers.length === 0
}

function sameImports(a: Neighbours['importedByName'], b: Neighbours['importedByName']): boolean {
  if (a.size !== b.size) return false
  for (const [name, summary] of a) if (b.get(name) !== summary) return false
  return true
}

function sameItems(a: readonly unknown[] = [], b: readonly unknown[] = []): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
