/** What a Keras program runs on, and whether it does the work of a real one. */

import { kerasLayersAround } from '../../python/keras-layers.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { noteSmall } from '../../text/evidence.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { knownArgument, mayBePassed, numberIn, passedExpression } from '../../values/argument.js'
import type { Evidence } from '../../workload/claim.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { usesAny } from '../pytorch/library-uses.js'
import type { ReaderContext } from '../reader.js'
import { argumentOf, kerasFits } from './fits.js'

const toySets =
  /^keras\.datasets\.(mnist|fashion_mnist|cifar10|cifar100|boston_housing|california_housing|imdb|reuters)(\.|$)/

const strategies = [
  'tensorflow.distribute.MirroredStrategy',
  'tensorflow.distribute.MultiWorkerMirroredStrategy',
  'tensorflow.distribute.experimental.MultiWorkerMirroredStrategy',
  'tensorflow.distribute.experimental.ParameterServerStrategy',
  'tensorflow.distribute.ParameterServerStrategy',
  'keras.utils.multi_gpu_model',
  'keras.distribution.DataParallel',
  'horovod.tensorflow.keras.init',
  'horovod.keras.init',
]

const onGpu =
  /list_physical_devices\(\s*(device_type\s*=\s*)?['"]GPU|is_gpu_available|gpu_device_name|set_memory_growth|per_process_gpu_memory_fraction|allow_growth|['"]\/?(device:)?gpu:\d|CUDA_VISIBLE_DEVICES['"]\]\s*=\s*['"]\d/i
const onCpu =
  /CUDA_VISIBLE_DEVICES['"]\]\s*=\s*['"](-1)?['"]|set_visible_devices\(\s*\[\s*\]\s*,\s*['"]GPU|device_count\s*=\s*\{\s*['"]GPU['"]\s*:\s*0/

export interface KerasEvidence {
  evidence: Evidence
  /** Keras places the model by itself, on the accelerator that it finds. */
  automatic: boolean
  /** What hides accelerators from it. */
  keptBy?: Span
}

export function kerasEvidence(python: PythonModule, context: ReaderContext): KerasEvidence {
  const evidence: Evidence = { ...trainingEvidence(python) }
  if (evidence.role !== 'test') evidence.role = 'training'
  noteSmall(evidence, toyData(python) ?? writtenData(python) ?? smallNetwork(python))
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  const hidden = onCpu.exec(python.code)
  if (visible === '' || visible === '-1' || hidden !== null) {
    evidence.accelerator = 'cpu'
    // `if args.cpu: os.environ["CUDA_VISIBLE_DEVICES"] = "-1"`
    const isSure = hidden !== null && python.reach(hidden.index).state === 'always'
    const place = isSure && { start: hidden.index, end: hidden.index + hidden[0].length }
    return { evidence, automatic: false, ...(place ? { keptBy: place } : {}) }
  }
  if (asksForTpu(python)) {
    evidence.accelerator = 'tpu'
    return { evidence, automatic: false }
  }
  const asked = usesAny(python, strategies) || onGpu.test(python.code)
  evidence.accelerator = asked ? 'gpu' : 'maybe'
  return { evidence, automatic: true }
}

/** Not where it does so only if somebody wants it to: `if FLAGS.use_tpu:`, which is off. */
function asksForTpu(python: PythonModule): boolean {
  return [...python.code.matchAll(/TPUStrategy|TPUClusterResolver/g)].some(({ index }) => {
    const reach = python.reach(index)
    return reach.state !== 'sometimes' || reach.byDefault !== false
  })
}

function toyData(python: PythonModule): string | null {
  return once(python, 'keras toy data', () => {
    const call = python.calls.find((one) => one.name !== null && toySets.test(one.name))
    const found =
      call?.name ?? [...python.imports].find((name) => toySets.test(name.replace('tensorflow.', '')))
    return found === undefined ? null : (toySets.exec(found.replace('tensorflow.', ''))?.[1] ?? null)
  })
}

/** Samples that stand in the file itself: an epoch over them takes a moment. */
function writtenData(python: PythonModule): string | null {
  return once(python, 'keras written data', () => {
    const fits = kerasFits(python).map((fit) => passedExpression(argumentOf(python, fit, 'x')))
    const written = fits.length > 0 && fits.every((x) => x !== null && isWritten(python, x, 0))
    return written ? 'data that stand in the file' : null
  })
}

/** `np.array([[1, 2], [3, 4]])`, `x.reshape(7, 3, 1)`, the first part of `train_test_split(x, y)`. */
function isWritten(python: PythonModule, expr: Expr, depth: number): boolean {
  if (depth > 8) return false
  const inner = (one: Expr | undefined): boolean => one !== undefined && isWritten(python, one, depth + 1)
  const unpacked = expr.type === 'name' ? python.bindingsOf(expr).at(-1) : undefined
  const value = unpacked?.unpack != null && unpacked.value !== null ? unpacked.value : python.definition(expr)
  if (value.type === 'list' || value.type === 'tuple')
    return (
      value.items.length > 0 && value.items.every((one) => one.type !== 'starred' && !isMade(python, one))
    )
  if (value.type === 'attribute' && value.attr === 'T') return inner(value.value)
  if (value.type === 'subscript') return inner(value.value)
  if (value.type !== 'call') return false
  const name = python.nameOf(value.callee) ?? ''
  if (/^numpy\.(array|asarray|transpose|reshape)$|^sklearn\.model_selection\.train_test_split$/.test(name))
    return inner(value.args[0]?.value)
  if (name === 'range' || name === 'numpy.arange')
    return value.args.every((one) => numberIn(python.fold(one.value)) !== null)
  return (
    value.callee.type === 'attribute' &&
    /^(reshape|transpose|astype|swapaxes)$/.test(value.callee.attr) &&
    inner(value.callee.value)
  )
}

/** An item of a list that is made elsewhere: `[images, labels]`. */
function isMade(python: PythonModule, item: Expr): boolean {
  const value = python.definition(item)
  return value.type !== 'constant' && value.type !== 'unary' && !isWritten(python, item, 2)
}

/** A dense layer up to so many units costs less than its call. */
const fewUnits = 32
const unimportant =
  /^keras\.layers\.(\w+\.)*(Dense|Input|InputLayer|Dropout|Flatten|Activation|LeakyReLU|PReLU|ELU|ReLU|BatchNormalization)$/

/** Nothing but a few narrow dense layers, all of them in this file: an epoch takes a second. */
function smallNetwork(python: PythonModule): string | null {
  return once(python, 'keras small network', () => {
    let dense = 0
    for (const call of python.calls) {
      if (call.name === null || !/^keras\.(layers|applications|models\.load_model)\b/.test(call.name))
        continue
      if (!unimportant.test(call.name)) return null
      if (call.method !== 'Dense') continue
      // `output_dim` in Keras 1.
      const named = python.argument(call, 'output_dim')
      const units = knownArgument(mayBePassed(named) ? named : python.argument(call, 'units', 0))
      if (units === undefined || !(Number(units) <= fewUnits)) return null
      dense++
    }
    return dense >= 2 && dense <= 5 ? 'a network of a few narrow layers' : null
  })
}

/** True where a layer does enough matrix work to gain from short formats; null: the model is built elsewhere. */
export function heavyModel(python: PythonModule): boolean | null {
  const layers = once(python, 'keras layers', () => kerasLayersAround(python) ?? null)
  return layers === 'heavy' ? true : layers === 'light' ? false : null
}
