/** Searches that a service runs, one job for each trial: what readers of several services claim alike. */

import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { knownArgument, passedCall } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Dimension, SearchSpace } from '../../workload/resource-kinds.js'
import { evidenceOfJob, scopeOf } from '../job-in-code.js'

/** `key`: what limits the number of jobs; `service`: what keeps their results. */
export function claimJobSearch(
  python: PythonModule,
  call: Call,
  claims: ClaimBuilder,
  key: string,
  service: string,
): SubjectBuilder<'Search'> {
  const place = calleePlace(call)
  const search = claims.subject('Search', place, scopeOf(call), evidenceOfJob(python, 'maybe'))
  search.known('unit', key, 'job', place)
  search.known('folds', key, 1, place)
  search.known('persisted', service, true, place)
  return search
}

/**
 * The space of a dictionary from names to calls: `{'alpha': CategoricalParameter([…])}`, here or in another module. `sizeOf`: the
 * values or their number; null: any number. Null where the names cannot be read.
 */
export function spaceOfCalls(
  module: PythonModule,
  dictionary: Expr,
  sizeOf: (made: Call, python: PythonModule) => Json[] | number | null,
): SearchSpace | null {
  const elsewhere = resultAt(module, dictionary)
  const { python, expr } = elsewhere.python === module ? { python: module, expr: dictionary } : elsewhere
  const keys = python.keysOf(expr)
  if (keys === null) return null
  const dimensions = keys.map((name): Dimension => {
    const entry = python.entry(expr, name)
    const made = passedCall(python, entry)
    const size = made === null ? null : sizeOf(made, python)
    return Array.isArray(size) ? { name, size: distinctCount(size), values: size } : { name, size }
  })
  return { grids: [dimensions], ...gridSize([dimensions]) }
}

/** The list that a call is given as its values; null where it cannot be read. */
export function listedValues(python: PythonModule, made: Call): Json[] | null {
  const values = knownArgument(python.argument(made, 'values', 0))
  return Array.isArray(values) ? values : null
}
