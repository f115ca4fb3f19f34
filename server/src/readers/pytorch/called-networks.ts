/** The network behind a call of a step, under every name that it goes by: `coarse` in a function that is passed `backbone`. */
import type { Call, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import type { Expr } from '../../syntax/python-ast.js'
import { textOfTarget } from './step-values.js'

/** Passes through most of a network: `densenet.features(x)`, `vae.encode(x)`, `clip.encode_image(x)`. */
const parts =
  /^(forward|features|forward_features|extract_features|encode|encode_(image|text)|get_(image|text)_features)$/

export interface CalledNetwork {
  /** The network itself: `net` of `net.features(x)`. */
  expr: Expr
  name: string
  /** Its names here and where it comes from: those of the expressions that calls pass for a parameter. */
  names: string[]
  /** The calls that pass it. */
  passedBy: ReadonlySet<Call>
  /** What each of these names stands for where it is made. */
  origins: Expr[]
}

/** Null: what is called is no variable. */
export function calledNetwork(python: PythonModule, { name, expr: { callee } }: Call): CalledNetwork | null {
  if (name !== null) return null
  const part = callee.type === 'attribute' && parts.test(callee.attr) ? callee.value : callee
  const expr = textOfTarget(part) === null ? callee : part
  const text = textOfTarget(expr)
  if (text === null) return null
  const origins = expr.type === 'name' ? (passedFor(python, expr) ?? []) : []
  const names = [...origins.map(({ given }) => given), ...madeOf(python, expr)].flatMap(
    (one) => textOfTarget(one) ?? [],
  )
  return {
    expr,
    name: text,
    names: [...new Set([text, ...names])],
    passedBy: new Set(origins.map(({ call }) => call)),
    origins: origins.length === 0 ? [expr] : origins.map(({ given }) => given),
  }
}

/** The variables that a variable or field is made of: `model` of `self.model = DataParallel(model).cuda()`. */
function madeOf(python: PythonModule, expr: Expr): Expr[] {
  const made =
    expr.type === 'attribute'
      ? python.attributeValues(expr)
      : expr.type === 'name'
        ? [python.definition(expr)]
        : []
  return made.flatMap((value): Expr[] => {
    if (value === null || value === expr) return []
    const network = unmoved(value)
    const [wrapped] = network.type === 'call' ? network.args : []
    if (network.type !== 'call') return textOfTarget(network) === null ? [] : [network]
    const wrapper = (python.nameOf(network.callee) ?? '').split('.').at(-1) ?? ''
    return wrapped !== undefined && harmless.test(wrapper) ? [unmoved(wrapped.value)] : []
  })
}

/** What the calls of its function pass for a parameter; null: it is none, or they cannot be seen. */
function passedFor(
  python: PythonModule,
  expr: Expr & { type: 'name' },
  depth = 0,
): { call: Call; given: Expr }[] | null {
  const bindings = python.bindingsOf(expr)
  const binding = bindings.length === 1 && bindings[0]!.kind === 'param' ? bindings[0]! : null
  const owner = binding === null ? null : python.parameterOf(binding)
  const sites = owner === null ? null : python.callSites(owner.func)
  if (owner === null || sites === null || depth > 3 || python.outsideCalls(owner.func).length > 0) return null
  const found: { call: Call; given: Expr }[] = []
  for (const call of sites) {
    const argument = python.argument(call, expr.id, owner.position)
    if (argument.state !== 'given') return null
    const further = argument.expr.type === 'name' ? passedFor(python, argument.expr, depth + 1) : null
    found.push({ call, given: argument.expr }, ...(further ?? []))
  }
  return found
}

const ofLibraries = /^(torchvision\.models|timm|transformers|diffusers|open_clip|torch\.hub)\./
/** What prepares the inputs of a network, and has no weights. */
const preparesInputs =
  /Tokenizer|Processor|FeatureExtractor|Config\b|get_tokenizer|transforms?\b|^timm\.(data|loss|optim|scheduler|utils)\./

/** A library makes it here, wherever it comes from, so that its weights are known to be trainable. */
export function isFromLibrary(python: PythonModule, { origins }: CalledNetwork): boolean {
  return origins.every((origin) => {
    const made = wholeOf(unmoved(python.result(origin)))
    const maker = made.type === 'call' ? (python.nameOf(made.callee) ?? '') : ''
    if (ofLibraries.test(maker)) return !preparesInputs.test(maker)
    const type = python.typeOf(origin)
    return type !== null && ofLibraries.test(type) && !preparesInputs.test(type) && isNetworkType(type)
  })
}

/** It is given weights from a file and put into evaluation mode, so that it has learned before. */
export function isLoadedForUse(python: PythonModule, { names, origins }: CalledNetwork): boolean {
  const loaded = (name: string, by: string) =>
    new RegExp(`(?<![\\w.])${name.replace('.', '\\.')}(\\.\\w+\\([^()]*\\))*\\.${by}\\(`).test(python.code)
  if (!names.some((name) => loaded(name, 'eval'))) return false
  return (
    names.some((name) => loaded(name, 'load_state_dict')) ||
    origins.every((origin) => {
      const made = unmoved(python.result(origin))
      return made.type === 'call' && /^torch\.(jit\.)?load$/.test(python.nameOf(made.callee) ?? '')
    })
  )
}

/** `vgg19(…)` of `vgg19(…).features[:36]`. */
function wholeOf(expr: Expr): Expr {
  if (expr.type === 'subscript') return wholeOf(unmoved(expr.value))
  return expr.type === 'attribute' && expr.value.type === 'call' ? unmoved(expr.value) : expr
}

export interface PassedNetwork {
  /** A module that passes it has frozen its weights. */
  frozen: boolean
  /** It is put into evaluation mode where it is taken: `self.teacher = teacher.cuda().eval()`. */
  evaluates: boolean
}

/** A network that other modules pass to the constructor of the class that holds it; null: it comes from elsewhere. */
export function passedNetwork(python: PythonModule, { expr }: CalledNetwork): PassedNetwork | null {
  const values = expr.type === 'attribute' ? python.attributeValues(expr) : []
  const [held] = values
  if (held === undefined || held === null || values.length > 1) return null
  const network = unmoved(held)
  const bindings = network.type === 'name' ? python.bindingsOf(network) : []
  const owner =
    bindings.length === 1 && bindings[0]!.kind === 'param' ? python.parameterOf(bindings[0]!) : null
  if (network.type !== 'name' || owner === null || (python.callSites(owner.func) ?? []).length > 0)
    return null
  const passed = python
    .outsideCalls(owner.func)
    .map(({ args }) =>
      args?.find(
        ({ name, position }) => name === network.id || (name === null && position === owner.position),
      ),
    )
  if (passed.length === 0 || passed.includes(undefined)) return null
  const evaluates = /\.eval\(\)/.test(python.code.slice(held.start, held.end))
  return { frozen: passed.some((one) => one?.frozen === true), evaluates }
}

/** `make().to(device)` without the moves. */
export function unmoved(expr: Expr): Expr {
  return expr.type === 'call' &&
    expr.callee.type === 'attribute' &&
    /^(to|cuda|cpu|eval|half|float|bfloat16)$/.test(expr.callee.attr)
    ? unmoved(expr.callee.value)
    : expr
}

const harmless = /^(print|DataParallel|DistributedDataParallel|summary|compile|prepare)$/

/** Nothing takes its parameters, puts it into training, or is handed it to do something with them, under any of its names. */
export function isUntouched(python: PythonModule, { names, passedBy }: CalledNetwork): boolean {
  const text = python.code
  return names.every((name) => {
    const written = name.replace('.', '\\.')
    if (new RegExp(`(?<![\\w.])${written}(\\.\\w+)*\\.(named_)?parameters\\(`).test(text)) return false
    if (new RegExp(`(?<![\\w.])${written}\\.(train|requires_grad_|\\w+\\s*=(?!=))`).test(text)) return false
    return !python.calls.some(
      (call) =>
        !passedBy.has(call) &&
        call.expr.args.some(({ value }) => textOfTarget(value) === name) &&
        !harmless.test(call.method),
    )
  })
}
