/** Copies of a batch to the accelerator in training loops that the host waits for. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'

const device = /(^|[._])(device|dev|cuda|gpu|rank|local_rank|gpu_id)\d*(\b|$)|^["']cuda/i

/** `images.cuda()`, `batch['x'].to(device)` without `non_blocking`, in source order. */
export function waitingCopies(analysis: PythonModule): Call[] {
  return once(analysis, 'waiting copies', () => {
    // A library that prepares loaders copies by itself.
    if (analysis.uses('accelerate.Accelerator', 'lightning.fabric.Fabric')) return []
    return analysis.calls.filter((call) => isWaitingCopy(analysis, call))
  })
}

function isWaitingCopy(analysis: PythonModule, call: Call): boolean {
  const { callee, args } = call.expr
  if (callee.type !== 'attribute') return false
  const loop = call.loops.find((one) => one.role === 'train' && one.node.type === 'for')
  if (loop === undefined) return false
  if (call.method === 'cuda') {
    if (args.some((one) => one.star !== 0 || /^(non_blocking|async)$/.test(one.name ?? ''))) return false
    // `.cuda(device, True)`.
    if (args.length > 1) return false
  } else if (call.method === 'to') {
    const [first] = args
    if (first === undefined || args.some((one) => one.star !== 0 || one.name === 'non_blocking')) return false
    if (first.name !== null && first.name !== 'device') return false
    if (!device.test(analysis.code.slice(first.value.start, first.value.end))) return false
    if (args.filter((one) => one.name === null).length > 2) return false
  } else return false
  return comesFromBatch(analysis, callee.value, loop, 0)
}

/** The loop gives it, or it is a part of what the loop gives. */
function comesFromBatch(analysis: PythonModule, expr: Expr, loop: Loop, depth: number): boolean {
  if (depth > 4) return false
  if (expr.type === 'subscript' || expr.type === 'attribute')
    return comesFromBatch(analysis, expr.value, loop, depth + 1)
  if (expr.type !== 'name' || loop.node.type !== 'for') return false
  const { target, body } = loop.node
  const bindings = analysis.bindingsOf(expr)
  return bindings.some((binding) => {
    if (binding.at > expr.start) return false
    if (binding.kind === 'loop') {
      if (binding.at >= target.start && binding.at <= (body[0]?.start ?? target.end)) return true
      const parts = binding.value === null ? null : partsOf(binding.value)
      return (
        parts !== null && binding.at >= loop.node.start && comesFromBatch(analysis, parts, loop, depth + 1)
      )
    }
    if (binding.kind !== 'assign' || binding.value === null) return false
    return binding.at >= loop.node.start && comesFromBatch(analysis, binding.value, loop, depth + 1)
  })
}

/** `batch` of `for name, values in batch.items()`. */
function partsOf(iterated: Expr): Expr {
  const { type } = iterated
  if (type !== 'call' || iterated.args.length > 0 || iterated.callee.type !== 'attribute') return iterated
  return /^(items|values)$/.test(iterated.callee.attr) ? iterated.callee.value : iterated
}
