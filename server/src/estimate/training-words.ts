/** The words in which people describe a training: number formats, optimisers, methods. */
import { lookUp } from '../text/records.js'
import type { OptimizerKind } from './memory-states.js'
import type { ProductFormat } from './step-seconds.js'

export interface Precision {
  /** Formats of products, the fastest and the slowest that it may mean. */
  formats: readonly [ProductFormat, ProductFormat]
  /** Bits of the weights that are loaded; null: those of the method. */
  weightBits: 4 | 8 | 16 | 32 | null
  /** Weights stay in fp32 and are cast for each product. */
  mixed: boolean
  /** The weights themselves are said to have 16 bits, with all that belongs to them. */
  pure: boolean
}

/**
 * Undefined: not understood. 'fp16-mixed', 'amp', '16-mixed', 'bf16', 'bf16-true', 'tf32', 'fp32 label (tf32 possible)',
 * '4-bit base'.
 */
export function precisionFrom(text: string): Precision | undefined {
  const word = text.toLowerCase().replace(/[_\s]+/g, '-')
  const pure = /\b(true|pure|weights|o3)\b/.test(word)
  const of = (
    fast: ProductFormat,
    slow: ProductFormat,
    weightBits: Precision['weightBits'],
    mixed = false,
  ): Precision => ({ formats: [fast, slow], weightBits, mixed, pure: pure && !mixed })
  if (/(^|\D)4-?bit|int4|nf4|fp4/.test(word)) return of('fp16', 'fp16', 4)
  if (/(^|\D)8-?bit|int8/.test(word)) return of('fp16', 'fp16', 8)
  if (/fp8|float8/.test(word)) return of('fp8', 'bf16', 32, true)
  if (/tf32-possible/.test(word)) return of('tf32', 'fp32', 32)
  if (/tf32/.test(word)) return of('tf32', 'tf32', 32)
  // Levels of Apex: the weights in fp32, cast for products, or all in 16 bits.
  const level = /\bo([0-3])\b/.exec(word)?.[1]
  if (level === '0') return of('fp32', 'fp32', 32)
  const mixed = level === undefined ? /mixed|amp|autocast|apex/.test(word) : level !== '3'
  if (/bf16|bfloat16/.test(word)) return of('bf16', 'bf16', mixed ? 32 : 16, mixed)
  if (/fp16|float16|half/.test(word)) return of('fp16', 'fp16', mixed ? 32 : 16, mixed)
  if (/fp32|float32|full|single|^32/.test(word)) return of('fp32', 'fp32', 32)
  if (mixed) return of('fp16', 'fp16', 32, true)
  if (/^16/.test(word) || level === '3') return of('fp16', 'fp16', 16)
  return undefined
}

export const precisionWords = [
  'fp32',
  'tf32',
  'fp16',
  'bf16',
  'fp16-mixed',
  'bf16-mixed',
  'fp8',
  '8-bit',
  '4-bit',
]

/** Undefined: not understood. */
export function optimizerFrom(text: string): OptimizerKind | undefined {
  const word = text.toLowerCase()
  const short = /8[-_ ]?bit|bnb|8bit/.test(word)
  // States of rows and columns, or of a low rank.
  if (/adafactor|\bsm3\b|\bcame\b|galore|apollo/.test(word)) return 'adafactor'
  if (/adagrad/.test(word)) return 'adagrad'
  if (/adadelta/.test(word)) return 'adadelta'
  if (/adam|lamb|belief|sophia|prodigy|d-?adapt|noam|ranger|shampoo|\bsoap\b|ftrl|\brprop/.test(word))
    return short ? 'adamw 8 bit' : /fused/.test(word) ? 'adamw fused' : 'adamw'
  // One state, as Lion has.
  if (/muon|novograd/.test(word)) return 'lion'
  if (/lion/.test(word)) return short ? 'lion 8 bit' : 'lion'
  if (/rmsprop/.test(word)) return 'rmsprop'
  if (/sgd|momentum|nesterov|\bnag\b|lars/.test(word))
    return /plain|no momentum/.test(word) ? 'sgd' : 'sgd momentum'
  return undefined
}

export const optimizerWords = [
  'adamw',
  '8-bit adam',
  'adafactor',
  'lion',
  'sgd',
  'rmsprop',
  'adagrad',
  'adadelta',
]

export interface Method {
  adapters: boolean
  quantized: boolean
  /** Null: not said. */
  checkpointing: boolean | null
  /** How states are shared among devices; null: every device keeps all. */
  sharding: { kind: 'deepspeed' | 'fsdp'; stage: 1 | 2 | 3 } | null
  /** Embedding and head are trained beside the adapters. */
  embeddings: boolean
  /** Of the adapters; null: not said. */
  rank: number | null
  /** Only a head is trained, on what the network makes of a sample: nothing goes back through it. */
  headOnly: boolean
  /** Several models run in a step, and text is generated. */
  generates: boolean
}

const few =
  /lora|dora|adapter|peft|ia3|prefix|prompt|p-?tuning|bitfit|textual[- _]inversion|freeze[- _]?tuning|^freeze$/
const ofHead = /linear[- _](prob|eval|class)|head only|only the head|last layer|frozen|feature extract/
const allWeights =
  /full|checkpointing|fine-?tun|scratch|train|all (weights|param)|\bsft\b|\bddp\b|parallel|supervised|dreambooth|controlnet|\b[dkoi]po\b|orpo|reward|distill|contrastive|galore|badam|\blisa\b|lomo|apollo|deepspeed|megatron|\btp\b|\bpp\b|3d|\bema\b|\bgan\b|\brl\b/
const generating = /\b(ppo|rlhf|grpo)\b/

/** Undefined: not understood. 'full', 'lora', 'qlora r=64', 'full+checkpointing', 'QLoRA + ZeRO-2', 'LoRA (emb)'. */
export function methodFrom(text: string): Method | undefined {
  const word = text.toLowerCase()
  const zero = /zero[-_ ]?(?:stage[-_ ]?)?([123])/.exec(word)
  const fsdp = /fsdp/.test(word)
  const quantized = /q-?lora|4-?bit/.test(word)
  const adapters = quantized || few.test(word)
  const headOnly = !adapters && ofHead.test(word)
  const generates = generating.test(word)
  if (!adapters && !headOnly && !generates && zero === null && !fsdp && !allWeights.test(word))
    return undefined
  return {
    adapters,
    quantized,
    checkpointing: /no[- ]?checkpoint/.test(word)
      ? false
      : /checkpoint|recompute|\bgc\b/.test(word)
        ? true
        : null,
    sharding:
      zero !== null
        ? { kind: 'deepspeed', stage: Number(zero[1]) as 1 | 2 | 3 }
        : fsdp
          ? { kind: 'fsdp', stage: 3 }
          : null,
    embeddings: /emb/.test(word),
    rank: rankFrom(word),
    headOnly,
    generates,
  }
}

/** 'lora r=64', 'qlora rank 16', 'LoRA-8'. */
function rankFrom(word: string): number | null {
  const rank = /(?:\br|rank|lora)\s*[-_=:]?\s*(\d{1,4})(?![\d.-])/.exec(word)
  return rank === null || Number(rank[1]) === 0 ? null : Number(rank[1])
}

export const methodWords = [
  'full',
  'lora',
  'qlora',
  'lora r=64',
  'full+checkpointing',
  'lora+checkpointing',
  'full+zero-3',
  'full+fsdp',
]

/** What a table writes where it says nothing. */
export function saysNothing(text: string): boolean {
  return /^\W*$|^\W*(n\/?a|none|default|auto|unknown|standard|not (given|stated|reported|published|known))\W*$/i.test(
    text,
  )
}

const powers: Record<string, number> = { '2': 2, '²': 2, '3': 3, '³': 3 }

/**
 * Sizes of a sample in the order in which they are written: '224', '512x512', '1333x800 (std)', '128 then 512', '30 s', '4k',
 * '96^3', '16x224x224'. Undefined: no size is written.
 */
export function sizesFrom(text: string): { numbers: number[]; phases: boolean } | undefined {
  const bare = text.replace(/\([^)]*\)/g, '')
  const plain = (/\d/.test(bare) ? bare : text).replace(/\bphase\s*\d|\d+(\.\d+)?\s?khz/gi, ' ')
  const numbers = [...plain.matchAll(/(\d+(?:\.\d+)?)(?:\s?(k)\b)?(?:\s?\^\s?([23])\b|([²³]))?/gi)].flatMap(
    ([, digits, thousands, power, sign]) => {
      const number = Number(digits) * (thousands === undefined ? 1 : 1024)
      return number > 0 && number < Number.POSITIVE_INFINITY
        ? Array<number>(lookUp(powers, power ?? sign ?? '') ?? 1).fill(number)
        : []
    },
  )
  if (numbers.length === 0 || numbers.length > 4) return undefined
  const [first, second] = numbers as [number, number | undefined]
  return {
    // Frames of a clip stand before the edges of its pictures.
    numbers: numbers.length === 3 && 2 * first < second! ? numbers.slice(1) : numbers,
    phases: /then|phase|progressive|\d\s*-\s*\d/.test(text),
  }
}
