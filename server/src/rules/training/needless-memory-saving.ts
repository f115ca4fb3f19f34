import { trainingMemory } from '../../estimate/memory.js'
import { effective } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import { mostMemoryOf } from '../memory-bound.js'
import { defineRule } from '../rule.js'
import { offAccelerator, otherRole, unlessUnread } from '../silence.js'
import { aboutGigabytes, described, noEstimate, type TrainingMemory } from '../training-memory.js'

/** Without the saving, the high end of the estimate stays below this share of the memory. */
const spare = 0.6
/** Where the library saves by itself. */
const spareByDefault = 0.4
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
    if (!('estimate' in found)) return silent(noEstimate(view, found))
    if (found.usable === null || found.machine.gpu === null)
      return silent('the GPU that it runs on is not known')
    if ((found.setup.tokens ?? 0) > longest) return silent(`the texts are long: ${found.setup.tokens} tokens`)
    silent('without it the training might not fit')
    const { usable } = found
    const room = (high: number, most: number) => high <= most * usable
    const card = `${found.machine.gpu.memoryGB} GB of ${found.machine.gpu.name}`

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
        saving: {
          fraction: [0.3, 0.6],
          usd: null,
          basis: 'offloading to the host slows a step down by 30 to 70 % (assumption)',
        },
      })
    }
  },
})

function seen(claim: Claim): string {
  return claim.state === 'default'
    ? `\`${claim.key}\` is on unless it is switched off: it`
    : `\`${claim.key}\``
}
