import { effective } from '../../values/value.js'
import { endpointOf } from '../lifecycle/endpoint-left-running.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

/** Made to be tried out, and taken away again. */
const trial = /(^|\/)(bench(mark)?s?|load[-_]?tests?|scenarios|examples?|samples?|tutorials?|demos?)\//i

/** From this many replicas on it is hardly for the sake of availability alone. */
const many = 4

export default defineRule({
  name: 'scaling/fixed-endpoint',
  judges: 'Serving',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle'],
  severity: 'warning',
  finds: 'GPU replicas that run at all hours, whatever the load',
  summary: 'GPU replicas run at all hours, whatever the load.',
  check(view, { report, silent }) {
    const { minReplicas, autoscaled, gpus } = view.settings
    const count = effective(minReplicas)
    if (minReplicas === undefined || count === undefined || count < 2)
      return silent(unless(view, 'minReplicas', `there are few replicas: ${count}`))
    if (autoscaled === undefined || effective(autoscaled) !== false)
      return silent(unless(view, 'autoscaled', 'something scales it'))
    const devices = effective(gpus) ?? 0
    if (devices < 1) return silent(unless(view, 'gpus', 'its replicas hold no accelerators'))
    // What is deleted again after a trial needs no policy.
    if (effective(view.settings.tornDown) === true) return silent('it is deleted again')
    report({
      at: minReplicas,
      severity: count >= many && !trial.test(view.subject.location.path) ? 'warning' : 'information',
      message: `${count} replicas run at all hours: ${endpointOf(view)} without anything that scales it (\`${autoscaled.key}\`).`,
      saving: {
        fraction: [0, (count - 1) / count],
        usd: null,
        basis: `one of ${count} replicas would do while there is little traffic; how much of the time that is, only the load tells`,
      },
      fixes: [{ set: [{ claim: minReplicas, value: count }] }],
    })
  },
})
