/**
 * Command lines of ms-swift: `NPROC_PER_NODE=8 swift sft --model … --train_type lora …`. Source: ms-swift 3, docs
 * "Command Line Parameters", swift/llm/argument. Arithmetic is mixed whatever the weights are: `--torch_dtype float32`
 * trains in fp16.
 */
import { model as known } from '../../catalog/models.js'
import type { ShellCommand } from '../../config/shell-facts.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { convert, derived, firstGiven, orDefault, orUnknown } from '../../values/operations.js'
import { asNumber, asSwitch } from '../../values/parse.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Precision, TrainingSettings } from '../../workload/resource-kinds.js'
import { FlagSource } from '../command-lines/flag-source.js'
import { sharingByName } from '../deepspeed/sharing.js'
import { byEngine } from '../huggingface/generation.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { optimizerWords } from '../huggingface/optimizer-words.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { shellLaunchId } from '../shell/launches.js'

const words = (names: Record<string, 'eager' | 'flash' | 'fused'>) => (value: Json) =>
  typeof value === 'string' ? (lookUp(names, value) ?? 'fused') : undefined

const trainingSettings = settingTable('Training', {
  epochs: { keys: ['num_train_epochs'], parse: asNumber, otherwise: 3 },
  maxSteps: { keys: ['max_steps'], parse: asNumber },
  batchSize: {
    keys: ['per_device_train_batch_size', 'batch_size'],
    parse: asNumber,
    otherwise: 1,
    write: (size) => size,
  },
  accumulation: { keys: ['gradient_accumulation_steps'], parse: asNumber, write: (steps) => steps },
  sequenceLength: { keys: ['max_length'], parse: asNumber },
  optimizer: {
    keys: ['optim'],
    parse: (value) => (typeof value === 'string' ? lookUp(optimizerWords, value) : undefined),
    otherwise: 'adamw fused',
  },
  checkpointing: { keys: ['gradient_checkpointing'], parse: asSwitch, otherwise: true, write: (on) => on },
  attention: {
    keys: ['attn_impl'],
    parse: words({ eager: 'eager', flash_attn: 'flash', flash_attention_2: 'flash', sdpa: 'fused' }),
    otherwise: 'fused',
  },
  saves: {
    keys: ['save_strategy'],
    parse: (value) => (value === 'no' ? 'never' : 'while it runs'),
    otherwise: 'while it runs',
  },
  keptCheckpoints: { keys: ['save_total_limit'], parse: asNumber, otherwise: null, write: (limit) => limit },
})

/** Of algorithms that write their own texts. */
const generationSettings = settingTable('Training', {
  generation: {
    keys: ['use_vllm'],
    parse: (value) => byEngine(asSwitch(value)),
    otherwise: 'training',
  },
})

export const swiftCommandReader = defineReader({
  name: 'swift',
  title: 'ms-swift',
  languages: ['shell'],
  triggers: ['swift '],
  settings: [trainingSettings, generationSettings],
  read(facts, _context, claims) {
    for (const command of facts.shell?.commands ?? []) {
      const parts = command.unreachable
        ? null
        : parseLaunch(command.words, command.environment, (span) => claims.locate(span))
      if (parts?.launcher === 'swift') readCommand(command, parts, facts, claims)
    }
  },
  change: (claim, value, facts) => trainingSettings.change(claim, value, facts),
})

function readCommand(
  command: ShellCommand,
  parts: LaunchParts,
  { fragment }: FragmentFacts,
  claims: ClaimBuilder,
): void {
  const source = new FlagSource(command, parts, claims)
  const { place } = source
  const job = shellLaunchId(claims, fragment, command)
  const training = claims.subject('Training', place, 'swift', evidence, job)
  // Pairs of texts, or texts that are written first.
  const pairs = parts.program.module === rlhf
  trainingSettings.claim(
    training,
    source,
    {},
    trainingSettings.settings.filter((setting) => setting !== 'batchSize' || !pairs),
  )
  training.known('managed', 'swift', true, place)
  training.known('fineTuning', 'swift', true, place)
  training.known('languageHead', 'swift', true, place)
  training.known('fullHorizonSchedule', 'lr_scheduler_type', true, place)
  if (pairs && effective(source.text('rlhf_type')) === 'grpo') generationSettings.claim(training, source)
  if (pairs) training.unknown('batchSize', 'rlhf_type', 'how a batch is made up', place)
  readFormat(source, training)
  readModel(source, training)
  const kind = firstGiven(source.text('train_type'), source.text('tuner_type'), source.text('sft_type'))
  training.say(
    'adapters',
    'train_type',
    convert(orDefault(kind, 'lora'), (word) => adaptersOf(word, source)),
  )
  const sharding = convert(orDefault(source.get('deepspeed'), null), (name) =>
    typeof name === 'string' ? sharingByName(name) : null,
  )
  training.say('sharding', 'deepspeed', sharding)
  readSaves(source, claims, job)
}

const rlhf = 'swift.cli.rlhf'
const evidence = {
  role: 'training',
  accelerator: 'gpu',
  small: null,
  notebook: false,
  published: true,
} as const

const formats: Record<string, { precision: Precision; bits: 16 | 32 }> = {
  bfloat16: { precision: 'bf16-mixed', bits: 16 },
  float16: { precision: 'fp16-mixed', bits: 16 },
  float32: { precision: 'fp16-mixed', bits: 32 },
}

function readFormat(source: FlagSource, training: SubjectBuilder<'Training'>): void {
  const asked = firstGiven(source.text('torch_dtype'), source.text('dtype'))
  const format = orUnknown(asked, 'the format of the checkpoint')
  training.say(
    'precision',
    'torch_dtype',
    convert(format, (word) => lookUp(formats, word)?.precision),
  )
  const quantised = source.number('quant_bits')
  const loaded = convert(format, (word) => lookUp(formats, word)?.bits)
  if (isGiven(quantised))
    training.say(
      'weightBits',
      'quant_bits',
      convert(quantised, (bits) => (bits === 4 || bits === 8 ? bits : undefined)),
    )
  else training.say('weightBits', 'torch_dtype', loaded)
}

function readModel(source: FlagSource, training: SubjectBuilder<'Training'>): void {
  const id = firstGiven(source.text('model'), source.text('model_id_or_path'))
  training.say('model', 'model', orUnknown(id, 'a model by its type'))
  training.say(
    'parameters',
    'model',
    derived(id, (name) => known(name)?.parameters ?? sizeOfModel(name) ?? undefined),
  )
}

/** Adapters are put on all linear layers. */
function adaptersOf(kind: string, source: FlagSource): TrainingSettings['adapters'] | undefined {
  if (kind === 'full') return null
  const rank = effective(orDefault(source.number('lora_rank'), 8))
  return kind === 'lora' && rank !== undefined ? { rank, targets: 'all' } : undefined
}

/** Steps between checkpoints, few enough to matter. */
const often = 50

function readSaves(source: FlagSource, claims: ClaimBuilder, job: string): void {
  const given = source.number('save_steps')
  const every = effective(given)
  if (every === undefined || every < 1 || every > often || !isGiven(given)) return
  const at: Place = { ...given.site }
  const operation = claimOperation(claims, {
    kind: 'save',
    place: 'step',
    key: 'save_steps',
    at,
    site: at,
    scope: 'swift',
    evidence,
    job,
    from: given,
  })
  operation.known('every', 'save_steps', every, at)
}
