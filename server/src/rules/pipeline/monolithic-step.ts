import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { listed, nameOf, stepsBeside, workOf } from './step-words.js'

/** So many accelerators wait dearly. */
const many = 4
/** Stages of a pipeline: fetching and preparing data are one. */
const stages: [string, readonly StepWork[]][] = [
  ['prepares data', ['download', 'prepare']],
  ['trains', ['train']],
  ['evaluates', ['evaluate']],
  ['deploys', ['deploy']],
]

export default defineRule({
  name: 'pipeline/monolithic-step',
  judges: 'Step',
  checklist: ['rightsize/separate-environments', 'baseline/preprocessing-time', 'baseline/evaluation-time'],
  severity: 'information',
  finds: 'single steps that prepare, train and evaluate while they hold accelerators',
  summary: 'One GPU step for the whole pipeline keeps accelerators waiting while data is prepared.',
  check(step, { report, silent }) {
    const { gpus } = step.settings
    const count = effective(gpus)
    if (count === undefined) return silent(unless(step, 'gpus', ''))
    if (effective(step.settings.unseen) !== false)
      return silent(unless(step, 'unseen', 'it runs code that is not in the project'))
    const work = workOf(step)
    const found = stages.filter(([, kinds]) => kinds.some((kind) => work.includes(kind)))
    if (found.length < 3 || !work.includes('train') || !found.some(([, kinds]) => kinds.includes('prepare')))
      return silent(
        unless(
          step,
          'work',
          found.length === 0
            ? 'what the step does is not known'
            : `the step only ${listed(found.map(([what]) => what))}`,
        ),
      )
    if (count < 1) return silent('the step asks for no accelerators')
    if (count < many && !isOnlyStep(step)) return silent(`few accelerators wait: ${count}`)
    const accelerators = `${count} GPU${count === 1 ? '' : 's'}`
    report({
      at: gpus!,
      confidence: 'low',
      message: `"${nameOf(step)}" ${listed(found.map(([what]) => what))} in one step on ${accelerators}; only training needs ${count === 1 ? 'it' : 'them'}.`,
      saving: {
        fraction: [0.1, 0.3],
        usd: null,
        basis: 'assumes that preparing and evaluating take 10 to 30 % of the step; measure it',
      },
    })
  },
})

/** Everything that the pipeline does stands in it. */
function isOnlyStep(step: SubjectView<'Step'>): boolean {
  return !stepsBeside(step).some(
    (one) =>
      one.subject.id !== step.subject.id &&
      effective(one.settings.allSteps) === undefined &&
      workOf(one).length > 0,
  )
}
