/** The code that a search runs for each trial: the function behind an argument, and what it reaches. */
import type { Call, Func, ModuleSummary, PythonModule } from '../../python/module.js'
import { trialWrappers } from '../../python/trial-searches.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf } from '../../syntax/python-children.js'
import { lookUp } from '../../text/records.js'

export interface TrialFunction {
  func: Func
  /** Position of the parameter that stands for the trial (or the configuration). */
  position: number
}

const reachDepth = 4

/** A function, a lambda around one, `partial(f, …)`, what a function makes, or an object with `__call__`. */
export function trialFunction(python: PythonModule, expr: Expr | null, position = 0): TrialFunction | null {
  if (expr === null) return null
  const value = python.definition(expr)
  const func = python.functionOf(expr)
  if (func !== null) {
    // Positional arguments that `partial` has filled in come first.
    const partial = value.type === 'call' && python.nameOf(value.callee) === 'functools.partial'
    const filled = partial ? value.args.filter((argument) => argument.name === null).length - 1 : 0
    return { func, position: position + Math.max(0, filled) + (func.class === null ? 0 : 1) }
  }
  const [first] = value.type === 'call' ? value.args : []
  if (value.type === 'call' && first !== undefined && trialWrappers.test(python.nameOf(value.callee) ?? ''))
    return trialFunction(python, first.value, position)
  if (value.type === 'lambda' && value.body.type === 'call') {
    const inner = python.functionOf(value.body.callee)
    const param = value.params[position]?.name
    const at = value.body.args.findIndex(
      (argument) => argument.value.type === 'name' && argument.value.id === param,
    )
    if (inner === null || at < 0) return null
    const keyword = value.body.args[at]!.name
    const named = keyword === null ? at : inner.node.params.findIndex((one) => one.name === keyword)
    return { func: inner, position: named + (keyword === null && inner.class !== null ? 1 : 0) }
  }
  return null
}

/** What another module says of code that it defines. */
type Described = Pick<ModuleSummary['functions'][string], 'calls' | 'trains'>

/**
 * What another module says of the function behind an argument: by its name, in `partial(f, …)`, in a lambda that calls it, or as
 * an object of a class with `__call__`.
 */
export function importedFunction(python: PythonModule, expr: Expr | null): Described | null {
  const value = expr === null ? null : python.definition(expr)
  if (expr === null || value === null) return null
  if (value.type === 'lambda') {
    const { body } = value
    return body.type === 'call' ? named(python, body.callee) : null
  }
  if (value.type !== 'call') return named(python, expr)
  const [first] = value.args
  if (python.nameOf(value.callee) === 'functools.partial')
    return first === undefined ? null : importedFunction(python, first.value)
  const found = importedFrom(python, value.callee)
  const klass = found === null ? undefined : lookUp(found.summary.classes, found.rest)
  if (found === null || klass === undefined) return null
  const methods = [...klass.methods, ...(klass.inherited ?? [])]
  const trains = found.summary.evidence?.role === 'training'
  return methods.includes('__call__') ? { calls: klass.calls, trains } : null
}

function named(python: PythonModule, expr: Expr): Described | null {
  const found = importedFrom(python, expr)
  return found === null ? null : (lookUp(found.summary.functions, found.rest) ?? null)
}

/** The module that an expression is imported from, and its name there. */
export function importedFrom(
  python: PythonModule,
  expr: Expr,
): { summary: ModuleSummary; rest: string } | null {
  const root = expr.type === 'attribute' && expr.value.type === 'name' ? expr.value : expr
  if (root.type !== 'name') return null
  const target = python.bindingsOf(root).at(-1)?.target
  if (target === null || target === undefined) return null
  return python.projectTarget(expr.type === 'attribute' ? `${target}.${expr.attr}` : target)
}

/** The function and those of the same module that it calls, nearest first. */
export function reachedFunctions(python: PythonModule, func: Func): Func[] {
  return [func, ...reachedBy(python, func.calls, new Set([func]))]
}

/** What these calls run in the same module, nearest first; none of `apart`. */
export function reachedBy(
  python: PythonModule,
  calls: readonly Call[],
  apart: ReadonlySet<Func> = new Set(),
): Func[] {
  const found = new Set<Func>()
  let layer = calls
  for (let depth = 0; depth < reachDepth && layer.length > 0; depth++) {
    const next: Func[] = []
    for (const { expr } of layer) {
      const named = expr.args.map(({ value }) => value).filter(({ type }) => type === 'name')
      for (const one of [expr.callee, ...named]) {
        const target = python.functionOf(one)
        if (target === null || found.has(target) || apart.has(target)) continue
        found.add(target)
        next.push(target)
      }
    }
    layer = next.flatMap((one) => one.calls)
  }
  return [...found]
}

/** What may be given a trial without reporting through it. */
const harmless =
  /^(print|str|repr|isinstance|hasattr|type|len|vars|dict|setattr|getattr|logging\.\w+|tqdm\.\w+|optuna\.(trial|samplers|distributions)\b.*)$/
const harmlessMethod = /^(info|debug|warning|error|log|write|format|print)$/

/**
 * True when the trial is handed to code that cannot be seen, so that nobody can say what happens to it there:
 * another module, an attribute, a collection.
 */
export function trialEscapes(
  python: PythonModule,
  { func, position }: TrialFunction,
  seen = new Set<Func>(),
): boolean {
  const param = func.node.params[position]
  if (param === undefined || param.star > 0) return true
  if (seen.has(func)) return false
  seen.add(func)
  if (seen.size > 12) return true
  let escapes = false
  const visit = (expr: Expr, parent: Expr | null): void => {
    if (escapes) return
    if (expr.type === 'name' && expr.id === param.name) {
      if (parent === null || !staysSeen(python, expr, parent, seen)) escapes = true
      return
    }
    for (const child of childrenOf(expr)) visit(child, expr)
  }
  const walk = (statement: Stmt): void => {
    for (const expr of expressionsOf(statement)) visit(expr, null)
    for (const block of blocksOf(statement)) block.forEach(walk)
  }
  func.node.body.forEach(walk)
  return escapes
}

function staysSeen(python: PythonModule, trial: Expr, parent: Expr, seen: Set<Func>): boolean {
  // `trial.suggest_float(…)`, `if trial is not None`.
  if (parent.type === 'attribute' || parent.type === 'binary' || parent.type === 'unary') return true
  if (parent.type === 'fstring') return true
  if (parent.type !== 'call') return false
  const { callee, args } = parent
  const index = args.findIndex((argument) => argument.value === trial)
  const argument = args[index]
  if (argument === undefined || argument.star > 0) return false
  const name = python.nameOf(callee)
  if (name !== null && harmless.test(name)) return true
  if (callee.type === 'attribute' && harmlessMethod.test(callee.attr)) return true
  const made = python.classOf(callee)
  const target = made === null ? python.functionOf(callee) : (made.methods.get('__init__') ?? null)
  if (target !== null) {
    const shift = target.class !== null ? 1 : 0
    const position =
      argument.name === null
        ? index + shift
        : target.node.params.findIndex((one) => one.name === argument.name)
    return !trialEscapes(python, { func: target, position }, seen)
  }
  const imported = importedFunction(python, callee)
  return imported !== null && !imported.calls.some((one) => /report|prun/i.test(one))
}

/** Calls in the function and in the functions of the module that it reaches. */
export function reachedCalls(python: PythonModule, func: Func): Call[] {
  return reachedFunctions(python, func).flatMap((one) => one.calls)
}
