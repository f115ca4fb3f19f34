/** What becomes of a network that a function wraps, where the function alone decides. */
import type { Call, PythonModule } from '../../python/module.js'

/** Methods through which no batch goes. */
const settled =
  /^(to|cuda|cpu|half|float|double|train|eval|load_state_dict|state_dict|parameters|named_parameters|requires_grad_|apply|modules|named_modules|zero_grad)$/

/**
 * `none`: the network goes out of scope before a batch goes through it; `evaluations`: only functions get it that take no
 * backward pass; null: it trains, or it cannot be told.
 */
export function usesOf(python: PythonModule, made: Call): 'none' | 'evaluations' | null {
  const { assignedTo: name, function: func } = made
  if (name === null || !/^\w+$/.test(name)) return null
  // What other functions do with a name of the module is not followed.
  const scope = func?.node ?? null
  if (scope === null && !onlyHere(python, name)) return null
  const end = scope?.end ?? python.code.length
  const text = python.code.slice(0, end)
  let evaluated = false
  for (const { index } of text.matchAll(new RegExp(`(?<![\\w.])${name}\\b(?!\\s*=[^=])`, 'g'))) {
    if (index < made.expr.end) continue
    const method = /^\s*\.\s*(?:module\s*\.\s*)?(\w+)\s*\(/.exec(python.code.slice(index + name.length))?.[1]
    if (method !== undefined) {
      if (!settled.test(method)) return null
      continue
    }
    const taker = python.calls.find(({ expr }) =>
      expr.args.some(({ value }) => value.type === 'name' && value.start === index),
    )
    const inner = taker === undefined ? null : python.functionOf(taker.expr.callee)
    if (inner === null) return null
    const effects = python.effectsOfFunction(inner)
    if (effects.trains || effects.backward || effects.optimizerStep) return null
    evaluated = true
  }
  if (evaluated) return 'evaluations'
  // Whoever imports the module may run it.
  return scope === null ? null : 'none'
}

/** No function of the module speaks of it. */
function onlyHere(python: PythonModule, name: string): boolean {
  const mention = new RegExp(`(?<![\\w.])${name}\\b`)
  return !python.functions.some(({ node }) => mention.test(python.code.slice(node.start, node.end)))
}
