import { model as known } from '../../catalog/models.js'
import { trainingMemory } from '../../estimate/memory.js'
import { stateMemory } from '../../estimate/memory-states.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { mostMemoryOf } from '../memory-bound.js'
import { defineRule } from '../rule.js'
import { offAccelerator, otherRole, unlessUnread } from '../silence.js'
import {
  aboutGigabytes,
  arithmeticOf,
  described,
  gigabytes,
  noEstimate,
  parametersText,
  type TrainingMemory,
  usableOf,
} from '../training-memory.js'

/** Without the saving, the high end of the estimate stays below this share of the memory. */
const spare = 0.6
/** Where the library saves by itself. */
const spareByDefault = 0.4
/** Where no GPU is known: what most that train have at least, and a larger size in which everybody rents them. */
const usualGB = 24
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
    const found = mostMemoryOf(view, options)
    if (!('estimate' in found)) {
      const states = statesOnHost(view, usableOf(machineOf(view, options)))
      if (states === null) return silent(noEstimate(view, found))
      return report({ at: sharding!, confidence: 'medium', message: states, saving: offloading })
    }
    if ((found.setup.tokens ?? 0) > longest) return silent(`the texts are long: ${found.setup.tokens} tokens`)
    silent('without it the training might not fit')
    const { gpu } = found.machine
    const usable = found.usable ?? usualGB * 2 ** 30
    const room = (high: number, most: number) => high <= most * usable
    const card =
      gpu === null ? `${usualGB} GB that most GPUs have at least` : `${gpu.memoryGB} GB of ${gpu.name}`

    if (checkpointing !== undefined && effective(checkpointing) === true) {
      const without = trainingMemory({ ...found.setup, checkpointing: false })
      const most = checkpointing.state === 'default' ? spareByDefault : spare
      if (without !== null && room(without.high, most)) {
        report({
          at: checkpointing,
          confidence: 'medium',
          message: `${seen(checkpointing)} computes activations twice, about 20 % of the time. Without it ${described(found)} needs ${aboutGigabytes({ ...found, estimate: without })} of the ${card}.`,
          saving: {
            fraction: [0.15, 0.25],
            usd: null,
            basis: 'recomputing activations slows a step down by about 20 %',
          },
          fixes: [{ set: [{ claim: checkpointing, value: false }] }],
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

function seen(claim: Claim): string {
  return claim.state === 'default'
    ? `\`${claim.key}\` is on unless it is switched off: it`
    : `\`${claim.key}\``
}
