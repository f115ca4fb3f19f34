import { stateMemory } from '../../estimate/memory-states.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { onAccelerator } from '../training/operation.js'
import { estimateOf, parametersText } from '../training-memory.js'

const least = 1e9

/** Share of the GPU from which the states decide how large it has to be. */
const share = 0.4

export default defineRule({
  name: 'model/optimizer-state',
  judges: 'Training',
  checklist: ['model/quantization', 'rightsize/match-instance'],
  severity: 'information',
  summary: 'States of the optimizer in full precision fill the GPU that the model and its batch could use.',
  check(judged, { report, options }) {
    const { optimizer, adapters, sharding, parameters } = judged.settings
    const count = effective(parameters)
    const used = effective(optimizer)
    if (optimizer === undefined || (used !== 'adamw' && used !== 'adamw fused')) return
    if (count === undefined || count < least || effective(adapters) !== null || effective(sharding) !== null)
      return
    if (judged.subject.evidence.role !== 'training' || !onAccelerator(judged)) return
    const found = estimateOf(judged, options)
    const gpu = found?.machine.gpu
    if (found === undefined || found.usable === null || gpu == null) return
    // Larger jobs share their states, or should: that is another matter.
    const { launch } = judged.run.job
    if (launch?.processes != null && launch.processes > 2) return
    const { setup } = found
    const states = (name: 'adamw' | 'adamw 8 bit') => stateMemory({ ...setup, optimizer: name }).optimizer
    const now = states('adamw')
    if (now < share * found.usable) return
    const percent = Math.round((100 * now) / found.usable)
    report({
      at: optimizer,
      confidence: 'medium',
      message: `AdamW keeps ${gb(now)} of states for the ${parametersText(count)} parameters of ${found.id}, ${percent} % of the memory of ${gpu.name}. In 8 bits they take ${gb(states('adamw 8 bit'))}.`,
      fixes: [{ set: [{ claim: optimizer, value: 'adamw 8 bit' }] }],
    })
  },
})

function gb(bytes: number): string {
  const value = bytes / 1e9
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} GB`
}
