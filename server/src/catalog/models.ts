/** Models that are known by name: how many parameters they have, and what their layers look like. */
import data from './models.json' with { type: 'json' }

/** How a layer is built, as far as it decides what is kept for the backward pass. */
export type ModelFamily =
  | 'llama'
  | 'qknorm'
  | 'gemma'
  | 'gemma2'
  | 'gemma3'
  | 'moe'
  | 'gptoss'
  | 'gpt2'
  | 'gptneo'
  | 'gptj'
  | 'opt'
  | 'bloom'
  | 'neox'
  | 'falcon'
  | 'phi'
  | 'bigcode'
  | 'starcoder2'
  | 'bert'
  | 'distilbert'
  | 'modernbert'
  | 'esm'
  | 'vit'

export interface ModelShape {
  family: ModelFamily
  layers: number
  hidden: number
  heads: number
  kvHeads: number
  headSize: number
  /** Width of the feed-forward part that one token goes through. */
  feedForward: number
  /** 0: no vocabulary. */
  vocabulary: number
  /** Longest sequence. Images: their patches. */
  positions: number
  /** One matrix serves as embedding and as head. */
  tied: boolean
  /** Bits of a weight in the published checkpoint. */
  stored: 16 | 32
  /** Experts that one token visits; 1: a plain model. */
  experts: number
}

export interface KnownModel {
  name: string
  kind:
    | 'causal-lm'
    | 'nlp-encoder'
    | 'nlp-seq2seq'
    | 'vision-cls'
    | 'detection'
    | 'segmentation'
    | 'diffusion'
    | 'speech'
    | 'multimodal'
  parameters: number
  /** Parameters that a token visits, of a mixture of experts; absent: all of them, or as its layers say. */
  active?: number
  /** Null: its layers are not on record. */
  shape: ModelShape | null
  /** For convolutions: bytes that one image of this edge (pixels) leaves for the backward pass. */
  image: {
    edge: number
    mixed: number
    full: number
    /** Products of one forward pass, in billions; null: not on record. */
    products: number | null
    /** Bytes of one input; absent: three channels in fp32. */
    input?: number
    /** Operations of a forward pass; absent: as many as a ResNet-50. */
    operations?: number
  } | null
  source: string
  date: string
}

type ShapeRow = [
  family: string,
  layers: number,
  hidden: number,
  heads: number,
  kvHeads: number,
  headSize: number,
  feedForward: number,
  vocabulary: number,
  positions: number,
  tied: number,
  stored: number,
  experts: number,
]
type ModelRow = [
  name: string,
  aliases: string,
  kind: string,
  parameters: number,
  source: number,
  shape: ShapeRow | null,
  image: [edge: number, mixed: number, full: number, products: number | null] | null,
  active?: number,
]

const tables = data as unknown as { date: string; sources: string[]; models: ModelRow[] }

interface Index {
  whole: Map<string, KnownModel>
  /** By the part behind the slash: the same model in another account. */
  tail: Map<string, KnownModel>
}

let index: Index | undefined

function indexed(): Index {
  if (index !== undefined) return index
  index = { whole: new Map(), tail: new Map() }
  for (const [name, aliases, kind, parameters, source, shape, image, active] of tables.models) {
    const model: KnownModel = {
      name,
      kind: kind as KnownModel['kind'],
      parameters,
      ...(active !== undefined && { active }),
      shape: shape === null ? null : shapeFrom(shape),
      image: image === null ? null : { edge: image[0], mixed: image[1], full: image[2], products: image[3] },
      source: tables.sources[source]!,
      date: tables.date,
    }
    for (const one of [name, ...aliases.split('|')]) {
      if (one === '') continue
      const key = one.toLowerCase()
      index.whole.set(key, model)
      const slash = key.lastIndexOf('/')
      if (slash >= 0) index.tail.set(key.slice(slash + 1), model)
    }
  }
  return index
}

function shapeFrom(row: ShapeRow): ModelShape {
  const [family, layers, hidden, heads, kvHeads, headSize, feedForward, vocabulary, positions, tied, stored] =
    row
  return {
    family: family as ModelFamily,
    layers,
    hidden,
    heads,
    kvHeads,
    headSize,
    feedForward,
    vocabulary,
    positions,
    tied: tied === 1,
    stored: stored === 16 ? 16 : 32,
    experts: row[11],
  }
}

/**
 * The model of this name: as a hub spells it (`meta-llama/Llama-3.1-8B`), a function of torchvision, a name of timm with
 * or without its tag (`resnet50.a1_in1k`). The same name in another account counts as the same model. Undefined: not
 * known; a path on disk is not.
 */
export function model(name: string): KnownModel | undefined {
  if (name.length > 120 || /\\|:\/\//.test(name)) return undefined
  const { whole, tail } = indexed()
  // A folder that is called exactly as a published model holds a copy of it; hubs have one slash at most.
  if (/^[./~]|\/.*\/./.test(name)) {
    const folder = name
      .toLowerCase()
      .replace(/(?<!\/)\/+$/, '')
      .split('/')
      .at(-1)!
    return tail.get(folder) ?? whole.get(folder)
  }
  const key = name
    .toLowerCase()
    .replace(/^timm\//, '')
    // The same in 4 bits, as unsloth publishes it.
    .replace(/-(unsloth-)?bnb-4bit$/, '')
  const found = whole.get(key) ?? whole.get(key.replace(/\.[\w-]+$/, ''))
  if (found !== undefined) return found
  const parts = key.split('/')
  if (parts.length > 2) return undefined
  const own = parts.at(-1)!
  return (parts.length === 2 ? (tail.get(own) ?? whole.get(own)) : undefined) ?? trainedOn(own)
}

/** `roberta-base-squad2`, `twitter-roberta-base-emotion`: what was made of a model has its layers, and names it with a word for its size. */
function trainedOn(name: string): KnownModel | undefined {
  const { tail } = indexed()
  const words = name.split('-')
  for (let length = words.length - 1; length >= 2; length--)
    for (let start = 0; start + length <= words.length; start++) {
      const part = words.slice(start, start + length)
      const found = part.some((one) => sizes.test(one)) ? tail.get(part.join('-')) : undefined
      if (found !== undefined && /^nlp-/.test(found.kind)) return found
    }
  return undefined
}

const sizes = /^(tiny|mini|small|base|large|xl|xxl)$/

export function allModels(): KnownModel[] {
  return [...new Set(indexed().whole.values())]
}

/** Each name and alias with its model, in the order of the table. */
export function modelNames(): [name: string, model: KnownModel][] {
  const { whole } = indexed()
  return tables.models.flatMap(([name, aliases]) =>
    [name, ...aliases.split('|')]
      .filter((one) => one !== '')
      .map((one): [string, KnownModel] => [one, whole.get(one.toLowerCase())!]),
  )
}

/** It predicts each token of its texts, with pictures between them or without. */
export function writesText(model: KnownModel | null): boolean {
  if (model?.kind === 'multimodal') return (model.shape?.vocabulary ?? 0) > 0
  return model?.kind === 'causal-lm'
}

/** A language model of which only the size is known. */
export function unnamed(name: string, parameters: number): KnownModel {
  return { name, kind: 'causal-lm', parameters, shape: null, image: null, source: 'its name', date: '' }
}

/** Layers and width of published decoders by their size, in billions of parameters. */
const decoders: [billions: number, layers: number, hidden: number][] = [
  [0.13, 12, 768],
  [0.35, 24, 1024],
  [1.3, 24, 2048],
  [2.7, 32, 2560],
  [6.7, 32, 4096],
  [13, 40, 5120],
  [34, 60, 7168],
  [70, 80, 8192],
  [175, 96, 12288],
]

/** Words of the vocabulary of a mixture of experts, all of which are of 2024 and later or close to it. */
const wordsOfExperts = 128_000

/**
 * The same with the layers that published decoders of this size have.
 *
 * @param active parameters that a token visits, by which its layers are chosen; absent: all
 */
export function sized(name: string, parameters: number, active = parameters): KnownModel {
  const distance = ([billions]: (typeof decoders)[number]) => Math.abs(Math.log((billions * 1e9) / active))
  const [, layers, hidden] = decoders.reduce((a, b) => (distance(b) < distance(a) ? b : a))
  if (active < parameters)
    return { ...unnamed(name, parameters), active, shape: expertShape(layers, hidden, active) }
  const shape: ModelShape = {
    family: 'llama',
    layers,
    hidden,
    heads: hidden / 128,
    kvHeads: hidden / 128,
    headSize: 128,
    feedForward: Math.round((8 / 3) * hidden),
    vocabulary: 32_000,
    positions: 4096,
    tied: false,
    stored: 16,
    experts: 1,
  }
  return { ...unnamed(name, parameters), shape }
}

/** Attention as of a plain model; what else a token visits is the feed-forward part. */
function expertShape(layers: number, hidden: number, active: number): ModelShape {
  const heads = hidden / 128
  const kvHeads = Math.max(1, heads / 8)
  const attention = 2 * hidden * 128 * (heads + kvHeads)
  const rest = active - 2 * wordsOfExperts * hidden - layers * attention
  return {
    family: 'moe',
    layers,
    hidden,
    heads,
    kvHeads,
    headSize: 128,
    feedForward: Math.max(hidden, Math.round(rest / (3 * layers * hidden))),
    vocabulary: wordsOfExperts,
    positions: 4096,
    tied: false,
    stored: 16,
    experts: 2,
  }
}
