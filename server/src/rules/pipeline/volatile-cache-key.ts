import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless, unlessUnread } from '../silence.js'
import { isReusable, keepsNothing, nameOf, purposeOf, rerunSaving } from './step-words.js'

export default defineRule({
  name: 'pipeline/volatile-cache-key',
  judges: 'Step',
  checklist: ['waste/unchanged-transformations', 'waste/cache-features', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  tellsTogether: true,
  finds: 'step inputs that change in every run and defeat the cache',
  summary: 'An input that changes in every run defeats the cache of a step.',
  check(step, { report, silent }) {
    const { cached, volatileInput } = step.settings
    const found = effective(volatileInput)
    if (found === undefined) return silent(unlessUnread(step, 'volatileInput', 'no input is new in each run'))
    if (effective(cached) !== true) return silent(unless(step, 'cached', 'the step is not cached'))
    const work = purposeOf(step)
    if (!isReusable(work)) return silent(unless(step, 'purpose', keepsNothing))
    const wanted = effective(step.settings.uncachedFor)
    if (wanted !== undefined) return silent(`it is not cached on purpose: ${wanted}`)
    if (found.when === 'changed') {
      report({
        at: volatileInput!,
        severity: 'information',
        message: `Any change in the project runs "${nameOf(step)}" anew: its \`${found.input}\` is all of it, the README and the code of other steps included. Give it a folder of its own.`,
        saving: rerunSaving,
        fixes: [],
        together: 'changed',
      })
      return
    }
    const input = found.input === '' ? 'an input' : `the input "${found.input}"`
    report({
      at: volatileInput!,
      severity: work.includes('prepare') ? 'warning' : 'information',
      message: `${found.what} is part of ${input} of "${nameOf(step)}" and new each time the pipeline is ${found.when}, so the outputs of an earlier run are never reused.`,
      saving: rerunSaving,
      fixes: [{ set: [{ claim: volatileInput!, value: null }] }],
    })
  },
})
