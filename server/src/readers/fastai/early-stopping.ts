/** What the `EarlyStoppingCallback` of fastai watches, and one that is made but not handed over. */

import type { Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimFrom, forgottenCallbacks } from '../early-stopping.js'
import { callbacksOf, fastaiVersion } from './learners.js'

const className = 'fastai.EarlyStoppingCallback'
const order = ['monitor', 'comp', 'min_delta', 'patience']

export function readStopping(
  python: PythonModule,
  fit: Call,
  maker: Call | null,
  training: SubjectBuilder<'Training'>,
): void {
  if (fastaiVersion(python) !== 2) return
  const lists = [...callbacksOf(python, fit), ...(maker === null ? [] : callbacksOf(python, maker))]
  if (lists.includes(null)) return
  const made = lists
    .flatMap((items) => items ?? [])
    .map((item) => python.callOf(item))
    .filter((call): call is Call => call?.name === className)
  if (made.length === 1) readArguments(python, made[0]!, training)
  if (made.length > 0) return
  const forgotten = forgottenCallbacks(python, className).find(
    (call) => call.function === fit.function && call.expr.start < fit.expr.start,
  )
  if (forgotten === undefined) return
  const gap = `\`${forgotten.assignedTo}\` is never handed to \`${fit.method}()\``
  training.known('stoppingGap', 'EarlyStoppingCallback', gap, calleePlace(forgotten), {
    site: callSite(fit, `forgotten:${forgotten.assignedTo}`),
  })
}

function readArguments(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const anchor = 'stopping'
  const argument = (key: string) => python.argument(call, key, order.indexOf(key))
  const monitor = argument('monitor')
  claimFrom(training, 'stopMetric', 'monitor', call, monitor, anchor, 'valid_loss', (value) =>
    typeof value === 'string' ? value : undefined,
  )
  claimFrom(training, 'patience', 'patience', call, argument('patience'), anchor, 1, asNumber)
  const comp = argument('comp')
  const place = calleePlace(call)
  const site = callSite(call, anchor)
  if (comp.state === 'given') {
    // `np` may come with everything else of the library.
    const written = python.text.slice(comp.span.start, comp.span.end)
    const taken = /(^|\.)less$/.test(written) ? 'lower' : /(^|\.)greater$/.test(written) ? 'higher' : null
    if (taken === null) training.unknown('stopDirection', 'comp', 'a comparison of its own', place, { site })
    else training.known('stopDirection', 'comp', taken, { ...comp.span }, { site })
    return
  }
  const watched =
    monitor.state === 'absent'
      ? 'valid_loss'
      : monitor.state === 'given' && monitor.folded.state === 'known'
        ? String(monitor.folded.value)
        : null
  if (comp.state === 'unknown' || watched === null) return
  // The callback takes whatever is called neither loss nor error for a score.
  training.default('stopDirection', 'comp', /loss|error/.test(watched) ? 'lower' : 'higher', place, { site })
}
