import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { endpointOf } from '../lifecycle/endpoint-left-running.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { costText, replicaPrice } from './endpoint-price.js'

/** Made to be tried out, and taken away again. */
const trial = /(^|\/)(bench(mark)?s?|load[-_]?tests?|scenarios|examples?|samples?|tutorials?|demos?)\//i

export default defineRule({
  name: 'scaling/fixed-endpoint',
  judges: 'Serving',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle'],
  severity: 'warning',
  finds: 'replicas that run at all hours, whatever the load',
  summary: 'Replicas run at all hours, whatever the load.',
  check(view, { report, silent, options, today }) {
    const { minReplicas, autoscaled, gpus } = view.settings
    const count = effective(minReplicas)
    if (minReplicas === undefined || count === undefined || count < 1)
      return silent(unless(view, 'minReplicas', `there are few replicas: ${count}`))
    if (autoscaled === undefined || effective(autoscaled) !== false)
      return silent(unless(view, 'autoscaled', 'something scales it'))
    const devices = effective(gpus) ?? 0
    // What is deleted again after a trial needs no policy.
    if (effective(view.settings.tornDown) === true) return silent('it is deleted again')
    if (devices < 1 && !isPlainDeployment(view))
      return silent(unless(view, 'gpus', 'its replicas hold no accelerators'))
    const cost = costText(replicaPrice(view, options, today), count)
    // A launch that replaces the number keeps as many at all hours.
    const at = { ...minReplicas, overridable: false }
    const isTrial = trial.test(view.subject.location.path)
    if (count === 1 || devices < 1) {
      // A platform bills by its machine, which is mostly made to be tried out where no price is asked for.
      if (cost === null && devices > 0 && view.settings.object === undefined)
        return silent('there is one replica, and its price is not known')
      report({
        at,
        // Even the cheapest accelerator costs hundreds of dollars a month.
        severity: isTrial ? 'hint' : devices > 0 ? 'warning' : 'information',
        message: `${cost ?? 'Billed at all hours'}, asked or not: ${endpointOf(view)} without anything that scales it (\`${autoscaled.key}\`).`,
        saving: {
          fraction: [0, 1],
          usd: null,
          basis:
            'how much of the time nobody asks, only the load tells; batch inference or serverless endpoints are billed by use',
        },
        fixes: [],
      })
      return
    }
    report({
      at,
      severity: isTrial ? 'information' : 'warning',
      message: `${count} replicas run at all hours${cost === null ? '' : `, ${cost}`}: ${endpointOf(view)} without anything that scales it (\`${autoscaled.key}\`).`,
      saving: {
        fraction: [0, (count - 1) / count],
        usd: null,
        basis: `one of ${count} replicas would do while there is little traffic; how much of the time that is, only the load tells`,
      },
      fixes: [{ set: [{ claim: minReplicas, value: count }] }],
    })
  },
})

/** A platform bills a machine for it, though functions and batch jobs would do on processors. */
function isPlainDeployment({
  settings: { gpus, machine, object, purpose },
}: SubjectView<'Serving'>): boolean {
  return (
    effective(gpus) === 0 &&
    effective(machine) !== undefined &&
    object === undefined &&
    effective(purpose) === 'deployment'
  )
}
