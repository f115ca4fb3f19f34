import { model as known } from '../../catalog/models.js'
import { type MemoryEstimate, trainingMemory } from '../../estimate/memory.js'
import { stateMemory } from '../../estimate/memory-states.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { mostMemoryOf } from '../memory-bound.js'
import { defineRule, type Report } from '../rule.js'
import { offAccelerator, otherRole, unlessUnread } from '../silence.js'
import {
  aboutGigabytes,
  arithmeticOf,
  described,
  gigabytes,
  noEstimate,
  onEveryCard,
  parametersText,
  type TrainingMemory,
  usableOf,
  usualGB,
} from '../training-memory.js'
import { questionOf } from '../training-question.js'

/** Without the saving, what is expected and the high end of the estimate stay below these shares of the memory. */
const plenty = { expected: 0.5, high: 0.85 }
/** Where the worst stands for what is not known, only the high end means anything. */
const worst = 0.8
/** States that are kept on the host would take no more of the memory. */
const spare = 0.6
/** Where the library saves by itself. */
const spareByDefault = 0.4
/** A larger size than the usual one in which everybody rents them. */
const largerGB = 48
/** Longer texts vary too much for an estimate to promise anything. */
const longest = 8192

export default defineRule({
  name: 'training/needless-memory-saving',
  judges: 'Training',
  checklist: ['rightsize/match-instance', 'bottleneck/distributed-setup'],
  severity: 'information',
  measuredBy: 'memory',
  finds: 'activation checkpointing or offloading where memory is plentiful',
  summary: 'Memory is saved at the price of time on a GPU that has plenty.',
  check(view, { report, silent, options }) {
    if (view.subject.evidence.role !== 'training') return silent(otherRole(view))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const { checkpointing, sharding } = view.settings
    if (effective(checkpointing) !== true && effective(sharding) == null)
      return silent(
        unlessUnread(view, ['checkpointing', 'sharding'], 'no memory is saved at the price of time'),
      )
    const found = mostMemoryOf(withLength(view), options)
    const shared = statesShared(view, usableOf(machineOf(view, options)))
    if (!('estimate' in found)) {
      const states = statesOnHost(view, usableOf(machineOf(view, options)))
      if (states !== null)
        return report({ at: sharding!, confidence: 'medium', message: states, saving: offloading })
      return shared === null ? silent(noEstimate(view, found)) : report(shared)
    }
    if (shared !== null) report(shared)
    if ((found.setup.tokens ?? 0) > longest) return silent(`the texts are long: ${found.setup.tokens} tokens`)
    silent('without it the training might not fit')
    const { gpu } = found.machine
    const usable = found.usable ?? usualGB * 2 ** 30
    const room = (high: number, most: number) => high <= most * usable
    const hasPlenty = ({ expected, high }: MemoryEstimate) =>
      found.assumed.size > 0 ? room(high, worst) : room(expected, plenty.expected) && room(high, plenty.high)
    const card =
      gpu === null ? `${usualGB} GB that most GPUs have at least` : `${gpu.memoryGB} GB of ${gpu.name}`

    if (checkpointing !== undefined && effective(checkpointing) === true) {
      const without = trainingMemory({ ...found.setup, checkpointing: false })
      const byDefault = checkpointing.state === 'default'
      if (without !== null && (byDefault ? room(without.high, spareByDefault) : hasPlenty(without))) {
        report({
          at: checkpointing,
          confidence: 'medium',
          message: `${seen(checkpointing)} computes activations twice, about 20 % of the time. Without it ${described(found)} needs ${aboutGigabytes({ ...found, estimate: without })} of the ${card}.`,
          saving: {
            fraction: [0.15, 0.25],
            usd: null,
            basis: 'recomputing activations slows a step down by about 20 %',
          },
          fixes: [
            {
              set: [{ claim: checkpointing, value: false }],
              // Whoever saves memory where no card is named may have a small one.
              ...(gpu === null && without.high > onEveryCard ? { onlyIf: `its card has ${usualGB} GB` } : {}),
            },
          ],
        })
      }
    }
    if (sharding !== undefined) offloaded(found, sharding, room)
    function offloaded(
      memory: TrainingMemory,
      claim: Claim,
      fits: (high: number, most: number) => boolean,
    ): void {
      const shared = memory.setup.sharding
      if (shared === null || (!shared.offload.optimizer && !shared.offload.parameters)) return
      const on = { ...shared, offload: { optimizer: false, parameters: false } }
      const without = trainingMemory({ ...memory.setup, sharding: on })
      if (without === null || !fits(without.high, spare)) return
      report({
        at: claim,
        confidence: 'medium',
        message: `States are kept in host memory, so each step waits for the bus. On the ${shared.devices} devices of this job ${described(memory)} needs ${aboutGigabytes({ ...memory, estimate: without })} of the ${card} each without it.`,
        saving: offloading,
      })
    }
  },
})

const offloading: { fraction: [number, number]; usd: null; basis: string } = {
  fraction: [0.3, 0.6],
  usd: null,
  basis: 'offloading to the host slows a step down by 30 to 70 % (assumption)',
}

/** All that lies on the host would take little of one device, whatever else is not known; null: it would not, or nobody knows. */
function statesOnHost({ settings }: SubjectView<'Training'>, usable: number | null): string | null {
  const shared = effective(settings.sharding)
  const id = effective(settings.model)
  const model = id === undefined ? undefined : known(id)
  if (model === undefined || shared == null || !(shared.offload.optimizer || shared.offload.parameters))
    return null
  const { weights, gradients, optimizer } = stateMemory({
    model,
    weightBits: 32,
    arithmetic: arithmeticOf(settings)?.arithmetic ?? 'fp32',
    optimizer: effective(settings.optimizer) ?? 'adamw',
    adapters: effective(settings.adapters) ?? null,
    replicas: false,
    sharding: null,
    checkpointing: false,
  })
  const states = weights + gradients + optimizer
  if (states > spare * (usable ?? largerGB * 2 ** 30)) return null
  return `States are kept in host memory, so each step waits for the bus. Weights, gradients and states of ${id} (${parametersText(model.parameters)}) take at most ${gigabytes(states)} GB on one device, less where several share them: ${usable === null ? `a GPU of ${largerGB} GB holds` : 'the GPU holds'} them.`
}

/** States of a network that any device has room for many times over. */
const small = 0.25

/** Weights, gradients and states of all devices would take little of one; null: they would not, or nobody knows. */
function statesShared({ settings }: SubjectView<'Training'>, usable: number | null): Report | null {
  const { sharding, model, adapters, optimizer } = settings
  const shared = effective(sharding)
  const id = effective(model)
  const network = id === undefined ? undefined : known(id)
  if (sharding === undefined || shared == null || network === undefined) return null
  // What a program always does nobody can turn off.
  if (sharding.state === 'default') return null
  if (shared.stage < 2 || shared.offload.optimizer || shared.offload.parameters) return null
  const {
    weights,
    gradients,
    optimizer: states,
  } = stateMemory({
    model: network,
    weightBits: 32,
    arithmetic: 'fp32',
    optimizer: effective(optimizer) ?? 'adamw',
    adapters: effective(adapters) ?? null,
    replicas: true,
    sharding: null,
    checkpointing: false,
  })
  const all = weights + gradients + states
  if (all > small * (usable ?? usualGB * 2 ** 30)) return null
  const costs =
    shared.stage === 3
      ? 'Every pass collects the weights of all layers from the other devices'
      : 'Gradients and states are shared among the devices'
  return {
    at: sharding,
    confidence: 'medium',
    message: `${costs}, though all of ${id} (${parametersText(network.parameters)}) takes at most ${gigabytes(all)} GB: ${usable === null ? `a GPU of ${usualGB} GB` : 'each'} has room for it. Plain data parallelism exchanges gradients only.`,
    ...(shared.stage === 3 && {
      saving: {
        fraction: [0.05, 0.3] as [number, number],
        usd: null,
        basis:
          'collecting the weights for each pass takes 5 to 30 % of a step of a small network (assumption)',
      },
    }),
  }
}

/** The longest text as the modules around it cut texts, where the training itself does not say. */
function withLength(view: SubjectView<'Training'>): SubjectView<'Training'> {
  const claim = view.settings.sequenceLength
  if (claim?.state !== 'unknown' || claim.bounds !== undefined) return view
  const question = questionOf(view, null, { fast: 1, slow: 1 })
  if ('missing' in question || question.slow.network?.unit !== 'tokens') return view
  const most = question.slow.size?.high
  return most === undefined
    ? view
    : {
        ...view,
        settings: { ...view.settings, sequenceLength: { ...claim, bounds: { low: null, high: most } } },
      }
}

function seen(claim: Claim): string {
  return claim.state === 'default'
    ? `\`${claim.key}\` is on unless it is switched off: it`
    : `\`${claim.key}\``
}
