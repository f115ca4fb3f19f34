/** Parameters of functions that nothing in the project calls. */
import type { Analysis } from './analysis.js'
import type { Func } from './module.js'
import { searchingFunctions } from './trial-searches.js'

/**
 * Whoever starts such a function, by hand or from elsewhere, mostly takes its defaults. Methods are called on objects whose
 * class nobody can tell, so only constructors are known not to be.
 */
export function keepsDefaults(analysis: Analysis, func: Func): boolean {
  return func.class === null || func.name === '__init__' || searchingFunctions(analysis).has(func)
}
