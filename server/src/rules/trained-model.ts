/** Which network a training computes: the one that its claims name, or those that its program makes. */
import { type NamedModel, namedModel } from '../catalog/spellings.js'
import type { Network } from '../estimate/network.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { TrainingSettings } from '../workload/resource-kinds.js'
import { subjectsAround } from './subject-view.js'
import { ofLayers } from './training-memory.js'

/** What is not known of a training, as it is told. */
export interface NoQuestion {
  missing: string
}

export function modelOf(
  view: SubjectView<'Training'>,
): NamedModel | TrainingSettings['countedLayers'] | { either: NamedModel[] } | NoQuestion {
  const { settings } = view
  const layers = effective(settings.layers)
  if (layers !== undefined) return { name: layers.name, model: ofLayers(layers), cost: null, assumed: false }
  const claim = settings.model
  const made = madeIn(view)
  const id = effective(claim) ?? (settings.layers === undefined ? made.name : undefined)
  if (id === undefined) {
    const counted = effective(settings.countedLayers) ?? made.counted
    if (counted !== undefined) return counted
    const either = made.either?.map((one) => namedModel(one)) ?? []
    if (either.length > 1 && either.every((one) => one !== undefined))
      return { either: either as NamedModel[] }
    const rounds = effective(settings.rounds)
    if (rounds !== undefined) return { missing: 'how long boosting takes on this table' }
    const because = claim?.state === 'unknown' ? claim.because : made.because
    return { missing: `which model it trains${because === undefined ? '' : ` (${because})`}` }
  }
  const found = namedModel(id)
  if (found === undefined) return { missing: `what ${id} computes: it is not in the catalog` }
  return found
}

/** Parameters of the model that is trained, where its name or its layers tell. */
export function parametersOf(view: SubjectView<'Training'>): number | undefined {
  const given = effective(view.settings.parameters)
  if (given !== undefined) return given
  const found = modelOf(view)
  if ('missing' in found || 'either' in found) return undefined
  return 'networks' in found
    ? found.networks.reduce((sum, { parameters }) => sum + parameters, 0)
    : found.model?.parameters
}

/** A folder of the program's own, which a name of the hub is none of. */
const ownFolder = /^[./~]|^(saved?|checkpoints?|outputs?|results?|weights)([_-]\w+)?(\/|$)/i

interface Made {
  name?: string
  /** So many of it are computed for each sample, at most. */
  copies?: number
  /** Some of its weights may not be trained. */
  partlyFrozen?: boolean
  /** One of these, as an option or a branch decides. */
  either?: string[]
  counted?: TrainingSettings['countedLayers']
  /** Why it is not known. */
  because?: string
}

/** More of them are a collection. */
const mostModels = 6

/**
 * What the program makes in the file of the training, or else in what is read with it: the one network with a name that is
 * known, else all networks of the project's own, if the layers of all are counted.
 */
export function madeIn({ run, subject }: SubjectView): Made {
  const networks = subjectsAround(run, 'Network')
  const inFile = networks.filter((one) => one.subject.location.path === subject.location.path)
  const made = inFile.length > 0 ? inFile : networks
  const named = made.filter(({ settings }) => settings.name !== undefined)
  if (named.length > 0) {
    const names = named.map(({ settings }) => effective(settings.name))
    // What it has saved before is the same network.
    const published = names.filter((one) => one === undefined || !ownFolder.test(one))
    const [first, ...others] = published.length > 0 ? published : names
    if (others.every((one) => one === first))
      return first === undefined
        ? {}
        : {
            name: first,
            copies: Math.max(...named.map(({ settings }) => effective(settings.copies) ?? 1)),
            partlyFrozen: named.some(({ settings }) => effective(settings.partlyFrozen) === true),
          }
    const all = [...new Set(published)]
    return all.every((one) => one !== undefined) && all.length <= mostModels
      ? { either: all as string[] }
      : {}
  }
  const layers = made.map(({ settings }) => effective(settings.countedLayers))
  const counted = layers.flatMap((one) => one ?? [])
  if (counted.length === 0 || counted.length < layers.length) {
    const unread = made.find(({ settings }) => settings.countedLayers?.state === 'unknown')
    const claim = unread?.settings.countedLayers
    return claim?.state === 'unknown' ? { because: claim.because } : {}
  }
  return { counted: { name: 'its own network', networks: counted } }
}

export interface Computed {
  named: NamedModel
  network: Network | null
}

/** Between networks that compute more times as much, an option decides, and nothing is said. */
const mostTimesAsMuch = 16
/** The size at which pictures are compared, in pixels, and texts, in tokens: both only tell which network computes more. */
const usualEdge = 224

/** The one of several that computes least, and the one that computes most; null: they are not alike. */
export function endsOfModels(all: readonly Computed[]): { fast: Computed; slow: Computed } | null {
  const work = all.map(({ network }) => network?.forward(network.usualSize ?? usualEdge) ?? null)
  const units = new Set(all.map(({ network }) => network?.unit))
  if (units.size !== 1 || work.some((one) => one === null)) return null
  const order = all
    .map((one, index) => ({ one, operations: work[index]!.high }))
    .sort((a, b) => a.operations - b.operations)
  const [first, last] = [order[0]!, order[order.length - 1]!]
  if (last.operations > mostTimesAsMuch * first.operations) return null
  const layers = all.map(({ network }) => network!.layers)
  return {
    fast: { ...first.one, network: { ...first.one.network!, layers: Math.min(...layers) } },
    slow: { ...last.one, network: { ...last.one.network!, layers: Math.max(...layers) } },
  }
}
