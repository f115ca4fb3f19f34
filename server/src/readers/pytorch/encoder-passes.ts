/** Calls of a training loop that have a function embed the batch without gradients: `features = embed(clip, images)`. */
import { isEncoder } from '../../python/encoders.js'
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { isUntouched, unmoved } from './called-networks.js'
import { feedsAnother, fromBatch } from './frozen-passes.js'
import { textOfTarget } from './step-values.js'

export interface EncoderPass {
  /** The network that the function is given, else the function. */
  name: string
  made: Expr
  run: { call: PythonModule['calls'][number]; loop: Loop }
}

/** `frozen`: the networks whose weights the program freezes, by name. */
export function encoderPasses(python: PythonModule, frozen: ReadonlyMap<string, Expr>): EncoderPass[] {
  return python.calls.flatMap((call) => {
    const { callee, args } = call.expr
    const loop = [...call.loops].reverse().find((one) => one.role === 'train')
    if (loop === undefined || loop.node.type !== 'for' || args.length === 0 || call.conditional) return []
    if (!encodes(python, callee)) return []
    const batch = new Set(namesIn(loop.node.target))
    const samples = args.filter(({ value }) => fromBatch(python, value, batch, loop))
    const others = args.filter((one) => !samples.includes(one))
    // What else it is given is the same in each step: the network, a length.
    if (samples.length === 0 || !others.every(({ value }) => isFixed(python, value, loop))) return []
    if (!feedsAnother(python, call, loop)) return []
    const object = callee.type === 'attribute' ? callee.value : callee
    const network = others.find(({ value }) => textOfTarget(value) !== null)?.value ?? object
    const names = textOfTarget(network) === null ? [] : [textOfTarget(network)!]
    const kept = names.every((one) => frozen.has(one))
    if (
      !kept &&
      !isUntouched(python, { expr: network, name: '', names, passedBy: new Set([call]), origins: [] })
    )
      return []
    return [{ name: textOfTarget(network) ?? call.method, made: network, run: { call, loop } }]
  })
}

/** A function of the project, or a method of one of its objects. */
function encodes(python: PythonModule, callee: Expr): boolean {
  const own = python.functionOf(callee)
  if (own !== null) return isEncoder(python, own)
  if (python.importedFunction(callee)?.encodes === true) return true
  if (callee.type !== 'attribute') return false
  const method = python.instanceClass(callee.value)?.methods.get(callee.attr)
  if (method !== undefined) return isEncoder(python, method)
  const made = unmoved(python.definition(callee.value))
  const klass = made.type === 'call' ? python.importedClass(made.callee) : null
  return klass?.encodes?.includes(callee.attr) === true
}

/** Nothing in the loop over epochs around it gives it another value. */
function isFixed(python: PythonModule, expr: Expr, loop: Loop): boolean {
  let outer = loop
  while (outer.parent !== null) outer = outer.parent
  const { start, end } = outer.node
  return namesIn(expr).every((name) => {
    const bindings = python.bindingsOf({ type: 'name', id: name, start: expr.start, end: expr.end })
    return bindings.every(
      ({ kind, value }) => kind !== 'loop' && (value == null || value.end <= start || value.start >= end),
    )
  })
}
