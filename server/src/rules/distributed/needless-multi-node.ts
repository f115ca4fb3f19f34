import { allInstances, type Instance, instance } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { Judged, Run } from '../../workload/claim.js'
import { couldHide } from '../../workload/unseen.js'
import { subjectsOf } from '../judged.js'
import { defineRule } from '../rule.js'

/** Parameters below which a step is so short that exchanging gradients over a network shows. */
const small = 200_000_000

export default defineRule({
  name: 'distributed/needless-multi-node',
  judges: 'Compute',
  checklist: ['bottleneck/compute-bound', 'bottleneck/distributed-setup'],
  severity: 'information',
  summary: 'A small model on several machines waits for the network, though one machine has as many GPUs.',
  check(judged, { report }) {
    const { nodes, gpus, instanceType } = judged.settings
    const count = effective(nodes)
    const each = effective(gpus)
    const type = effective(instanceType)
    if (nodes === undefined || count === undefined || count < 2 || each === undefined || each < 1) return
    if (instanceType === undefined || type === undefined || effective(judged.settings.trials) === true) return
    const single = oneMachine(type, count * each)
    if (single === undefined) return
    const trained = judged.run.siblings.map(smallTraining)
    const model = trained.find((one) => one !== null)
    // Every launch of the job must be that small.
    if (model === undefined || model === null || trained.includes(null)) return
    const prefix = type.startsWith('ml.') ? 'ml.' : ''
    report({
      at: nodes,
      confidence: 'medium',
      message: `${model.name} (${millions(model.parameters)}) on ${count} × ${type}: one ${prefix}${single.type} has ${single.gpuCount === count * each ? `the same ${single.gpuCount}` : single.gpuCount} GPUs, and gradients do not cross a network.`,
      saving: {
        fraction: [0, 0.15],
        usd: null,
        basis: 'assumes that the network takes up to 15 % of a step',
      },
      fixes: [
        {
          set: [
            { claim: instanceType, value: single.type },
            { claim: nodes, value: 1 },
          ],
        },
      ],
      related: [{ location: model.training.subject.location, message: 'trains the model' }],
    })
  },
})

interface Model {
  name: string
  parameters: number
  training: Judged
}

function smallTraining(run: Run): Model | null {
  if (couldHide(run, 'training') !== undefined) return null
  for (const one of subjectsOf(run, 'Training')) {
    const { parameters, model } = one.settings
    const size = effective(parameters)
    if (size !== undefined && size < small)
      return { name: effective(model) ?? 'The model', parameters: size, training: one }
  }
  return null
}

/** The smallest machine with the same kind of GPU and as many of them. */
function oneMachine(type: string, total: number): Instance | undefined {
  const now = instance(type)
  if (now === undefined || now.gpu === null) return undefined
  return allInstances()
    .filter(
      (one) =>
        one.provider === now.provider &&
        one.gpu?.name === now.gpu!.name &&
        one.gpuCount >= total &&
        !one.retired,
    )
    .sort((a, b) => a.gpuCount - b.gpuCount || a.vcpus - b.vcpus)[0]
}

const millions = (count: number) => `${Math.round(count / 1e6)} M parameters`
