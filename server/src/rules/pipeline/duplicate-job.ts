import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { isReusable, keepsNothing, nameOf, purposeOf, stepsBeside } from './step-words.js'

export default defineRule({
  name: 'pipeline/duplicate-job',
  judges: 'Step',
  checklist: ['waste/duplicate-jobs'],
  severity: 'information',
  finds: 'the same step with the same inputs, twice in one pipeline',
  summary: 'Two steps that do the same work on the same inputs are paid for twice.',
  check(step, { report, silent }) {
    const identity = effective(step.settings.identity)
    if (identity === undefined) return silent(unless(step, 'identity', ''))
    if (!isReusable(purposeOf(step))) return silent(unless(step, 'purpose', keepsNothing))
    const same = stepsBeside(step).filter((one) => effective(one.settings.identity) === identity)
    const index = same.findIndex((one) => one.subject.id === step.subject.id)
    // Said once, at the first that could go.
    if (index !== 1)
      return silent(
        same.length < 2
          ? 'no other step does the same to the same inputs'
          : 'it is told at another of the same steps',
      )
    report({
      at: step.subject.location,
      confidence: 'medium',
      message: `"${nameOf(step)}" runs ${same.length} times with the same inputs in this pipeline: one run gives the same outputs.`,
      saving: {
        fraction: [1 / same.length, 1 / same.length],
        usd: null,
        basis: 'share of the cost of these steps: all but one of them',
      },
      related: same
        .filter((one) => one.subject.id !== step.subject.id)
        .map((one) => ({ location: one.subject.location, message: 'the same step with the same inputs' })),
    })
  },
})
