/** From the settings of a training to an estimate of its memory, with where each input was read. */

import { instance } from '../catalog/instances.js'
import { type KnownModel, model as known } from '../catalog/models.js'
import {
  type MemoryEstimate,
  type TrainingSetup,
  trainingMemory,
  usableMemory,
  type Verdict,
  verdict,
} from '../estimate/memory.js'
import type { Arithmetic } from '../estimate/memory-activations.js'
import type { Sharding } from '../estimate/memory-states.js'
import { groupedDigits } from '../text/grouped-digits.js'
import { effective } from '../values/value.js'
import type { Claim, SubjectView } from '../workload/claim.js'
import type { TrainingSettings } from '../workload/resource-kinds.js'
import { type Machine, machineOf } from './hardware.js'
import { reckonedModels } from './reckoned-network.js'
import type { RuleOptions } from './rule.js'
import { type Silence, unless } from './silence.js'

/** Where no GPU is known: what most that train language models have at least. */
export const usualGB = 24

/** So many bytes every card has that anybody trains on. */
export const onEveryCard = 7 * 2 ** 30

export interface MemoryInput {
  /** As a message calls it: 'batch', 'tokens'. */
  name: string
  value: string
  /** Null: assumed. */
  claim: Claim | null
}

export interface TrainingMemory {
  /** The model as the program names it. */
  id: string
  setup: TrainingSetup
  estimate: MemoryEstimate
  machine: Machine
  /** Bytes that programs get of one accelerator; null: it is not known which one. */
  usable: number | null
  inputs: MemoryInput[]
  /** Some input is a default of the program that a launch could replace. */
  overridable: boolean
  /** How long texts are is not known: they are taken to be as long as the model allows, which they may not be. */
  longest: boolean
  /** Settings that are not known, for which the worst case stands: only the high end of the estimate means anything. */
  assumed: ReadonlySet<string>
}

export interface NoEstimate {
  model: string | null
  missing: string[]
  /** Nothing else lacks than what the layers of the model keep of a sample. */
  onlyLayers: boolean
  inputs: MemoryInput[]
}

type Settings = SubjectView<'Training'>['settings']

/** Settings without which there is no estimate, and how their lack is told. */
const needed: [keyof TrainingSettings, string][] = [
  ['model', 'the model'],
  ['batchSize', 'the batch size'],
  ['optimizer', 'the optimizer'],
  ['adapters', 'whether all weights are trained'],
  ['checkpointing', 'whether activations are recomputed'],
  ['sharding', 'how states are shared among devices'],
]

/** What lacks for an estimate, else the estimate. */
export function memoryOf(view: SubjectView<'Training'>, options: RuleOptions): TrainingMemory | NoEstimate {
  const { settings } = view
  const inputs = inputsOf(settings)
  const layers = effective(settings.layers)
  const id = effective(settings.model) ?? layers?.name ?? null
  const missing = needed
    .filter(([name]) => name !== 'model' || layers === undefined)
    .filter(([name]) => effective(settings[name] as Claim | undefined) === undefined)
    .map(([name, said]) => {
      const claim = settings[name]
      return claim?.state === 'unknown' ? `${said} (${claim.because})` : said
    })
  const listed = id === null ? undefined : layers === undefined ? known(id) : ofLayers(layers)
  const edge = effective(settings.imageEdge)
  const unmeasured = listed === undefined || (listed.shape === null && listed.image === null)
  const between = id === null || edge === undefined || !unmeasured ? undefined : reckonedModels(id, edge)
  const model = between?.(effective(settings.checkpointing) ?? false).expected ?? listed
  const unknownLayers: string[] = []
  if (id !== null && model === undefined)
    unknownLayers.push(`what ${id} looks like: it is not in the catalog`)
  const longest = model !== undefined && longestText(model, settings)
  if (longest !== false) inputs.push({ name: 'tokens', value: `at most ${count(longest)}`, claim: null })
  if (model !== undefined && longest === false) unknownLayers.push(...lengthMissing(model, settings))
  const onlyLayers = missing.length === 0 || (id === null && missing.length === 1)
  missing.push(...unknownLayers)
  const arithmetic = arithmeticOf(settings)
  const written = missing.length
  if (arithmetic === null && id !== null) missing.push(formatMissing(settings))
  const machine = machineOf(view, options)
  const sharding = sharedAmong(view, machine)
  if (sharding === undefined) missing.push('the number of devices')
  const unrecorded = model === undefined || (model.shape === null && model.image === null)
  const rough = onlyLayers && unrecorded && missing.length === written
  // Of a training that could not be read at all, the first two say enough.
  if (id === null) missing.splice(2)
  if (missing.length > 0 || model === undefined || arithmetic === null || sharding === undefined)
    return { model: id, missing, onlyLayers: rough, inputs }

  const processes = view.run.job.launch?.processes
  const setup: TrainingSetup = {
    model,
    batch: effective(settings.batchSize)!,
    tokens: effective(settings.sequenceLength) ?? (longest === false ? null : longest),
    imageEdge: between === undefined ? (edge ?? null) : null,
    ...(between !== undefined && { between }),
    weightBits: arithmetic.bits,
    arithmetic: arithmetic.arithmetic,
    format: formatOn(machine, arithmetic.format, settings),
    optimizer: effective(settings.optimizer)!,
    adapters: effective(settings.adapters)!,
    checkpointing: effective(settings.checkpointing)!,
    // Where it is not known, gradients may outlive a backward pass.
    accumulation: effective(settings.accumulation) ?? 2,
    languageHead: effective(settings.languageHead) ?? false,
    attention: effective(settings.attention) === 'eager' ? 'eager' : 'fused',
    replicas: typeof processes === 'number' && processes !== 1,
    sharding,
    gpu: machine.gpu,
  }
  const estimate = rangeOf(setup, longest !== false)
  if (estimate === null)
    return { model: id, missing: [`what the layers of ${id} keep`], onlyLayers: true, inputs }
  const used = inputs.flatMap((one) => one.claim ?? [])
  return {
    id: id!,
    setup,
    estimate,
    machine,
    usable: usableOf(machine),
    inputs,
    overridable: used.some((claim) => claim.overridable),
    longest: longest !== false,
    assumed: new Set(),
  }
}

/** A network of the program's own, as the catalogue would hold it. */
export function ofLayers(layers: TrainingSettings['layers']): KnownModel {
  const { name, input, parameters, full, mixed, products, operations } = layers
  const elements = input.reduce((all, size) => all * size, 1)
  const edge = input.length === 3 ? input[1]! : 0
  return {
    name,
    kind: 'vision-cls',
    parameters,
    shape: null,
    image: { edge, full, mixed, products, operations, input: 4 * elements },
    source: 'its layers',
    date: '',
  }
}

/** Why a rule that needs an estimate says nothing. */
export function noEstimate({ settings }: SubjectView<'Training'>, { missing }: NoEstimate): Silence {
  const unread = needed.map(([name]) => name).filter((name) => settings[name]?.state === 'unknown')
  return unless({ settings }, unread, `there is no estimate of its memory without ${missing.join(', ')}`)
}

/** Undefined: there is no estimate. */
export function estimateOf(view: SubjectView<'Training'>, options: RuleOptions): TrainingMemory | undefined {
  const found = memoryOf(view, options)
  return 'estimate' in found ? found : undefined
}

/** The most that a model with a table of positions takes: a longer text would stop the program. */
const mostPositions = 1024

/** Tokens of the longest text that the model can be given; false: there is no such bound, or the length is known. */
function longestText({ shape, kind }: KnownModel, { sequenceLength }: Settings): number | false {
  if (shape === null || shape.vocabulary === 0 || effective(sequenceLength) !== undefined) return false
  return kind === 'nlp-encoder' && shape.positions <= mostPositions ? shape.positions : false
}

/** Tokens of a text that is short. */
const fewTokens = 32

/** The low end, where texts may be as short as they like, is that of short ones. */
function rangeOf(setup: TrainingSetup, longest: boolean): MemoryEstimate | null {
  const estimate = trainingMemory(setup)
  const short = longest ? trainingMemory({ ...setup, tokens: fewTokens }) : null
  return estimate === null || short === null ? estimate : { ...estimate, low: short.low }
}

function lengthMissing(model: KnownModel, settings: Settings): string[] {
  const { shape, image } = model
  if (shape === null && image === null) return [`what the layers of ${model.name} keep`]
  if (shape !== null && shape.vocabulary > 0)
    return effective(settings.sequenceLength) === undefined ? ['the length of the sequences'] : []
  return settings.imageEdge?.state === 'unknown' ? ['the size of the images'] : []
}

function formatMissing({ precision, weightBits }: Settings): string {
  const because = [precision, weightBits].find((claim) => claim?.state === 'unknown')?.because
  return because === undefined ? 'the number format' : `the number format (${because})`
}

/** What short arithmetic is done in: nobody who left it open trains in bf16 on a GPU without it. */
function formatOn({ gpu }: Machine, format: Format['format'], { precision }: Settings): Format['format'] {
  const asked = effective(precision)?.startsWith('bf16') === true
  return !asked && gpu !== null && !gpu.formats.has('bf16') ? 'fp16' : format
}

export interface Format {
  arithmetic: Arithmetic
  format: 'fp16' | 'bf16'
  bits: 4 | 8 | 16 | 32
}

/** Null: it is not known. */
export function arithmeticOf(settings: Settings): Format | null {
  return formatOf(settings, effective(settings.weightBits))
}

/** @param given bits of the weights, undefined: nothing is said of them */
export function formatOf(settings: Settings, given: Format['bits'] | undefined): Format | null {
  const precision = effective(settings.precision)
  const short = precision === 'bf16' || precision === 'fp16'
  const bits = given ?? (short ? 16 : undefined)
  if (bits === undefined) return null
  const format = precision?.startsWith('fp16') === true ? 'fp16' : 'bf16'
  // Around weights in few bits everything is computed in 16.
  if (bits < 32) return { arithmetic: 'short', format, bits }
  if (precision === undefined || precision === 'fp64') return null
  if (precision === 'fp32' || precision === 'tf32') return { arithmetic: 'fp32', format, bits }
  return { arithmetic: short ? 'short' : 'mixed', format, bits: short ? 16 : bits }
}

/** Null: nothing is shared. Undefined: it is not known among how many. */
function sharedAmong(view: SubjectView<'Training'>, machine: Machine): Sharding | null | undefined {
  const sharding = effective(view.settings.sharding)
  if (sharding == null) return null
  const { launch, compute } = view.run.job
  const nodes = effective(compute?.settings.nodes) ?? launch?.nodes ?? null
  const perNode = launch?.processes === 0 || launch?.processes == null ? machine.gpus : launch.processes
  if (nodes === null || perNode === null) return undefined
  return { ...sharding, devices: Math.max(1, nodes * perNode) }
}

/** Bytes that programs get of one accelerator; null: it is not known which one. */
export function usableOf(machine: Machine): number | null {
  const found = machine.name === null ? undefined : instance(machine.name)
  const memory = found?.gpu != null ? found.gpuMemoryGB : (machine.gpu?.memoryGB ?? null)
  return usableMemory({ memoryGB: memory })
}

// What is shown.

const count = (value: number): string => groupedDigits(value)

function inputsOf(settings: Settings): MemoryInput[] {
  const inputs: MemoryInput[] = []
  const add = <K extends keyof TrainingSettings>(
    setting: K,
    name: string,
    show: (value: TrainingSettings[K]) => string | null,
  ): void => {
    const claim = settings[setting] as Claim<TrainingSettings[K]> | undefined
    const value = effective(claim)
    if (claim === undefined || value === undefined) return
    const text = show(value as TrainingSettings[K])
    if (text !== null) inputs.push({ name, value: text, claim })
  }
  add('model', 'model', (value) => value)
  add('layers', 'network', ({ name, parameters, input }) => {
    return `${name}, ${parametersText(parameters)} parameters, samples of ${input.join(' × ')}`
  })
  add('weightBits', 'weights', (value) => `${value} bits`)
  add('precision', 'precision', (value) => value)
  add('batchSize', 'batch', count)
  add('accumulation', 'accumulation', (value) => (value === 1 ? null : count(value)))
  add('sequenceLength', 'tokens', count)
  add('imageEdge', 'image', (value) => `${value} × ${value}`)
  add('optimizer', 'optimizer', (value) => value)
  add('adapters', 'adapters', (value) =>
    value === null ? null : `rank ${value.rank} on ${value.targets === 'all' ? 'all layers' : 'attention'}`,
  )
  add('checkpointing', 'checkpointing', (value) => (value ? 'on' : null))
  add('attention', 'attention', (value) => (value === 'eager' ? 'eager' : null))
  add('sharding', 'sharding', (value) =>
    value === null ? null : `${value.kind === 'fsdp' ? 'FSDP' : 'ZeRO'} stage ${value.stage}`,
  )
  return inputs
}

/** Gigabytes as makers of GPUs count them, for a message: '3.4', '12', '120'. */
export function gigabytes(bytes: number): string {
  const value = bytes / 2 ** 30
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10)
}

type Extent = Pick<TrainingMemory, 'estimate' | 'longest' | 'assumed'>

/** 'about 3.4', or 'at most 12' where it may be less than is assumed. */
export function aboutGigabytes({ estimate, longest, assumed }: Extent): string {
  return longest || assumed.size > 0
    ? `at most ${gigabytes(estimate.high)}`
    : `about ${gigabytes(estimate.expected)}`
}

/** A card that the longest texts do not fit may still be large enough. */
export function verdictOf({ estimate, longest, assumed }: Extent, usable: number): Verdict {
  const says = verdict(estimate, usable)
  return (longest || assumed.size > 0) && says === 'does not fit' && estimate.low <= usable ? 'tight' : says
}

/** 'distilbert-base-uncased (66 M), batch 16 × 128 tokens, bf16' */
export function described({ id, setup, longest, assumed }: TrainingMemory): string {
  const { model, batch, tokens, imageEdge, arithmetic, format } = setup
  const size = parametersText(model.parameters)
  const edge = imageEdge ?? (model.image?.edge || null) ?? (model.shape?.vocabulary === 0 ? 224 : null)
  const each = model.shape !== null && model.shape.vocabulary > 0 ? tokens : edge
  const unit = model.shape !== null && model.shape.vocabulary > 0 ? ' tokens' : ' pixels'
  const open = assumed.has('precision') || assumed.has('weightBits')
  const what = arithmetic !== 'fp32' ? format : open ? 'even in fp32' : 'fp32'
  const most = assumed.has('batchSize') ? 'up to ' : ''
  return `${id} (${size}), batch ${most}${batch}${each === null ? '' : ` × ${longest ? 'up to ' : ''}${count(each)}${unit}`}, ${what}`
}

export function parametersText(parameters: number): string {
  if (parameters < 1e6) return `${Math.round(parameters / 1e3)} k`
  if (parameters < 10e6) return `${Math.round(parameters / 1e5) / 10} M`
  if (parameters < 1e9) return `${Math.round(parameters / 1e6)} M`
  const billions = parameters / 1e9
  return `${billions >= 10 ? Math.round(billions) : Math.round(billions * 10) / 10} B`
}
