/** From the tree of a module to what readers ask. */
import type { PythonTree } from '../syntax/python-ast.js'
import type { LaunchBinding } from '../text/launch.js'
import { Analysis, type Neighbours } from './analysis.js'
import { deadBlocks, deadCode, withoutBlocks } from './conditions.js'

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
  if (dead.size === 0) return whole
  return new Analysis(
    path,
    text,
    withoutBlocks(tree, dead),
    notebook,
    neighbours,
    binding,
    deadCode(whole, dead),
  )
}
