/** Parameters of functions that nothing in the project calls. */

import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Func } from './module.js'
import { nameOf } from './names.js'
import { searchingFunctions } from './trial-searches.js'

/**
 * Whoever starts such a function, by hand or from elsewhere, mostly takes its defaults. Methods are called on objects whose
 * class nobody can tell, so only constructors are known not to be.
 */
export function keepsDefaults(analysis: Analysis, func: Func): boolean {
  return func.class === null || func.name === '__init__' || searchingFunctions(analysis).has(func)
}

const configurable = /^gin\.(config\.)?(external_)?(configurable|register)$/

/** A file of gin may give its parameters other values than the defaults: `@gin.configurable`, also on its class. */
export function isBoundElsewhere(analysis: Analysis, func: Func): boolean {
  if (!analysis.usesHere('gin.')) return false
  const decorators = [...func.node.decorators, ...(func.name === '__init__' ? classDecorators(func) : [])]
  return decorators.some((one) =>
    configurable.test(nameOf(analysis, one.type === 'call' ? one.callee : one) ?? ''),
  )
}

const classDecorators = ({ class: klass }: Func): readonly Expr[] => klass?.node.decorators ?? []
