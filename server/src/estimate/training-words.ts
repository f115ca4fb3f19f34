/** The words in which people describe a training: number formats, optimisers, methods. */
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
  const pure = /\b(true|pure|weights)\b/.test(word)
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
  const mixed = /mixed|amp|autocast/.test(word)
  if (/bf16|bfloat16/.test(word)) return of('bf16', 'bf16', mixed ? 32 : 16, mixed)
  if (/fp16|float16|half/.test(word)) return of('fp16', 'fp16', mixed ? 32 : 16, mixed)
  if (/fp32|float32|full|single|^32/.test(word)) return of('fp32', 'fp32', 32)
  if (mixed) return of('fp16', 'fp16', 32, true)
  if (/^16/.test(word)) return of('fp16', 'fp16', 16)
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
  if (/adafactor/.test(word)) return 'adafactor'
  if (/adagrad/.test(word)) return 'adagrad'
  if (/adadelta/.test(word)) return 'adadelta'
  if (/adam|lamb|belief|sophia|prodigy|dadapt/.test(word))
    return short ? 'adamw 8 bit' : /fused/.test(word) ? 'adamw fused' : 'adamw'
  // One state, as Lion has.
  if (/muon|novograd/.test(word)) return 'lion'
  if (/lion/.test(word)) return short ? 'lion 8 bit' : 'lion'
  if (/rmsprop/.test(word)) return 'rmsprop'
  if (/sgd|momentum|nesterov|lars/.test(word)) return /plain|no momentum/.test(word) ? 'sgd' : 'sgd momentum'
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
}

/** Undefined: not understood. 'full', 'lora', 'qlora r=64', 'full+checkpointing', 'QLoRA + ZeRO-2', 'LoRA (emb)'. */
export function methodFrom(text: string): Method | undefined {
  const word = text.toLowerCase()
  const zero = /zero[-_ ]?(?:stage[-_ ]?)?([123])/.exec(word)
  const fsdp = /fsdp/.test(word)
  const quantized = /q-?lora|4-?bit/.test(word)
  const adapters = quantized || /lora|dora|adapter|peft|ia3|prefix|prompt[-_ ]?tun/.test(word)
  const known =
    adapters ||
    zero !== null ||
    fsdp ||
    /full|checkpointing|fine-?tun|scratch|pre-?train|all weights|\bsft\b|\bddp\b|data[- ]?parallel/.test(word)
  if (!known) return undefined
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

/** Sizes of a sample in the order in which they are written: '224', '512x512', '1333x800 (std)', '128 then 512', '30 s'. */
export function sizesFrom(text: string): { numbers: number[]; phases: boolean } | undefined {
  const plain = text.replace(/\([^)]*\)/g, '')
  const numbers = [...plain.matchAll(/\d+(?:\.\d+)?/g)].map(([number]) => Number(number)).filter((n) => n > 0)
  if (numbers.length === 0 || numbers.length > 4) return undefined
  return { numbers, phases: /then|progressive|\d\s*-\s*\d/.test(plain) }
}
