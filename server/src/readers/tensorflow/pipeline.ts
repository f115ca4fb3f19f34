/** What a `tf.data` pipeline is made of: followed from a data set back to where its elements come from. */

import type { Call, Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Binding } from '../../python/scope.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { passedExpression } from '../../values/argument.js'

export interface Pipeline {
  /** Canonical name of what gives the elements ('tensorflow.data.TFRecordDataset'); null: not seen. */
  source: string | null
  sourceCall: Call | null
  /** Canonical names of all of them: of branches, and of what is put together. */
  sources: string[]
  /** Methods that are applied, from the source on; those of all branches where it has several. */
  steps: Call[]
  /** False where a part of it lies in another place. */
  complete: boolean
}

const sources = [
  /^tensorflow\.data\.(experimental\.)?Dataset\.(from_tensors|from_tensor_slices|from_generator|list_files|range|zip|load|sample_from_datasets|choose_from_datasets|random)$/,
  /^tensorflow\.data\.(experimental\.)?(TFRecordDataset|TextLineDataset|FixedLengthRecordDataset|CsvDataset|SqlDataset|RandomDataset|make_csv_dataset|make_batched_features_dataset|make_tf_record_dataset|load|sample_from_datasets|choose_from_datasets)$/,
  /^tensorflow\.contrib\.data\.\w*Dataset$/,
  /^keras\.(utils|preprocessing(\.image|\.text|\.timeseries)?)\.(image_dataset_from_directory|text_dataset_from_directory|audio_dataset_from_directory|timeseries_dataset_from_array)$/,
  /^tensorflow_datasets\.load$/,
]
/** Methods of a data set that give a data set. */
const transformations = new Set(
  (
    'map interleave flat_map filter batch padded_batch ragged_batch unbatch shuffle repeat cache prefetch take skip ' +
    'shard window concatenate enumerate apply with_options snapshot take_while scan group_by_window ' +
    'bucket_by_sequence_length rejection_resample assert_cardinality ignore_errors rebatch zip map_with_legacy_function'
  ).split(' '),
)
/** Functions that hand a data set on. */
const passing =
  /^tensorflow_datasets\.as_numpy$|^(iter|enumerate|tqdm\.(\w+\.)*t?qdm|zip)$|^tqdm\.(\w+\.)?trange$/
/** Methods of strategies that hand it on, and prefetch by themselves. */
const distributing = /^(experimental_distribute_dataset|distribute_datasets_from_function)$/

/** What goes through a data set, and what it gives next. */
const iterators = /^(as_numpy_iterator|make_(one_shot|initializable)_iterator|get_next)$/

const depthLimit = 24
const stepLimit = 200

/** Names that compatibility modules put elsewhere. */
export function plainName(name: string): string {
  return name.replace(/^tensorflow\.compat\.v[12]\./, 'tensorflow.')
}

export function usesPipelines(analysis: PythonModule): boolean {
  return once(analysis, 'tf.data', () =>
    [...analysis.imports].some((name) => /^(tensorflow|tensorflow_datasets|keras)(\.|$)/.test(name)),
  )
}

/** Null: it is no data set of TensorFlow. */
export function pipelineOf(analysis: PythonModule, expr: Expr): Pipeline | null {
  const found: Pipeline = { source: null, sourceCall: null, sources: [], steps: [], complete: true }
  new Walk(analysis, found).follow(expr, 0, new Map())
  return found.source === null ? null : found
}

/** Parameters with what one call passes for them, by the place of the parameter. */
type Passed = Map<number, Expr | null>

class Walk {
  private readonly seen = new Set<Expr>()

  constructor(
    private readonly analysis: PythonModule,
    private readonly into: Pipeline,
  ) {}

  follow(expr: Expr, depth: number, passed: Passed): void {
    const { into } = this
    if (depth > depthLimit || into.steps.length > stepLimit) {
      into.complete = false
      return
    }
    if (this.seen.has(expr)) return
    this.seen.add(expr)
    if (expr.type === 'call') this.call(expr, depth, passed)
    else if (expr.type === 'name') this.name(expr, depth, passed)
    else if (expr.type === 'subscript') this.follow(expr.value, depth + 1, passed)
    else if (expr.type === 'conditional') {
      this.follow(expr.then, depth + 1, passed)
      this.follow(expr.otherwise, depth + 1, passed)
    } else if (expr.type === 'attribute') {
      const values = this.analysis.attributeValues(expr)
      if (values.length === 0) into.complete = false
      for (const value of values) {
        if (value === null) into.complete = false
        else this.follow(value, depth + 1, passed)
      }
    } else into.complete = false
  }

  private call(expr: Expr & { type: 'call' }, depth: number, passed: Passed): void {
    const { analysis, into } = this
    const call = analysis.callAt(expr)
    if (call === null) {
      into.complete = false
      return
    }
    const name = call.name === null ? null : plainName(call.name)
    if (name !== null) {
      if (sources.some((source) => source.test(name))) {
        into.source ??= name
        into.sourceCall ??= call
        into.sources.push(name)
        if (/\.(zip|sample_from_datasets|choose_from_datasets)$/.test(name)) this.parts(expr, depth, passed)
        return
      }
      const [first] = expr.args
      if (passing.test(name) && first !== undefined && first.star === 0) {
        this.follow(first.value, depth + 1, passed)
        return
      }
    }
    const func = analysis.functionOf(expr.callee)
    if (func !== null) {
      this.enter(func, call, depth, passed)
      return
    }
    const { callee } = expr
    if (callee.type !== 'attribute') {
      into.complete = false
      return
    }
    if (distributing.test(callee.attr)) {
      into.steps.push(call)
      const [first] = expr.args
      if (first !== undefined) this.follow(first.value, depth + 1, passed)
      return
    }
    if (callee.attr === 'as_dataset' && isBuilder(analysis, callee.value, call)) {
      into.source ??= 'tensorflow_datasets.load'
      into.sourceCall ??= call
      into.sources.push(into.source)
      return
    }
    if (name === null && transformations.has(callee.attr)) {
      this.follow(callee.value, depth + 1, passed)
      into.steps.push(call)
    } else if (name === null && iterators.test(callee.attr)) this.follow(callee.value, depth + 1, passed)
    else into.complete = false
  }

  /** `tf.data.Dataset.zip((images, labels))`. */
  private parts(expr: Expr & { type: 'call' }, depth: number, passed: Passed): void {
    for (const { value } of expr.args) {
      const parts = value.type === 'tuple' || value.type === 'list' ? value.items : [value]
      for (const part of parts) if (part.type !== 'constant') this.follow(part, depth + 1, passed)
    }
  }

  private enter(func: Func, call: Call, depth: number, passed: Passed, path?: readonly number[]): void {
    const { analysis, into } = this
    if (depth > depthLimit) {
      into.complete = false
      return
    }
    const inside: Passed = new Map()
    const shift = func.class !== null && func.node.params[0]?.name === 'self' ? 1 : 0
    func.node.params.forEach((param, position) => {
      const given = passedExpression(analysis.argument(call, param.name, position - shift))
      inside.set(param.start, given === null ? null : this.resolved(given, passed))
    })
    const returned = returnsOf(func)
    if (returned.length === 0) into.complete = false
    for (const value of returned) {
      const parts = path === undefined && value.type === 'tuple' ? value.items : [partOf(value, path ?? [])]
      for (const part of parts) {
        if (part.type !== 'constant') this.follow(part, depth + 1, inside)
      }
    }
  }

  /** What a name stands for outside of the function that is entered. */
  private resolved(expr: Expr, passed: Passed): Expr | null {
    if (expr.type !== 'name') return expr
    const bindings = this.analysis.bindingsOf(expr)
    const only = bindings.length === 1 ? bindings[0]! : null
    return only?.kind === 'param' && passed.has(only.at) ? passed.get(only.at)! : expr
  }

  private name(expr: Expr & { type: 'name' }, depth: number, passed: Passed): void {
    const { analysis, into } = this
    const bindings = analysis.bindingsOf(expr)
    if (bindings.length === 0) into.complete = false
    for (const binding of bindings) {
      if (binding.kind === 'param') {
        const inside = passed.get(binding.at)
        if (inside !== undefined) {
          if (inside === null) into.complete = false
          else this.follow(inside, depth + 1, passed)
          continue
        }
        this.parameter(expr, binding, depth)
      } else if (binding.kind === 'assign' && binding.value !== null) {
        this.part(binding.value, binding.unpack ?? [], depth, passed)
      } else into.complete = false
    }
  }

  /** `train, count = pictures('train')`: what the function gives back in that place. */
  private part(value: Expr, path: readonly number[], depth: number, passed: Passed): void {
    const call = value.type === 'call' && path.length > 0 ? this.analysis.callAt(value) : null
    const func = call === null ? null : this.analysis.functionOf(call.expr.callee)
    if (func === null) this.follow(partOf(value, path), depth + 1, passed)
    else this.enter(func, call!, depth + 1, passed, path)
  }

  private parameter(expr: Expr & { type: 'name' }, binding: Binding, depth: number): void {
    const { analysis, into } = this
    const owner = analysis.parameterOf(binding)
    const annotated = owner?.annotation == null ? null : analysis.nameOf(owner.annotation)
    if (annotated !== null && /^tensorflow\.data\.(experimental\.)?Dataset$/.test(plainName(annotated)))
      into.source ??= 'tensorflow.data.Dataset'
    const sites = owner === null ? null : analysis.callSites(owner.func)
    if (owner === null || sites === null || sites.length === 0) {
      into.complete = false
      return
    }
    for (const site of sites.slice(0, 20)) {
      const given = passedExpression(analysis.argument(site, expr.id, owner.position))
      if (given !== null) this.follow(given, depth + 1, new Map())
      else into.complete = false
    }
  }
}

/** `tfds.builder('mnist')`, `tfds.ImageFolder(…)`. */
function isBuilder(analysis: PythonModule, expr: Expr, { receiver }: Call): boolean {
  const made = analysis.callOf(expr)?.name ?? receiver
  return made?.startsWith('tensorflow_datasets.') === true
}

/** `train, test = tfds.load(…)` has its parts from the call; `a, b = x, y` from the display. */
function partOf(value: Expr, path: readonly number[]): Expr {
  let current = value
  for (const index of path) {
    if (current.type !== 'tuple' && current.type !== 'list') return current
    const item = current.items[index]
    if (item === undefined) return current
    current = item
  }
  return current
}

/** The name of the method in a chain: what is shown for one step. */
export function methodPlace(call: Call): { start: number; end: number } {
  const { callee } = call.expr
  return callee.type === 'attribute'
    ? { start: callee.end - callee.attr.length, end: callee.end }
    : { start: callee.start, end: callee.end }
}

/** `map_and_batch(parse, batch_size)` of `apply(tf.data.experimental.map_and_batch(…))`; null: the step is no such thing. */
export function fusedMap(analysis: PythonModule, { method, expr }: Call): Call | null {
  const given = method === 'apply' ? expr.args[0]?.value : undefined
  const inner = given?.type === 'call' ? analysis.callAt(given) : null
  return inner !== null &&
    /^tensorflow\.(contrib\.data|data\.experimental)\.map_and_batch\w*$/.test(plainName(inner.name ?? ''))
    ? inner
    : null
}
