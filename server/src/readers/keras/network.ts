/** The layers of the network that a call of `fit` trains, and the batches that it takes. */
import { type LayerTotals, Unfollowed } from '../../estimate/layers.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimArgument } from '../claim-argument.js'
import { pipelineOf } from '../tensorflow/pipeline.js'
import { countedLayersOf } from './counted-layers.js'
import { argumentOf } from './fits.js'
import { followKeras } from './follow-network.js'
import { flows, isOfImageGenerator } from './image-generators.js'

export function readNetwork(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const { callee } = fit.expr
  if (callee.type !== 'attribute') return
  const place = calleePlace(fit)
  const layers = layersOf(python, callee.value)
  const name = python.text.slice(callee.value.start, callee.value.end)
  if (layers !== null) training.known('layers', name, { ...layers, name }, place)
  else {
    const counted = countedLayersOf(python, callee.value)
    if (counted !== null) training.known('countedLayers', name, { name, networks: [counted] }, place)
  }
  const maker = batchMaker(python, fit)
  if (maker !== null) {
    const given = python.argument(maker, 'batch_size', lookUp({ ...loaders, ...flows }, maker.method)!)
    claimArgument(training, 'batchSize', 'batch_size', maker, given, { convert: asNumber, otherwise: 32 })
    return
  }
  const batch = batchOf(python, fit)
  if (batch !== null) training.default('batchSize', 'batch', batch, place)
}

/** By function, the position of `batch_size`. Source: keras 3.5, utils. */
const loaders: Readonly<Record<string, number>> = {
  image_dataset_from_directory: 5,
  text_dataset_from_directory: 4,
}

/** Where pictures of a folder or of arrays are put together, for a `fit` that is given them as they come: 32 unless it says otherwise. */
function batchMaker(python: PythonModule, fit: Call): Call | null {
  if (mayBePassed(argumentOf(python, fit, 'batch_size'))) return null
  const x = passedExpression(argumentOf(python, fit, 'x'))
  if (x === null || mayBePassed(python.argument(fit, 'y', 1))) return null
  const pipeline = pipelineOf(python, x)
  if (pipeline !== null) {
    const { sourceCall: call, sources, steps, complete } = pipeline
    const plain = complete && sources.length === 1 && !steps.some(({ method }) => /batch|window/.test(method))
    return plain && call !== null && lookUp(loaders, call.method) !== undefined ? call : null
  }
  const value = python.definition(x)
  const call = value.type === 'call' ? python.callAt(value) : null
  return call !== null && isOfImageGenerator(call) && lookUp(flows, call.method) !== undefined ? call : null
}

function layersOf(python: PythonModule, network: Expr): (LayerTotals & { input: number[] }) | null {
  return once(python, `layers of ${network.start}`, () => {
    try {
      return followKeras(python, network, sampleShape(python))
    } catch (error) {
      // Expressions may be nested deeper than the stack.
      if (error instanceof Unfollowed || error instanceof RangeError) return null
      throw error
    }
  })
}

/** Shapes of samples of data that Keras brings. */
const shapes: [RegExp, number[]][] = [
  [/^keras\.datasets\.(fashion_)?mnist\.load_data$/, [28, 28]],
  [/^keras\.datasets\.cifar100?\.load_data$/, [32, 32, 3]],
  [/^keras\.datasets\.boston_housing\.load_data$/, [13]],
  [/^keras\.datasets\.california_housing\.load_data$/, [8]],
]

/** Of the one data set that the module loads, or of the texts that it cuts to one length. */
function sampleShape(python: PythonModule): number[] | null {
  return once(python, 'keras sample shape', () => {
    const found = python.calls.flatMap((call) => {
      const shape = shapes.find(([name]) => call.name !== null && name.test(call.name))?.[1]
      if (shape !== undefined) return [shape]
      if (!/(^|\.)pad_sequences$/.test(call.name ?? call.method)) return []
      const length = numberArgument(python.argument(call, 'maxlen', 1))
      return length === null ? [] : [[length]]
    })
    return new Set(found.map(String)).size === 1 ? found[0]! : null
  })
}

/** Samples of a batch where `fit` does not say it; null: it says it, or nobody can tell. */
function batchOf(python: PythonModule, fit: Call): number | null {
  if (fit.method !== 'fit' || mayBePassed(argumentOf(python, fit, 'batch_size'))) return null
  const x = passedExpression(argumentOf(python, fit, 'x'))
  if (x === null) return null
  // Arrays come with their targets, and are cut into batches of 32.
  if (mayBePassed(python.argument(fit, 'y', 1))) return 32
  const batches = (pipelineOf(python, x)?.steps ?? []).filter(({ method }) =>
    /^(padded_)?batch$/.test(method),
  )
  const [last] = batches.slice(-1)
  const size = last === undefined ? undefined : knownArgument(python.argument(last, 'batch_size', 0))
  return typeof size === 'number' && size > 0 ? size : null
}
