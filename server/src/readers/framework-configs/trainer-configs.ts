/**
 * Configuration of programs that train by a file and have a switch for 16 bits in it: a row for each. Sources: ESPnet 202402 (espnet2/tasks/
 * abs_task.py), OpenNMT-py 3.5 (onmt/opts.py), fairseq 0.12 (dataclass/configs.py), SpeechBrain 1.0 (core.py), Coqui TTS 0.22 (Trainer,
 * TrainerConfig), Ludwig 0.10 (schema/trainer.py).
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { changeFrameworkConfig } from './change.js'
import { FrameworkConfig, FrameworkConfigClaims, isOn } from './framework-config.js'

interface Switch {
  keys: string[]
  /** What a value asks for; a switch: what it asks for where it is on. */
  formats: Readonly<Record<string, Precision>> | Precision
  /** Written for a format; absent: the switch has no such one. */
  write: Readonly<Partial<Record<Precision, Json>>>
}

interface Row {
  framework: string
  /** Keys that such a file has, all of a list. */
  has: readonly string[][]
  /** What its text holds besides. */
  text?: RegExp
  /** What it does not hold. */
  unless?: RegExp
  /** The first that is on counts. */
  switches: readonly [Switch, ...Switch[]]
  /** Shown for what is left out. */
  anchor: string
}

const ofWords: Readonly<Record<string, Precision>> = {
  fp32: 'fp32',
  float32: 'fp32',
  fp16: 'fp16-mixed',
  float16: 'fp16-mixed',
  bf16: 'bf16-mixed',
  bfloat16: 'bf16-mixed',
}

const rows: readonly Row[] = [
  {
    framework: 'espnet',
    has: [['encoder'], ['max_epoch'], ['batch_type']],
    switches: [
      { keys: ['use_amp'], formats: 'fp16-mixed', write: { 'fp16-mixed': true, 'bf16-mixed': true } },
    ],
    anchor: 'encoder',
  },
  {
    framework: 'opennmt',
    has: [['save_model'], ['train_steps'], ['encoder_type']],
    switches: [
      { keys: ['model_dtype'], formats: ofWords, write: { 'fp16-mixed': 'fp16', 'bf16-mixed': 'fp16' } },
    ],
    anchor: 'encoder_type',
  },
  {
    framework: 'fairseq',
    has: [['task'], ['optimization'], ['common'], ['dataset']],
    switches: [
      { keys: ['common', 'fp16'], formats: 'fp16-mixed', write: { 'fp16-mixed': true, 'bf16-mixed': true } },
      { keys: ['common', 'bf16'], formats: 'bf16-mixed', write: { 'bf16-mixed': true } },
      { keys: ['common', 'memory_efficient_fp16'], formats: 'fp16-mixed', write: {} },
      { keys: ['common', 'memory_efficient_bf16'], formats: 'bf16-mixed', write: {} },
      { keys: ['common', 'amp'], formats: 'fp16-mixed', write: {} },
    ],
    anchor: 'common',
  },
  {
    framework: 'speechbrain',
    has: [['number_of_epochs'], ['modules']],
    text: /!new:speechbrain\.|!name:speechbrain\./,
    switches: [
      { keys: ['precision'], formats: ofWords, write: { 'fp16-mixed': 'fp16', 'bf16-mixed': 'bf16' } },
      { keys: ['auto_mix_prec'], formats: 'fp16-mixed', write: { 'fp16-mixed': true } },
    ],
    anchor: 'number_of_epochs',
  },
  {
    framework: 'coqui',
    has: [['run_name'], ['batch_size'], ['audio'], ['epochs']],
    switches: [
      { keys: ['mixed_precision'], formats: 'fp16-mixed', write: { 'fp16-mixed': true, 'bf16-mixed': true } },
    ],
    anchor: 'epochs',
  },
  {
    framework: 'ludwig',
    has: [['input_features'], ['output_features'], ['trainer']],
    text: /\b(image|audio|text)\b/,
    // Trees have no such format, and a language model has that of its weights.
    unless: /^model_type:[ \t]*["']?(llm|gbm)\b/m,
    switches: [
      {
        keys: ['trainer', 'use_mixed_precision'],
        formats: 'fp16-mixed',
        write: { 'fp16-mixed': true, 'bf16-mixed': true },
      },
    ],
    anchor: 'trainer',
  },
]

export const trainerConfigReader = defineReader({
  name: 'trainer-config',
  languages: ['yaml', 'json'],
  triggers: [
    'max_epoch',
    'train_steps',
    'number_of_epochs',
    'output_features',
    'optimization:',
    'mixed_precision',
  ],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const config = FrameworkConfig.of(facts, document, context.binding)
      const row = config === null ? undefined : rows.find((one) => isOf(one, config, facts.fragment.text))
      if (config === null || row === undefined) continue
      claims.frameworkConfig(row.framework, false)
      const training = FrameworkConfigClaims.subject(
        'Training',
        config,
        claims,
        row.anchor,
        evidenceOf(config),
      )
      readPrecision(config, row, training)
    }
  },
  change,
})

/** Recipes that a library brings are hardly what somebody runs: what starts it says what it is worth. */
function evidenceOf(config: FrameworkConfig): Evidence {
  const { published: _, ...evidence } = config.evidence('gpu')
  return evidence
}

function isOf({ has, text, unless }: Row, config: FrameworkConfig, written: string): boolean {
  return (
    has.every((keys) => config.has(...keys)) &&
    text?.test(written) !== false &&
    unless?.test(written) !== true
  )
}

function readPrecision(
  config: FrameworkConfig,
  { switches }: Row,
  training: FrameworkConfigClaims<'Training'>,
): void {
  const said = switches.map((one) => ({ ...one, format: formatOf(config, one) }))
  const lowered = said.find(({ format }) => format !== undefined && format !== 'fp32')
  const off = said.find(({ format, write }) => format === 'fp32' && Object.keys(write).length > 0)
  const [first] = said
  if (lowered !== undefined) {
    if (lowered.format === null) training.unknown('precision', lowered.keys, 'its value cannot be read')
    else training.known('precision', lowered.keys, lowered.format!)
  } else if (off !== undefined) training.known('precision', off.keys, 'fp32')
  else training.default('precision', first!.keys, 'fp32')
}

/** Undefined: it is left out; null: not readable. */
function formatOf(config: FrameworkConfig, { keys, formats }: Switch): Precision | null | undefined {
  if (!config.has(...keys)) return config.open ? null : undefined
  const value = config.value(...keys)
  if (value === undefined) return null
  if (typeof formats === 'string') return isOn(value) ? formats : 'fp32'
  return lookUp(formats as Record<string, Precision>, String(value)) ?? null
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting !== 'precision') return byHand(claim)
  const found = rows.flatMap(({ switches }) => switches).find(({ keys }) => keys.join('.') === claim.key)
  const written = found?.write[value as Precision]
  if (written === undefined) return { reason: 'it has no switch for this format' }
  return changeFrameworkConfig(claim, written, facts, claim.state === 'default' ? { keys: found!.keys } : {})
}
