/** Grids that a pipeline in Python lists, and starts a task for each item of: dynamic task mapping, `foreach`. */
import { distinctCount } from '../estimate/dimension.js'
import type { PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { effective } from '../values/value.js'
import type { Dimension } from '../workload/resource-kinds.js'
import { dimensionsOf } from './job-grid.js'
import { type Factor, listedConfigurations, parameterGrid, productOf } from './python/grid-factors.js'
import { collectionOf } from './python/grid-names.js'

/** What a list of configurations multiplies; null: it is no such list, or how many there are is not known. */
export function mappedDimensions(python: PythonModule, items: Expr): Dimension[] | null {
  const list = unwrapped(python, items)
  const factors = parameterGrid(python, list) ?? productOf(python, list) ?? listedConfigurations(python, list)
  if (factors !== null) return factors.map((one) => dimension(python, one))
  const known = effective(python.fold(list))
  return Array.isArray(known) && known.length > 0 && known.every(isMap) ? dimensionsOf(known) : null
}

/** The values of one parameter, each of which a task gets. */
export function mappedDimension(python: PythonModule, name: string, values: Expr): Dimension {
  return dimension(python, { name, values })
}

/** A list of a list of a list is none that somebody wrote by hand, and one that is made of itself in a loop has no end. */
const deepest = 3

/** `list(ParameterGrid(space))`; a name that is filled in later stays one. */
function unwrapped(python: PythonModule, items: Expr, depth = 0): Expr {
  const value = python.definition(items)
  if (value.type !== 'call') return items
  const [only, ...others] = value.args
  return depth < deepest &&
    only !== undefined &&
    others.length === 0 &&
    /^(list|tuple|sorted)$/.test(python.nameOf(value.callee) ?? '')
    ? unwrapped(python, only.value, depth + 1)
    : value
}

function dimension(python: PythonModule, { name, values, loaded, location }: Factor): Dimension {
  const known = loaded ?? effective(python.fold(values))
  const named = name ?? collectionOf(values) ?? ''
  return Array.isArray(known)
    ? {
        name: named,
        size: distinctCount(known),
        values: known,
        ...(location === undefined ? {} : { location }),
      }
    : { name: named, size: null }
}

const isMap = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
