/** What fitting a learner keeps of it. Source: fastai 2.7, callback/tracker.py (`SaveModelCallback`), learner.py (`save`, `export`). */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimResuming } from '../resuming.js'
import { callbacksOf, type Fit, fastaiVersion } from './learners.js'

export function readRecords(
  python: PythonModule,
  { call, maker }: Fit,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  const options = { site: callSite(call) }
  const lists = [...callbacksOf(python, call), ...(maker === null ? [] : callbacksOf(python, maker))]
  const items = lists.flatMap((list) => list ?? [])
  const saves = (item: Expr) => /save|checkpoint/i.test(python.code.slice(item.start, item.end))
  const open = lists.includes(null) || fastaiVersion(python) === 1 || /\badd_cbs?\(/.test(python.code)
  if (items.some(saves)) training.known('saves', 'SaveModelCallback', 'while it runs', place, options)
  else if (open || items.some((item) => python.classOf(calleeOf(python, item)) !== null))
    training.unknown('saves', 'cbs', 'a callback that cannot be read', place, options)
  else {
    const kept = python.calls.some(
      ({ method, expr }) => /^(save|export|save_encoder)$/.test(method) && expr.start > call.expr.start,
    )
    training.default('saves', 'SaveModelCallback', kept ? 'at the end' : 'never', place, options)
  }
  claimResuming(python, training, call, 'start_epoch', [python.argument(call, 'start_epoch')])
}

function calleeOf(python: PythonModule, item: Expr): Expr {
  const made = python.definition(item)
  return made.type === 'call' ? made.callee : made
}
