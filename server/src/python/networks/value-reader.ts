/**
 * What expressions of network code stand for: sizes, lists, layers. What cannot be told stays open, so that the rest can be
 * counted.
 */
import type { CallExpr, Expr, FunctionDef, Lambda } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { classAt, functionAt } from '../definition-places.js'
import type { Klass, PythonModule } from '../module.js'
import { builtin, longestList } from './builtins.js'
import { classMethodAt, classOfLayers, isInstance, layerOf, torchLayer } from './layer-classes.js'
import { libraryLayer } from './library-layers.js'
import {
  bindTarget,
  calculated,
  either,
  fresh,
  isPlain,
  isSelf,
  methodOf,
  ofConfigured,
  ofJson,
} from './operations.js'
import { publishedName } from './published.js'
import {
  foreign,
  type Given,
  holdsLayers,
  isKind,
  isNetworkClass,
  type LayerClass,
  type Scope,
  scopeOf,
  type Value,
} from './values.js'

/** Expressions that are looked at for one network. */
const mostSteps = 20_000
/** Expressions and calls within each other. */
export const deepest = 24

/** Methods and functions that give back the network that they are given. */
const passing =
  /^(to|cuda|cpu|float|double|half|bfloat16|train|eval|requires_grad_|apply|share_memory|children)$/
const wrapping =
  /^torch\.(compile|nn\.DataParallel|nn\.parallel\.(\w+\.)?DistributedDataParallel|nn\.utils\.(parametrizations\.)?(weight_norm|spectral_norm))$|^copy\.(deepcopy|copy)$|\.prepare$/
/** What makes networks that are not written out here. */
const ofLibraries =
  /^(torchvision\.models|timm|transformers|diffusers|segmentation_models_pytorch|monai|open_clip|torch\.hub|torch\.jit|peft|sentence_transformers|torch_geometric\.nn|dgl\.nn|mamba_ssm|x_transformers|vit_pytorch|efficientnet_pytorch|einops_exts|torchsde|speechbrain)\b/
/** What the same libraries have beside networks. */
const besideNetworks =
  /(Tokenizer\w*|Processor|FeatureExtractor|Config|Scheduler)(\.\w+)?$|\.(get_\w*schedule\w*|transforms|losses|metrics|optim|data|utils|inferers|schedulers)\b/
/** They make no layers. */
const plain =
  /^(torch\.(?!nn\.[A-Z])|numpy\.|math\.|random\.|os\.|logging\.|time\.|json\.|sklearn\.|torchmetrics\.|collections\.|functools\.|itertools\.|pathlib\.)/

const nothing: Given = { positional: [], named: new Map(), open: false }
/** Classes without weights that take part in products, wherever they come from. */
const weightlessClass =
  /(Loss|Metric|Tokenizer|Processor|Scheduler|Transform|Spectrogram|MFCC|Norm\d?d?|Mish|Swish|ReLU|GELU|Sigmoid|Tanh|Dropout\d?d?|DropPath|(Max|Avg|Average|Adaptive\w*|Global\w*)Pool(ing)?\d?[dD]?|Logger|Config|EMA)$|^(InPlace)?I?ABN$|^(Amplitude|Power)ToDB$/

export abstract class ValueReader {
  private steps = 0

  /** @param program what is started: its options may be handed to networks of other modules */
  constructor(private readonly program: PythonModule) {}

  /** What a function of the project gives back. `skipped`: parameters that the call does not pass. */
  protected abstract run(node: FunctionDef, given: Given, inner: Scope, skipped: number, depth: number): Value

  /** What an object of the class has; null: no call that makes it is known. */
  abstract construct(
    klass: Klass,
    python: PythonModule,
    given: Given | null,
    depth?: number,
    own?: Map<string, Value>,
  ): Map<string, Value>

  /** False when too much has been looked at: then nothing more is known. */
  protected tick(): boolean {
    return ++this.steps <= mostSteps
  }

  value(expr: Expr, scope: Scope, depth = 0): Value {
    if (!this.tick() || depth > deepest) return foreign
    switch (expr.type) {
      case 'constant':
        return expr.value
      case 'name':
        return scope.names.has(expr.id) ? scope.names.get(expr.id) : this.outside(expr, scope, depth)
      case 'attribute': {
        if (isSelf(expr.value) && scope.own !== null) return scope.own.get(expr.attr)
        const klass = classOfLayers(scope.python, expr)
        if (klass !== null) return klass
        const folded = this.folded(expr, scope.python)
        if (folded !== undefined) return folded
        const object = this.value(expr.value, scope, depth + 1)
        if (object === undefined && expr.value.type === 'name')
          return this.part({ is: 'unread', expr: expr.value, python: scope.python }, expr.attr)
        return expr.attr === 'module' && isKind(object, 'layer') ? object : this.part(object, expr.attr)
      }
      case 'subscript': {
        const list = this.value(expr.value, scope, depth + 1)
        const written = scope.python.text.slice(expr.index.start, expr.index.end)
        const part = Array.isArray(list) ? sliced(list, written) : undefined
        if (part !== undefined) return part
        // All but its head: `nn.Sequential(*list(resnet.children())[:-1])`.
        if (isKind(list, 'foreign') && /^\s*:\s*-[123]\s*$/.test(written)) return list
        const index = this.value(expr.index, scope, depth + 1)
        if (Array.isArray(list) && typeof index === 'number') return list.at(index)
        return typeof index === 'string' ? this.part(list, index) : this.folded(expr, scope.python)
      }
      case 'tuple':
      case 'list':
      case 'set':
        return expr.items.flatMap((item) =>
          item.type === 'starred'
            ? (this.items(item.value, scope, depth) ?? [this.open(item.value, scope, depth)])
            : [this.value(item, scope, depth + 1)],
        )
      case 'dict': {
        const fields = new Map<string, Value>()
        for (const { key, value } of expr.entries) {
          const name = key === null ? undefined : this.value(key, scope, depth + 1)
          const given = this.value(value, scope, depth + 1)
          if (name !== undefined) fields.set(String(name), given)
          else if (isKind(given, 'fields')) for (const one of given.fields) fields.set(...one)
          // What is unpacked here may have any key.
          else return undefined
        }
        return { is: 'fields', fields }
      }
      case 'comprehension':
        return this.comprehension(expr, scope, depth)
      case 'conditional': {
        const truth = this.truth(expr.test, scope, depth)
        const [then, otherwise] = [expr.then, expr.otherwise].map((one) => this.value(one, scope, depth + 1))
        return truth === undefined ? either(then, otherwise) : truth ? then : otherwise
      }
      case 'unary': {
        const operand = this.value(expr.operand, scope, depth + 1)
        if (expr.op === '-') return typeof operand === 'number' ? -operand : undefined
        return expr.op === 'not' && isPlain(operand) ? !operand : undefined
      }
      case 'binary':
        return this.binary(expr, scope, depth)
      case 'call':
        return this.call(expr, scope, depth)
      default:
        return this.folded(expr, scope.python)
    }
  }

  /** A name that the code at hand has not assigned. */
  private outside(expr: Expr & { type: 'name' }, { python }: Scope, depth: number): Value {
    const klass = classOfLayers(python, expr)
    if (klass !== null) return klass
    const folded = this.folded(expr, python)
    if (folded !== undefined) return folded
    const bindings = python.bindingsOf(expr)
    const [only] = bindings
    if (bindings.length === 1 && only!.kind === 'param' && only!.value !== null)
      return this.value(only!.value, scopeOf(python), depth + 1)
    const made = python.definition(expr)
    if (made === expr) return { is: 'unread', expr, python }
    return this.value(made, scopeOf(python), depth + 1)
  }

  private folded(expr: Expr, python: PythonModule): Value {
    const folded = python.fold(expr)
    if (folded.state === 'known') return ofJson(folded.value)
    const written = python.configured(expr)
    if (written !== null && written.kind !== 'unknown') return ofConfigured(written)
    const numbers = (folded.options ?? []).map((one) => one.folded.value)
    return numbers.length > 0 && numbers.every((one) => typeof one === 'number')
      ? Math.max(...numbers)
      : undefined
  }

  /** A field, or what stands under a key. */
  private part(object: Value, key: string): Value {
    if (isKind(object, 'fields')) return object.fields.get(key)
    if (!isKind(object, 'unread')) return undefined
    const { expr: value, python } = object
    const { start, end } = value
    const expr: Expr = { type: 'attribute', value, attr: key, start, end }
    const folded = this.folded(expr, python)
    if (folded !== undefined) return folded
    const option = this.program.programArguments.find(({ name }) => name === key)?.default ?? null
    return option === null ? { is: 'unread', expr, python } : this.value(option, scopeOf(this.program))
  }

  /** Undefined: it cannot be told. */
  protected truth(test: Expr, scope: Scope, depth: number): boolean | undefined {
    const value = this.value(test, scope, depth + 1)
    if (Array.isArray(value)) return value.length > 0
    return isPlain(value) ? Boolean(value) : undefined
  }

  private binary(expr: Expr & { type: 'binary' }, scope: Scope, depth: number): Value {
    const left = this.value(expr.left, scope, depth + 1)
    if (expr.op === 'and' || expr.op === 'or') {
      const right = this.value(expr.right, scope, depth + 1)
      if (isPlain(left)) return Boolean(left) === (expr.op === 'and') ? right : left
      return isPlain(right) ? right : undefined
    }
    const right = this.value(expr.right, scope, depth + 1)
    if (Array.isArray(left) && Array.isArray(right) && expr.op === '+') return [...left, ...right]
    if (Array.isArray(left) && typeof right === 'number' && expr.op === '*')
      return right <= longestList
        ? Array.from({ length: right }, () => left)
            .flat()
            .map(fresh)
        : undefined
    if (Array.isArray(left) && expr.op === '*' && holdsLayers(left)) return { is: 'repeated', value: left }
    if (expr.op === 'in' && Array.isArray(right) && isPlain(left)) return right.includes(left)
    if (!isPlain(left) || !isPlain(right)) return undefined
    if (expr.op === '==' || expr.op === 'is') return left === right
    if (expr.op === '!=' || expr.op === 'is not') return left !== right
    if (typeof left !== 'number' || typeof right !== 'number') return undefined
    return calculated(expr.op, left, right)
  }

  /** Undefined: nobody knows how many there are. */
  protected items(expr: Expr, scope: Scope, depth: number): Value[] | undefined {
    const value = this.value(expr, scope, depth + 1)
    return Array.isArray(value) ? value : undefined
  }

  private open(expr: Expr, scope: Scope, depth: number): Value {
    const value = this.value(expr, scope, depth + 1)
    return holdsLayers(value) ? { is: 'repeated', value } : value
  }

  private comprehension(expr: Expr & { type: 'comprehension' }, scope: Scope, depth: number): Value {
    const [clause] = expr.clauses
    if (clause === undefined) return undefined
    const items = expr.clauses.length === 1 ? this.items(clause.iterable, scope, depth) : undefined
    const element = (item: Value): Value => {
      const inner: Scope = { ...scope, names: new Map(scope.names) }
      for (const { target } of expr.clauses) bindTarget(target, undefined, inner)
      bindTarget(clause.target, item, inner)
      return this.value(expr.value ?? expr.element, inner, depth + 1)
    }
    if (items !== undefined) return items.map(element)
    const value = element(undefined)
    return holdsLayers(value) ? { is: 'repeated', value } : undefined
  }

  protected call(expr: CallExpr, scope: Scope, depth: number): Value {
    const { callee } = expr
    const { python } = scope
    const name = python.nameOf(callee)
    const first = (): Value =>
      expr.args[0] === undefined ? undefined : this.value(expr.args[0].value, scope, depth + 1)
    const handed = this.handed(callee, scope, depth)
    if (handed !== null) return layerOf(handed, this.given(expr, scope, depth))
    if (name !== null) {
      if (name === 'functools.partial') {
        const { positional, ...rest } = this.given(expr, scope, depth)
        const [made, ...others] = positional
        return isKind(made, 'class') ? { ...made, given: { ...rest, positional: others } } : undefined
      }
      if (/^torch\.nn\.(ModuleList|ModuleDict)$|^collections\.OrderedDict$/.test(name)) return first() ?? []
      if (wrapping.test(name)) return fresh(first())
      const kind = torchLayer.exec(name)?.[1]
      if (kind !== undefined) return { is: 'layer', kind, given: this.given(expr, scope, depth) }
      const known = libraryLayer(name, () => this.given(expr, scope, depth))
      if (known !== undefined) return known
      if (ofLibraries.test(name) && !besideNetworks.test(name) && !weightlessClass.test(name)) {
        const published = publishedName(name, this.given(expr, scope, depth))
        return published === null ? foreign : { is: 'foreign', name: published }
      }
    }
    if (callee.type === 'name' && !scope.names.has(callee.id)) {
      const [first, second] = expr.args
      if (callee.id === 'map' && first?.value.type === 'lambda' && second !== undefined)
        return this.mapped(first.value, second.value, scope, depth)
      const given = this.given(expr, scope, depth)
      const { positional, named } = given
      if (callee.id === 'dict') return { is: 'fields', fields: named }
      const [object, key, otherwise] = positional
      if (callee.id === 'getattr' && typeof key === 'string') return this.part(object, key) ?? otherwise
      if (callee.id === 'isinstance') return isInstance(object, expr.args[1]?.value, python)
      const plain = builtin(callee.id, positional)
      if (plain !== undefined) return plain
    }
    if (callee.type === 'attribute') {
      const method = this.method(callee, expr, scope, depth)
      if (method !== null) return method.value
    }
    const maker = callee.type === 'attribute' ? classMethodAt(python, callee) : null
    if (maker !== null && callee.type === 'attribute') {
      const inner = scopeOf(maker.python)
      const own = this.value(callee.value, scope, depth + 1)
      if (maker.takesClass) inner.names.set(maker.node.params[0]?.name ?? '', own)
      const given = this.given(expr, scope, depth)
      return this.run(maker.node, given, inner, maker.takesClass ? 1 : 0, depth)
    }
    const klass = classAt(python, callee)
    if (klass !== null) {
      const given = this.given(expr, scope, depth)
      return isNetworkClass(klass.klass)
        ? { is: 'layer', kind: klass, given }
        : {
            is: 'fields',
            fields: this.construct(klass.klass, klass.python, given, depth + 1),
            klass: klass.klass,
          }
    }
    const func = functionAt(python, callee)
    if (func !== null) {
      // A function within another one sees what that one has.
      const nested = func.python === python && func.func.class === null && func.func.qualified.includes('.')
      const inner = nested ? { ...scope, names: new Map(scope.names) } : scopeOf(func.python)
      return this.run(func.func.node, this.given(expr, scope, depth), inner, 0, depth)
    }
    const folded = this.folded(expr, python)
    if (folded !== undefined) return folded
    const last = (name ?? lastName(callee)).replace(/^.*\./, '')
    if (!/^[A-Z]/.test(last)) return { is: 'unread', expr, python }
    if (name !== null && plain.test(name)) return null
    return weightlessClass.test(last) ? { is: 'layer', kind: 'Identity', given: nothing } : foreign
  }

  /** `map(lambda m: dim * m, (1, 2, 4))`. */
  private mapped({ params, body }: Lambda, list: Expr, scope: Scope, depth: number): Value {
    const [only] = params
    return this.items(list, scope, depth)?.map((item) => {
      const inner: Scope = { ...scope, names: new Map(scope.names) }
      if (only !== undefined) inner.names.set(only.name, item)
      return this.value(body, inner, depth + 1)
    })
  }

  /** `norm_layer(64)` of a class that the code at hand was given. */
  private handed(callee: Expr, scope: Scope, depth: number): LayerClass | null {
    const own =
      callee.type === 'name'
        ? scope.names.has(callee.id)
        : callee.type === 'subscript' || (callee.type === 'attribute' && isSelf(callee.value))
    const value = own ? this.value(callee, scope, depth + 1) : null
    return isKind(value, 'class') ? value : null
  }

  /** Null: it is no method that is known. */
  private method(
    { attr, value }: Expr & { type: 'attribute' },
    expr: CallExpr,
    scope: Scope,
    depth: number,
  ): { value: Value } | null {
    if (isSelf(value) && scope.klass !== null) {
      const func = methodOf(scope.klass, scope.python, attr)
      if (func === null) return null
      const own: Scope = { ...scope, python: func.python, names: new Map() }
      const isStatic = func.node.decorators.some((one) => one.type === 'name' && one.id === 'staticmethod')
      return { value: this.run(func.node, this.given(expr, scope, depth), own, isStatic ? 0 : 1, depth) }
    }
    if (passing.test(attr)) return { value: this.value(value, scope, depth + 1) }
    if (!/^(get|items|values|copy|pop)$/.test(attr)) return null
    const object = this.value(value, scope, depth + 1)
    if (attr === 'pop' && expr.args.length === 0) {
      if (!Array.isArray(object)) return null
      bindTarget(value, object.slice(0, -1), scope)
      return { value: object.at(-1) }
    }
    if (attr === 'pop') return this.taken(value, object, expr, scope, depth)
    if (attr === 'get') {
      const [key, otherwise] = expr.args.map((one) => this.value(one.value, scope, depth + 1))
      const part = typeof key === 'string' ? this.part(object, key) : undefined
      return { value: part === undefined || isKind(part, 'unread') ? (otherwise ?? part) : part }
    }
    if (!isKind(object, 'fields')) return null
    const all = [...object.fields]
    return { value: attr === 'copy' ? object : attr === 'values' ? all.map(([, one]) => one) : all }
  }

  /** `options.pop('kind', 'small')`. */
  private taken(
    from: Expr,
    object: Value,
    { args }: CallExpr,
    scope: Scope,
    depth: number,
  ): { value: Value } | null {
    const [key, otherwise] = args.map((one) => this.value(one.value, scope, depth + 1))
    if (isKind(object, 'fields') && typeof key === 'string') {
      const rest = new Map(object.fields)
      rest.delete(key)
      bindTarget(from, { is: 'fields', fields: rest }, scope)
      return { value: object.fields.has(key) ? object.fields.get(key) : otherwise }
    }
    // Whatever the function was given: its default is only one of many.
    return from.type === 'name' && scope.names.has(from.id) ? { value: undefined } : null
  }

  protected given({ args }: CallExpr, scope: Scope, depth: number): Given {
    const given: Given = { positional: [], named: new Map(), open: false }
    for (const { name, star, value: expr } of args) {
      const value = this.value(expr, scope, depth + 1)
      if (name !== null) given.named.set(name, value)
      else if (star === 0) given.positional.push(value)
      else if (star === 1 && Array.isArray(value)) given.positional.push(...value)
      else if (star === 2 && isKind(value, 'fields'))
        for (const [key, one] of value.fields) given.named.set(key, one)
      else {
        given.open = true
        if (star === 1) given.positional.push(holdsLayers(value) ? value : undefined)
      }
    }
    return given
  }
}

/** Of a written slice, `1:` or `:-1`, which the tree keeps as it stands. */
function sliced(list: Value[], written: string): Value[] | undefined {
  if (/^\s*:\s*:\s*-1\s*$/.test(written)) return [...list].reverse()
  const ends = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*$/.exec(written)
  if (ends === null) return undefined
  const [, from, to] = ends
  return list.slice(Number(from ?? 0), to === undefined ? undefined : Number(to))
}
