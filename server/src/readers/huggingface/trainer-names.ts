/** Classes of the Trainer family, by canonical name. */

import { isBefore } from '../versions.js'

/** What a class of arguments does where nothing is said. */
export interface ArgumentsFamily {
  /** TRL has defaults of its own; without them, the Trainer's hold. */
  trl: boolean
}

const plain: ArgumentsFamily = { trl: false }
const trl: ArgumentsFamily = { trl: true }

type Versions = Readonly<Record<string, string>>

/** TRL turns bf16 on by itself unless fp16 is asked for, from 0.19 on (trl, #3515 and trainer/base_config.py). */
export function isHalfByDefault(family: ArgumentsFamily, versions: Versions): boolean {
  return family.trl && !isBefore(versions, ['trl'], '0.19')
}

const plainArguments =
  /^transformers\.(Seq2Seq)?TrainingArguments$|^sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)TrainingArguments$/
/** Configurations of TRL that are training arguments; `ModelConfig`, `LogConfig` and their like are not. */
const trlArguments =
  /^trl\.(\w+\.)*(SFT|DPO|IterativeSFT|Reward|GRPO|RLOO|KTO|ORPO|CPO|PPO|BCO|GKD|GOLD|OnlineDPO|XPO|NashMD|PRM|MiniLLM|SDPO|SDFT|TPO|AlignProp|DDPO|Distillation|AsyncGRPO)(v2)?Config$/

export function argumentsFamily(name: string): ArgumentsFamily | null {
  if (plainArguments.test(name)) return plain
  return trlArguments.test(name) ? trl : null
}

const trainers =
  /^transformers\.(Seq2Seq)?Trainer$|^sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)Trainer$|^trl\.(\w+\.)*\w+Trainer$/

export function isTrainer(name: string): boolean {
  return trainers.test(name)
}

/** Trainers of TRL that improve a policy: their loss on held-out data does not tell when to stop. */
export function policyTrainer(name: string): boolean {
  return /^trl\..*(GRPO|PPO|RLOO|OnlineDPO|NashMD|XPO|DDPO|AlignProp|AsyncGRPO)\w*Trainer$/.test(name)
}

export const argumentParsers = ['transformers.HfArgumentParser', 'trl.TrlParser']
