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
  const short = /bf16|bfloat16/.test(word) ? 'bf16' : 'fp16'
  if (/(^|\D)4-?bit|int4|nf4|fp4|\bw4|^(gptq|awq)$/.test(word)) return of(short, short, 4)
  if (/(^|\D)8-?bit|int8|\bw8/.test(word)) return of(short, short, 8)
  if (/fp8|float8|e4m3|e5m2/.test(word)) return of('fp8', 'bf16', 32, true)
  if (/tf32-possible/.test(word)) return of('tf32', 'fp32', 32)
  if (/tf-?32/.test(word)) return of('tf32', 'tf32', 32)
  // Levels of Apex: the weights in fp32, cast for products, or all in 16 bits.
  const level = /\bo([0-3])\b/.exec(word)?.[1]
  if (level === '0') return of('fp32', 'fp32', 32)
  const mixed = level === undefined ? /mixed|amp|autocast|apex/.test(word) : level !== '3'
  if (/bf16|bfloat16/.test(word)) return of('bf16', 'bf16', mixed ? 32 : 16, mixed)
  if (/fp16|float16|half/.test(word)) return of('fp16', 'fp16', mixed ? 32 : 16, mixed)
  // 'no' is Accelerate's word for no mixed precision.
  if (/fp32|float32|full|single|^32|^no$/.test(word)) return of('fp32', 'fp32', 32)
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
  const short = /[48][-_ ]?bit|fp8|bnb/.test(word)
  // Gradients are used up as they are made, or only guessed.
  if (/\b(ada)?lomo\b|\bmezo\b/.test(word)) return 'sgd'
  // States of rows and columns, or of a low rank.
  if (/adafactor|\bsm3\b|\bcame\b|galore|apollo/.test(word)) return 'adafactor'
  if (/adagrad/.test(word)) return 'adagrad'
  if (/adadelta/.test(word)) return 'adadelta'
  if (
    /adam|adan\b|adabound|amsgrad|madgrad|yogi|schedule-?free|lamb|belief|sophia|prodigy|d-?adapt|noam|ranger|shampoo|\bsoap\b|ftrl|\brprop/.test(
      word,
    )
  )
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
  /** Frozen weights below adapters have 8 bits. */
  eightBits: boolean
  /** Null: not said. */
  checkpointing: boolean | null
  /** How states are shared among devices; null: every device keeps all. */
  sharding: { kind: 'deepspeed' | 'fsdp'; stage: 1 | 2 | 3 } | null
  /** States are in the memory of the host; with weights that are shared out, these too. */
  offload: boolean
  /** The loss is computed in pieces, so that no logits of a whole text are kept. */
  lossInPieces: boolean
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
  /lora|dora|loftq|pissa|\b(ve|hi)ra\b|\blo(kr|ha)\b|\bb?oft\b|unsloth|adapter|peft|ia\W?3|prefix|prompt|p-?tuning|bitfit|textual[- _]inversion|freeze[- _]?tuning|^freeze$/
const ofHead = /^head$|linear[- _](prob|eval|class)|head only|only the head|last layer|frozen|feature extract/
/** What people call a training of all weights: its kind, its aim, or how it is spread over devices. */
const allWeights = new RegExp(
  [
    'full|tuning|fine-?tun|scratch|train|all (weights|param)|\\bsft\\b|checkpoint|recomput',
    'dreambooth|controlnet|contrastive|simclr|\\b(mae|moco|byol)\\b|distill|\\bqat\\b|quanti[sz]ation[- _]aware',
    '\\b[dkoi]po\\b|\\bkto\\b|orpo|reward|\\brm\\b|\\brl\\b|\\bgan\\b|\\bema\\b|supervised',
    'galore|badam|\\blisa\\b|lomo|apollo|liger',
    'single|multi|\\bd?dp\\b|parallel|deepspeed|megatron|\\b([tpces]p|h?sdp)[ =]?\\d*\\b|3d|pipeline|offload|infinity',
    'horovod|mirrored|strategy|colossal|gemini|\\bxla\\b|compile|\\bdali\\b|channels[- _]last|nhwc|flash|sdpa|xformers|\\bckpt\\b|\\bgc\\b',
    '\\bkd\\b|\\bssl\\b|\\bcpt\\b|\\b(mlm|clm)\\b|masked|prun|\\bmoe\\b|mixture|\\bunet\\b|seq2seq|classif|segment|detect|transfer',
    'baseline|vanilla|regular|normal|joint|end[- ]to[- ]end|e2e|adversarial|few[- ]shot|curriculum|partial',
  ].join('|'),
)
const generating = /\b(ppo|rlhf|grpo)\b/
const computedTwice = /checkpoint|\bckpt\b|recomput|\bgc\b/
const computedOnce =
  /(\bno|\bnot|w\/o|without)[-_ ]*(gradient|grad|activation)?[-_ ]*(checkpoint|ckpt|recomput|gc\b)|checkpointing\W+(off|false|no)\b/
/** Kernels that compute the loss of a language model piece by piece. */
const inPieces = /unsloth|liger|cut[- _]?cross|\bcce\b|chunked|fused[- _](linear[- _])?(cross|loss|ce\b)/
/** The optimiser's format is not that of the weights. */
const ofOptimizer = /[48][- _]?bit[- _]+(adam\w*|lion|optimi\w+)|(adam\w*|lion)[- _]*[48][- _]?bit/g

/** Undefined: not understood. 'full', 'lora', 'qlora r=64', 'full+checkpointing', 'QLoRA + ZeRO-2', 'LoRA (emb)'. */
export function methodFrom(text: string): Method | undefined {
  const word = text.toLowerCase().replace(ofOptimizer, ' ')
  const offload = /offload|infinity/.test(word)
  // States that one device keeps in the memory of its host are those of ZeRO-Offload.
  const stage = zeroStage(word) ?? (offload ? 2 : null)
  const fsdp = /fsdp|\bhsdp\b|shard[-_ ]grad/.test(word)
  const quantized = /q-?[ld]ora|4-?bit|int4/.test(word)
  const adapters = quantized || few.test(word)
  const headOnly = !adapters && ofHead.test(word)
  const generates = generating.test(word)
  if (!adapters && !headOnly && !generates && stage === null && !fsdp && !allWeights.test(word))
    return undefined
  return {
    adapters,
    quantized,
    eightBits: adapters && !quantized && /(^|\D)8-?bit|int8/.test(word),
    checkpointing: computedOnce.test(word) ? false : computedTwice.test(word) ? true : null,
    sharding: fsdp
      ? { kind: 'fsdp', stage: /shard[-_ ]grad/.test(word) ? 2 : 3 }
      : stage === null
        ? null
        : { kind: 'deepspeed', stage },
    offload,
    lossInPieces: inPieces.test(word),
    embeddings: /emb/.test(word),
    rank: rankFrom(word),
    headOnly,
    generates,
  }
}

/** 'ZeRO-3', 'zero stage 2', 'ZeRO-Infinity'. Null: no stage is named. */
function zeroStage(word: string): 1 | 2 | 3 | null {
  const stage =
    /(?:zero[-_ ]?(?:stage[-_ =]*)?|\bds[-_ ]?z|\b(?:ds|deepspeed)[-_ ]stage[-_ ]?|\bz)([123])(?!\d)/.exec(
      word,
    )
  if (stage !== null) return Number(stage[1]) as 1 | 2 | 3
  return /zero[-_ ]?(infinity|\+\+)/.test(word) ? 3 : null
}

/** 'lora r=64', 'qlora rank 16', 'LoRA-8'. */
function rankFrom(word: string): number | null {
  const rank = /(?:\br|rank|lora)\s*[-_=:]?\s*(\d{1,4})(?![\d.-]|\s?bit)/.exec(word)
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
  'full+zero-3+offload',
]

/** What a table writes where it says nothing. */
export function saysNothing(text: string): boolean {
  return /^\W*$|^\W*(n\/?a|none|null|nan|default|auto|unknown|unspecified|various|varies|standard|full (graph|batch)|not (given|stated|reported|published|known|specified))\W*$/i.test(
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
  const plain = (/\d/.test(bare) ? bare : text)
    .replace(/\bphase\s*\d|\d+(\.\d+)?\s?khz|\d+\s?frames?\b/gi, ' ')
    // '32,768'
    .replace(
      /(?<![\d,])(\d{1,3})((?:,\d{3})+)(?![\d,])/g,
      (_, first: string, rest: string) => first + rest.replaceAll(',', ''),
    )
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
