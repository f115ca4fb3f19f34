/** Networks that are run in fp32 beside the blocks in which their program casts to 16 bits: a teacher in each step, an evaluation. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType, networkName } from '../../python/network-types.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Span } from '../../text/location.js'
import { knownArgument } from '../../values/argument.js'
import { forwardPass } from './evaluation.js'
import { hotCode } from './hot-code.js'

export interface PassInFull {
  loop: Loop
  call: Call
  /** `evaluation`: of a whole loop; `step`: of one network in each step of a training. */
  of: 'step' | 'evaluation'
}

const withoutGradients = ['torch.no_grad', 'torch.inference_mode']

export function passesOutsideAutocast(python: PythonModule): PassInFull[] {
  const casting = blocksOf(python.callsTo('torch.autocast').filter(isOn(python)))
  // Elsewhere the program says that it casts, and nobody knows where.
  if (casting.length === 0) return []
  const found: PassInFull[] = []
  const bare = blocksOf(python.callsTo(...withoutGradients))
  let trains = false
  for (const loop of python.loops) {
    if (loop.role !== 'train' || !casting.some((block) => holds(loop.node, block))) continue
    trains = true
    const beside = bare.filter(
      (block) =>
        holds(loop.node, block) && !casting.some((other) => holds(other, block) || holds(block, other)),
    )
    const call = python.calls.find(
      (one) => beside.some((block) => holds(block, one.expr)) && runsNetwork(python, one),
    )
    if (call !== undefined) found.push({ loop, call, of: 'step' })
  }
  return trains ? [...found, ...evaluations(python, casting)] : []
}

function evaluations(python: PythonModule, casting: readonly Span[]): PassInFull[] {
  return python.loops.flatMap((loop): PassInFull[] => {
    const { role, node, effects } = loop
    if (role !== 'evaluate' || node.type !== 'for' || effects.calls.has('torch.autocast')) return []
    if (effects.backward || effects.optimizerStep) return []
    if (casting.some((block) => holds(block, node))) return []
    const call = forwardPass(python, hotCode(python, node.body, loop.function))
    return call === null ? [] : [{ loop, call, of: 'evaluation' }]
  })
}

/** `autocast('cuda')`, and not `autocast(enabled=args.amp)`. */
function isOn(python: PythonModule): (call: Call) => boolean {
  return (call) => {
    const enabled = python.argument(call, 'enabled')
    return (
      (enabled.state === 'absent' || knownArgument(enabled) === true) &&
      python.reach(call.expr.start).state === 'always'
    )
  }
}

/** The `with` statements that begin with these calls. */
function blocksOf(calls: readonly Call[]): Span[] {
  return calls.flatMap(({ statement, expr }) =>
    statement.type === 'with' && statement.items.some(({ value }) => value === expr) ? [statement] : [],
  )
}

function holds(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

/** `teacher(images)`, `self.teacher_model(images)`. */
function runsNetwork(python: PythonModule, { name, expr }: Call): boolean {
  const { callee, args } = expr
  if (name !== null || args.length === 0 || (callee.type !== 'name' && callee.type !== 'attribute'))
    return false
  const type = python.typeOf(callee)
  if (type !== null && isNetworkType(type)) return true
  // A class that the project does not hold may be any; those of libraries are known.
  if (type !== null && /^torch/.test(type)) return false
  return networkName.test(lastIdentifier(callee)) && python.functionOf(callee) === null
}
