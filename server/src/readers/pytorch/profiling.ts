/** Profilers that record a whole run. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Stmt, With } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { fixedArgument, mayBePassed, numberIn } from '../../values/argument.js'

export interface Profiling {
  call: Call
  key: string
  /** The block tells the profiler where a step ends, so a schedule would work as it is. */
  steps: boolean
}

const profilers = [
  'torch.profiler.profile',
  'torch.autograd.profiler.profile',
  'torch.autograd.profiler.emit_nvtx',
  'torch.autograd.profiler.emit_itt',
]

/** A few steps under a profiler are a measurement. */
const fewSteps = 100

export function profilings(analysis: PythonModule): Profiling[] {
  if (/(^|\/|_)(profil\w*|bench\w*)/i.test(analysis.path)) return []
  const found: Profiling[] = []
  for (const call of analysis.callsTo(...profilers)) {
    if (mayBePassed(analysis.argument(call, 'schedule'))) continue
    const enabled = analysis.argument(call, 'enabled', call.name === 'torch.profiler.profile' ? null : 0)
    // A switch that is off, or whose state cannot be told.
    if (mayBePassed(enabled) && !fixedArgument(enabled)) continue
    const block = call.statement
    if (block.type !== 'with' || !block.items.some((item) => item.value === call.expr)) continue
    if (!trainsInside(analysis, block)) continue
    const name = call.name!
    const target = block.items.find((item) => item.value === call.expr)?.target
    const steps =
      target?.type === 'name' &&
      analysis.calls.some(
        (one) =>
          one.method === 'step' &&
          one.expr.callee.type === 'attribute' &&
          one.expr.callee.value.type === 'name' &&
          one.expr.callee.value.id === target.id,
      )
    found.push({ call, key: name.slice(name.lastIndexOf('.') + 1), steps: steps === true })
  }
  return found
}

/** A whole training loop runs in the block, rather than a few steps. */
function trainsInside(analysis: PythonModule, block: With): boolean {
  const loops = analysis.loops.filter(
    (loop) =>
      block.start <= loop.node.start && loop.node.end <= block.end && /^(train|epoch)$/.test(loop.role),
  )
  if (loops.length > 0) return loops.some((loop) => isLong(loop) && !leavesEarly(analysis, loop))
  return analysis.effects(block.body).trains
}

function isLong(loop: Loop): boolean {
  if (loop.role === 'epoch') return true
  return !((numberIn(loop.trips) ?? Number.POSITIVE_INFINITY) <= fewSteps)
}

/** `if step >= 10: break` around a count. */
function leavesEarly(analysis: PythonModule, loop: Loop): boolean {
  const breaks = (statement: Stmt): boolean =>
    statement.type === 'if' &&
    statement.body.some((one) => one.type === 'break') &&
    /\d|step|iter|batch|idx|\bi\b/.test(analysis.code.slice(statement.test.start, statement.test.end))
  const visit = (statement: Stmt): boolean =>
    breaks(statement) || blocksOf(statement).some((block) => block.some(visit))
  return loop.node.body.some(visit)
}
