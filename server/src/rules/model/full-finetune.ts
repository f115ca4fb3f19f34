import { model as known, unnamed } from '../../catalog/models.js'
import { usableMemory } from '../../estimate/memory.js'
import { type OptimizerKind, type StateInput, stateMemory } from '../../estimate/memory-states.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule } from '../rule.js'
import { offAccelerator, otherRole, unless } from '../silence.js'
import { parametersText, usualGB } from '../training-memory.js'

/** Parameters from which on no model is small, whatever its weights are stored in. */
const large = 3e9
/** Parameters from which on the states of training may fill the usual card. */
const possible = 1e9

export default defineRule({
  name: 'model/full-finetune',
  judges: 'Training',
  checklist: ['model/quantization', 'rightsize/match-instance', 'model/smaller-baseline'],
  severity: 'warning',
  finds: 'all weights of a large model trained where adapters would do',
  summary: 'Training all weights of a large model takes several times the GPU memory that adapters need.',
  check(view, { report, silent, options }) {
    const { adapters, parameters, model, fineTuning, sharding, optimizer } = view.settings
    const count = effective(parameters)
    // A framework config that names this method has chosen it.
    if (effective(adapters) !== null) return silent(unless(view, 'adapters', 'adapters are trained'))
    if (adapters?.state !== 'default') return silent('the configuration explicitly trains all weights')
    const small = `the model is small: ${parametersText(count ?? 0)} parameters`
    if (count === undefined || count < possible) return silent(unless(view, 'parameters', small))
    if (effective(fineTuning) !== true)
      return silent(unless(view, 'fineTuning', 'the weights are not pretrained'))
    if (view.subject.evidence.role !== 'training') return silent(otherRole(view))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    if (isPretraining(view)) return silent('it is called pretraining, which needs all weights')
    const id = effective(model) ?? 'the model'
    // Other optimisers have states that fit.
    if (count < large && optimizer?.state === 'unknown') return silent(unless(view, 'optimizer', small))
    const needs = statesOf(id, count, effective(view.settings.weightBits), effective(optimizer) ?? 'adamw')
    const full = needs.bytes[0]
    if (count < large && full < usualGB * 1e9) return silent(small)
    const { gpu, gpus } = machineOf(view, options)
    const held =
      gpu === null ? null : (usableMemory(gpu) ?? 0) * (effective(sharding) == null ? 1 : (gpus ?? 1))
    const open = sharding === undefined || sharding.state === 'unknown' || sharding.overridable
    const tooLarge = held !== null && !open && full > held
    report({
      at: adapters,
      severity: tooLarge ? 'warning' : 'information',
      confidence: 'medium',
      message: `All ${parametersText(count)} parameters of ${id} are trained: weights, gradients and optimizer states take about ${needs.full}. With LoRA they take about ${needs.lora}, with 4-bit weights below it (QLoRA) about ${needs.quantized}.${tooLarge ? ` One ${gpu!.name} holds ${Math.round(held! / 1e9)} GB.` : ''}`,
      fixes: [{ set: [{ claim: adapters, value: { rank: 16, targets: 'all' } }] }],
    })
  },
})

/** A corpus of one's own needs all weights. */
function isPretraining(view: SubjectView<'Training'>): boolean {
  const { path } = view.subject.location
  return /pre-?train|continued|\bcpt\b|from_scratch/i.test(`${path} ${view.run.script ?? ''}`)
}

interface Needs {
  /** Least and most that all weights take. */
  bytes: [number, number]
  full: string
  lora: string
  quantized: string
}

function statesOf(
  id: string,
  parameters: number,
  bits: 4 | 8 | 16 | 32 | undefined,
  chosen: OptimizerKind,
): Needs {
  const model = known(id) ?? unnamed(id, parameters)
  const total = (weightBits: 4 | 16 | 32, adapters: StateInput['adapters']): number => {
    const { weights, gradients, optimizer } = stateMemory({
      model,
      weightBits,
      arithmetic: weightBits === 32 ? 'mixed' : 'short',
      optimizer: adapters === null ? chosen : 'adamw',
      adapters,
      replicas: false,
      sharding: null,
      checkpointing: false,
    })
    return (weights + gradients + optimizer) / 1e9
  }
  const gb = (value: number) => `${Math.round(value)} GB`
  const adapters = { rank: 16, targets: 'all' } as const
  const least = total(bits === 32 ? 32 : 16, null)
  const most = total(bits === undefined || bits === 32 ? 32 : 16, null)
  const full = least === most ? gb(least) : `${Math.round(least)} to ${gb(most)}`
  return {
    bytes: [least * 1e9, most * 1e9],
    full,
    lora: gb(total(16, adapters)),
    quantized: gb(total(4, adapters)),
  }
}
