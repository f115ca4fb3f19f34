/** What scikit-learn's searches choose by, where the classes are said not to be balanced. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const searches =
  /^sklearn\.(model_selection|grid_search)\.(GridSearchCV|RandomizedSearchCV|HalvingGridSearchCV|HalvingRandomSearchCV)$/
const weights = ['class_weight', 'scale_pos_weight', 'is_unbalance', 'auto_class_weights']

export const sklearnObjectiveReader = defineReader({
  name: 'sklearn-objective',
  languages: ['python'],
  triggers: ['class_weight', 'scale_pos_weight', 'is_unbalance', 'auto_class_weights'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.name === null || !searches.test(call.name)) continue
      if (mayBePassed(python.argument(call, 'scoring'))) continue
      const estimator = passedExpression(python.argument(call, 'estimator', 0))
      const weight = estimator === null ? null : weightOf(python, estimator)
      if (weight === null) continue
      const place = calleePlace(call)
      const { cell, start } = claims.locate(place)
      claims
        .extend('Search', `${claims.path}#Search@${cell ?? ''}:${start}`)
        .known('metricMisleads', 'scoring', `\`${weight}\` says that the classes are not balanced`, place, {
          site: callSite(call),
        })
    }
  },
  change: changeScoring,
})

/** The argument that weighs classes, of the estimator or of a step of its pipeline. */
function weightOf(python: PythonModule, expr: Expr, depth = 0): string | null {
  if (depth > 4) return null
  const call = python.callOf(expr)
  if (call !== null) {
    const own = weights.find((one) => {
      const given = python.argument(call, one)
      const value = knownArgument(given)
      return passedExpression(given) !== null && value !== null && value !== 1 && value !== false
    })
    if (own !== undefined) return own
    if (!/^(Pipeline|make_pipeline)$/.test(call.method)) return null
    for (const argument of call.expr.args) {
      const found = inside(python, argument.value, depth)
      if (found !== null) return found
    }
    return null
  }
  return inside(python, expr, depth)
}

function inside(python: PythonModule, expr: Expr, depth: number): string | null {
  const value = python.definition(expr)
  if (value.type !== 'list' && value.type !== 'tuple')
    return value === expr && value.type !== 'call' ? null : weightOf(python, value, depth + 1)
  for (const item of value.items) {
    const found = weightOf(python, item, depth + 1)
    if (found !== null) return found
  }
  return null
}

function changeScoring(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call: Call | null = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  const quote = /["']/.exec(facts.fragment.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
  const write = writeArgument(
    facts,
    call,
    'scoring',
    python.argument(call, 'scoring'),
    `${quote}balanced_accuracy${quote}`,
  )
  return 'reason' in write
    ? write
    : { title: 'Choose by balanced accuracy', safety: 'unsafe', writes: [write], imports: [] }
}
