import { allInstances, type Instance, instance } from '../../catalog/instances.js'
import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { withoutAccelerators } from '../lifecycle/job-words.js'
import { defineRule } from '../rule.js'
import { hidden, isSilence, type Silence, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'

/** Parameters below which a step is so short that exchanging gradients over a network shows. */
const small = 200_000_000

export default defineRule({
  name: 'distributed/needless-multi-node',
  judges: 'Compute',
  checklist: ['bottleneck/compute-bound', 'bottleneck/distributed-setup'],
  severity: 'information',
  finds: 'small models on several machines where one would do',
  summary: 'A small model on several machines waits for the network, though one machine has as many GPUs.',
  check(view, { report, silent }) {
    const { nodes, gpus, gpuModel, instanceType } = view.settings
    const count = effective(nodes)
    const each = effective(gpus)
    const type = effective(instanceType)
    if (nodes === undefined || count === undefined || count < 2)
      return silent(unless(view, 'nodes', 'the job runs on one machine'))
    if (each === undefined || each < 1) return silent(withoutAccelerators(view))
    if (instanceType === undefined || type === undefined) return silent(unless(view, 'instanceType', ''))
    if (effective(view.settings.trials) === true) return silent('it runs the trials of a search')
    const total = count * each
    const card = effective(gpuModel)
    const attached =
      instance(type)?.gpu === null && card !== undefined && (lookUp(attachable, card) ?? 0) >= total
    const single = oneMachine(type, total)
    if (single === undefined && !attached) return silent(`no single machine has ${total} such GPUs`)
    const trained = view.run.siblings.map(smallTraining)
    // Every launch of the job must be that small.
    const large = trained.find(isSilence)
    if (large !== undefined) return silent(large)
    const [model] = trained
    if (model === undefined || isSilence(model)) return silent('what it launches is not known')
    const one =
      single === undefined
        ? `one ${type} takes ${total} × ${card}`
        : `one ${type.startsWith('ml.') ? 'ml.' : ''}${single.type} has ${single.gpuCount === total ? `the same ${total}` : single.gpuCount} GPUs`
    report({
      at: nodes,
      confidence: 'medium',
      message: `${model.name} (${millions(model.parameters)}) on ${count} × ${type}: ${one}, and gradients do not cross a network.`,
      saving: {
        fraction: [0, 0.15],
        usd: null,
        basis: 'assumes that the network takes up to 15 % of a step',
      },
      fixes:
        single === undefined
          ? []
          : [
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

/** What can be attached to one machine of GCP's N1 series. Source: its documentation of GPU machine types. */
const attachable: Readonly<Record<string, number>> = { T4: 4, P4: 4, P100: 4, V100: 8, K80: 8 }

interface Model {
  name: string
  parameters: number
  training: SubjectView
}

function smallTraining(run: Run): Model | Silence {
  const unseen = hidden(run, 'training')
  if (unseen !== undefined) return unseen
  const trainings = subjectsOf(run, 'Training')
  for (const one of trainings) {
    const { parameters, model } = one.settings
    const size = effective(parameters)
    if (size !== undefined && size < small)
      return { name: effective(model) ?? 'The model', parameters: size, training: one }
  }
  const [first] = trainings
  return first === undefined
    ? { text: 'no training was recognized in the program that it launches' }
    : unless(first, 'parameters', 'the model is large')
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
