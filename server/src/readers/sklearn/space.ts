/** A parameter grid as written: dictionaries of lists, or a list of them. */

import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { possibleAt } from '../../python/definition-places.js'
import type { PythonModule } from '../../python/module.js'
import type { DictExpr, Expr } from '../../syntax/python-ast.js'
import { plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Dimension, SearchSpace } from '../../workload/resource-kinds.js'

/** A space with where it is written, and its place among the grids that one search goes through in turn. */
export interface SpaceFound {
  space: SearchSpace
  expr: Expr
  /** Where the expression stands. */
  python: PythonModule
  index: number
  count: number
  /** The grids before and after it. */
  others: Dimension[][]
}

/** The space of a `param_grid`; null where it cannot be read. */
export function spaceOf(module: PythonModule, given: Expr): SearchSpace | null {
  return largestSpace(module, given)?.space ?? null
}

/**
 * The space of a `param_grid`: the largest, where a loop or the calls of a function search several one after another.
 * Null where it cannot be read at all.
 */
export function largestSpace(module: PythonModule, given: Expr): SpaceFound | null {
  const own = oneSpace(module, given)
  if (own !== null) return { space: own, expr: given, python: module, index: 0, count: 1, others: [] }
  const candidates = possibleAt(module, given)
  if (candidates === null) return null
  const found = candidates.flatMap(({ python, expr }, index) => {
    const space = oneSpace(python, expr)
    return space === null ? [] : [{ space, expr, python, index, count: candidates.length }]
  })
  const sizeOf = ({ space }: { space: SearchSpace }): number => space.configurations ?? 0
  const [largest] = [...found].sort((a, b) => sizeOf(b) - sizeOf(a))
  if (largest === undefined) return null
  const others = found.flatMap((one) => (one === largest ? [] : one.space.grids))
  return { ...largest, others }
}

/** The dictionaries behind an expression, as literals that nothing changes afterwards. */
export function gridDictionaries(module: PythonModule, expr: Expr): DictExpr[] | null {
  if (module.isChanged(expr)) return null
  const value = module.definition(expr)
  if (value.type === 'dict') return [value]
  if (value.type !== 'list' && value.type !== 'tuple') return null
  const all: DictExpr[] = []
  for (const item of value.items) {
    const inner = gridDictionaries(module, item)
    if (inner === null) return null
    all.push(...inner)
  }
  return all.length === 0 ? null : all
}

function oneSpace(module: PythonModule, expr: Expr): SearchSpace | null {
  const grids = gridsOf(module, expr) ?? foldedGrids(module, expr)
  if (grids === null || grids.length === 0) return null
  return { grids, ...gridSize(grids) }
}

function gridsOf(module: PythonModule, expr: Expr, depth = 0): Dimension[][] | null {
  if (depth > 4) return null
  const keys = module.keysOf(expr)
  if (keys !== null) {
    const dimensions: Dimension[] = []
    for (const key of keys) {
      const entry = module.entry(expr, key)
      const value = passedExpression(entry)
      if (value !== null) dimensions.push(dimensionOf(module, key, value))
      else if (mayBePassed(entry)) dimensions.push({ name: key, size: null })
    }
    return [dimensions]
  }
  if (module.isChanged(expr)) return null
  const value = module.definition(expr)
  if (value.type === 'dict') {
    // Some key does not fold: what the others say still counts.
    const dimensions: Dimension[] = []
    for (const entry of value.entries) {
      if (entry.key === null) return null
      const key = effective(module.fold(entry.key))
      dimensions.push(dimensionOf(module, key === undefined ? '?' : String(key), entry.value))
    }
    return [dimensions]
  }
  if (value.type !== 'list' && value.type !== 'tuple') return null
  const all: Dimension[][] = []
  for (const item of value.items) {
    const inner = gridsOf(module, item, depth + 1)
    if (inner === null) return null
    all.push(...inner)
  }
  return all
}

/** Grids that fold to plain data, however they are put together. */
function foldedGrids(module: PythonModule, expr: Expr): Dimension[][] | null {
  const folded = effective(module.fold(expr)) ?? inFile(module, expr)
  if (folded === undefined) return null
  const grids: Dimension[][] = []
  for (const value of Array.isArray(folded) ? folded : [folded]) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
    grids.push(Object.entries(value).map(([name, items]) => folding(name, items)))
  }
  return grids
}

/** What a configuration file says there, where all of it can be read. */
function inFile(module: PythonModule, expr: Expr): Json | undefined {
  const configured = module.configured(expr)
  return configured === null || module.isChanged(expr) ? undefined : plainConfigured(configured)
}

function folding(name: string, items: Json): Dimension {
  return Array.isArray(items) ? { name, size: distinctCount(items), values: items } : { name, size: null }
}

function dimensionOf(module: PythonModule, name: string, expr: Expr): Dimension {
  const value = effective(module.fold(expr))
  return value === undefined ? { name, size: countOf(module, expr) } : folding(name, value)
}

/** Estimators and functions do not fold, but they can be counted. */
function countOf(module: PythonModule, expr: Expr, depth = 0): number | null {
  if (depth > 4 || module.isChanged(expr)) return null
  const value = module.definition(expr)
  if (value.type === 'list' || value.type === 'tuple') {
    return value.items.some((item) => item.type === 'starred') ? null : value.items.length
  }
  if (value.type === 'binary' && value.op === '+') {
    const left = countOf(module, value.left, depth + 1)
    const right = countOf(module, value.right, depth + 1)
    return left === null || right === null ? null : left + right
  }
  if (value.type === 'comprehension' && value.kind !== 'dict' && value.conditions.length === 0) {
    let size = 1
    for (const clause of value.clauses) {
      const items = effective(module.fold(clause.iterable))
      const count = Array.isArray(items) ? items.length : countOf(module, clause.iterable, depth + 1)
      if (count === null) return null
      size *= count
    }
    // A set keeps equal elements once.
    return value.kind === 'set' ? null : size
  }
  return null
}
