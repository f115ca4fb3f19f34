import { effective } from '../../values/value.js'
import { workOf } from '../lifecycle/run-extent.js'
import { defineRule } from '../rule.js'
import { offAccelerator, otherRole, unless } from '../silence.js'

export default defineRule({
  name: 'observability/no-tracking',
  judges: 'Training',
  checklist: [
    'observability/cost-per-experiment',
    'observability/gain-per-dollar',
    'observability/utilization',
    'baseline/cost-per-run',
  ],
  severity: 'information',
  finds: 'training that records no metrics',
  summary: 'Without recorded metrics nobody can tell what a run gained for its price.',
  oncePerProject: true,
  offFor: {
    'keras-records': '17 of 22 findings were right (0.77): a caller or a service may keep the metrics',
  },
  check(view, { report, silent }) {
    const { tracked } = view.settings
    if (tracked === undefined || effective(tracked) !== false)
      return silent(unless(view, 'tracked', 'metrics are recorded'))
    const { role } = view.subject.evidence
    if (role !== 'training') return silent(otherRole(view))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const job = view.run.job.compute?.settings
    // A service may read the metrics out of what is printed.
    if (effective(job?.readsMetrics) === true) return silent('the platform reads the metrics from the output')
    const linked = (effective(job?.gpus) ?? 0) > 0 && effective(job?.interactive) !== true
    // A notebook keeps what its cells print.
    if (!linked && view.subject.evidence.notebook) return silent('a notebook keeps what its cells print')
    // Whoever calls or starts a loop of one's own may keep what it returns and prints.
    const started = job !== undefined && effective(job.interactive) !== true
    if (!started && effective(view.settings.managed) !== true && tracked.state === 'default')
      return silent('what starts it may keep its metrics')
    // A batch system writes what a loop of one's own prints to a file that stays.
    const logged = effective(view.settings.managed) !== true && effective(job?.provider) === 'own cluster'
    const script = view.run.script ?? view.subject.location.path
    report({
      at: tracked,
      // What somebody has switched off is more than what nobody has thought of.
      severity: (linked && !logged) || tracked.state === 'known' ? 'information' : 'hint',
      confidence: 'medium',
      extent: workOf(view),
      message: `Runs of ${script} leave no metrics behind (\`${tracked.key}\`): nobody can tell what an experiment gained for its price.`,
      fixes: tracked.key === 'tracker' ? [] : [{ set: [{ claim: tracked, value: true }] }],
    })
  },
})
