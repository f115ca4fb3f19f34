/** How settings that decide the memory of a Trainer are written. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { effective, isGiven } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import { changeOf, rangeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { leaveUnchecked, leftOffBy } from './checkpointing.js'
import { fuseAttention } from './models.js'
import { codeArguments } from './trainer-changes.js'
import { trainerSettings } from './trainer-settings.js'
import { trainerName } from './trainers.js'
import { trainerArguments } from './training-arguments.js'
import { overflowsInHalf } from './weights.js'

/** Null: another part of the reader knows this setting. */
export function changeMemory(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal | null {
  if (claim.setting === 'adapters') return addAdapters(claim, facts)
  if (claim.setting === 'attention') return changeAttention(claim, facts)
  if (claim.setting === 'precision') return replaceBf16(claim, value, facts)
  if (!memorySettings.has(claim.setting)) return null
  const { python } = facts
  if (python === undefined) return trainerSettings.change(claim, value, facts)
  const call = claimedCall(python, claim.site)
  if (claim.setting === 'checkpointing' && value === false && call !== null) {
    if (claim.site.target?.kind === 'argument') return leaveUnchecked(facts, call)
    // The argument alone would change nothing.
    const also = leftOffBy(python)
    if (also !== null) return { reason: `the model may have it as well: ${also}, and change both` }
  }
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined) return { reason: 'the call is no longer in the file' }
  return trainerSettings.change(claim, value, facts, codeArguments(facts, python, made))
}

const memorySettings = new Set(['batchSize', 'accumulation', 'checkpointing', 'optimizer'])

/** A Trainer refuses both formats at once. Null: nothing asks for bf16 in code. */
function replaceBf16(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal | null {
  const { python } = facts
  if (value !== 'fp16-mixed' || claim.key !== 'bf16' || effective(claim) !== 'bf16-mixed') return null
  if (isConfigured(claim, facts)) {
    const off = writeConfigured(claim, false, facts)
    const on = writeConfigured(claim, true, facts, 'fp16')
    if ('reason' in off) return off
    return 'reason' in on ? on : { ...on, writes: [...off.writes, ...on.writes] }
  }
  if (python === undefined) return null
  const call = claimedCall(python, claim.site)
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined || overflowsInHalf(python)) return null
  const source = codeArguments(facts, python, made)
  const writes = [source.set(['fp16'], true)]
  if (isGiven(source.get('bf16'))) writes.push(source.set(['bf16'], undefined))
  return changeOf('Train with fp16=True', writes)
}

function changeAttention(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (facts.python === undefined || call === null) return { reason: 'it is set elsewhere' }
  return fuseAttention(facts.python, call, facts)
}

/** Trainers of TRL wrap the model themselves; for others it is a sketch. */
function addAdapters(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null || claim.site.target?.kind !== 'call')
    return { reason: 'wrap the model with get_peft_model() of PEFT before it is trained' }
  if (python.callsTo('peft.get_peft_model').length > 0)
    return { reason: 'the program puts adapters on the model where its option asks for them: pass that' }
  const use = { path, fragment: fragment.index, offset: call.expr.start }
  const config = nameFor(python.tree, 'peft', 'LoraConfig', use)
  const imports: Import[] = config.import === null ? [] : [config.import]
  const lora = (task: string) =>
    `${config.text}(r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear"${task})`
  const range = rangeOf(facts, call)
  if (/^trl\./.test(trainerName(python, call) ?? '')) {
    return {
      title: 'Train adapters (LoRA) instead of all weights',
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
  facts: FragmentFacts,
  lora: (task: string) => string,
  imports: Import[],
): Change | Refusal {
  const { path, fragment } = facts
  const given = call.expr.args.find((one) => one.name === 'model' || one.name === null)
  if (given === undefined) return { reason: 'the model is passed elsewhere' }
  const wrap = nameFor(python.tree, 'peft', 'get_peft_model', {
    path,
    fragment: fragment.index,
    offset: call.expr.start,
  })
  if (wrap.import !== null) imports.push(wrap.import)
  const { start, end } = given.value
  const model = python.text.slice(start, end)
  return {
    title: 'Train adapters (LoRA) instead of all weights',
    safety: 'display',
    writes: [
      {
        kind: 'replace',
        path,
        range: { fragment: fragment.index, start, end },
        text: `${wrap.text}(${model}, ${lora('')})`,
      },
    ],
    imports,
  }
}
