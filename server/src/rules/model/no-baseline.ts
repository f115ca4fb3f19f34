import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { hidden, unless } from '../silence.js'

/** So large a model for a few classes is worth a word by itself. */
const veryLarge = 1e9

export default defineRule({
  name: 'model/no-baseline',
  judges: 'Model',
  checklist: ['model/smaller-baseline', 'model/distillation'],
  severity: 'information',
  finds: 'the largest model of a family, with nothing smaller to compare with',
  summary: 'Without a smaller model to compare with, nobody knows what the largest one is worth.',
  oncePerProject: true,
  settledBy: { setting: 'compared', value: true },
  check(view, { report, silent }) {
    const { smaller, architecture, parameters, task, classes } = view.settings
    const sibling = effective(smaller)
    const id = effective(architecture)
    const size = effective(parameters)
    const what = effective(task)
    if (smaller === undefined || sibling === undefined)
      return silent(unless(view, 'smaller', 'no smaller model of its family is known'))
    if (id === undefined || size === undefined || what === undefined)
      return silent(unless(view, ['architecture', 'parameters', 'task'], 'the model is not known'))
    const unseen = hidden(view.run, 'training')
    if (unseen !== undefined) return silent(unseen)
    const count = effective(classes)
    const times = size / sibling.parameters
    const several = times >= 10 ? formatCount(Math.round(times)) : String(Math.round(times * 10) / 10)
    report({
      at: smaller,
      severity: count !== undefined && size >= veryLarge ? 'information' : 'hint',
      confidence: 'low',
      message: `${id} (${short(size)} parameters) is the only model tried here for ${what}${count === undefined ? '' : ` with ${count} classes`}; ${sibling.id} (${short(sibling.parameters)}) takes about 1/${several} of the arithmetic: measure it first.`,
      saving: {
        fraction: [0, 1 - sibling.parameters / size],
        usd: null,
        basis: `${short(sibling.parameters)} against ${short(size)} parameters; only if the smaller model is good enough`,
      },
      fixes: [{ set: [{ claim: smaller, value: sibling }] }],
    })
  },
})

/** `560 M`, `11.3 B`. */
function short(parameters: number): string {
  const [amount, unit] = parameters >= 1e9 ? [parameters / 1e9, 'B'] : [parameters / 1e6, 'M']
  return `${amount >= 100 ? Math.round(amount) : Math.round(amount * 10) / 10} ${unit}`
}
