import { allInstances, type Instance, instance, servicePrefix } from '../../catalog/instances.js'
import { paidPrice } from '../../catalog/price-book.js'
import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { withoutAccelerators } from '../lifecycle/job-words.js'
import { defineRule, type RuleOptions } from '../rule.js'
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
  check(view, { report, silent, options }) {
    const { nodes, instanceType } = view.settings
    const count = effective(nodes)
    const each = effective(view.settings.gpus)
    if (nodes === undefined || count === undefined || count < 2)
      return silent(unless(view, 'nodes', 'the job runs on one machine'))
    if (each === undefined || each < 1) return silent(withoutAccelerators(view))
    if (instanceType?.state === 'unknown') return silent(unless(view, 'instanceType', ''))
    if (effective(view.settings.trials) === true) return silent('it runs the trials of a search')
    const held = instanceType === undefined ? unnamed(view, count, each) : named(view, count * each, options)
    if (isSilence(held)) return silent(held)
    const trained = view.run.siblings.map(smallTraining)
    // Every launch of the job must be that small.
    const large = trained.find(isSilence)
    if (large !== undefined) return silent(large)
    const [model] = trained
    if (model === undefined || isSilence(model)) return silent('what it launches is not known')
    const { single } = held
    report({
      at: nodes,
      confidence: 'medium',
      message: `${model.name} (${millions(model.parameters)}) on ${held.several}: ${held.one}, and gradients do not cross a network.`,
      saving: {
        fraction: [0, share],
        usd: null,
        basis: 'assumes that the network takes up to 15 % of a step',
      },
      fixes:
        single === undefined || instanceType === undefined
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

/** The machines of a job, and the one that would do. */
interface Held {
  several: string
  one: string
  single?: Instance
}

/** Machines of a type that is named, where one with as many GPUs costs no more. */
function named(view: SubjectView<'Compute'>, total: number, options: RuleOptions): Held | Silence {
  const { instanceType, gpuModel, nodes, region } = view.settings
  const count = effective(nodes)!
  const type = effective(instanceType)!
  const card = effective(gpuModel)
  const several = `${count} × ${type}`
  const prefix = servicePrefix(type)
  const single = oneMachine(type, total)
  if (single === undefined) {
    const attached =
      instance(type)?.gpu === null && card !== undefined && (lookUp(attachable, card) ?? 0) >= total
    return attached
      ? { several, one: `one ${type} takes ${total} × ${card}` }
      : { text: `no single machine has ${total} such GPUs` }
  }
  const place = effective(region)
  const usd = (one: string) =>
    paidPrice({ type: one, ...(place === undefined ? {} : { region: place }) }, options.prices)?.onDemand
  const [now, then] = [usd(type), usd(`${prefix}${single.type}`)]
  if (prefix !== '' && then == null) return { text: `no price of ${prefix}${single.type} is known` }
  if (now != null && then != null && then > (1 + share) * count * now)
    return { text: `one ${prefix}${single.type} costs more than ${several}` }
  const has = single.gpuCount === total ? `the same ${total}` : single.gpuCount
  return { several, one: `one ${prefix}${single.type} has ${has} GPUs`, single }
}

/** Machines that a cluster chooses: most with accelerators hold up to eight. */
function unnamed(view: SubjectView<'Compute'>, count: number, each: number): Held | Silence {
  const { gpuModel, provider } = view.settings
  const total = count * each
  const card = effective(gpuModel)
  const most =
    card === undefined
      ? usual
      : Math.max(0, ...allInstances().map((one) => (one.gpu?.name === card ? one.gpuCount : 0)))
  if (total > most) return { text: `hardly a single machine has ${total} such GPUs` }
  // Nodes of a cluster of one's own that have a single GPU have no more to give.
  if (each === 1 && effective(provider) === 'own cluster')
    return { text: 'the nodes of the cluster may have one GPU each' }
  return {
    several: `${count} × ${each === 1 ? 'one GPU' : `${each} GPUs`}`,
    one: `${total} on one machine would do where there is one that has them`,
  }
}

/** GPUs of a machine that nothing is said of. */
const usual = 8

/** Of a step that the network takes at most: an assumption. */
const share = 0.15

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
