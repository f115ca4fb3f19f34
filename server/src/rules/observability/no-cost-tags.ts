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
  severity: 'information',
  summary:
    'Accelerators without a tag or label of their owner turn up on the bill as a sum that nobody can divide.',
  oncePerProject: true,
  check(judged, { report, silent }) {
    const { tagged } = judged.settings
    if (tagged === undefined || effective(tagged) !== false)
      return silent(unless(judged, 'tagged', 'it has a tag that names its owner'))
    const accelerators = acceleratorsOf(judged)
    if (accelerators === undefined) return silent(withoutAccelerators(judged))
    if (effective(judged.settings.service) === true) return silent('it is a service')
    report({
      at: tagged,
      message: `${jobName(judged)} (${accelerators}) has no \`${tagged.key}\` that names a team or a project: its cost cannot be told from that of others.`,
      fixes: [{ set: [{ claim: tagged, value: true }] }],
    })
  },
})
