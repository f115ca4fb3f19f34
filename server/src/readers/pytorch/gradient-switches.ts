/** Where a program decides for itself whether gradients are computed. */
import type { PythonModule } from '../../python/module.js'
import { switchesItself as ofClass } from '../../python/own-switches.js'
import type { Expr } from '../../syntax/python-ast.js'

/** A switch that holds for everything from there on, here or in a module that is at work with this one. */
export function switchesForGood(python: PythonModule): boolean {
  if ([...python.imported, ...python.importers].some(({ uses }) => uses.includes('torch.set_grad_enabled')))
    return true
  return python.callsTo('torch.set_grad_enabled').some(({ statement }) => statement.type !== 'with')
}

/** A network whose `forward` runs under a switch of its own, though only where its constructor was told to. */
export function switchesItself(python: PythonModule, network: Expr): boolean {
  const klass = python.instanceClass(network)
  if (klass !== null) return ofClass(python, klass)
  const values = network.type === 'name' ? python.bindingsOf(network).map(({ value }) => value) : []
  return [network, ...values].some((one) => one !== null && python.instanceSummary(one)?.switches === true)
}
