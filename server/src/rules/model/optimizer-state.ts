import { model as known, unnamed } from '../../catalog/models.js'
import { stateMemory } from '../../estimate/memory-states.js'
import { effective } from '../../values/value.js'
import { machineOf } from '../hardware.js'
import { defineRule } from '../rule.js'
import { offAccelerator, otherRole, unless, unlessUnread } from '../silence.js'
import { arithmeticOf, parametersText, usableOf } from '../training-memory.js'

const least = 1e9

/** Share of the GPU from which the states decide how large it has to be. */
const share = 0.4

export default defineRule({
  name: 'model/optimizer-state',
  judges: 'Training',
  checklist: ['model/quantization', 'rightsize/match-instance'],
  severity: 'information',
  finds: 'optimizer states that fill the GPU',
  summary: 'Full-precision optimizer states take GPU memory that the model and its batch could use.',
  check(view, { report, silent, options }) {
    const { optimizer, adapters, sharding, parameters, model } = view.settings
    const count = effective(parameters)
    const used = effective(optimizer)
    if (optimizer === undefined || (used !== 'adamw' && used !== 'adamw fused'))
      return silent(unless(view, 'optimizer', `the optimizer is ${used}`))
    if (count === undefined || count < least)
      return silent(
        unless(view, 'parameters', `the model is small: ${parametersText(count ?? 0)} parameters`),
      )
    if (effective(adapters) !== null) return silent(unless(view, 'adapters', 'adapters are trained'))
    if (effective(sharding) !== null)
      return silent(unless(view, 'sharding', 'the states are shared among devices'))
    if (view.subject.evidence.role !== 'training') return silent(otherRole(view))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const machine = machineOf(view, options)
    const { gpu } = machine
    const usable = usableOf(machine)
    if (usable === null || gpu === null) return silent('the GPU that it runs on is not known')
    // Larger jobs share their states, or should: that is another matter.
    const { launch } = view.run.job
    if (launch?.processes != null && launch.processes > 2)
      return silent(`the job starts ${launch.processes} processes, which could share the states`)
    // How large a batch is makes no difference to them.
    const format = arithmeticOf(view.settings)
    if (format === null)
      return silent(
        unlessUnread(view, ['precision', 'weightBits'], 'the number format of the weights is not known'),
      )
    const id = effective(model) ?? 'the model'
    const states = (name: 'adamw' | 'adamw 8 bit') =>
      stateMemory({
        model: known(id) ?? unnamed(id, count),
        weightBits: format.bits,
        arithmetic: format.arithmetic,
        optimizer: name,
        adapters: null,
        replicas: false,
        sharding: null,
        checkpointing: false,
      }).optimizer
    const now = states('adamw')
    const percent = Math.round((100 * now) / usable)
    if (now < share * usable)
      return silent(`the states of the optimizer take ${percent} % of the memory of ${gpu.name}`)
    report({
      at: optimizer,
      confidence: 'medium',
      message: `AdamW keeps ${gb(now)} of states for the ${parametersText(count)} parameters of ${id}, ${percent} % of the memory of ${gpu.name}. In 8 bits they take ${gb(states('adamw 8 bit'))}.`,
      fixes: [{ set: [{ claim: optimizer, value: 'adamw 8 bit' }] }],
    })
  },
})

function gb(bytes: number): string {
  const value = bytes / 1e9
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} GB`
}
