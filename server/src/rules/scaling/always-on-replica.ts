import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { costText, replicaPrice } from './endpoint-price.js'

/** Hours of a week that are no working hours. */
const idleShare = (168 - 40) / 168

export default defineRule({
  name: 'scaling/always-on-replica',
  judges: 'Serving',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle', 'baseline/idle-time'],
  severity: 'warning',
  finds: 'GPU services that keep replicas without traffic although they could scale to zero',
  summary: 'A GPU service keeps replicas around the clock although it could scale to zero.',
  check(view, { report, silent, options, today }) {
    const { minReplicas, gpus, gpuModel, scalesToZero, environment, name } = view.settings
    const count = effective(minReplicas)
    const devices = effective(gpus)
    if (minReplicas === undefined || count === undefined || count < 1)
      return silent(unless(view, 'minReplicas', 'it goes down to no replica'))
    if (devices === undefined || devices < 1)
      return silent(unless(view, 'gpus', 'its replicas hold no accelerators'))
    if (effective(scalesToZero) !== true)
      return silent(unless(view, 'scalesToZero', 'it cannot go down to no replica'))
    if (effective(view.settings.tornDown) === true) return silent('it is deleted again')
    const stage = effective(environment)
    if (stage === 'production') return silent('it is in production')
    const total = count * devices
    const model = effective(gpuModel)
    const unit = view.subject.evidence.accelerator === 'tpu' ? 'TPU chip' : 'GPU'
    const held = model === undefined ? `${total} ${unit}${total === 1 ? '' : 's'}` : `${total}×${model}`
    const called = effective(name)
    const what = called === undefined ? 'This service' : `Service "${called}"`
    const where = stage === undefined ? '' : ` (${environment!.key})`
    const by =
      minReplicas.state === 'default'
        ? `${minReplicas.key} is ${count} by default`
        : `${minReplicas.key}: ${count}`
    const cost = costText(replicaPrice(view, options, today), count)
    report({
      at: minReplicas,
      severity: stage === 'development' ? 'warning' : 'information',
      confidence: stage === 'development' ? 'high' : 'medium',
      message: `${what}${where} holds ${held} day and night (${by})${cost === null ? '' : `: ${cost}`}. With 0 it holds none without traffic, and the first request after a pause waits for the model to load.`,
      saving: {
        fraction: [0, idleShare],
        usd: null,
        basis:
          'a service that is used in working hours only (40 of 168 in a week) could do without for 76 % of the time',
      },
      fixes: [{ set: [{ claim: minReplicas, value: 0 }] }],
    })
  },
})
