/** What the function that a `tf.data` pipeline applies to each element does. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, lastName } from '../../syntax/python-children.js'
import { draws, slowFor } from '../python/slow-samples.js'
import { reachedCalls } from '../search/trial-function.js'
import { plainName } from './pipeline.js'

export interface Mapped {
  /** As the code calls it: 'decode', or null for a lambda. */
  name: string | null
  /** As a verb with its object; null: nothing that takes time is seen. */
  does: string | null
  /** It calls Python instead of TensorFlow operations: by what. */
  python: string | null
  /** It keeps state (random numbers, Python), so that the library runs it in order: why, as a clause. */
  stateful: string | null
  /** All that keeps state is Python whose code is here, takes long and draws nothing: an element gives the same each time. */
  repeats: boolean
  /** The call that reads a file whose path the element holds: `tf.io.read_file`. */
  reads: string | null
  /** What it calls whose code is not seen, which may draw: `augment`. */
  opaque: string | null
  /** It brings a picture to one size. */
  resizes: boolean
  /** It was followed to its code. */
  known: boolean
}

const pythonCalls = /^tensorflow\.(py_function|numpy_function|py_func)$/
const randomCalls =
  /^tensorflow\.(image\.(random_\w+|sample_distorted_bounding_box)|random\.(uniform|normal|truncated_normal|shuffle|gamma|poisson|categorical|log_uniform)|random_(uniform|normal|shuffle|crop)|image\.random_crop)$/
const randomLayers = /^keras\.layers\.(\w+\.)*Random[A-Z]\w*$/
const layersInside = /^keras\.(Sequential|Model)$/

const encoders =
  /^(tensorflow_hub\.(load|KerasLayer)|tensorflow\.saved_model\.load|keras\.applications\.\w+|keras\.applications\.\w+\.[A-Z]\w+|transformers\.TF\w+\.from_pretrained)$/
const fileReads = /^tensorflow(\.io)?\.(read_file|gfile\.GFile)$/

const work: [RegExp, string][] = [
  [/^tensorflow\.(io|image)\.decode_(jpeg|png|image|gif|bmp|and_crop_jpeg)$/, 'decodes images'],
  [/^tensorflow\.audio\.decode_wav$/, 'decodes audio'],
  [/^tensorflow(\.io)?\.read_file$/, 'reads files'],
  [/^tensorflow(\.io)?\.decode_compressed$/, 'unpacks records'],
  [/^tensorflow\.io\.gfile\./, 'reads files'],
  [
    /^tensorflow(\.io)?\.(parse_(single_)?(sequence_)?example|decode_csv|decode_json_example|decode_proto)$/,
    'parses records',
  ],
  [/^tensorflow\.signal\./, 'computes spectra'],
  [
    /^tensorflow\.image\.(resize\w*|(stateless_)?random_\w+|(stateless_)?sample_\w+|adjust_\w+|rot90|crop_\w+|extract_\w+|rgb_to_\w+|hsv_to_\w+|central_crop|pad_to_bounding_box|non_max_suppression\w*|per_image_standardization)$/,
    'transforms images',
  ],
  [/^(tensorflow_addons|tensorflow_graphics)\.image\./, 'transforms images'],
]

/** The function of a `map`, or what it is given otherwise. */
export function mappedOf(analysis: PythonModule, call: Call): Mapped | null {
  const [first] = call.expr.args
  const given = call.expr.args.find((one) => one.name === 'map_func') ?? first
  if (given === undefined || given.star !== 0) return null
  const expr = given.value
  const found: Mapped = {
    name: null,
    does: null,
    python: null,
    stateful: null,
    repeats: false,
    reads: null,
    opaque: null,
    resizes: false,
    known: false,
  }
  if (expr.type === 'lambda') {
    found.known = true
    new Reach(analysis, found).expression(expr.body, 0)
    return found
  }
  const name = expr.type === 'name' ? expr.id : expr.type === 'attribute' ? expr.attr : null
  found.name = name
  const func = analysis.functionOf(expr)
  if (func !== null) {
    found.known = true
    new Reach(analysis, found).function(func, 0)
    return found
  }
  const value = analysis.definition(expr)
  const elsewhere = analysis.importedFunction(expr.type === 'call' ? expr.callee : expr)
  if (value.type === 'lambda') {
    found.known = true
    new Reach(analysis, found).expression(value.body, 0)
  } else if (elsewhere !== null) {
    // `map(make_parser(416))` runs what the function of another module gives back.
    if (expr.type === 'call') found.name = `${lastName(expr.callee)}(…)`
    found.known = true
    for (const one of [...elsewhere.calls, ...(elsewhere.gives?.calls ?? [])]) addWork(found, one)
  }
  return found
}

/** What a library call adds to the work of each element; true: it runs Python, which costs more than what is around it. */
function addWork(found: Mapped, called: string): boolean {
  const name = plainName(called)
  const short = name.replace(/^tensorflow\./, 'tf.')
  if (pythonCalls.test(name)) {
    found.python ??= short
    found.stateful ??= `\`${short}\` calls Python`
    found.does = 'runs Python code'
    return true
  }
  if (fileReads.test(name)) found.reads ??= short
  if (/^tensorflow\.image\.resize/.test(name)) found.resizes = true
  const does = work.find(([pattern]) => pattern.test(name))
  if (does !== undefined && !/^(decodes|runs)/.test(found.does ?? '')) found.does = does[1]
  if (randomCalls.test(name)) found.stateful ??= `\`${short}\` draws random numbers`
  return false
}

/** Calls that a function reaches, in this module. */
class Reach {
  private readonly entered = new Set<Func>()

  constructor(
    private readonly analysis: PythonModule,
    private readonly found: Mapped,
  ) {}

  function(func: Func, depth: number): void {
    if (depth > 3 || this.entered.has(func)) return
    this.entered.add(func)
    for (const call of func.calls) this.call(call, depth)
  }

  expression(expr: Expr, depth: number): void {
    if (expr.type === 'call') {
      const call = this.analysis.callAt(expr)
      if (call !== null) this.call(call, depth)
    }
    for (const child of childrenOf(expr)) this.expression(child, depth)
  }

  private call(call: Call, depth: number): void {
    const { analysis, found } = this
    if (call.name !== null && addWork(found, call.name)) {
      this.python(call)
      return
    }
    if (call.name === null && this.isEncoder(call)) found.does = 'runs a model'
    const layer = this.randomLayer(call)
    if (layer !== null) {
      found.does ??= 'transforms images'
      found.stateful ??= `\`${layer}\` draws random numbers`
    }
    const func = analysis.functionOf(call.expr.callee)
    if (func !== null) this.function(func, depth + 1)
    else if (call.name === null) {
      const imported = analysis.importedFunction(call.expr.callee)
      for (const one of imported?.calls ?? []) addWork(found, one)
      if (imported === null && layer === null && this.isOpaque(call)) found.opaque ??= call.method
    }
  }

  /** `augment(picture)`, `self.augment(picture)`, of which it is not seen what it is. */
  private isOpaque({ expr: { callee } }: Call): boolean {
    const own = callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'
    if (callee.type !== 'name' && !own) return false
    const made = this.analysis.definition(callee)
    return made.type !== 'call' || this.analysis.nameOf(made.callee) === null
  }

  /** `tf.numpy_function(mfcc, [path], tf.float32)` */
  private python({ expr: { args } }: Call): void {
    const given = args.find(({ name }) => name === 'func') ?? args[0]
    const func = given === undefined ? null : this.analysis.functionOf(given.value)
    if (func === null) return
    const calls = reachedCalls(this.analysis, func)
    if (calls.some(({ name, method }) => draws.test(name ?? method))) return
    if (!calls.some((one) => slowFor(this.analysis, one) !== null)) return
    this.found.does = 'computes features in Python'
    this.found.repeats = true
  }

  /** `encoder(text)`, where a library has made it with its weights. */
  private isEncoder({ expr: { callee } }: Call): boolean {
    if (callee.type === 'call') return false
    const made = this.analysis.definition(callee)
    return made.type === 'call' && encoders.test(this.analysis.nameOf(made.callee) ?? '')
  }

  /** `augment(image, training=True)`, where `augment` is a stack of random layers. */
  private randomLayer(call: Call): string | null {
    const { analysis } = this
    const { callee } = call.expr
    if (callee.type === 'call') return null
    const made = analysis.definition(callee)
    if (made.type !== 'call') return null
    const name = analysis.nameOf(made.callee)
    if (name === null) return null
    if (randomLayers.test(name)) return lastPart(name)
    if (!layersInside.test(name)) return null
    return this.layerIn(made, 0)
  }

  private layerIn(expr: Expr, depth: number): string | null {
    if (depth > 3) return null
    for (const child of childrenOf(expr)) {
      if (child.type === 'call') {
        const name = this.analysis.nameOf(child.callee)
        if (name !== null && randomLayers.test(name)) return lastPart(name)
      }
      const inner = child.type === 'list' || child.type === 'call' ? this.layerIn(child, depth + 1) : null
      if (inner !== null) return inner
    }
    return null
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
