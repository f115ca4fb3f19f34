/** Parameters that a function calls, so that a network which it is passed runs in it: `def step(model, batch): model(batch)`. */
import type { Analysis } from './analysis.js'
import type { Func, NamedParameter } from './module.js'
import { bindingsOf } from './names.js'

const switchesGradients = /no_?grad|inference_?mode|set_grad_enabled|grad.*ctx/i

/** `model_cls(**sizes)` makes a network, `train_fn(model)` is no network. */
const isOther = (name: string): boolean =>
  /(^|_)(cls|class|klass|type|factory|builder|constructor|fn|func|function|criterion|loss)$/.test(name)

/** Those that it calls with gradients, as far as the function decides it. */
export function appliedParameters(analysis: Analysis, func: Func): NamedParameter[] {
  const written = ({ start, end }: { start: number; end: number }) => analysis.code.slice(start, end)
  if (func.node.decorators.some((one) => switchesGradients.test(written(one)))) return []
  const found = new Map<string, NamedParameter>()
  for (const { name, expr, withs } of func.calls) {
    const { callee } = expr
    if (name !== null || callee.type !== 'name' || expr.args.length === 0 || isOther(callee.id)) continue
    if (withs.some(({ items }) => items.some(({ value }) => switchesGradients.test(written(value))))) continue
    const bindings = bindingsOf(analysis, callee.id, callee.start)
    const binding = bindings.length === 1 ? bindings[0]! : null
    const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
    if (owner?.func === func) found.set(callee.id, { name: callee.id, position: owner.position })
  }
  return [...found.values()]
}
