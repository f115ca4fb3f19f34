/** Where a program decides for itself whether gradients are computed. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { codeText } from './evidence.js'

/** A switch that holds for everything from there on, here or in a module that is at work with this one. */
export function switchesForGood(python: PythonModule): boolean {
  if ([...python.imported, ...python.importers].some(({ uses }) => uses.includes('torch.set_grad_enabled')))
    return true
  return python.callsTo('torch.set_grad_enabled').some(({ statement }) => statement.type !== 'with')
}

const switches = /^torch\.(no_grad|inference_mode|set_grad_enabled)$/
const writtenSwitch = /\b(no_grad|inference_mode|set_grad_enabled)\b/

/** A network whose `forward` runs under a switch of its own, though only where its constructor was told to. */
export function switchesItself(python: PythonModule, network: Expr): boolean {
  const klass = python.instanceClass(network)
  if (klass !== null)
    return ['forward', '__call__'].some((name) => {
      const method = klass.methods.get(name)
      if (method === undefined) return false
      const { decorators, start, end } = method.node
      const decorated = decorators.some((one) => writtenSwitch.test(codeText(python, one.start, one.end)))
      return decorated || returnsUnder.test(codeText(python, start, end))
    })
  const values = network.type === 'name' ? python.bindingsOf(network).map(({ value }) => value) : []
  return [network, ...values].some(
    (one) => one !== null && python.instanceSummary(one)?.calls.some((name) => switches.test(name)) === true,
  )
}

/** `with torch.no_grad():` around what is returned, or around a pass of a layer. */
const returnsUnder =
  /\bwith\b[^\n]*\b(no_grad|inference_mode|set_grad_enabled)\b[^\n]*:\s*(\S[^\n]*\n\s*)?(return\b|\w+ = self\.\w*(model|encoder|backbone|net|forward)\w*\()/
