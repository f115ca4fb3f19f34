import { effective } from '../../values/value.js'
import { acceleratorsOf, jobName, withoutAccelerators } from '../lifecycle/job-words.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

export default defineRule({
  name: 'observability/no-cost-tags',
  judges: 'Compute',
  checklist: [
    'baseline/cost-per-run',
    'observability/cost-per-experiment',
    'observability/cost-per-deployment',
  ],
  severity: 'hint',
  finds: 'GPU jobs without an owner tag',
  summary: 'Accelerators without an owner tag appear on the bill as a sum that nobody can split.',
  oncePerProject: true,
  check(view, { report, silent }) {
    const { tagged } = view.settings
    if (tagged === undefined || effective(tagged) !== false)
      return silent(unless(view, 'tagged', 'it has a tag that names its owner'))
    const accelerators = acceleratorsOf(view)
    if (accelerators === undefined) return silent(withoutAccelerators(view))
    if (effective(view.settings.service) === true) return silent('it is a service')
    report({
      at: tagged,
      message: `${jobName(view)} (${accelerators}) has no \`${tagged.key}\` that names a team or a project: its cost cannot be attributed.`,
      fixes: [{ set: [{ claim: tagged, value: true }] }],
    })
  },
})
