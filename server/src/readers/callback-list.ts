/** Lists of callbacks that a trainer is given, and what the callbacks of a project do. */
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import { onlyReturn } from '../python/returns.js'
import type { Collection, Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import { mayBePassed, passedExpression } from '../values/argument.js'
import { judgeInstantiated } from './instantiated-callbacks.js'
import { codeText } from './pytorch/evidence.js'
import { importedFrom } from './search/trial-function.js'

export interface CallbackList {
  items: Expr[]
  /** The display that a further callback can be added to; null where there is none. */
  display: Collection | null
  /** A single callback without a list around it. */
  alone: boolean
}

/** Null: the callbacks cannot all be seen. */
export function callbackList(python: PythonModule, expr: Expr): CallbackList | null {
  return listOf(python, expr, new Set(), 0)
}

/** What a call is given as its callbacks: nothing where none are passed; null: they cannot all be seen. */
export function passedCallbacks(python: PythonModule, argument: ArgumentValue): CallbackList | null {
  if (!mayBePassed(argument)) return { items: [], display: null, alone: false }
  const expr = passedExpression(argument)
  return expr === null ? null : callbackList(python, expr)
}

/** `seen` grows with every name that is followed, so that lists made from each other end. */
function listOf(python: PythonModule, expr: Expr, seen: Set<string>, depth: number): CallbackList | null {
  if (depth > 8) return null
  if (expr.type === 'name') {
    if (seen.has(expr.id)) return null
    seen.add(expr.id)
  }
  const value = python.definition(expr)
  // A parameter: what the one call of its function passes.
  if (value.type === 'name') {
    const [passed, ...others] = python.possible(value) ?? []
    if (passed !== undefined && passed !== value && others.length === 0)
      return listOf(python, passed, seen, depth + 1)
  }
  let found: CallbackList | null = null
  if (value.type === 'list' || value.type === 'tuple')
    found = { items: [...value.items], display: value, alone: false }
  // `[instantiate(one) for one in cfg.callbacks.values()]`
  else if (value.type === 'comprehension' && value.kind === 'list')
    found = { items: [value.element], display: null, alone: false }
  else if (value.type === 'constant' && value.value === null)
    found = { items: [], display: null, alone: false }
  else if (value.type === 'call')
    found = returnedList(python, value.callee, depth) ?? { items: [value], display: null, alone: true }
  else if (value.type === 'conditional') {
    const parts = [
      listOf(python, value.then, seen, depth + 1),
      listOf(python, value.otherwise, seen, depth + 1),
    ]
    if (parts.some((part) => part === null)) return null
    return { items: parts.flatMap((part) => part!.items), display: null, alone: false }
  } else if (value.type === 'binary' && value.op === '+') {
    const left = listOf(python, value.left, seen, depth + 1)
    const right = listOf(python, value.right, seen, depth + 1)
    if (left === null || right === null) return null
    return { items: [...left.items, ...right.items], display: right.display ?? left.display, alone: false }
  }
  if (found === null || expr.type !== 'name') return found
  return addLater(python, expr.id, found, seen, depth)
}

/** `callbacks=make_callbacks(path)`: the list that a function of the module gives back. */
function returnedList(python: PythonModule, callee: Expr, depth: number): CallbackList | null {
  const func = python.classOf(callee) === null ? python.functionOf(callee) : null
  const returned = func === null ? null : onlyReturn(func)
  if (returned === null) return null
  const list = listOf(python, returned, new Set(), depth + 1)
  return list === null || list.alone ? null : list
}

/** `callbacks.append(EarlyStopping(…))`. */
function addLater(
  python: PythonModule,
  name: string,
  list: CallbackList,
  seen: Set<string>,
  depth: number,
): CallbackList | null {
  for (const call of python.calls) {
    const { callee, args } = call.expr
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== name) continue
    if (callee.attr === 'append' && args[0] !== undefined) list.items.push(args[0].value)
    else if (callee.attr === 'insert' && args[1] !== undefined) list.items.push(args[1].value)
    else if (callee.attr === 'extend' && args[0] !== undefined) {
      const more = listOf(python, args[0].value, seen, depth + 1)
      if (more === null) return null
      list.items.push(...more.items)
    } else return null
  }
  return list
}

/** The items that none of these calls makes. */
export function itemsBut(
  python: PythonModule,
  items: readonly Expr[],
  calls: readonly Call[] | null,
): Expr[] {
  return items.filter((item) => calls?.some((one) => one === python.callOf(item)) !== true)
}

export type Verdict = 'stops' | 'goes on' | 'unknown'

export interface Callbacks {
  /** Callbacks of libraries, by canonical name. */
  library(name: string): Verdict
  /** What code of the project does to end a run. */
  stop: RegExp
}

const harmlessName =
  /log|print|progress|save|checkpoint|sample|generat|visual|plot|wandb|tensorboard|mlflow|comet|ema\b|memory|metric|monitor|image|lr_?|learningrate|time|speed|profil/i

/** Whether any of the callbacks ends the run; `unknown` where one of them cannot be judged. */
export function judgeCallbacks(python: PythonModule, items: Expr[], known: Callbacks, depth = 0): Verdict {
  if (depth > 4) return 'unknown'
  let result: Verdict = 'goes on'
  for (const item of items) {
    const verdict = judgeCallback(python, item, known, depth)
    if (verdict === 'stops') return 'stops'
    if (verdict === 'unknown') result = 'unknown'
  }
  return result
}

function judgeCallback(python: PythonModule, item: Expr, known: Callbacks, depth: number): Verdict {
  const value = python.definition(item)
  if (value.type === 'starred') {
    const inner = callbackList(python, value.value)
    return inner === null ? 'unknown' : judgeCallbacks(python, inner.items, known, depth + 1)
  }
  if (value.type === 'conditional')
    return judgeCallbacks(python, [value.then, value.otherwise], known, depth + 1)
  if (value.type === 'constant' && value.value === null) return 'goes on'
  const instantiated = value.type === 'call' ? judgeInstantiated(python, value, known) : null
  if (instantiated !== null) return instantiated
  const made = value.type === 'call' ? value.callee : value
  const written = python.text.slice(made.start, made.end)
  if (/early_?stop/i.test(written)) return 'stops'
  const klass = python.classOf(made)
  if (klass !== null) {
    if (known.stop.test(codeText(python, klass.node.start, klass.node.end))) return 'stops'
    const parents = klass.bases.map(known.library)
    return parents.includes('stops') ? 'stops' : 'goes on'
  }
  const imported = python.importedClass(made)
  if (imported !== null && imported.bases.length > 0) {
    const parents = imported.bases.map(known.library)
    if (parents.includes('stops')) return 'stops'
    if (imported.ends === true) return 'unknown'
    if (parents.every((parent) => parent === 'goes on')) return 'goes on'
  }
  const name = python.nameOf(made)
  const elsewhere = value.type === 'call' ? importedFrom(python, made) : null
  const maker = elsewhere === null ? undefined : lookUp(elsewhere.summary.functions, elsewhere.rest)
  if (maker !== undefined) {
    const own = Object.values(elsewhere!.summary.classes).some(({ bases }) =>
      bases.some((base) => /Callback$/.test(base)),
    )
    return own ? 'unknown' : madeElsewhere(maker.calls, known)
  }
  if (name !== null) return known.library(name)
  return fromAnotherModule(python, made) && harmlessName.test(written) ? 'goes on' : 'unknown'
}

/** Callbacks that a function of another module makes, by the classes that it calls. */
function madeElsewhere(calls: readonly string[], known: Callbacks): Verdict {
  let result: Verdict = 'unknown'
  for (const name of calls) {
    if (/^\.|(^|\.)[a-z_]\w*$/.test(name)) continue
    const verdict = known.library(name)
    if (verdict === 'stops') return 'stops'
    // A class that nobody knows may be one that stops.
    if (verdict === 'unknown') return 'unknown'
    result = 'goes on'
  }
  return result
}

/** A class of the project that is in another module: only its name is known here. */
function fromAnotherModule(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'name') return false
  const target = python.bindingsOf(expr).at(-1)?.target
  const found = target === null || target === undefined ? null : python.projectTarget(target)
  return found !== null && lookUp(found.summary.classes, found.rest) !== undefined
}
