/** Library calls to which a function hands its parameters as they are: `torch.save(state, filename)`. */
import type { Analysis } from './analysis.js'
import type { Func, HandedOn } from './module.js'
import { bindingsOf } from './names.js'

const mostCalls = 30

export function handedOn(analysis: Analysis, func: Func): HandedOn[] {
  const found: HandedOn[] = []
  for (const call of func.calls) {
    if (call.name === null || call.conditional) continue
    let positional = 0
    for (const argument of call.expr.args) {
      if (argument.star > 0) break
      const position = argument.name === null ? positional++ : null
      const { value } = argument
      if (value.type !== 'name' || found.length >= mostCalls) continue
      const bindings = bindingsOf(analysis, value.id, value.start)
      const binding = bindings.length === 1 ? bindings[0]! : null
      const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
      if (owner?.func !== func) continue
      const to = { to: call.name, name: argument.name, position }
      found.push({ ...to, parameter: value.id, index: owner.position })
    }
  }
  return found
}
