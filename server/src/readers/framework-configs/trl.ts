/**
 * YAML files of TRL's parser (`trl sft --config recipe.yaml`, `accelerate launch sft.py --config recipe.yaml`): flat
 * fields of its configurations. TRL trains in bf16 where nothing is said, so only an explicit `bf16: false` counts.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { batching, generationSettings } from '../huggingface/generation.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { changeFrameworkConfig } from './change.js'
import { FrameworkConfig, FrameworkConfigClaims } from './framework-config.js'

const anchor = 'model_name_or_path'

export const trlConfigReader = defineReader({
  name: 'trl-recipe',
  title: 'TRL recipes',
  settings: [generationSettings],
  languages: ['yaml'],
  triggers: ['model_name_or_path:'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const frameworkConfig = FrameworkConfig.of(facts, document, context.binding)
      if (frameworkConfig === null || !isTrl(frameworkConfig)) continue
      claims.frameworkConfig('trl', false)
      const training = FrameworkConfigClaims.subject(
        'Training',
        frameworkConfig,
        claims,
        anchor,
        frameworkConfig.evidence('gpu'),
      )
      readPrecision(frameworkConfig, training)
      readGeneration(frameworkConfig, training)
    }
  },
  change,
})

const fields = [
  'per_device_train_batch_size',
  'learning_rate',
  'output_dir',
  'gradient_accumulation_steps',
  'num_train_epochs',
  'max_steps',
]

function isTrl(frameworkConfig: FrameworkConfig): boolean {
  // LLaMA-Factory has fields of the same names.
  if (frameworkConfig.has('finetuning_type') || !frameworkConfig.has(anchor)) return false
  return fields.filter((key) => frameworkConfig.has(key)).length >= 3
}

function readPrecision(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  const key = ['bf16']
  const weights = frameworkConfig.value('dtype') ?? frameworkConfig.value('torch_dtype')
  const quantised = ['load_in_4bit', 'load_in_8bit', 'use_qlora', 'deepspeed'].some((name) =>
    frameworkConfig.given(name),
  )
  if (frameworkConfig.switch('bf16') === true) training.known('precision', key, 'bf16-mixed')
  else if (frameworkConfig.switch('fp16') === true) training.known('precision', ['fp16'], 'fp16-mixed')
  else if (frameworkConfig.switch('bf16') !== false || frameworkConfig.isUnreadable('fp16'))
    training.unknown('precision', key, 'the defaults of the program')
  else if (
    quantised ||
    frameworkConfig.isUnreadable('dtype') ||
    frameworkConfig.isUnreadable('torch_dtype') ||
    (typeof weights === 'string' && weights !== 'float32')
  )
    training.unknown('precision', key, 'the format of the weights')
  // transformers 5 loads weights as they are stored.
  else if (weights === undefined) training.known('precision', key, 'fp32', { overridable: true })
  else training.known('precision', key, 'fp32')
}

/** Fields that only trainers have that write texts and may have vLLM write them. */
const online = ['num_generations', 'max_completion_length', 'vllm_mode', 'reward_funcs']

function readGeneration(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  if (online.filter((key) => frameworkConfig.has(key)).length < 2) return
  const engine = batching.find((key) => frameworkConfig.given(key))
  if (engine !== undefined) training.known('generation', [engine], 'engine')
  else generationSettings.claim(training.subject, training)
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting !== 'precision' || (value !== 'bf16-mixed' && value !== 'fp16-mixed'))
    return byHand(claim)
  return changeFrameworkConfig(claim, true, facts, { keys: [value === 'bf16-mixed' ? 'bf16' : 'fp16'] })
}
