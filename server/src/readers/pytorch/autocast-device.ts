/** The device that a step computes on, as autocast has to be told of it: a script that also runs on a processor says so here. */
import { type NameUse, nameFor } from '../../edit/imports.js'
import type { Import } from '../../edit/write.js'
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { hasCard } from './bf16-units.js'

/** What `enabled=` is given; null: it computes on CUDA whatever happens, or nothing says where. */
export interface OnCuda {
  test: string
  import: Import | null
  /** What names the device there; null: nothing does. */
  device: Expr | null
}

/** `enabled=device.type == "cuda"` for the statements at `block`, where the code around them names a device that may be another. */
export function onCuda(python: PythonModule, block: Span, use: NameUse, quote: string): OnCuda | null {
  const device = deviceOf(python, block)
  const kind = device === null ? 'cuda' : kindOf(python, device)
  const unknown = device === null && movesElsewhere(python, block)
  if (unknown || ((kind === 'cuda' || kind === 'open') && movesOnRequest(python, block))) {
    const { text, imports } = hasCard(python.tree, use)
    return { test: text, import: imports[0] ?? null, device: null }
  }
  if (device === null) return null
  const text = python.text.slice(device.start, device.end)
  switch (kind) {
    case 'cuda':
      return null
    case 'device':
      return { test: `${text}.type == ${quote}cuda${quote}`, import: null, device }
    case 'text':
      return { test: `${text} == ${quote}cuda${quote}`, import: null, device }
    case 'open': {
      const made = nameFor(python.tree, 'torch', 'device', use)
      return { test: `${made.text}(${text}).type == ${quote}cuda${quote}`, import: made.import, device }
    }
  }
}

/** `if args.gpu: images = images.cuda()`: whoever does not ask for it may have no card. */
function movesOnRequest(python: PythonModule, block: Span): boolean {
  const func = functionAround(python, block)
  const all = python.calls.filter(
    ({ method, expr: { args } }) =>
      method === 'cuda' ||
      (method === 'to' &&
        args.some(({ value }) => named.test(python.code.slice(value.start, value.end)) && isPlain(value))),
  )
  // What the step itself does counts first: `if device:` stands for no device.
  const here = all.filter((call) => call.function === func)
  const moves = here.length > 0 ? here : all
  return moves.length > 0 && moves.every(({ expr }) => python.reach(expr.start).state === 'sometimes')
}

/** `images.to(self.args["device"])`: what is asked of a dictionary may be the processor, if only in another file. */
function movesElsewhere(python: PythonModule, block: Span): boolean {
  const func = functionAround(python, block)
  return python.calls.some(
    ({ method, function: own, expr: { args } }) =>
      method === 'to' &&
      own === func &&
      args.some(
        ({ value }) =>
          value.type === 'subscript' &&
          value.index.type === 'constant' &&
          named.test(String(value.index.value)) &&
          (python.fold(value).state !== 'known' || python.configured(value) !== null),
      ),
  )
}

/** `device="cpu"` of a parameter that nobody gives another. */
export function isOnProcessor(python: PythonModule, block: Span): boolean {
  const device = deviceOf(python, block)
  const folded = device === null ? null : python.fold(device)
  return folded?.state === 'known' && folded.value === 'cpu'
}

const named = /(^|[._])(device|dev)$/i

/** The expression that names the device of a step: what its batches are moved to, else what its class or the module moves things to. */
function deviceOf(python: PythonModule, block: Span): Expr | null {
  const func = functionAround(python, block)
  const loop = python.loops.filter(({ node }) => node.start <= block.start && block.end <= node.end).at(-1)
  const here: Expr[] = []
  const around: Expr[] = []
  for (const call of python.calls) {
    const own = call.function === func
    if (own && call.expr.start > block.end) continue
    for (const { value } of call.expr.args) {
      if (!isPlain(value) || !named.test(python.code.slice(value.start, value.end))) continue
      if (own && (call.method === 'to' || isDeviceOf(python, value))) here.push(value)
      else if (own || call.method !== 'to') continue
      else if (isVisible(python, value, call.function, func)) around.push(value)
    }
  }
  const inLoop = here.find(({ start }) => loop !== undefined && start >= loop.node.start)
  return inLoop ?? here.at(-1) ?? around.at(-1) ?? null
}

/** A parameter of the function that is called `device`, and handed on to what moves things. */
function isDeviceOf(python: PythonModule, value: Expr): boolean {
  if (value.type !== 'name' || value.id !== 'device') return false
  const bindings = python.bindingsOf(value)
  return bindings.length > 0 && bindings.every(({ kind }) => kind === 'param')
}

/** What another function names stands for the same here: `self.device` in one class, a name of the module. */
function isVisible(python: PythonModule, value: Expr, there: Func | null, here: Func | null): boolean {
  const root = rootOf(value)
  if (root === 'self') return there !== null && there.class !== null && there.class === here?.class
  return here !== null && there === null && python.moduleBindings.has(root)
}

function rootOf(expr: Expr): string {
  return expr.type === 'attribute' ? rootOf(expr.value) : expr.type === 'name' ? expr.id : ''
}

/** A name, or attributes of one: what can be written once more without being computed again. */
function isPlain(expr: Expr): boolean {
  return expr.type === 'name' || (expr.type === 'attribute' && isPlain(expr.value))
}

export function functionAround(python: PythonModule, { start, end }: Span): Func | null {
  return python.functions.filter(({ node }) => node.start <= start && end <= node.end).at(-1) ?? null
}

type Kind = 'cuda' | 'device' | 'text' | 'open'

const mostSteps = 6

/** Whether an expression is a `torch.device`, its name, or either; 'cuda' where it can be nothing else. */
function kindOf(python: PythonModule, expr: Expr, depth = 0): Kind {
  const folded = python.fold(expr)
  if (folded.state === 'known')
    return !folded.overridable && python.configured(expr) === null && /^cuda/.test(String(folded.value))
      ? 'cuda'
      : 'open'
  if (depth > mostSteps) return 'open'
  const made = python.definition(expr)
  if (made.type === 'call' && python.nameOf(made.callee) === 'torch.device') {
    const [given] = made.args
    return given !== undefined && kindOf(python, given.value, depth + 1) === 'cuda' ? 'cuda' : 'device'
  }
  if (made.type === 'conditional') return [made.then, made.otherwise].every(isDeviceType) ? 'text' : 'open'
  if (made.type === 'attribute') {
    const [only, ...more] = python.attributeValues(made)
    if (only === undefined) return isNetwork(python, made) ? 'device' : 'open'
    return only === null || more.length > 0 ? 'open' : kindOf(python, only, depth + 1)
  }
  if (made.type !== 'name') return 'open'
  const [binding] = python.bindingsOf(made)
  const annotation = binding?.kind === 'param' ? python.parameterOf(binding)?.func.node.params : undefined
  const declared = annotation?.find(({ name }) => name === binding?.name)?.annotation ?? null
  return declared !== null && python.nameOf(declared) === 'torch.device' ? 'device' : 'open'
}

/** `"cuda"`, not `"cuda:0"`. */
function isDeviceType(expr: Expr): boolean {
  return expr.type === 'constant' && /^[a-z]+$/.test(String(expr.value))
}

/** `model.device`, `accelerator.device`: not an option of that name. */
function isNetwork(python: PythonModule, { value, attr }: Expr & { type: 'attribute' }): boolean {
  return attr === 'device' && value.type === 'name' && python.typeOf(value) !== null
}
