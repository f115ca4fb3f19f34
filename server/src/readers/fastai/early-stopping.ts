/** What the `EarlyStoppingCallback` of fastai watches, and one that is made but not handed over. */

import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { absent, orDefault, stated, unreadable } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimForgotten, forgottenFor, patienceRow } from '../early-stopping.js'
import { settingTable } from '../setting-table.js'
import { callbacksOf, fastaiVersion } from './learners.js'

const className = 'fastai.EarlyStoppingCallback'

const stoppingSettings = settingTable('Training', {
  stopMetric: { keys: ['monitor'], position: 0, parse: asText, otherwise: 'valid_loss' },
  patience: { ...patienceRow, position: 3, otherwise: 1 },
})

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
  const forgotten = forgottenFor(python, className, fit)
  if (forgotten !== undefined) claimForgotten(training, forgotten, fit, `\`${fit.method}()\``)
}

function readArguments(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const source = stoppingSettings.argumentsOf(python, call, training.locator)
  stoppingSettings.claim(training, source)
  const comp = python.argument(call, 'comp', 1)
  const written = passedExpression(comp)
  const origin = source.get('comp')
  if (written !== null) {
    // `np` may come with everything else of the library.
    const name = python.text.slice(written.start, written.end)
    const taken = /(^|\.)less$/.test(name) ? 'lower' : /(^|\.)greater$/.test(name) ? 'higher' : null
    if (taken === null) training.say('stopDirection', 'comp', unreadable(origin, 'a comparison of its own'))
    else training.say('stopDirection', 'comp', stated(origin, taken))
    return
  }
  const watched = effective(stoppingSettings.read('stopMetric', source).value)
  if (mayBePassed(comp) || watched === undefined) return
  // The callback takes whatever is called neither loss nor error for a score.
  const direction = /loss|error/.test(watched) ? 'lower' : 'higher'
  training.say('stopDirection', 'comp', orDefault(absent(origin), direction))
}
