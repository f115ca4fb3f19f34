/** Where a program decides for itself whether gradients are computed. */
import type { PythonModule } from '../../python/module.js'

/** A switch that holds for everything from there on, here or in a module that is at work with this one. */
export function switchesForGood(python: PythonModule): boolean {
  if ([...python.imported, ...python.importers].some(({ uses }) => uses.includes('torch.set_grad_enabled')))
    return true
  return python.callsTo('torch.set_grad_enabled').some(({ statement }) => statement.type !== 'with')
}
