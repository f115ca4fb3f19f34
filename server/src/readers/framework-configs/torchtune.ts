/** Framework configs of torchtune: `dtype`, `dataset.packed`. Keys: torchtune, recipes/configs and recipes/*.py. */
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import { convert, orUnknown } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeFrameworkConfig } from './change.js'
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
      read(frameworkConfig, claims)
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

function read(frameworkConfig: FrameworkConfig, claims: ClaimBuilder): void {
  const evidence = frameworkConfig.evidence(acceleratorOf(frameworkConfig))
  const training = FrameworkConfigClaims.subject('Training', frameworkConfig, claims, 'model', evidence)
  const format = convert(training.text('dtype'), (word) => lookUp(formats, word))
  trainingSettings.claim(training.subject, training)
  training.say('precision', ['dtype'], orUnknown(format, 'the format of the recipe'))
  readPadding(
    frameworkConfig,
    FrameworkConfigClaims.subject('InputPipeline', frameworkConfig, claims, 'dataset', evidence),
  )
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
