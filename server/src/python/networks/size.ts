/** How large the networks are that a module makes, counted from their layers. */
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import type { CountedLayers } from '../../text/counted-layers.js'
import type { Json } from '../../text/json.js'
import { once } from '../../text/once.js'
import { lookUp } from '../../text/records.js'
import { classAt } from '../definition-places.js'
import type { Call, Func, Klass, PythonModule } from '../module.js'
import { isLibraryNetwork } from '../network-types.js'
import { classMethodAt } from './layer-classes.js'
import { weightsOf } from './layer-sizes.js'
import { isPool, mayConvolve, Scale } from './places-left.js'
import type { PublishedNetwork } from './published.js'
import { NetworkReader } from './reader.js'
import { holdsLayers, isKind, isNetworkClass, type Layer, scopeOf, type Value } from './values.js'

/** Sizes that are not known count as usual ones. */
export interface NetworkSize extends CountedLayers {
  /** Entries of the largest matrix. */
  widest: number
  /** It makes pictures: as large as those that it is given. */
  dense?: true
}

class Count {
  readonly size: NetworkSize = { parameters: 0, widest: 0, layers: 0 }
  /** Something in it cannot be counted. */
  open = false
  /** Networks of libraries in it, whose layers only their names tell. */
  readonly published = new Map<string, Set<string>>()
  /** Some of its weights may not be trained. */
  private frozen = false
  private readonly seen = new Set<Layer>()
  private readonly scale = new Scale()
  /** The attribute that holds what is added. */
  private holder = ''
  private guessing = false
  private readonly repeated = { weights: 0, used: 0 }

  constructor(private readonly reader: NetworkReader) {}

  add(value: Value, times = 1, depth = 0): void {
    if (depth > 30) this.open = true
    if (this.open) return
    if (Array.isArray(value)) for (const one of value) this.add(one, times, depth + 1)
    else if (isKind(value, 'fields')) for (const one of value.fields.values()) this.add(one, times, depth + 1)
    else if (isKind(value, 'repeated')) {
      this.guessed(() => this.add(value.value, times * usualRepeats, depth + 1))
    } else if (isKind(value, 'foreign')) {
      if (value.name === undefined) this.open = true
      else this.published.set(value.name, (this.published.get(value.name) ?? new Set()).add(this.holder))
    } else if (isKind(value, 'layer')) this.layer(value, times, depth)
  }

  private layer(layer: Layer, times: number, depth: number): void {
    if (this.seen.has(layer)) return
    this.seen.add(layer)
    const { kind, given } = layer
    if (typeof kind !== 'string') {
      this.network(
        kind.klass,
        kind.python,
        this.reader.construct(kind.klass, kind.python, given),
        times,
        depth,
      )
      return
    }
    // What is assigned to a plain module afterwards is not followed: `self.mid = nn.Module()`, `self.mid.block = Block()`.
    if (kind === 'Module') this.open = true
    else if (kind === 'Sequential') {
      if (given.positional.some((one) => !holdsLayers(one))) this.open = true
      this.add(given.positional, times, depth + 1)
    } else if (kind === 'TransformerEncoder' || kind === 'TransformerDecoder') {
      const template = given.named.get(kind === 'TransformerEncoder' ? 'encoder_layer' : 'decoder_layer')
      const count = given.named.has('num_layers') ? given.named.get('num_layers') : given.positional[1]
      const copies = (each: number) => this.copies(template ?? given.positional[0], times * each, depth)
      if (typeof count === 'number') copies(count)
      else this.guessed(() => copies(usualRepeats))
    } else this.torchLayer(kind, layer, times)
  }

  /** Nobody knows how often what is added here is made. */
  private guessed(add: () => void): void {
    // Within others they are counted already.
    if (this.guessing) {
      add()
      return
    }
    const [weights, used] = [this.size.parameters, this.size.places?.weights ?? 0]
    this.guessing = true
    add()
    this.guessing = false
    this.repeated.weights += this.size.parameters - weights
    this.repeated.used += (this.size.places?.weights ?? 0) - used
  }

  /** Copies of a layer, which itself takes no part. */
  private copies(template: Value, times: number, depth: number): void {
    if (!isKind(template, 'layer')) this.open = true
    else this.layer({ ...template }, times, depth + 1)
    if (isKind(template, 'layer')) this.seen.add(template)
  }

  private torchLayer(kind: string, { given }: Layer, times: number): void {
    const { size } = this
    const { products, widest, guessed } = weightsOf(kind, given)
    const convolved = this.scale.through(kind, given)
    if (products === 0) {
      if (kind === 'Upsample' || kind === 'PixelShuffle') size.dense = true
      return
    }
    size.parameters += products * times
    size.widest = Math.max(size.widest, widest)
    size.layers += times
    if (guessed) {
      size.guessed = true
      const { parameters, convolved: before } = size.guesses ?? { parameters: 0, convolved: 0 }
      const more = products * times
      size.guesses = { parameters: parameters + more, convolved: before + (convolved === null ? 0 : more) }
    }
    if (/^(RNN|GRU|LSTM)/.test(kind)) size.recurrent = (size.recurrent ?? 0) + products * times
    if (convolved !== null) {
      size.convolved = (size.convolved ?? 0) + products * times
      const { weights = 0, axes = convolved.axes } = size.places ?? {}
      const used = weights + products * times * convolved.share ** convolved.axes
      size.places = { weights: used, axes: Math.max(axes, convolved.axes), left: this.scale.left }
    }
    if (/ConvTranspose/.test(kind)) size.dense = true
    if (/Transformer|Attention/.test(kind)) size.attends = true
  }

  /** Null: some of it cannot be counted. */
  get whole(): NetworkSize | null {
    if (this.open || this.published.size > 0) return null
    const { weights, used } = this.repeated
    if (weights === 0) return this.size
    const { parameters, places } = this.size
    return { ...this.size, repeats: Math.max(weights / parameters, used / (places?.weights || 1)) }
  }

  /** The one network of a library that it is built around; null: there is none. */
  get around(): PublishedNetwork | null {
    const [first] = this.published
    if (this.open || first === undefined || this.published.size > 1) return null
    const [name, copies] = first
    return { name, beside: this.size.parameters, copies: copies.size, frozen: this.frozen }
  }

  /** What stands in the attributes of a network. */
  network(klass: Klass, python: PythonModule, own: ReadonlyMap<string, Value>, times = 1, depth = 0): void {
    const text = python.text.slice(klass.node.start, klass.node.end)
    if (/\brequires_grad|\bno_grad\b|freeze/.test(text)) this.frozen = true
    if (/\bF\.(interpolate|upsample|pixel_shuffle|grid_sample)\(|functional\.interpolate\(/.test(text))
      this.size.dense = true
    if (weighsWords(text)) this.size.attends = true
    // What it adds to a network of a library is no measure of the whole.
    if (spreadsOverGraph.test(text) || klass.bases.some(hasLayers)) this.open = true
    const within = this.scale.enter(text, own)
    const passed = textOfPass(klass, python)
    for (const [name, value] of own) {
      const unknown =
        value === undefined ||
        isKind(value, 'unread') ||
        (isKind(value, 'foreign') && value.name === undefined)
      // What cannot be read matters where the network is applied to something: a metric is not.
      if (unknown && !weightless.test(name) && isApplied(passed, name)) this.open = true
      else if (!unknown) {
        if (isPool(value) && within.has(name)) continue
        // Either of two that a condition decides between is one network.
        this.holder = `${depth} ${name}`
        this.add(value, times, depth + 1)
        if (mayConvolve(value)) within.step()
      }
    }
  }
}

/** A network of a library that others extend; one that is only the frame of networks has no layers of its own. */
const hasLayers = (base: string): boolean => isLibraryNetwork(base) && !/PreTrainedModel$/.test(base)

/** How often something is taken to be made that is made over and over, nobody knows how often. */
const usualRepeats = 6

/** Attributes that no product goes through, or that take no part in the network. */
const weightless =
  /^(loss|metrics?|criterion)_|(^|_)(loss|losses|crit|criterion|ema|metrics?|acc|accuracy|auc|auroc|f1(_?score)?|precision|recall|iou|dice|act|activation|relu|gelu|a?bn\d*|norm\d*|ln\d*|drop(out)?\d*|drop_path|pool\d*|softmax|sigmoid|tanh|log|logger|plotter|tokenizer|processor|optimi[sz]er|scheduler|transforms?|augment\w*)($|_(fn?|func|layer)$)/i

/** Products with the matrix of a whole graph, whose size no layer tells. */
const spreadsOverGraph = /\bsparse\.\w|\bspmm\w*\(|\bSparseTensor\b|\b(edge_index|adj_t)\b/

/** Attention that is written out. */
function weighsWords(text: string): boolean {
  if (text.includes('scaled_dot_product_attention')) return true
  return /softmax\(/i.test(text) && /\b(matmul|bmm|einsum)\(|\S @ \S/.test(text)
}

const passes = ['forward', '__call__', 'training_step', 'compute_loss']

/** The methods that a sample goes through in training, and those that they call; the whole class where none is seen to be one. */
function textOfPass({ methods, node }: Klass, python: PythonModule): string {
  const textOf = (name: string): string => {
    const method = methods.get(name)
    return method === undefined ? '' : python.text.slice(method.node.start, method.node.end)
  }
  const reached = new Set(passes.filter((one) => methods.has(one)))
  if (!reached.has('forward') && !reached.has('training_step')) return python.text.slice(node.start, node.end)
  // What is added while the set is walked is walked as well.
  for (const name of reached)
    for (const [, called] of textOf(name).matchAll(/\bself\.(\w+)/g))
      if (methods.has(called!) && called !== '__init__') reached.add(called!)
  return [...reached].map(textOf).join('\n')
}

/** `self.encoder(x)`, `for layer in self.layers`. */
function isApplied(text: string, attribute: string): boolean {
  const name = attribute.replace(/[^\w]/g, '\\$&')
  return new RegExp(
    `\\bself\\.${name}(\\.forward)?\\(|\\bin (enumerate\\(|zip\\()?self\\.${name}\\b|\\bself\\.${name}\\[[^\\]]*\\]\\(`,
  ).test(text)
}

/** Null: none of it can be counted. */
function counted(program: PythonModule, work: (count: Count, reader: NetworkReader) => void): Count | null {
  const reader = new NetworkReader(program)
  const count = new Count(reader)
  try {
    work(count, reader)
  } catch (error) {
    // Expressions may be nested deeper than the stack.
    if (error instanceof RangeError) return null
    throw error
  }
  return count
}

/** The network that a call makes. */
export function sizeOfMade(python: PythonModule, made: CallExpr): NetworkSize | null {
  return countOfMade(python, made)?.whole ?? null
}

/** The published network that the network of a call is built around; null: there is none, or it cannot be told. */
export function aroundOfMade(python: PythonModule, made: CallExpr): PublishedNetwork | null {
  return countOfMade(python, made)?.around ?? null
}

function countOfMade(python: PythonModule, made: CallExpr): Count | null {
  return counted(python, (count, reader) => count.add(reader.value(made, scopeOf(python))))
}

/**
 * A network of this class, whoever makes it.
 *
 * @param program what is started
 * @param given what its constructor is given by name, where that is known
 */
export function sizeOfClass(
  python: PythonModule,
  klass: Klass,
  program = python,
  given: Readonly<Record<string, Json>> | null = null,
): NetworkSize | null {
  const named = new Map<string, Value>()
  for (const [name, value] of Object.entries(given ?? {}))
    if (value === null || typeof value !== 'object') named.set(name, value)
  const passed = given === null ? null : { positional: [], named, open: false }
  const count = counted(program, (all, reader) =>
    all.network(klass, python, reader.construct(klass, python, passed)),
  )
  return count?.whole ?? null
}

/** A network that some code makes, by its class. */
export interface MadeNetwork {
  name: string
  /** Null: it cannot be counted. */
  size: NetworkSize | null
  /** What it is built around, which cannot be counted. */
  around?: PublishedNetwork
}

/** The networks that the code of the module makes outside of others, those without layers aside. */
export function madeNetworks(python: PythonModule): MadeNetwork[] {
  return madeNetworkCalls(python).map(({ call, size, around }) => ({
    name: call.method,
    size,
    ...(around === null ? {} : { around }),
  }))
}

/** The same with what makes them. */
export function madeNetworkCalls(python: PythonModule): readonly MadeBy[] {
  let made = madeBy.get(python)
  if (made === undefined) {
    made = madeNow(python)
    madeBy.set(python, made)
  }
  return made
}

interface MadeBy {
  call: Call
  size: NetworkSize | null
  around: PublishedNetwork | null
}

/** The summary of a module asks for them, and so do several readers. */
const madeBy = new WeakMap<PythonModule, readonly MadeBy[]>()

function madeNow(python: PythonModule): MadeBy[] {
  if (!python.uses('torch.nn.')) return []
  const given = new Map<Func, Count | null>()
  return python.calls
    .filter((call) => makesNetwork(python, call))
    .map((call) => {
      if (isPartOfForeign(call)) return { call, size: null, around: null }
      const count = ofCall(python, call, given)
      return { call, size: count?.whole ?? null, around: count?.around ?? null }
    })
    .filter(
      ({ call, size, around }) =>
        size?.layers !== 0 && !(size === null && around === null && isBeside.test(call.method)),
    )
}

/** What stands beside a network without weights that are trained: losses, moving averages of its weights, repeated predictions. */
const isBeside =
  /(Loss(es)?|Criterion|Metrics?|E[Mm][Aa](V\d)?|ExponentialMovingAverage|TTA|Tokenizer|Augment(ation)?s?)$/

/** A layer beside those that a class of a library brings: `class Tagger(BertPreTrainedModel)`. */
function isPartOfForeign({ function: func }: Call): boolean {
  return func?.class?.bases.some((base) => foreignNetwork.test(base)) ?? false
}

const foreignNetwork =
  /^(transformers|diffusers|timm|torchvision|fairseq|mmengine|mmcv|mmdet|mmseg|mmpretrain|detectron2|segmentation_models_pytorch|monai|speechbrain|nemo|espnet2?|ultralytics|open_clip|clip|sentence_transformers|adapters|esm|peft|flair|allennlp)\./

/** Null: one of them is not known, or there is none. */
export function allOf(sizes: readonly (NetworkSize | null)[]): NetworkSize[] | null {
  const known = sizes.flatMap((one) => (one === null ? [] : one.layers === 0 ? [] : [one]))
  return known.length === 0 || sizes.includes(null) ? null : known
}

/** What a function makes and gives back is as large as its calls have it. `given`: what functions give back, found out once. */
function ofCall(
  python: PythonModule,
  { expr, function: func }: Call,
  given: Map<Func, Count | null>,
): Count | null {
  if (func !== null && func.class === null && !given.has(func)) given.set(func, countGiven(python, func))
  const count = func === null ? null : given.get(func)
  return count?.whole == null || count.whole.layers === 0 ? countOfMade(python, expr) : count
}

function countGiven(python: PythonModule, func: Func): Count | null {
  return counted(python, (count, reader) => {
    for (const site of python.callSites(func) ?? []) count.add(reader.value(site.expr, scopeOf(python)))
  })
}

function makesNetwork(python: PythonModule, { name, expr, function: func }: Call): boolean {
  if (func?.class != null && isNetworkClass(func.class)) return false
  if (!isNetwork(python, name, expr)) return false
  // A function that networks call makes a part of them.
  return (
    func === null || func.class !== null || !once(func, 'serves networks', () => servesNetworks(python, func))
  )
}

function servesNetworks(python: PythonModule, func: Func): boolean {
  const users = (python.callSites(func) ?? []).map((site) => site.function?.class ?? null)
  return users.length > 0 && users.every((one) => one !== null && isNetworkClass(one))
}

function isNetwork(python: PythonModule, name: string | null, expr: CallExpr): boolean {
  if (name !== null && /^torch\.nn\./.test(name)) return made.test(name) && !isInside(python, expr)
  if (expr.callee.type === 'attribute' && classMethodAt(python, expr.callee) !== null) return true
  if (isKnownOtherwise(python, expr.callee)) return false
  const found = classAt(python, expr.callee)
  return found !== null && isNetworkClass(found.klass)
}

/** The summary of its module tells that it is a function or another class: nobody has to read its code. */
export function isKnownOtherwise(python: PythonModule, named: Expr): boolean {
  const found = python.projectMember(named)
  if (found === null) return false
  const { functions, classes } = found.summary
  const klass = lookUp(classes, found.rest)
  return klass === undefined ? lookUp(functions, found.rest) !== undefined : !isNetworkClass(klass)
}

const made =
  /^torch\.nn\.(modules\.\w+\.)?(Sequential|(Lazy)?(Linear|Conv(Transpose)?\dd)|RNN|GRU|LSTM|Transformer\w*|MultiheadAttention)$/

/** A part of a larger one. */
function isInside(python: PythonModule, expr: CallExpr): boolean {
  return once(python, 'layers in layers', () => layersInside(python)).has(expr)
}

/** Calls of all kinds that stand in a call of torch.nn. */
function layersInside({ calls }: PythonModule): Set<CallExpr> {
  const inside = new Set<CallExpr>()
  const around: CallExpr[] = []
  for (const { expr, name } of [...calls].sort(
    (a, b) => a.expr.start - b.expr.start || b.expr.end - a.expr.end,
  )) {
    while (around.length > 0 && around.at(-1)!.end < expr.end) around.pop()
    if (around.length > 0) inside.add(expr)
    if (name?.startsWith('torch.nn.')) around.push(expr)
  }
  return inside
}
