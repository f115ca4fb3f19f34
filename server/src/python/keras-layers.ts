/** How much matrix work the Keras layers of a module do, and those of the modules that it imports. */

import type { Expr } from '../syntax/python-ast.js'
import type { Call, ModuleSummary, PythonModule } from './module.js'

/** open: recurrent layers whose width is not known. */
export type KerasLayers = 'heavy' | 'open' | 'light'

const heavyLayers =
  /^keras\.layers\.(\w+\.)*((Separable|Depthwise)?Conv(olution)?[123]D(Transpose)?|ConvLSTM\dD|MultiHeadAttention|GroupQueryAttention|Attention|TFSMLayer)$|^keras\.applications\.|^(keras_hub|keras_nlp|keras_cv|tensorflow_hub|transformers|efficientnet|segmentation_models|classification_models)\./
const recurrent = /^keras\.layers\.(CuDNN)?(LSTM|GRU|SimpleRNN)$/
/** Units from which on a recurrent layer fills the matrix units. */
const wideRecurrent = 256

/** Published networks as values: `{'large': keras.applications.ConvNeXtLarge}`, `getattr(keras.applications, name)`. */
const choosesPublished = /\bapplications\.(?:[a-z]\w*\.)*[A-Z]\w+|\bgetattr\(\s*(?:\w+\.)*applications\b/
const published = /^keras\.applications\.(\w+\.)*[A-Z]/

/** It is handed to what makes the network: `build(ConvNeXtBase, size)`. */
function isPublished(python: PythonModule, value: Expr): boolean {
  return (value.type === 'name' || value.type === 'attribute') && published.test(python.nameOf(value) ?? '')
}

const layerClass = /^keras\.(layers\.(\w+\.)*\w+|Model|Sequential)$/
/** Layers that pass messages along edges: sparse work, whatever their width. */
const graphLayers = /^(stellargraph|spektral)\./
const products =
  /^(tensorflow\.(linalg\.)?(matmul|einsum|tensordot)|keras\.ops\.(matmul|einsum|dot)|keras\.backend\.(batch_)?dot)$/

/** Of its own layers and of modules that it imports; undefined: none has any. */
export function kerasLayersOf(python: PythonModule): KerasLayers | undefined {
  return mostWork([ownLayers(python), ...python.imported.map(({ kerasLayers }) => kerasLayers)])
}

/** The same of a module with all that is around it: a loop is handed its model by whoever calls it. */
export function kerasLayersAround(python: PythonModule): KerasLayers | undefined {
  const around: ModuleSummary[] = [...python.imported, ...python.importers, ...python.programs]
  return mostWork([
    ownLayers(python),
    ...around.map(({ convolutional, uses, kerasLayers }) =>
      convolutional === true || uses.some((use) => heavyLayers.test(use)) ? 'heavy' : kerasLayers,
    ),
  ])
}

function mostWork(found: readonly (KerasLayers | undefined)[]): KerasLayers | undefined {
  return (['heavy', 'open', 'light'] as const).find((one) => found.includes(one))
}

function ownLayers(python: PythonModule): KerasLayers | undefined {
  const own = python.classes.filter(({ bases }) => bases.some((base) => layerClass.test(base)))
  let found: KerasLayers | undefined
  if (choosesPublished.test(python.code) && python.usesHere('keras.')) return 'heavy'
  for (const call of python.calls) {
    const { name, expr } = call
    if (name === null) continue
    if (heavyLayers.test(name) || expr.args.some(({ value }) => isPublished(python, value))) return 'heavy'
    // A layer of the project's own that multiplies matrices: attention that is written out.
    if (products.test(name) && own.some(({ node }) => node.start <= expr.start && expr.end <= node.end))
      return 'heavy'
    if (recurrent.test(name)) {
      const units = unitsOf(python, call)
      if (units !== null && units >= wideRecurrent) return 'heavy'
      if (units === null) found = 'open'
    }
    if (name.startsWith('keras.layers.') || graphLayers.test(name)) found ??= 'light'
  }
  return found
}

function unitsOf(python: PythonModule, call: Call): number | null {
  const units = python.argument(call, 'units', 0)
  const value = units.state === 'given' && units.folded.state === 'known' ? units.folded.value : null
  return typeof value === 'number' ? value : null
}
