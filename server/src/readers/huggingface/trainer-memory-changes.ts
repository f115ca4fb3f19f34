/** How settings that decide the memory of a Trainer are written. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, rangeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { UnitFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { trainerName } from './trainers.js'
import { field, trainerArguments } from './training-arguments.js'
import { overflowsInHalf } from './weights.js'

const keys: Record<string, string> = {
  batchSize: 'per_device_train_batch_size',
  accumulation: 'gradient_accumulation_steps',
  checkpointing: 'gradient_checkpointing',
  optimizer: 'optim',
}

/** Null: another part of the reader knows this setting. */
export function changeMemory(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal | null {
  if (claim.setting === 'adapters') return addAdapters(claim, facts)
  if (claim.setting === 'attention') return changeAttention(claim, facts)
  if (claim.setting === 'precision') return replaceBf16(claim, value, facts)
  const key = lookUp(keys, claim.setting)
  if (key === undefined) return null
  const code =
    claim.setting === 'optimizer' ? (value === 'adamw 8 bit' ? '"adamw_bnb_8bit"' : null) : codeOf(value)
  if (code === null) return byHand(claim)
  const title = `Set ${key}=${code.replaceAll('"', '')}`
  if (isConfigured(claim, facts))
    return writeConfigured(
      claim,
      code.startsWith('"') ? code.slice(1, -1) : (value as number | boolean),
      facts,
    )
  if (facts.python === undefined) {
    const written = writeLaunchValue(claim, code.replaceAll('"', ''), facts)
    return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
  }
  if (claim.site.anchor === 'parsed') return { reason: 'its arguments come from the launch line' }
  if (claim.site.anchor === 'enable') return { reason: `leave ${claim.key}() out` }
  const call = claimedCall(facts.python, claim.site)
  const made = trainerArguments(facts.python).find((one) => one.call === call)
  if (made === undefined) return { reason: 'the call is not in the file any more' }
  const written = writeArgument(facts, made.call, key, field(facts.python, made, key, null), code)
  return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
}

function codeOf(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? String(value) : null
}

/** A Trainer refuses both formats at once. Null: nothing asks for bf16 in code. */
function replaceBf16(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal | null {
  const { python, path } = facts
  if (value !== 'fp16-mixed' || claim.key !== 'bf16' || effective(claim) !== 'bf16-mixed') return null
  if (isConfigured(claim, facts)) {
    const off = writeConfigured(claim, false, facts)
    const on = writeConfigured(claim, true, facts, 'fp16')
    if ('reason' in off) return off
    return 'reason' in on ? on : { ...on, writes: [...off.writes, ...on.writes] }
  }
  if (python === undefined || claim.site.anchor === 'parsed') return null
  const call = claimedCall(python, claim.site)
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined || overflowsInHalf(python)) return null
  const before = field(python, made, 'bf16', null)
  const after = writeArgument(facts, made.call, 'fp16', field(python, made, 'fp16', null), 'True')
  if ('reason' in after) return after
  const writes: Write[] = [after]
  if (before.state !== 'absent') {
    const own = made.call.expr.args.some((one) => one.name === 'bf16')
    if (!own) return { reason: 'bf16 is set in another place' }
    writes.push({ kind: 'remove keyword', path, call: rangeOf(facts, made.call), name: 'bf16' })
  }
  return { title: 'Train with fp16=True', safety: 'unsafe', writes, imports: [] }
}

function changeAttention(claim: Claim, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  const key = 'attn_implementation'
  if (call === null || !call.expr.args.some((one) => one.name === key))
    return { reason: 'it is set in another place' }
  return {
    title: 'Use the fused attention of PyTorch (attn_implementation="sdpa")',
    safety: 'unsafe',
    writes: [
      { kind: 'set keyword', path: facts.path, call: rangeOf(facts, call), name: key, value: '"sdpa"' },
    ],
    imports: [],
  }
}

/** Trainers of TRL wrap the model themselves; for others it is a sketch. */
function addAdapters(claim: Claim, facts: UnitFacts): Change | Refusal {
  const { python, path, unit } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null || claim.site.anchor !== 'trainer')
    return { reason: 'wrap the model with get_peft_model() of PEFT before it is trained' }
  const use = { path, unit: unit.index, offset: call.expr.start }
  const config = nameFor(python.tree, 'peft', 'LoraConfig', use)
  const imports: Import[] = config.import === null ? [] : [config.import]
  const lora = (task: string) =>
    `${config.text}(r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear"${task})`
  const range = rangeOf(facts, call)
  if (/^trl\./.test(trainerName(python, call) ?? '')) {
    return {
      title: 'Train adapters (LoRA) in place of all weights',
      safety: 'unsafe',
      writes: [
        {
          kind: 'set keyword',
          path,
          call: range,
          name: 'peft_config',
          value: lora(', task_type="CAUSAL_LM"'),
        },
      ],
      imports,
    }
  }
  return wrapModel(python, call, facts, lora, imports)
}

function wrapModel(
  python: PythonModule,
  call: Call,
  facts: UnitFacts,
  lora: (task: string) => string,
  imports: Import[],
): Change | Refusal {
  const { path, unit } = facts
  const given = call.expr.args.find((one) => one.name === 'model' || one.name === null)
  if (given === undefined) return { reason: 'the model is handed over in another place' }
  const wrap = nameFor(python.tree, 'peft', 'get_peft_model', {
    path,
    unit: unit.index,
    offset: call.expr.start,
  })
  if (wrap.import !== null) imports.push(wrap.import)
  const { start, end } = given.value
  const model = python.text.slice(start, end)
  return {
    title: 'Train adapters (LoRA) in place of all weights',
    safety: 'display',
    writes: [
      {
        kind: 'replace',
        path,
        range: { unit: unit.index, start, end },
        text: `${wrap.text}(${model}, ${lora('')})`,
      },
    ],
    imports,
  }
}
