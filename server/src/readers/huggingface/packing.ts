/** Fine-tuning on texts that have a row each: TRL's `SFTConfig`. */

import type { PythonModule } from '../../python/module.js'
import { type Evidence, noteSmall } from '../../text/evidence.js'
import { mayBePassed, passedPlace } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { orDefault } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { codeMatches } from '../pytorch/evidence.js'
import { stepEvidence } from '../pytorch/operations.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { ArgumentsSource } from './arguments-source.js'
import { fewTrainingSamples } from './samples.js'
import { trainersOf } from './trainers.js'
import { type TrainerArguments, trainerArguments } from './training-arguments.js'

const packingSettings = settingTable('InputPipeline', {
  packed: {
    keys: ['packing'],
    parse: asBoolean,
    otherwise: false,
    write: () => true,
    title: () => 'Pack several texts into each row (packing)',
  },
})

export const huggingfacePackingReader = defineReader({
  name: 'huggingface-packing',
  title: 'TRL',
  languages: ['python'],
  triggers: ['SFTConfig', 'SFTTrainer'],
  settings: [packingSettings],
  read(facts, context, claims) {
    if (facts.python === undefined) return
    readCode(facts.python, context, claims)
    readTrainers(facts.python, context, claims)
  },
  change: (claim, value, facts) => packingSettings.change(claim, value, facts),
})

const flash = /attn_implementation["']?\s*[=:]\s*["'][^"']*flash|use_flash_attention_2["']?\s*[=:]\s*True/
/** Rows that hold more than text, or that the program puts together by itself. */
const notText =
  /AutoModelForVision2Seq|ForImageTextToText|AutoProcessor|skip_prepare_dataset|ForConditionalGeneration|ForSeq2Seq|DataCollatorForCompletionOnly\w*\(/

function readCode(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  const all = trainerArguments(python)
  for (const made of all) {
    if (!isFineTuning(made)) continue
    const source = new ArgumentsSource(python, made, context.binding, claims)
    const off = (key: string) => {
      const value = effective(orDefault(source.get(key), false))
      return value === false || value === null
    }
    const batch = effective(orDefault(source.get('per_device_train_batch_size'), 8))
    if (!['packing', 'padding_free', 'group_by_length'].every(off)) continue
    // One text for each step and device: there is nothing to pad it to.
    if (batch === 1 || codeMatches(python, notText)) continue
    const trainers = trainersOf(python, made, all.length === 1)
    // A collator of its own does as it likes.
    if (trainers.calls.some((call) => mayBePassed(python.argument(call, 'data_collator')))) continue
    const evidence = evidenceOf(python)
    const place = passedPlace(source.argument('packing')) ?? source.place
    const pipeline = claims.subject('InputPipeline', place, made.call.function?.qualified ?? '', evidence)
    packingSettings.claim(pipeline, source)
    // The same command line or file says how the model computes its attention.
    const attention = made.parsed ? effective(source.get('attn_implementation')) : undefined
    const packable = codeMatches(python, flash) || /flash/.test(String(attention))
    pipeline.known('packable', 'attn_implementation', packable, place, { site: source.site })
  }
}

/** `SFTTrainer(packing=False, args=TrainingArguments(…))`, as before TRL 0.12. */
function readTrainers(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  for (const call of python.callsTo('trl.SFTTrainer')) {
    const source = new CallSource(python, call, claims)
    const leftOut = !mayBePassed(source.argument('packing')) && packsNothing(python, source, context, claims)
    const place = leftOut ? calleePlace(call) : passedPlace(source.argument('packing'))
    if (place === null || mayBePassed(source.argument('data_collator')) || codeMatches(python, notText))
      continue
    const evidence = evidenceOf(python)
    const pipeline = claims.subject('InputPipeline', place, call.function?.qualified ?? '', evidence)
    packingSettings.claim(pipeline, source)
    pipeline.known('packable', 'attn_implementation', codeMatches(python, flash), place, {
      site: callSite(call),
    })
  }
}

/** What makes the trainer trains, whatever module starts it. */
function evidenceOf(python: PythonModule): Evidence {
  const evidence = stepEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  noteSmall(evidence, fewTrainingSamples(python))
  return evidence
}

/** As before TRL 0.12, when the trainer itself was told of its texts, and left them as they are. */
function packsNothing(
  python: PythonModule,
  trainer: CallSource,
  { binding }: ReaderContext,
  claims: ClaimBuilder,
): boolean {
  const isOld = ['dataset_text_field', 'max_seq_length'].some(
    (key) => passedPlace(trainer.argument(key)) !== null,
  )
  if (!isOld || codeMatches(python, /ConstantLengthDataset|SFTConfig/)) return false
  const [only, other] = trainerArguments(python)
  if (only === undefined || other !== undefined) return false
  const source = new ArgumentsSource(python, only, binding, claims)
  const batch = effective(orDefault(source.get('per_device_train_batch_size'), 8))
  return batch !== 1 && effective(orDefault(source.get('group_by_length'), false)) === false
}

const isFineTuning = ({ library }: TrainerArguments): boolean => /^trl\.(\w+\.)*SFTConfig$/.test(library)
