/** Framework configs of torchtune: `dtype`, `dataset.packed`. Keys: torchtune, recipes/configs and recipes/*.py. */

import { model as known } from '../../catalog/models.js'
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import { convert, derived, orUnknown } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence, Launch } from '../../workload/claim.js'
import type { Precision, TrainingSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeFrameworkConfig } from './change.js'
import { builtData, claimDatasets } from './data.js'
import { FrameworkConfig, FrameworkConfigClaims, isOn } from './framework-config.js'
import { positive } from './memory.js'

const formats: Record<string, Precision> = { fp32: 'fp32', float32: 'fp32', bf16: 'bf16', fp16: 'fp16' }

/** Source: torchtune, recipes/configs. */
const trainingSettings = settingTable('Training', {
  epochs: { keys: ['epochs'], parse: asQuotedNumber },
  batchSize: { keys: ['batch_size'], parse: positive },
  accumulation: { keys: ['gradient_accumulation_steps'], parse: positive, otherwise: 1 },
  sequenceLength: { keys: [['tokenizer', 'max_seq_len']], parse: positive },
  checkpointing: { keys: ['enable_activation_checkpointing'], parse: isOn, otherwise: false },
  compiled: { keys: ['compile'], parse: isOn, otherwise: false },
})

export const torchtuneReader = defineReader({
  name: 'torchtune',
  title: 'torchtune',
  settings: [trainingSettings],
  languages: ['yaml'],
  triggers: ['torchtune.'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const frameworkConfig = FrameworkConfig.of(facts, document, context.binding)
      if (frameworkConfig === null || !trains(frameworkConfig)) continue
      claims.frameworkConfig('torchtune', false)
      read(frameworkConfig, claims, context.binding?.launch)
    }
  },
  change,
})

/** A model, data and an optimiser: files for evaluation and generation lack the last. */
function trains(frameworkConfig: FrameworkConfig): boolean {
  const component = frameworkConfig.value('model', '_component_')
  return (
    typeof component === 'string' &&
    component.startsWith('torchtune.') &&
    frameworkConfig.has('dataset') &&
    frameworkConfig.has('optimizer')
  )
}

function acceleratorOf(frameworkConfig: FrameworkConfig): Evidence['accelerator'] {
  const device = frameworkConfig.value('device')
  return device === 'cuda' ? 'gpu' : device === 'cpu' || device === 'mps' ? device : 'maybe'
}

function read(frameworkConfig: FrameworkConfig, claims: ClaimBuilder, launch: Launch | undefined): void {
  const evidence = frameworkConfig.evidence(acceleratorOf(frameworkConfig))
  const training = FrameworkConfigClaims.subject('Training', frameworkConfig, claims, 'model', evidence)
  const format = convert(training.text('dtype'), (word) => lookUp(formats, word))
  trainingSettings.claim(training.subject, training)
  training.say('precision', ['dtype'], orUnknown(format, 'the format of the recipe'))
  readModel(training)
  readOptimizer(training)
  readSharing(frameworkConfig, training, launch)
  claimDatasets(frameworkConfig, claims, evidence, 'dataset', builtData)
  readPadding(
    frameworkConfig,
    FrameworkConfigClaims.subject('InputPipeline', frameworkConfig, claims, 'dataset', evidence),
  )
}

/** Builders of torchtune, as hubs call what they build, the first that fits; adapters stand before the name, variants behind it. */
const builders: [RegExp, (size: string) => string][] = [
  [/^llama2_(\d+b)/, (size) => `meta-llama/Llama-2-${size}-hf`],
  [/^llama3_(\d+b)/, (size) => `meta-llama/Meta-Llama-3-${size.toUpperCase()}`],
  [/^llama3_1_(\d+b)/, (size) => `meta-llama/Llama-3.1-${size.toUpperCase()}`],
  [/^llama3_2_(\d+b)/, (size) => `meta-llama/Llama-3.2-${size.toUpperCase()}`],
  [/^llama3_3_(\d+b)/, (size) => `meta-llama/Llama-3.3-${size.toUpperCase()}-Instruct`],
  [/^mistral_(\d+b)/, (size) => `mistralai/Mistral-${size.toUpperCase()}-v0.1`],
  [/^gemma_(\d+b)/, (size) => `google/gemma-${size}`],
  [/^gemma2_(\d+b)/, (size) => `google/gemma-2-${size}`],
  [/^qwen2_5_((?:\d+_)?\d+b)/, (size) => `Qwen/Qwen2.5-${sizeOf(size)}`],
  [/^qwen2_((?:\d+_)?\d+b)/, (size) => `Qwen/Qwen2-${sizeOf(size)}`],
  [/^qwen3_((?:\d+_)?\d+b)/, (size) => `Qwen/Qwen3-${sizeOf(size)}`],
  [/^phi3_(mini)/, () => 'microsoft/Phi-3-mini-4k-instruct'],
  [/^phi4_(14b)/, () => 'microsoft/phi-4'],
]

/** '0.5B' of '0_5b' */
const sizeOf = (words: string): string => words.replace('_', '.').toUpperCase()

/** `torchtune.models.llama3_1.lora_llama3_1_8b` with `lora_rank` beside it. */
function readModel(training: FrameworkConfigClaims<'Training'>): void {
  const keys = ['model', '_component_']
  const builder = convert(training.text(...keys), (path) => path.slice(path.lastIndexOf('.') + 1))
  const id = convert(builder, modelOf, 'a model that is built of parts')
  training.say('model', keys, orUnknown(id, 'a model that is built of parts'))
  training.say(
    'parameters',
    keys,
    derived(id, (name) => known(name)?.parameters ?? sizeOfModel(name) ?? undefined),
  )
  training.known('fineTuning', keys, true)
  training.known('languageHead', keys, true)
  const rank = effective(training.number('model', 'lora_rank')) ?? 8
  const all = effective(training.get('model', 'apply_lora_to_mlp')) === true
  const adapters = convert(builder, (name): TrainingSettings['adapters'] =>
    /^q?lora_/.test(name) ? { rank, targets: all ? 'all' : 'attention' } : null,
  )
  training.say('adapters', keys, orUnknown(adapters, 'a model that is built of parts'))
  if (/^qlora_/.test(effective(builder) ?? '')) training.known('weightBits', keys, 4)
}

function modelOf(builder: string): string | undefined {
  const name = builder.replace(/^q?lora_/, '')
  for (const [pattern, spelled] of builders) {
    const size = pattern.exec(name)?.[1]
    if (size !== undefined) return spelled(size)
  }
  return undefined
}

/** By the end of their names, whichever library they come from. */
const optimizers: [RegExp, TrainingSettings['optimizer']][] = [
  [/Adam\w*8bit$/i, 'adamw 8 bit'],
  [/Adam[Ww]?$/, 'adamw'],
  [/SGD$/, 'sgd'],
]

function readOptimizer(training: FrameworkConfigClaims<'Training'>): void {
  const keys = ['optimizer', '_component_']
  const kind = convert(training.text(...keys), (name) => optimizers.find(([end]) => end.test(name))?.[1])
  training.say('optimizer', keys, orUnknown(kind, 'another optimizer'))
}

/** Recipes for several devices share all states out, those for one have none to share them with. */
function readSharing(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
  launch: Launch | undefined,
): void {
  const keys = ['fsdp_cpu_offload']
  if ((launch?.processes ?? 1) <= 1) {
    training.default('sharding', keys, null)
    return
  }
  const away = frameworkConfig.switch(...keys) === true
  const shared = { kind: 'fsdp', stage: 3, offload: { optimizer: away, parameters: away } } as const
  if (away) training.known('sharding', keys, shared)
  else training.default('sharding', keys, shared)
}

function readPadding(
  frameworkConfig: FrameworkConfig,
  pipeline: FrameworkConfigClaims<'InputPipeline'>,
): void {
  const keys = ['dataset', 'packed']
  pipeline.known('feeds', ['dataset'], 'training')
  const component = String(frameworkConfig.value('dataset', '_component_'))
  // Pairs, images and prompts of a policy cannot share a row.
  if (
    frameworkConfig.open ||
    /preference|paired|multimodal|vqa|cauldron|grpo|stack_exchange|hh_rlhf/i.test(component)
  )
    return
  const packed = frameworkConfig.switch(...keys)
  if (packed === true) pipeline.known('packed', keys, true)
  if (packed !== false || (frameworkConfig.number('batch_size') ?? 1) < 2) return
  pipeline.known('packed', keys, false)
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'packed') return changeFrameworkConfig(claim, true, facts)
  if (claim.setting !== 'precision') return byHand(claim)
  // fp16 is not among the formats that its framework configs train in.
  return value === 'bf16-mixed'
    ? changeFrameworkConfig(claim, 'bf16', facts)
    : { reason: 'torchtune trains in bf16 or fp32' }
}
