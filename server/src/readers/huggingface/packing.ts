/** Fine-tuning on texts that have a row each: TRL's `SFTConfig`, recipes of Axolotl and LLaMA-Factory. */
import { entry, items, scalar } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { calleePlace, callSite, claimedCall } from '../claim-argument.js'
import { codeMatches } from '../pytorch/evidence.js'
import { stepEvidence } from '../pytorch/operations.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { writeArgument } from '../write-argument.js'
import { fewTrainingSamples } from './samples.js'
import { trainersOf } from './trainers.js'
import { field, type TrainerArguments, trainerArguments } from './training-arguments.js'

export const huggingfacePackingReader = defineReader({
  name: 'huggingface-packing',
  languages: ['python', 'yaml'],
  triggers: ['SFTConfig', 'sample_packing', 'base_model', 'model_name_or_path'],
  read(facts, context, claims) {
    if (facts.python !== undefined) readCode(facts.python, context, claims)
    for (const document of facts.config?.documents ?? []) {
      const recipe = axolotl(document) ?? llamaFactory(document)
      if (recipe !== null) claimRecipe(recipe, document, claims)
    }
  },
  change: changePacking,
})

// TRL.

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

// Recipes.

interface Recipe {
  /** The key that packs. */
  key: string
  /** Written as false; undefined: not written. */
  written: { keyStart: number; value: ConfigNode } | undefined
  /** A key to show and write next to, where it is not written. */
  near: { key: string; keyStart: number; keyEnd: number }
  flash: boolean
}

function axolotl(document: ConfigDocument): Recipe | null {
  const { root } = document
  const value = (key: string) => scalar(entry(root, key)?.value)?.value
  const near = entry(root, 'base_model')
  const data = entry(root, 'datasets')
  if (near === undefined || data === undefined || items(data.value).length === 0) return null
  if (isOpen(root) || entry(root, 'processor_type') !== undefined || value('rl') != null) return null
  if (value('reward_model') === true || value('process_reward_model') === true) return null
  const written = entry(root, 'sample_packing')
  if (written !== undefined && scalar(written.value)?.value !== false) return null
  // What is not written may come from a default of a tool that makes recipes.
  if (written === undefined && entry(root, 'micro_batch_size') === undefined) return null
  if (value('micro_batch_size') === 1 || value('group_by_length') === true) return null
  const attention = String(value('attn_implementation') ?? '')
  const fast =
    value('flash_attention') === true || value('flex_attention') === true || /flash|flex/.test(attention)
  return { key: 'sample_packing', written, near, flash: fast }
}

function llamaFactory(document: ConfigDocument): Recipe | null {
  const { root } = document
  const value = (key: string) => scalar(entry(root, key)?.value)?.value
  const near = entry(root, 'model_name_or_path')
  // Pre-training packs by itself; preferences cannot be packed.
  if (near === undefined || value('stage') !== 'sft' || value('do_train') !== true) return null
  if (isOpen(root) || /(_vl|vl_|llava|pixtral|internvl|omni|audio)/i.test(String(value('template') ?? '')))
    return null
  if (/-VL-|llava|vision|omni|audio/i.test(String(value('model_name_or_path') ?? ''))) return null
  for (const key of ['packing', 'neat_packing'])
    if (entry(root, key) !== undefined && value(key) !== false) return null
  const size = value('per_device_train_batch_size')
  if (size === 1 || value('group_by_length') === true) return null
  return {
    key: 'neat_packing',
    written: entry(root, 'neat_packing') ?? entry(root, 'packing'),
    near,
    flash: value('flash_attn') === 'fa2',
  }
}

function isOpen(node: ConfigNode): boolean {
  return node.kind === 'map' && node.open !== undefined
}

function claimRecipe(recipe: Recipe, document: ConfigDocument, claims: ClaimBuilder): void {
  const evidence: Evidence = {
    role: /(^|\/)tests?\//.test(claims.path) ? 'test' : 'job',
    accelerator: 'maybe',
    small: null,
    notebook: false,
  }
  const { key, written, near } = recipe
  const place: Place =
    written === undefined
      ? { start: near.keyStart, end: near.keyEnd, document: document.index, keys: [near.key] }
      : { start: written.keyStart, end: written.value.end, document: document.index, keys: [key] }
  const site: Place = { ...place, keys: [key], anchor: near.key }
  const pipeline = claims.subject('InputPipeline', place, 'recipe', evidence)
  if (written === undefined) pipeline.default('packed', key, false, place, { site })
  else pipeline.known('packed', key, false, place, { site })
  pipeline.known('packable', 'flash attention', recipe.flash, place, { site })
}

function changePacking(claim: Claim, _value: unknown, facts: UnitFacts): Change | Refusal {
  const title = `Put several texts into each row (${claim.key})`
  if (facts.config !== undefined) {
    const { document = 0, keys = [], anchor, unit } = claim.site
    return {
      title,
      safety: 'unsafe',
      writes: [
        {
          kind: 'set key',
          path: facts.path,
          unit,
          document,
          keys,
          value: true,
          ...(anchor === undefined ? {} : { after: anchor }),
        },
      ],
      imports: [],
    }
  }
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is not in the file any more' }
  const written = writeArgument(facts, call, 'packing', python.argument(call, 'packing'), 'True')
  return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
}
