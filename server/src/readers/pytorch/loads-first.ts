/** Whether a program reads what an earlier start of it may have saved, before it trains: what it reads later is for a test. */
import { holdsAny, usesOf } from '../../python/library-uses.js'
import type { Call, ClassSummary, Func, ModuleSummary, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { lookUp } from '../../text/records.js'
import { codeText } from './evidence.js'
import { findIn, textOf } from './numbered-files.js'

/** What reads a state, be it of weights or of a whole training. */
export const loads = [
  'torch.load',
  '.load_state',
  '.load_checkpoint',
  '.load_state_dict',
  '.load_weights',
  'torch.distributed.checkpoint.',
  'torch.distributed.checkpoint.load',
]

/** `optimizer`, `self.opt`, `opt_g`. */
export const optimizerName = /optim|(?<![a-z])opt(?![a-z])/i

/** Its state is saved, or comes back. */
export const optimizerState = /(optim\w*|(?<![a-z])opt(_\w+)?)(\.\w+(\(\))?|\[\w+\])*\.(load_)?state_dict\b/i

export function isLoad({ name, method }: Call): boolean {
  return loads.includes(name ?? '') || loads.includes(`.${method}`)
}

/** False: all that is read here is read once the training is over, for a look at its outcome, or never. */
export function mayLoadFirst(python: PythonModule): boolean {
  return once(python, 'may load first', () => {
    const around = python.importers.some(
      (module) => !looksOnly.test(module.path) && reads(module) && startsTraining(python, module),
    )
    if (around && mayBeStarted(python)) return true
    if (python.imported.some((module) => reads(module) && !readsWhenCalled(module))) return true
    if (isSwitchedOff(python)) return true
    return python.calls.some((call) => readsState(python, call) && isFirst(python, call))
  })
}

/** A switch that is off can be turned on. */
export function isSwitchedOff(python: PythonModule): boolean {
  return python.dead.some(
    ({ start, end, condition: { test } }) =>
      test !== null && test.type !== 'constant' && readsText.test(python.text.slice(start, end)),
  )
}

/** False: it runs once the training is over, or never. */
export function isFirst(python: PythonModule, { expr, function: func }: Call): boolean {
  return comesFirst(python, expr, func, new Set())
}

/** A call that reads what was saved, in a block that is no part of the module's calls. */
export const readsText = /\btorch\.load\(|\.?load_(state|checkpoint|ckpt|state_dict|weights)\(/

/** Programs that look at a model which another one has trained. */
const looksOnly =
  /(^|[/_.-])(test|eval|evaluate|evaluation|predict|prediction|infer|inference|demo|app|serve|export|generate|sample|visuali[sz]e)s?([/_.-]|$)/i

function reads(module: ModuleSummary): boolean {
  return holdsAny(usesOf(module), loads)
}

/** False: it takes other parts of this module than what trains. */
function startsTraining(python: PythonModule, module: ModuleSummary): boolean {
  const names = once(python, 'names of what trains', () => {
    const owners = [...trainings(python).keys()]
    return new Set(owners.flatMap((func) => (func === null ? [] : [func.class?.name ?? func.name])))
  })
  // Of its classes it tells those that train, be it by what they extend.
  if (names.size === 0 || Object.keys(module.classes).length > 0) return true
  return module.uses.some((one) => names.has(one.slice(one.lastIndexOf('.') + 1)))
}

/** False: a program of its own is imported for its parts, and what trains in it is not among these. */
function mayBeStarted(python: PythonModule): boolean {
  if (!python.isEntry) return true
  return [...trainings(python).keys()].some((func) => {
    // What is under the main guard does not run where others import it.
    if (func === null) return !/__main__/.test(python.code)
    const klass = func.class === null ? null : python.classes.find((one) => one.methods.has(func.name))
    return python.outsideCalls(func).length > 0 || (klass != null && python.isMadeOutside(klass))
  })
}

/** It reads in functions and methods alone, and so only for those who call them. */
function readsWhenCalled(module: ModuleSummary): boolean {
  return once(module, 'reads a state when called', () =>
    [...Object.values(module.functions), ...Object.values(module.classes)].some(({ calls }) =>
      holdsAny(new Set(calls), loads),
    ),
  )
}

function readsState(python: PythonModule, call: Call): boolean {
  if (isLoad(call)) return !isCopy(python, call) && !isOfSamples(python, call)
  if (!once(python, 'reads elsewhere', () => python.imported.some(readsWhenCalled))) return false
  const { callee } = call.expr
  const klass = python.importedClass(callee)
  const calls = klass === null ? python.importedCalls(callee) : callsOfObject(python, call, klass)
  return calls !== null && holdsAny(new Set(calls), loads)
}

const dataClass = /Data(set|Module|Pipe)/

/** A data set reads what it has prepared. */
function isOfSamples(python: PythonModule, { method, function: func }: Call): boolean {
  const klass =
    method === 'load' && func?.class != null ? python.classes.find((one) => one.methods.has(func.name)) : null
  return (
    klass != null && (klass.methods.has('__getitem__') || klass.bases.some((base) => dataClass.test(base)))
  )
}

/** Methods that bring a state back, by name. */
const goesBack = /load|restore|resume|recover/i
const importLines = /^[ \t]*(from|import)[ \t].*$/gm

/** What making an object of another module's class does, with all that could be done to it where it is handed on. */
function callsOfObject(
  python: PythonModule,
  { assignedTo }: Call,
  { bases, calls, does, items, methods }: ClassSummary,
): readonly string[] {
  if (items !== undefined || bases.some((base) => dataClass.test(base))) return []
  // What a network begins with is no state of a run.
  if (does === undefined && methods.includes('forward')) {
    const reading = methods.filter((one) => goesBack.test(one))
    return reading.some((one) => python.code.includes(`.${one}(`)) ? calls : []
  }
  if (does === undefined || assignedTo === null || isHandedOn(python, assignedTo)) return calls
  // Of a method that calls very much it is not told what.
  const told = new Set(Object.values(does).flat())
  return [...(lookUp(does, '__init__') ?? []), ...calls.filter((one) => !told.has(one))]
}

/** Something else is done with an object than to call its methods by that name. */
function isHandedOn(python: PythonModule, name: string): boolean {
  const code = once(python, 'code without imports', () => python.code.replace(importLines, ''))
  const [owner, attribute] = name.split('.')
  const uses =
    attribute === undefined
      ? `(?<![\\w.])${name}\\b(?!\\s*(=[^=]|\\.\\w))`
      : `(?<![\\w.])${owner}\\.${attribute}\\b(?!\\s*(=[^=]|\\.\\w))|(?<!(?<![\\w.])${owner})\\.${attribute}\\b`
  return new RegExp(uses).test(code)
}

/** `target.load_state_dict(online.state_dict())`, `model.load_state_dict(best)`: what it takes is in memory. */
function isCopy(python: PythonModule, { method, expr }: Call): boolean {
  const given = expr.args[0]?.value
  if (method !== 'load_state_dict' || given === undefined) return false
  if (isState(python.definition(given))) return true
  const name = /^[\w.]+$/.exec(textOf(python, given))?.[0]
  if (name === undefined) return false
  const assigned = new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}\\s*=(?!=)[^\\n]*`, 'g')
  const values = [...python.code.matchAll(assigned)].map(([line]) => line)
  return values.some((line) => /\bstate_dict\(\)|\bdeepcopy\(/.test(line))
}

function isState(value: Expr): boolean {
  const found = findIn(
    value,
    (part) => part.type === 'call' && part.callee.type === 'attribute' && part.callee.attr === 'state_dict',
  )
  return found !== null
}

/** Something is trained after it, as far as the callers of its function tell. */
function comesFirst(python: PythonModule, at: Expr, func: Func | null, seen: Set<Func>): boolean {
  if (isOfOtherBranch(python, at, func)) return false
  const trained = trainingsIn(python, func)
  if (trained.some(({ start }) => start > at.end)) return true
  if (trained.some(({ end }) => end <= at.start)) return false
  if (func === null || trained.length > 0) return true
  if (looksOnly.test(func.name)) return false
  // What its callers come to is counted where they were met first.
  if (seen.has(func)) return false
  seen.add(func)
  const sites = python.callSites(func)
  if (sites === null) return true
  if (python.outsideCalls(func).length > 0) return true
  if (sites.length === 0) return !isLeftOver(python, func)
  return sites.some((site) => comesFirst(python, site.expr, site.function, seen))
}

interface Part {
  start: number
  end: number
}

const within = (outer: Part, inner: Part): boolean => outer.start <= inner.start && inner.end <= outer.end

/** Loops of steps, and calls of what steps. */
function trainingsIn(python: PythonModule, func: Func | null): Part[] {
  return trainings(python).get(func) ?? []
}

function trainings(python: PythonModule): Map<Func | null, Part[]> {
  return once(python, 'trainings by function', () => {
    const found = new Map<Func | null, Part[]>()
    const add = (owner: Func | null, part: Part): void => {
      const list = found.get(owner)
      if (list === undefined) found.set(owner, [part])
      else list.push(part)
    }
    for (const { role, function: owner, node } of python.loops) if (role === 'train') add(owner, node)
    const all = python.calls.filter((call) => fits.test(call.method) || python.effects(call.expr).backward)
    // `print(run_epoch(model, batches))`
    const steps = all.filter(
      ({ expr }) => !all.some((one) => expr.args.some(({ value }) => within(value, one.expr))),
    )
    // One more pass behind those of the training, by the same function, is over other data.
    const repeated = new Set(steps.filter(isInEpochs).map((call) => keyOf(python, call)))
    for (const call of steps)
      if (isInEpochs(call) || !repeated.has(keyOf(python, call))) add(call.function, call.expr)
    return found
  })
}

function isInEpochs({ loops }: Call): boolean {
  return loops.some(({ role }) => role === 'epoch')
}

/** Where it stands, and what it calls. */
function keyOf(python: PythonModule, { function: func, expr: { callee } }: Call): string {
  return `${func?.qualified ?? ''} ${textOf(python, callee)}`
}

/** Of a trainer that is made elsewhere. */
const fits = /^(fit|train_model|run_training)$/

/** `if args.test: model.load_state_dict(…); return`, or the training stands in the other branch. */
function isOfOtherBranch(python: PythonModule, at: Expr, func: Func | null): boolean {
  const trained = trainingsIn(python, func)
  const holds = (block: readonly Stmt[], part: Part) => block.some((one) => within(one, part))
  const tests = once(python, 'tests', () => python.statements.filter((one) => one.type === 'if'))
  return tests.some((one) => {
    if (!within(one, at)) return false
    const [own, other] = holds(one.body, at) ? [one.body, one.orelse] : [one.orelse, one.body]
    if (!holds(own, at) || trained.some((part) => holds(own, part))) return false
    return trained.some((part) => holds(other, part)) || leaves(python, own)
  })
}

/** `return`, `sys.exit()` at its end. */
function leaves(python: PythonModule, block: readonly Stmt[]): boolean {
  const last = block.at(-1)
  if (last === undefined) return false
  return (
    /^(return|raise)$/.test(last.type) ||
    /^(sys\.)?(exit|quit)\(/.test(codeText(python, last.start, last.end))
  )
}

/** Its name stands nowhere but where it is made, and no program that imports it calls it either. */
function isLeftOver(python: PythonModule, func: Func): boolean {
  const { name, node } = func
  if (node.decorators.length > 0 || /^__|^(main|cli|run)$/.test(name)) return false
  if (!python.isEntry && python.importers.length === 0) return false
  if (func.class === null ? mentions(python, name) > 1 : isMethodUsed(python, func)) return false
  return ![...python.importers, ...python.programs].some((module) => {
    const uses = usesOf(module)
    return (
      uses.has(name) || uses.has(`.${name}`) || [...uses].some((one) => one.endsWith(`.${func.qualified}`))
    )
  })
}

function mentions(python: PythonModule, name: string): number {
  return (python.code.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length
}

/** `self.load(path)` or `getattr(self, 'load')`, and not `torch.load(path)`. */
function isMethodUsed(python: PythonModule, { name, node }: Func): boolean {
  const called = python.calls.some((call) => call.method === name && call.name === null)
  return (
    called ||
    new RegExp(`(self|cls)\\.${name}\\b|["']${name}["']`).test(
      python.code.replace(codeText(python, node.start, node.end), ''),
    )
  )
}
