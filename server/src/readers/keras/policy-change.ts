/** How Keras is told to compute in 16 bits: a policy before the model is made, and a last layer that stays in fp32. */
import { nameFor } from '../../edit/imports.js'
import type { Change, PythonRange, Refusal, Write } from '../../edit/write.js'
import { functionAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr, Import as ImportStmt, Stmt } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { fixedArgument, knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { preferredQuote } from '../../values/python-literal.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { usesAny } from '../pytorch/library-uses.js'
import type { FragmentFacts } from '../reader.js'
import { tensorflowVersion } from '../tensorflow/versions.js'
import { isBefore } from '../versions.js'
import { computesByItself } from './own-steps.js'

const policies: Record<string, string> = { 'bf16-mixed': 'mixed_bfloat16', 'fp16-mixed': 'mixed_float16' }

/** What makes a graph of single kernels of a model, whose types are those that it is trained with. */
const converters = [
  'tensorflow.lite.',
  'tflite_support.',
  'tflite_model_maker.',
  'coremltools.',
  'tensorflowjs.',
  'tf2onnx.',
]

/** How Keras calls a format; null: it has no policy for it. */
export function policyNamed(format: unknown): string | null {
  return lookUp(policies, String(format)) ?? null
}

const unknownCard: Refusal = { reason: 'nothing says whether the card has bf16, and any card has fp16' }

/** `scales`: Keras takes the steps, and scales the loss where fp16 needs it. */
export function changePolicy(
  python: PythonModule,
  claim: Claim,
  value: unknown,
  facts: FragmentFacts,
  scales = true,
): Change | Refusal {
  const policy = policyNamed(value)
  if (policy === null) return { reason: 'only mixed precision is offered' }
  const asks = facts.card === undefined
  // Any card has fp16, whose losses Keras scales.
  const unknown = asks && scales && policy === policies['bf16-mixed'] ? unknownCard : null
  if (usesAny(python, converters))
    return { reason: 'the model is converted for small devices, whose formats do not take its casts' }
  const computes = `Compute in ${policy === 'mixed_bfloat16' ? 'bf16' : 'fp16'} with fp32 weights (set_global_policy("${policy}"))`
  // What layers return is in 16 bits then, and TensorFlow refuses to mix it with the fp32 tensors of the program's own code.
  const arithmetic = computesByItself(python)
  const title = arithmetic ? `${computes}, and cast what its own steps compute with` : computes
  if (claim.site.target?.kind === 'call') {
    const call = claimedCall(python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    if (unknown !== null) return unknown
    const written = writeArgument(facts, call, 'policy', python.argument(call, 'policy', 0), `"${policy}"`)
    if ('reason' in written) return written
    return {
      title,
      safety: arithmetic ? 'display' : 'unsafe',
      writes: [written, ...fullPrecisionHead(python, { path: facts.path, fragment: facts.fragment.index })],
      imports: [],
    }
  }
  if (isBefore(facts.versions, ['tensorflow', 'tensorflow-gpu'], '2.4'))
    return { reason: 'set_global_policy() came with TensorFlow 2.4, and this project uses an older one' }
  const alone = standsAlone(python)
  if ((alone && isBefore(facts.versions, ['keras'], firstOwnPolicies)) || usesRemoved(python, facts.versions))
    return { reason: 'this version of Keras has no policies' }
  const at = importOf(python.tree.body)
  if (at === null) return { reason: 'the program imports Keras in another module' }
  if (unknown !== null) return unknown
  const { path, fragment } = facts
  const name = nameFor(python.tree, kerasPackage(python, 'mixed_precision'), 'set_global_policy', {
    path,
    fragment: fragment.index,
    offset: at.end,
  })
  // On a processor 16 bits are slower, and the network that is saved keeps the policy.
  const test = asks
    ? nameFor(python.tree, 'tensorflow.config', 'list_physical_devices', {
        path,
        fragment: fragment.index,
        offset: at.end,
      })
    : null
  const lines = policyLines(python, facts, at, `${name.text}("${policy}")`, test?.text ?? null)
  const ends = lastLayers(python).length > 0
  const others = ends ? [] : makersOf(python)
  const endsHere = ends || others.length > 0 || makesWhole(python)
  const statement: PythonRange = { fragment: fragment.index, start: at.start, end: at.end }
  // Which release of Keras it runs with is not known, and it may well be one from before.
  const old = alone && lookUp(facts.versions, 'keras') === undefined && !isWrittenForNew(python)
  return {
    // The last layer of a network that is made in another file would compute in 16 bits as well.
    title: `${endsHere ? title : `${title}, and give its last layer dtype="float32"`}${old ? `; Keras before ${firstOwnPolicies} has no policies` : ''}`,
    safety: endsHere && !arithmetic && !old && (scales || !asks) ? 'unsafe' : 'display',
    writes: [
      { kind: 'insert lines', path, where: 'after', statement, lines },
      ...fullPrecisionHead(python, { path, fragment: fragment.index }),
      ...others.flatMap((one) => fullPrecisionHead(one, { path: one.path, fragment: 0 })),
    ],
    imports: [name.import, test?.import ?? null].filter((one) => one !== null),
  }
}

function policyLines(
  python: PythonModule,
  { fragment }: FragmentFacts,
  { end }: Stmt,
  call: string,
  devices: string | null,
): string[] {
  const quote = preferredQuote(python.text)
  const lines = devices === null ? ['', call] : ['', `if ${devices}(${quote}GPU${quote}):`, `    ${call}`]
  const line = python.text.indexOf('\n', end)
  const endsCell = line < 0 || !fragment.segments.some((one) => one.start <= end && line + 1 < one.end)
  const next = python.text.slice(line + 1).split('\n', 1)[0]!
  return endsCell || next.trim() === '' ? lines : [...lines, '']
}

/** The releases before hand on TensorFlow's Keras, without this module, or have no policies. */
const firstOwnPolicies = '2.6'

/** Keras that comes with TensorFlow has the version of TensorFlow, whatever else is installed. */
export function standsAlone(python: PythonModule): boolean {
  return [python, ...python.imported].some(({ imports }) =>
    [...imports].some((name) => /^keras(\.|$)/.test(name)),
  )
}

/** Names that Keras 2 had before its release 2.4, and which went in the years after. */
const fromBefore =
  /\b(fit|predict|evaluate)_generator\(|\bnp_utils\b|\b(Adam|SGD|RMSprop|Nadam|Adagrad|Adadelta)\(lr\s*=|keras\.layers\.(merge|normalization|convolutional|core)\b/

/** What programs for TensorFlow 2.0 and 2.1 pass beside Horovod, and nobody needs any more. */
const ofFirstReleases = /\bexperimental_run_tf_function\b/

/** It uses what had gone some years ago. */
export const isWrittenForOld = ({ code }: PythonModule): boolean => fromBefore.test(code)

/** Names that only Keras 3 has, or TensorFlow 2 beside it, whose releases come with one of Keras that has policies. */
export function isWrittenForNew(python: PythonModule): boolean {
  if (isWrittenForOld(python)) return false
  return (
    /\bKERAS_BACKEND\b|\bkeras\.(ops|saving|random|export)\b/.test(python.text) ||
    newNames.test(python.code) ||
    [...python.imports].some((name) => /^tensorflow(\.|$)/.test(name))
  )
}

/** What came with releases from 2.6 on: networks, optimisers, a callback out of its experiments, a format of files. */
const newNames =
  /\b(ConvNeXt(Tiny|Small|Base|Large|XLarge)|EfficientNetV2\w+|RegNet[XY]\d+|ResNetRS\d+|(?<!tfa\.|addons\.)optimizers\.(AdamW|Lion)|(?<!experimental\.)BackupAndRestore|utils\.image_dataset_from_directory)\(?|\.keras["']/

/** What TensorFlow 2.4, which brought the policies, and the releases of Keras beside it had no more. */
function usesRemoved(python: PythonModule, versions: Record<string, string> = {}): boolean {
  if (tensorflowVersion(python, versions).before(2, 0) === true) return true
  if (ofFirstReleases.test(python.code)) return true
  if (python.calls.some(({ expr }) => expr.args.some(({ name }) => removedArguments.test(name ?? ''))))
    return true
  return [...python.imports].some((name) =>
    /\.multi_gpu_model$|^(tensorflow\.)?keras\.backend\.tensorflow_backend|^keras\.(engine\.topology|objectives)/.test(
      name,
    ),
  )
}

/** Keras 1 called them so. */
const removedArguments = /^(nb_epoch|samples_per_epoch|nb_val_samples|border_mode)$/

/** Networks of the library that end in a layer of their own. */
function makesWhole(python: PythonModule): boolean {
  return python.calls.some(
    (call) =>
      /^keras\.applications\b/.test(call.name ?? '') &&
      fixedArgument(python.argument(call, 'include_top', 0)) !== false,
  )
}

/** The last of the imports at the top, which the policy has to follow and the model has to come after. */
function importOf(body: Stmt[]): Stmt | null {
  const isKeras = (statement: ImportStmt): boolean =>
    /^(keras|tf_keras|tensorflow)(\.|$)/.test(statement.module ?? '') ||
    (!statement.from && statement.names.some(({ name }) => /^(keras|tf_keras|tensorflow)(\.|$)/.test(name)))
  let last: Stmt | null = null
  for (const statement of body) {
    if (statement.type === 'import' && isKeras(statement)) last = statement
    else if (last !== null && statement.type === 'import') last = statement
    else if (last !== null) break
  }
  return last
}

const heads: Record<string, { units: string; activation: number | null }> = {
  'keras.layers.Dense': { units: 'units', activation: 1 },
  'keras.layers.Activation': { units: '', activation: 0 },
  'keras.layers.Conv1D': { units: 'filters', activation: null },
  'keras.layers.Conv2D': { units: 'filters', activation: null },
  'keras.layers.Conv3D': { units: 'filters', activation: null },
  'keras.layers.Conv1DTranspose': { units: 'filters', activation: null },
  'keras.layers.Conv2DTranspose': { units: 'filters', activation: null },
  'keras.layers.Conv3DTranspose': { units: 'filters', activation: null },
}

/** What comes out of a model stays in fp32, as the guide of Keras asks for: a softmax over 16 bits loses small probabilities. */
function fullPrecisionHead(
  python: PythonModule,
  { path, fragment }: { path: string; fragment: number },
): Write[] {
  return lastLayers(python)
    .filter((call) => !mayBePassed(python.argument(call, 'dtype')))
    .map((call) => ({
      kind: 'set keyword',
      path,
      call: { fragment, start: call.expr.start, end: call.expr.end },
      name: 'dtype',
      value: '"float32"',
    }))
}

/** Modules whose functions make a network to its last layer; layers take the policy that holds when they are made. */
function makersOf(python: PythonModule): PythonModule[] {
  // What is built here around such a network ends elsewhere.
  const builds = /^keras\.(layers\.|(models\.)?(Model|Sequential)$)/
  if (python.calls.some(({ name }) => name !== null && builds.test(name))) return []
  const modules = new Map<string, PythonModule>()
  for (const { expr } of python.calls) {
    const made = functionAt(python, expr.callee)?.python
    if (made !== undefined && made !== python && made.path.endsWith('.py')) modules.set(made.path, made)
  }
  return [...modules.values()].filter((one) => lastLayers(one).length > 0)
}

/** Layers that end a model: by what they compute, or by where they stand. */
function lastLayers(python: PythonModule): Call[] {
  const last = new Set(outputsOf(python))
  return python.calls.filter((call) => last.has(call.expr) || isProbability(python, call))
}

function isProbability(python: PythonModule, call: Call): boolean {
  const head = lookUp(heads, call.name ?? '')
  if (head === undefined) return false
  const value = knownArgument(python.argument(call, 'activation', head.activation ?? undefined))
  // One unit ends a model; a gate of many units does not.
  return (
    value === 'softmax' || (value === 'sigmoid' && knownArgument(python.argument(call, head.units, 0)) === 1)
  )
}

/** The layers whose result is given to `Model(outputs=…)`, that end a `Sequential`, or that are added to one last. */
function outputsOf(python: PythonModule): Expr[] {
  const found: Expr[] = []
  const add = (expr: Expr | undefined) => {
    const made = expr === undefined ? undefined : python.definition(expr)
    // `Dense(10)(x)`, `head(x)`.
    const applied = made?.type === 'call' ? python.definition(made.callee) : undefined
    const layer = applied?.type === 'call' ? applied : made
    if (layer?.type === 'call' && lookUp(heads, python.callOf(layer)?.name ?? '') !== undefined)
      found.push(layer)
  }
  const added = new Map<string, Expr>()
  for (const call of python.calls) {
    if (/^keras\.(models\.)?Model$/.test(call.name ?? '')) {
      const outputs = passedExpression(python.argument(call, 'outputs', 1))
      if (outputs !== null) for (const one of outputs.type === 'list' ? outputs.items : [outputs]) add(one)
    } else if (/^keras\.(models\.)?Sequential$/.test(call.name ?? '')) {
      const layers = passedExpression(python.argument(call, 'layers', 0))
      if (layers?.type === 'list') add(layers.items.at(-1))
    } else if (call.method === 'add' && call.expr.callee.type === 'attribute') {
      const { value } = call.expr.callee
      const [layer] = call.expr.args
      const model = `${call.function?.qualified ?? ''} ${python.text.slice(value.start, value.end)}`
      if (layer !== undefined) added.set(model, layer.value)
    }
  }
  for (const layer of added.values()) add(layer)
  return found
}

/** The package that the file already imports Keras from. */
export function kerasPackage(python: PythonModule, submodule: string): string {
  const imports = [...python.imports]
  const from = (name: RegExp) => imports.some((one) => name.test(one))
  const root = from(/^tf_keras(\.|$)/)
    ? 'tf_keras'
    : from(/^tensorflow\.keras(\.|$)/) || !from(/^keras(\.|$)/)
      ? 'tensorflow.keras'
      : 'keras'
  return `${root}.${submodule}`
}
