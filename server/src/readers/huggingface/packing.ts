/** Fine-tuning on texts that have a row each: TRL's `SFTConfig`. */

import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { codeMatches } from '../pytorch/evidence.js'
import { stepEvidence } from '../pytorch/operations.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { fewTrainingSamples } from './samples.js'
import { trainersOf } from './trainers.js'
import { field, type TrainerArguments, trainerArguments } from './training-arguments.js'

export const huggingfacePackingReader = defineReader({
  name: 'huggingface-packing',
  languages: ['python'],
  triggers: ['SFTConfig'],
  read(facts, context, claims) {
    if (facts.python !== undefined) readCode(facts.python, context, claims)
  },
  change: changePacking,
})

const flash = /attn_implementation["']?\s*[=:]\s*["'][^"']*flash|use_flash_attention_2["']?\s*[=:]\s*True/
/** Rows that hold more than text, or that the program puts together by itself. */
const notText =
  /AutoModelForVision2Seq|ForImageTextToText|AutoProcessor|skip_prepare_dataset|ForConditionalGeneration|ForSeq2Seq|DataCollatorForCompletionOnly/

function readCode(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  const all = trainerArguments(python)
  for (const made of all) {
    if (!isFineTuning(made)) continue
    const argument = (key: string) => field(python, made, key, context.binding)
    const packing = argument('packing')
    if (!isOff(packing) || !isOff(argument('padding_free')) || !isOff(argument('group_by_length'))) continue
    if (isOne(argument('per_device_train_batch_size')) || codeMatches(python, notText)) continue
    const trainers = trainersOf(python, made, all.length === 1)
    // A collator of its own does as it likes.
    if (trainers.calls.some((call) => python.argument(call, 'data_collator').state !== 'absent')) continue
    const evidence = stepEvidence(python)
    evidence.small ??= fewTrainingSamples(python)
    const place: Place = packing.state === 'given' ? { ...packing.span } : calleePlace(made.call)
    const site = callSite(made.call, 'packing')
    const pipeline = claims.subject('InputPipeline', place, made.call.function?.qualified ?? '', evidence)
    if (packing.state === 'given') {
      const { folded } = packing
      if (folded.state === 'unknown') continue
      pipeline.known('packed', 'packing', false, place, {
        site,
        channel: folded.channel,
        overridable: folded.overridable,
        ...(folded.location === undefined ? {} : { location: folded.location }),
      })
    } else pipeline.default('packed', 'packing', false, place, { site })
    pipeline.known('packable', 'attn_implementation', codeMatches(python, flash), place, { site })
  }
}

function isFineTuning(made: TrainerArguments): boolean {
  const name = made.call.name ?? made.klass?.bases.find((base) => /SFTConfig$/.test(base)) ?? ''
  return !made.parsed && !made.foreign && /^trl\.(\w+\.)*SFTConfig$/.test(name)
}

function isOff(argument: ArgumentValue): boolean {
  if (argument.state === 'absent') return true
  return (
    argument.state === 'given' &&
    argument.folded.state === 'known' &&
    (argument.folded.value === false || argument.folded.value === null)
  )
}

/** One text for each step and device: there is nothing to pad it to. */
function isOne(argument: ArgumentValue): boolean {
  return (
    argument.state === 'unknown' ||
    (argument.state === 'given' && (argument.folded.state === 'unknown' || argument.folded.value === 1))
  )
}

function changePacking(claim: Claim, _value: unknown, facts: UnitFacts): Change | Refusal {
  const title = `Put several texts into each row (${claim.key})`
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is not in the file any more' }
  const written = writeArgument(facts, call, 'packing', python.argument(call, 'packing'), 'True')
  return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
}
