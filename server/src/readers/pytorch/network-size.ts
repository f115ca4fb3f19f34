/** How large the networks are that a module trains, and what follows from that. */

import { classAt } from '../../python/definition-places.js'
import type { Klass, PythonModule } from '../../python/module.js'
import {
  allOf,
  isKnownOtherwise,
  type MadeNetwork,
  madeNetworks,
  type NetworkSize,
  sizeOfClass,
  sizeOfMade,
} from '../../python/networks/size.js'
import { isNetworkClass } from '../../python/networks/values.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { once } from '../../text/once.js'
import { trainedNetwork } from './defined-network.js'
import { imageEdge } from './picture-edge.js'
import { publishedNetwork } from './published-network.js'

/** One of these is trained, or all of them are; null: it is not known, or there is none. */
export function trainedSizes(python: PythonModule): NetworkSize[] | null {
  return once(python, 'sizes of what it trains', () => {
    const optimized = trainedNetwork(python)
    // A head is small, and the network below it is not.
    if (optimized !== null) return runsPublished(python) ? null : allOf([sizeOfMade(python, optimized)])
    const elsewhere = [...python.importers, ...python.programs].flatMap(({ makes = [] }) => makes)
    const themselves = trainingThemselves(python)
    if (themselves.length > 0)
      return allOf(themselves.flatMap((klass) => sizesOfClass(python, klass, elsewhere)))
    if (python.usesHere('.from_pretrained', 'torchvision.models.', 'timm.', 'torch.hub.')) return null
    const made = madeNetworks(python)
    const found = made.length > 0 ? made : elsewhere
    return allOf(found.length > 0 ? found.map(({ size }) => size) : importedNetworks(python))
  })
}

function runsPublished(python: PythonModule): boolean {
  return python.calls.some(({ name }) => name !== null && publishedNetwork.test(name))
}

/** Networks with a `fit` that updates their own weights; none where something else trains as well. */
function trainingThemselves(python: PythonModule): Klass[] {
  const found = python.loops
    .filter(({ role }) => role === 'train')
    .map((loop) => loop.function?.class ?? null)
  const networks = found.filter((one) => one !== null && isNetworkClass(one))
  return networks.length === found.length ? [...new Set(networks)].filter((one) => one !== null) : []
}

/** Wherever its objects are made. */
function sizesOfClass(
  python: PythonModule,
  klass: Klass,
  elsewhere: readonly MadeNetwork[],
): (NetworkSize | null)[] {
  const here = python.calls.filter(({ expr }) => python.classOf(expr.callee) === klass)
  if (here.length > 0) return here.map(({ expr }) => sizeOfMade(python, expr))
  const there = elsewhere.filter(({ name }) => name === klass.name)
  return there.length > 0 ? there.map(({ size }) => size) : [sizeOfClass(python, klass)]
}

/** `models = {'lstm': Lstm, 'mlp': Mlp}`: whichever it is. */
function importedNetworks(python: PythonModule): (NetworkSize | null)[] {
  const end = python.text.length
  return [...python.moduleBindings].flatMap(([id, bindings]) => {
    if (!bindings.every(({ kind }) => kind === 'import')) return []
    const name = { type: 'name', id, start: end, end } as const
    if (isKnownOtherwise(python, name)) return []
    const found = classAt(python, name)
    return found === null || !isNetworkClass(found.klass)
      ? []
      : [sizeOfClass(found.python, found.klass, python)]
  })
}

/**
 * Weights up to which a usual training costs cents: of networks that use each weight once for a sample, and for each word of it;
 * and products of a sample, of convolutions. An hour of a card's plain arithmetic are some 3.6e16 operations, six for each weight
 * and use: a hundred epochs over a hundred thousand texts of a hundred words use each weight 1e9 times.
 */
const small = { rows: 8e6, words: 4e6, products: 2e8 }
/** Sides of a sample where nothing tells them: steps of a sound, edges of pictures and of volumes. */
const usualEdges = [512, 1024, 256, 128]
/** Of recurrent layers, whose steps follow each other, arithmetic takes so small a part of the time. */
const stepwise = 1 / 4

/** `devices`: that train it together, each on data of its own. `edge`: of its pictures; null: what nobody knows makes nothing small. */
function isSmall(
  { repeats, parameters, recurrent = 0, dense, attends, places }: NetworkSize,
  devices = 1,
  edge: number | null = null,
): boolean {
  if (repeats || dense === true) return false
  const weights = parameters - recurrent + recurrent * stepwise
  if (places !== undefined) {
    const { axes, weights: convolved } = places
    const outputs = (edge ?? usualEdges[axes] ?? usualEdges[3]!) ** axes
    return Math.max(weights, convolved * outputs) < small.products / devices && weights < small.rows / devices
  }
  return weights < (attends || recurrent > 0 ? small.words : small.rows) / devices
}

/** 'a network of 40 thousand parameters'; null: it is not known to be small. */
export function smallNetwork(python: PythonModule): string | null {
  return smallAmong(python, trainedSizes(python))
}

/** The same for a network of this class that is given this, trained on so many devices. */
export function smallClass(
  python: PythonModule,
  expr: Expr,
  given: Readonly<Record<string, Json>>,
  devices: number,
): string | null {
  const found = classAt(python, expr)
  return found === null || !isNetworkClass(found.klass)
    ? null
    : smallAmong(python, allOf([sizeOfClass(found.python, found.klass, python, given)]), devices)
}

function smallAmong(python: PythonModule, sizes: NetworkSize[] | null, devices = 1): string | null {
  const edge = imageEdge(python)?.edge ?? null
  if (sizes === null || !sizes.every((one) => isSmall(one, devices, edge))) return null
  const most = Math.max(...sizes.map(({ parameters }) => parameters))
  const words = most < 1e6 ? `${Math.ceil(most / 1e3)} thousand` : `${(most / 1e6).toFixed(1)} million`
  return `a network of ${words} parameters`
}

/** Entries of a matrix up to which a product takes no longer than the start of its kernel: for rows, and for each word of a text. */
const narrow = { rows: 256 * 1_024, words: 32_768 }

/** Launching the kernels of its layers takes longer than their arithmetic. */
export function hasOnlyNarrowLayers(python: PythonModule): boolean {
  const sizes = trainedSizes(python)
  return (
    sizes?.every(
      (one) =>
        isSmall(one) &&
        one.places === undefined &&
        one.widest <= (one.attends === true ? narrow.words : narrow.rows),
    ) === true
  )
}
