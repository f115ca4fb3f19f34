/** Schedules of the learning rate that are laid out over all epochs, whoever wrote them. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { codeText } from './evidence.js'
import { epochsOf, horizonSchedule } from './loop-facts.js'

/** The call that makes the schedule: one of a library, or one that is told where the epochs end. */
export function plannedSchedule(python: PythonModule, epochs: Loop): Call | null {
  return horizonSchedule(python) ?? toldTheEnd(python, epochs)
}

/** `sched = make_schedule(name)(optimizer, max_iters=args.epochs * len(loader))`, of which `sched.step()` is called. */
function toldTheEnd(python: PythonModule, epochs: Loop): Call | null {
  const end = epochsOf(epochs)?.key
  if (end === undefined || !/^[A-Za-z_]\w*$/.test(end)) return null
  const mentioned = new RegExp(`\\b${end}\\b`)
  const stepped = new Set(
    python
      .methodCalls('step')
      .flatMap(({ expr: { callee } }) =>
        callee.type === 'attribute' ? [codeText(python, callee.value.start, callee.value.end)] : [],
      ),
  )
  const found = python.calls.find(({ expr, statement }) => {
    if (statement.type !== 'assign' || statement.value !== expr) return false
    const steps = statement.targets.some(({ start, end }) => stepped.has(codeText(python, start, end)))
    return steps && expr.args.some(({ value }) => mentioned.test(codeText(python, value.start, value.end)))
  })
  return found ?? null
}
