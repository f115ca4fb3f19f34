/** A parameter grid as written: dictionaries of lists, or a list of them. */
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { PythonModule } from '../../python/module.js'
import type { DictExpr, Expr } from '../../syntax/python-ast.js'
import type { Dimension, SearchSpace } from '../../workload/words.js'

/** The dictionaries behind a `param_grid` expression, with the expressions that stand for one each. */
export function gridDictionaries(module: PythonModule, expr: Expr): DictExpr[] | null {
  // A name whose value changes later has no certain grid.
  if (expr.type === 'name') {
    const folded = module.fold(expr)
    if (folded.state === 'unknown' && folded.because.endsWith('is changed')) return null
  }
  const value = module.definition(expr)
  if (value.type === 'dict') return [value]
  if (value.type === 'list' || value.type === 'tuple') {
    const all: DictExpr[] = []
    for (const item of value.items) {
      const inner = gridDictionaries(module, item)
      if (inner === null) return null
      all.push(...inner)
    }
    return all.length === 0 ? null : all
  }
  return null
}

function dimensionOf(module: PythonModule, name: string, expr: Expr): Dimension {
  const folded = module.fold(expr)
  if (folded.state === 'known') {
    if (!Array.isArray(folded.value)) return { name, size: null }
    return { name, size: distinctCount(folded.value), values: folded.value }
  }
  // Estimators and functions do not fold, but they can be counted.
  const value = module.definition(expr)
  if (value.type === 'list' || value.type === 'tuple') {
    return { name, size: value.items.some((item) => item.type === 'starred') ? null : value.items.length }
  }
  return { name, size: null }
}

function dimensionsOf(module: PythonModule, dictionary: DictExpr): Dimension[] | null {
  const dimensions: Dimension[] = []
  for (const entry of dictionary.entries) {
    if (entry.key === null) {
      const spread = module.definition(entry.value)
      if (spread.type !== 'dict') return null
      const inner = dimensionsOf(module, spread)
      if (inner === null) return null
      dimensions.push(...inner)
      continue
    }
    const key = module.fold(entry.key)
    const name = key.state === 'known' ? String(key.value) : '?'
    dimensions.push(dimensionOf(module, name, entry.value))
  }
  return dimensions
}

/** The space of a `param_grid`; null where it cannot be read at all. */
export function spaceOf(module: PythonModule, expr: Expr): SearchSpace | null {
  const dictionaries = gridDictionaries(module, expr)
  if (dictionaries === null) return foldedSpace(module, expr)
  const grids: Dimension[][] = []
  for (const dictionary of dictionaries) {
    const dimensions = dimensionsOf(module, dictionary)
    if (dimensions === null) return null
    grids.push(dimensions)
  }
  return { grids, ...gridSize(grids) }
}

/** `dict(C=[…])` and other expressions that fold to plain data. */
function foldedSpace(module: PythonModule, expr: Expr): SearchSpace | null {
  const folded = module.fold(expr)
  if (folded.state === 'unknown') return null
  const values = Array.isArray(folded.value) ? folded.value : [folded.value]
  const grids: Dimension[][] = []
  for (const value of values) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
    grids.push(
      Object.entries(value).map(([name, items]) =>
        Array.isArray(items) ? { name, size: distinctCount(items), values: items } : { name, size: null },
      ),
    )
  }
  return grids.length === 0 ? null : { grids, ...gridSize(grids) }
}
