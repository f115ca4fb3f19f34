/** Programs that add the weights of an adapter to those of its model and do nothing else with either. */
import type { PythonModule } from '../../python/module.js'
import { effective } from '../../values/value.js'
import { trainsAnywhere } from '../pytorch/evidence.js'

/** What would be computed with the model, or bring it to an accelerator. */
const uses = /^(generate|pipeline|chat|predict|evaluate|to|cuda|forward|prepare)$/

/** PyTorch loads and adds weights on the CPU unless it is told otherwise. */
export function mergesOnProcessor(python: PythonModule): boolean {
  const { accelerator } = python.evidence
  return (
    (accelerator === 'none' || accelerator === 'cpu') &&
    python.methodCalls('merge_and_unload').length > 0 &&
    !trainsAnywhere(python) &&
    python.calls.every((call) => {
      if (uses.test(call.method)) return false
      return call.expr.args.every(({ name, value }) => {
        if (name === null) return true
        if (name === 'device_map') return isOnProcessor(effective(python.fold(value)))
        return !/^(load_in_[48]bit|quantization_config)$/.test(name)
      })
    })
  )
}

/** `'cpu'`, `{'': 'cpu'}`, `None`; an answer that cannot be read may be anything. */
function isOnProcessor(map: unknown): boolean {
  if (map === null || map === 'cpu') return true
  return (
    typeof map === 'object' && map !== undefined && Object.values(map).every((device) => device === 'cpu')
  )
}
