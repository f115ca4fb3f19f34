/** Learning rates that a schedule lowers so often that the epochs after that hardly train. Source: torch 2.9, optim/lr_scheduler.py. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import { numberArgument, numberIn, passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'

/** A rate that has fallen to this share of its first value changes the weights no more. */
const faded = 1e-4

const any = /^torch\.optim\.(lr_scheduler|swa_utils)\.\w+$/

export function claimFadedRate(
  python: PythonModule,
  outer: Loop,
  training: SubjectBuilder<'Training'>,
): void {
  const [schedule, another] = python.calls.filter(({ name }) => any.test(name ?? ''))
  if (schedule === undefined || another !== undefined || schedule.assignedTo === null) return
  // Whoever writes the rate himself may raise it again.
  if (/\[\s*["']lr["']\s*\]\s*[-*/+]?=(?!=)/.test(python.code)) return
  if (!stepsEachEpoch(python, schedule.assignedTo, outer)) return
  const epochs = epochsOf(python, schedule)
  if (epochs === null) return
  training.known('rateFadesAfter', schedule.method, epochs, calleePlace(schedule))
}

/** `scheduler.step()` as a statement of the loop over epochs itself, on every way through it. */
function stepsEachEpoch(python: PythonModule, name: string, { node }: Loop): boolean {
  const within = (outer: Span, inner: Span) => outer.start <= inner.start && inner.end <= outer.end
  const steps = python.methodCalls('step').filter(({ expr: { callee, args } }) => {
    if (callee.type !== 'attribute' || args.length > 0) return false
    return python.code.slice(callee.value.start, callee.value.end) === name
  })
  const [only, another] = steps
  if (only === undefined || another !== undefined) return false
  if (!node.body.some((one) => one === only.statement && within(one, only.expr))) return false
  // `if epoch > 10: continue` above it.
  return !python.statements.some(
    (one) =>
      one.type === 'continue' &&
      within(node, one) &&
      one.end < only.expr.start &&
      !python.loops.some((loop) => loop.node !== node && within(node, loop.node) && within(loop.node, one)),
  )
}

/** Epochs until the rate has faded; null: it is another schedule, or what it is told is not known. */
function epochsOf(python: PythonModule, schedule: Call): number | null {
  const number = (key: string, position: number, otherwise: number | null) => {
    const given = python.argument(schedule, key, position)
    return given.state === 'absent' ? otherwise : numberArgument(given)
  }
  const times = (gamma: number | null): number | null =>
    gamma !== null && gamma > 0 && gamma < 1 ? Math.ceil(Math.log(faded) / Math.log(gamma) - 1e-9) : null
  switch (schedule.method) {
    case 'StepLR': {
      const [size, falls] = [number('step_size', 1, null), times(number('gamma', 2, 0.1))]
      return size === null || size < 1 || falls === null ? null : size * falls
    }
    case 'ExponentialLR':
      return times(number('gamma', 1, null))
    case 'MultiStepLR': {
      const falls = times(number('gamma', 2, 0.1))
      const given = passedExpression(python.argument(schedule, 'milestones', 1))
      const list = given === null ? null : python.definition(given)
      if (falls === null || list?.type !== 'list') return null
      const milestones = list.items.map((one) => numberIn(python.fold(one)))
      return milestones[falls - 1] ?? null
    }
    default:
      return null
  }
}
