/** A question about one run, as people write it, made into what the estimates need; with what lacks and what is assumed. */
import { dataset, type KnownDataset } from '../catalog/datasets.js'
import type { Gpu } from '../catalog/gpus.js'
import type { Instance } from '../catalog/instances.js'
import { mostMemory, type NamedModel, namedGpu, namedModel } from '../catalog/spellings.js'
import { contradictions } from './contradictions.js'
import type { OptimizerKind } from './memory-states.js'
import { convolves, type Network, networkOf } from './network.js'
import { ownBatch } from './own-batch.js'
import { alone, clockHours, detectionSchedule, type RunLength, runLength } from './run-length.js'
import type { ProductFormat } from './step-seconds.js'
import {
  type Method,
  methodFrom,
  methodWords,
  optimizerFrom,
  optimizerWords,
  type Precision,
  precisionFrom,
  precisionWords,
  saysNothing,
  sizesFrom,
} from './training-words.js'

/** As it was written. */
export interface Question {
  model: string
  /** Without one there is an answer for the memory only. */
  gpu?: string
  dataset?: string
  samples?: number
  /** The same in tokens, of which texts of `size` are cut. */
  samplesTokens?: number
  size?: string
  /** Samples that one device takes at a time. */
  batch?: number
  /** The same in tokens. */
  batchTokens?: number
  devices?: number
  precision?: string
  optimizer?: string
  method?: string
  length?: string
  accumulation?: number
}

export interface ReadQuestion {
  named: NamedModel
  /** Null: nothing is on record of what it computes. */
  network: Network | null
  /** Null: not given. */
  gpu: Gpu | null
  /** GB of the largest card that its name may mean; null: not known. */
  mostMemoryGB: number | null
  /** The machine that was named in place of a card. */
  machine: Instance | null
  devices: number
  batch: number | null
  accumulation: number
  /** Sizes of a sample in the network's unit, the smallest and the largest; null: not known. */
  size: { low: number; high: number } | null
  formats: readonly [ProductFormat, ProductFormat]
  precision: Precision | null
  optimizer: OptimizerKind
  method: Method
  length: RunLength | null
  /** What was written as length and says nothing of how much is computed. */
  openLength: string | null
  /** How long it takes, where that itself is asked for in place of what it computes. */
  clockHours?: number
  dataset: KnownDataset | null
  /** A data set that the catalogue does not hold, as it was written. */
  unknownDataset: string | null
  samples: number | null
  /** A clause each. */
  assumptions: string[]
  /** The program itself is read, with its loader and what it does beside its steps; absent: nothing but the question is known. */
  programRead?: true
}

/** A word that is not understood. */
export interface NotUnderstood {
  option: keyof Question
  text: string
  /** What could be written; null: the candidates are models, or GPUs. */
  words: readonly string[] | null
}

/** What says nothing is as good as not written. */
function withoutBlanks(question: Question): Question {
  const said = (value: unknown) => typeof value !== 'string' || !saysNothing(value)
  return {
    ...question,
    ...Object.fromEntries(
      Object.entries(question)
        .filter(([, value]) => !said(value))
        .map(([key]) => [key, undefined]),
    ),
    model: question.model,
  }
}

export function readQuestion(asked: Question): ReadQuestion | NotUnderstood {
  const question = withoutBlanks(asked)
  const assumptions: string[] = []
  const named = namedModel(question.model)
  if (named === undefined) return { option: 'model', text: question.model, words: null }
  const card = question.gpu === undefined ? null : namedGpu(question.gpu)
  if (card === undefined) return { option: 'gpu', text: question.gpu!, words: null }
  const stated = question.precision === undefined ? null : precisionFrom(question.precision)
  if (stated === undefined) return { option: 'precision', text: question.precision!, words: precisionWords }
  const spoken = `${question.method ?? ''} ${stated?.weightBits === 4 ? 'qlora' : ''}`
  // Tables write the method behind the model: 'Llama-2 7B QLoRA'.
  const told = methodFrom(question.method ?? '') ?? methodFrom(`${spoken} ${question.model}`)
  // 'lora' over '4-bit'
  const method = told?.adapters && stated?.weightBits === 4 ? { ...told, quantized: true } : told
  if (question.method !== undefined && methodFrom(question.method) === undefined)
    return { option: 'method', text: question.method, words: methodWords }
  // Weights of so few bits are not trained themselves.
  const untrained = stated !== null && (stated.weightBits === 4 || stated.weightBits === 8)
  const raised = untrained && method !== undefined && !method.adapters && !method.headOnly
  const precision = raised ? precisionFrom('bf16')! : stated
  if (raised)
    assumptions.push(
      `all weights are trained in 16 bits: those of ${stated.weightBits} take adapters (qlora)`,
    )
  // 'full + 8-bit Adam'
  const ofMethod = optimizerFrom(question.method ?? '') ?? null
  const optimizer = question.optimizer === undefined ? ofMethod : optimizerFrom(question.optimizer)
  if (optimizer === undefined)
    return { option: 'optimizer', text: question.optimizer!, words: optimizerWords }
  const open = question.size === undefined || openSize.test(question.size)
  const written = open ? null : sizesFrom(question.size!)
  if (written === undefined)
    return { option: 'size', text: question.size!, words: ['224', '512x512', '2048', '30 s'] }

  const data = question.dataset === undefined ? null : (dataset(question.dataset) ?? null)
  const network = networkOf(withGenerator(named, data), predictsNoToken(data))
  if (named.like !== undefined) assumptions.push(`counted as ${named.like}, of which its name speaks`)
  if (named.assumed) assumptions.push('only its size is known: layers of published models of this size')
  const { active, parameters } = named.model ?? {}
  if (active !== undefined)
    assumptions.push(`a token visits ${active / 1e9} of its ${parameters! / 1e9} billion weights`)
  assumptions.push(...contradictions(question, network, data))
  const size = sizeOf(network, written, question.size ?? '', data, assumptions)
  const length = lengthOf(question, network, assumptions)
  const clock = length === null && question.length !== undefined ? clockHours(question.length) : null
  const devices = question.devices ?? card?.count ?? 1
  if (card?.count != null && devices % card.count !== 0 && card.machine === null)
    assumptions.push(`${devices} devices, as --devices says, where --gpu names ${card.count}`)
  const plain = methodFrom('full')!
  const optimizerAssumed = network?.networkClass === 'conv' || network?.networkClass === 'detector'
  const short = (method ?? plain).adapters
  if (precision === null)
    assumptions.push(
      `precision not given: ${short ? '16 bits, or weights in fp32 at most' : 'from mixed precision to fp32'}`,
    )
  return {
    named,
    network,
    gpu: card && deviceOf(card.gpu, question.gpu!),
    mostMemoryGB: card && mostMemory(question.gpu!, card),
    machine: card?.machine ?? null,
    devices,
    batch: batchOf(question, network, size, devices, assumptions),
    accumulation: question.accumulation ?? 1,
    size,
    formats: formatsOf(precision, short, network, card?.gpu ?? null),
    precision,
    optimizer: optimizer ?? (optimizerAssumed ? 'sgd momentum' : 'adamw'),
    method: method ?? plain,
    length,
    openLength: question.length !== undefined && length === null ? question.length : null,
    ...(clock !== null && { clockHours: clock }),
    dataset: data,
    unknownDataset: data === null ? (question.dataset ?? null) : null,
    samples: question.samples ?? inTexts(question.samplesTokens, network, size, Math.ceil),
    assumptions,
  }
}

/** An ELECTRA learns its language from what a generator puts in place of words, which is a tenth to all of its size. */
function withGenerator(named: NamedModel, data: KnownDataset | null): NamedModel {
  const pretrains = data?.kind === 'lm' && /\belectra/i.test(named.name)
  return pretrains ? { ...named, views: { low: 1.1, high: 2 } } : named
}

/** Texts that are sorted, or in which answers are found. */
export function predictsNoToken(data: KnownDataset | null): boolean {
  return data !== null && /^(text-classification|qa)$/.test(data.kind)
}

function lengthOf(
  { length, model }: Question,
  network: Network | null,
  assumptions: string[],
): RunLength | null {
  const told = length === undefined ? null : runLength(length)
  if (told !== null && alone(length!) !== null)
    assumptions.push(`${told.amount} ${told.amount === 1 ? 'epoch' : told.unit}: the length names no unit`)
  if (told !== null || network?.networkClass !== 'detector') return told
  const schedule = detectionSchedule(length ?? model)
  if (schedule !== null)
    assumptions.push(`${schedule.amount} epochs: schedule ${schedule.amount / 12}x of detectors`)
  return schedule
}

/** Sizes that change, or are those of the data. */
const openSize =
  /^\D*\b(progressive|variable|varying|varies|mixed|native|dynamic|multi-?scale|original|any|full|long|short|max|hd)\b\D*$|^\D*\d+\s?frames?\D*$/i

/** Samples of one device; null: not known. */
function batchOf(
  { model, batch, batchTokens }: Question,
  network: Network | null,
  size: ReadQuestion['size'],
  devices: number,
  assumptions: string[],
): number | null {
  const told = batch ?? inTexts(batchTokens, network, size, Math.floor)
  if (told !== null || network === null || size === null) return told
  const own = ownBatch(model, network, size.high, devices)
  if (own === null) return null
  assumptions.push(own.assumption)
  return own.samples
}

/** How many texts of the full size so many tokens make; null: not known. */
function inTexts(
  tokens: number | undefined,
  network: Network | null,
  size: ReadQuestion['size'],
  round: (texts: number) => number,
): number | null {
  if (tokens === undefined || size === null || network?.unit !== 'tokens') return null
  return Math.max(1, round(tokens / size.high))
}

/** A chip of TPU v2 and v3 has two cores, which programs count as devices. */
function deviceOf(chip: Gpu, text: string): Gpu {
  if (chip.vendor !== 'google' || !/\btpu[-_ ]?v[23](-\d+)?\b|\bcores\b/i.test(text)) return chip
  const half = (value: number | null) => (value === null ? null : value / 2)
  const { fp32, tf32, fp16, bf16, fp8 } = chip.tflops
  return {
    ...chip,
    name: `${chip.name} core`,
    memoryGB: half(chip.memoryGB),
    bandwidth: half(chip.bandwidth),
    tflops: { fp32: half(fp32), tf32: half(tf32), fp16: half(fp16), bf16: half(bf16), fp8: half(fp8) },
  }
}

function formatsOf(
  precision: Precision | null,
  short: boolean,
  network: Network | null,
  card: Gpu | null,
): readonly [ProductFormat, ProductFormat] {
  const convolutions = network === null || convolves(network.networkClass)
  if (precision === null) return ['fp16', short ? 'fp16' : 'fp32']
  const [fast, slow] = precision.formats
  // PyTorch computes convolutions in TF32 where nobody says otherwise.
  return fast === 'fp32' && convolutions && card?.formats.has('tf32') ? ['tf32', slow] : [fast, slow]
}

/** Clips of spoken language: what corpora hold on average, and where people cut. */
const clip = { low: 5, high: 16 }
/** What programs take at once; longer recordings are cut. */
const longestClip = 30
/** Clips of a batch are as long as the longest, by which they are mostly sorted. */
const longestOfBatch = 1.3

/** Pictures that are so small are trained on as they are, or brought to the size for which a network was made. */
const thumbnail = 96

function sizeOf(
  network: Network | null,
  written: { numbers: number[]; phases: boolean } | null,
  text: string,
  data: KnownDataset | null,
  assumptions: string[],
): ReadQuestion['size'] {
  if (network === null) return null
  const { unit, usualSize } = network
  if (unit === 'sample') return { low: 1, high: 1 }
  if (written === null) {
    if (usualSize === null) return null
    if (unit === 'seconds' && usualSize < clip.high) {
      const mean = data?.meanSeconds ?? null
      if (mean !== null && mean <= longestClip) {
        assumptions.push(`clips of ${mean} s on average, as in ${data!.name}`)
        return { low: mean, high: mean * longestOfBatch }
      }
      assumptions.push(`length of the audio not given: ${clip.low} to ${clip.high} s`)
      return clip
    }
    const edge = unit === 'pixels' ? (data?.edge ?? null) : null
    if (edge !== null && edge <= thumbnail && edge < usualSize) {
      assumptions.push(
        `size not given: from ${edge} pixels, as in ${data!.name}, to ${usualSize}, as the network was published with`,
      )
      return { low: edge, high: usualSize }
    }
    assumptions.push(`size not given: ${usualSize} ${unit === 'coco' ? 'pixels' : unit}, as published`)
    return { low: usualSize, high: usualSize }
  }
  const { numbers, phases } = written
  if (phases) return { low: Math.min(...numbers), high: Math.max(...numbers) }
  const one = single(unit, numbers, text)
  // The encoder reads the first, the decoder writes the second; their arithmetic is on record for as many of both.
  if (network.readsAndWrites && one > numbers[0]!) return { low: one / 2, high: one }
  return { low: one, high: one }
}

function single(unit: Network['unit'], numbers: number[], text: string): number {
  const [first, second] = numbers as [number, number | undefined]
  // The shorter edge where the longer one is 5/3 of it; of other shapes, one of the same area.
  if (unit === 'coco') return second === undefined ? first : Math.sqrt((first * second * 800) / 1333)
  if (unit === 'pixels') return second === undefined ? first : Math.sqrt(first * second)
  // Samples of audio at the usual 16 kHz.
  if (unit === 'seconds') return first > 1000 ? first / 16_000 : first
  return second !== undefined && /\d\s*\+\s*\d/.test(text) ? first + second : first
}
