/** How much of the machine of an endpoint the model that it serves can use. */
import { gpu } from '../catalog/gpus.js'
import { type Instance, instance, type Provider, servicePrefix } from '../catalog/instances.js'
import { paidPrice } from '../catalog/price-book.js'
import { machinesByPrice } from '../catalog/prices.js'
import { namedModel } from '../catalog/spellings.js'
import { usableMemory } from '../estimate/memory.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { RuleOptions } from './rule.js'
import { type Silence, unless } from './silence.js'

/** The model may fill this much of what is held. */
const filled = 0.8
/** Needs no more than this share of all memory. */
const mostlyEmpty = 0.25
/** Work space of the framework and its buffers, beside the weights. */
const workspace = 2e9
/** Requests that are answered at the same time, and tokens of each where nobody says how many. */
const requests = 16
const tokens = 8192
/** Of a language model whose layers are not on record: its cache as a share of its weights in 16 bits. */
const cacheShare = 0.75

export interface OversizedServing {
  /** Bytes at most: weights, work space, the cache of sixteen requests. */
  needs: number
  weights: number
  /** GB of all accelerators of one replica. */
  heldGB: number
  gpus: number
  card: string
  memoryGB: number
  machine: Instance | undefined
  /** So few of the same GPUs hold it. */
  fewest: number
  /** And would be mostly empty as well. */
  fewestEmpty: boolean
  /** The cheapest machine of the same provider with room; undefined: no price is known. */
  smaller:
    | { type: string; machine: Instance; usd: number; now: number; region: string; asOf: string }
    | undefined
}

export function oversizedServing(
  view: SubjectView<'Serving'>,
  options: RuleOptions,
): OversizedServing | Silence {
  const { machine: type, gpus, gpuModel, model, parameters, weightBits, sequenceLength } = view.settings
  const name = effective(type)
  const id = effective(model)
  const count = effective(parameters)
  const bits = effective(weightBits)
  if (id === undefined || count === undefined || bits === undefined)
    return unless(view, ['model', 'parameters'], 'the model that it serves is not known')
  const found = name === undefined ? undefined : instance(name)
  const many = effective(gpus) ?? found?.gpuCount
  const card = found?.gpu ?? gpu(effective(gpuModel) ?? '')
  if (many === undefined || card === undefined)
    return unless(view, ['gpus', 'gpuModel'], 'its accelerators are not known')
  if (many < 1) return { text: 'it has no GPU' }
  if (card.vendor !== 'nvidia') return { text: `${card.name} is no NVIDIA GPU` }
  const memoryGB = found?.gpuMemoryGB ?? card.memoryGB
  if (memoryGB === null) return { text: 'the memory of its GPU is not known' }
  const weights = (count * bits) / 8
  const needs = weights * 1.1 + workspace + cacheOf(id, count, effective(sequenceLength))
  const usable = usableMemory(card, memoryGB)!
  if (needs > mostlyEmpty * many * usable)
    return { text: `the model may take ${Math.round((100 * needs) / (many * usable))} % of the memory` }
  const fewest = [1, 2, 4, 8].find((one) => needs <= filled * one * usable) ?? many
  return {
    needs,
    weights,
    heldGB: memoryGB * many,
    gpus: many,
    card: card.name.replace(/-\d+GB$/, ''),
    memoryGB,
    machine: found,
    fewest,
    fewestEmpty: needs <= mostlyEmpty * fewest * usable,
    smaller: found?.gpu == null ? undefined : smallerFor(view, found, name!, needs, options),
  }
}

/** What a language model keeps of the requests in work. */
function cacheOf(id: string, parameters: number, length: number | undefined): number {
  const found = namedModel(id)?.model ?? undefined
  if (found !== undefined && found.kind !== 'causal-lm') return 0
  const shape = found?.shape
  if (shape == null) return parameters * 2 * cacheShare
  const perToken = 2 * shape.layers * shape.kvHeads * shape.headSize * 2
  return perToken * (length ?? Math.min(tokens, shape.positions)) * requests
}

function smallerFor(
  { settings }: SubjectView<'Serving'>,
  now: Instance,
  type: string,
  needs: number,
  options: RuleOptions,
): OversizedServing['smaller'] {
  const wanted = effective(settings.region)
  const price = paidPrice({ type, ...(wanted === undefined ? {} : { region: wanted }) }, options.prices)
  if (price?.onDemand == null) return undefined
  const { region, asOf } = price
  for (const one of machinesByPrice(now.provider as Provider, region, servicePrefix(type))) {
    const other = instance(one.type)
    if (/metal/i.test(one.type) || other?.gpu?.vendor !== 'nvidia' || other.gpuMemoryGB === null) continue
    if (other.gpu.name === 'T4G' || other.gpuCount < 1 || !other.gpu.formats.has('fp16')) continue
    // Volta and older are on their way out.
    if (other.gpu.generation === 'Volta' || ![1, 2, 4, 8].includes(other.gpuCount)) continue
    if (needs > filled * other.gpuCount * usableMemory(other.gpu, other.gpuMemoryGB)!) continue
    const usd = paidPrice({ type: one.type, region }, options.prices)?.onDemand
    if (usd == null || usd >= price.onDemand) continue
    return { type: one.type, machine: other, usd, now: price.onDemand, region, asOf }
  }
  return undefined
}
