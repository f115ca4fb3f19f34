/** What imports lead to: modules of the project, what they pass on, and what they say of their functions and classes. */
import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { attributeValues } from './attribute-values.js'
import type { ClassSummary, FunctionLoad, FunctionSummary, ModuleSummary, SingleParameter } from './module.js'
import { agreed, bindingsOf, definition, depthLimit, isNone, nameOf } from './names.js'
import { passedValues } from './passed-values.js'
import { importedMember } from './project-members.js'
import { likeOf, ownWork } from './same-object.js'

/** What an import target lies in: 'a' for 'a.b', '..' for '..a'; null: nothing is above it. */
export function moduleAbove(target: string): string | null {
  const cut = target.lastIndexOf('.')
  if (cut < 0 || cut === target.length - 1) return null
  return /^\.*$/.test(target.slice(0, cut)) ? target.slice(0, cut + 1) : target.slice(0, cut)
}

/** The module of the project that an import target lies in, with what remains of the target. */
export function projectTarget(
  analysis: Analysis,
  target: string,
): { summary: ModuleSummary; rest: string } | null {
  if (analysis.importedByName.size === 0) return null
  let found = analysis.projectTargets.get(target)
  if (found === undefined) {
    found = findInProject(analysis, target)
    analysis.projectTargets.set(target, found)
  }
  return found
}

function findInProject(analysis: Analysis, target: string): { summary: ModuleSummary; rest: string } | null {
  // `from pkg.Net import Net` in a package: the class has taken the name of its module.
  const above = moduleAbove(target)
  const name = target.slice(above?.length ?? 0).replace(/^\./, '')
  const holder = above === null ? undefined : analysis.importedByName.get(above)
  if (holder !== undefined && holds(holder, name)) return { summary: holder, rest: name }
  for (let module: string | null = target; module !== null; module = moduleAbove(module)) {
    const summary = analysis.importedByName.get(module)
    if (summary !== undefined) return { summary, rest: target.slice(module.length).replace(/^\./, '') }
  }
  return null
}

/** The target behind a name that nothing binds, where `from module import *` of a module of the project brings it. */
export function starTarget(analysis: Analysis, id: string): string | null {
  if (analysis.scopes.stars.length === 0) return null
  for (const module of analysis.scopes.stars) {
    const summary = analysis.importedByName.get(module)
    if (summary === undefined || id.startsWith('_')) continue
    if (holds(summary, id)) return module.endsWith('.') ? `${module}${id}` : `${module}.${id}`
  }
  return null
}

function holds({ functions, classes, constants, reexports, kept }: ModuleSummary, name: string): boolean {
  return [functions, classes, constants, reexports, kept ?? {}].some((names) => Object.hasOwn(names, name))
}

/** The import target that a name or attribute chain begins with, as far as it is written: 'common.make_loader'. */
export function targetOf(analysis: Analysis, expr: Expr): string | null {
  let root = expr
  while (root.type === 'attribute') root = root.value
  if (root.type !== 'name') return null
  const last = bindingsOf(analysis, root.id, root.start).at(-1)
  const target = last === undefined ? starTarget(analysis, root.id) : last.target
  if (target === null || expr.type !== 'attribute') return target
  // Few names are imported: the rest is spelled only for those.
  let rest = expr.attr
  for (let one = expr.value; one.type === 'attribute'; one = one.value) rest = `${one.attr}.${rest}`
  return target.endsWith('.') ? target + rest : `${target}.${rest}`
}

/** The import target behind a callee: a function, or a method of an object whose class is imported. */
export function importedTarget(analysis: Analysis, callee: Expr): string | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const direct = targetOf(analysis, callee)
  if (direct !== null || callee.type !== 'attribute') return direct
  const klass = importedClassOf(analysis, callee.value)
  return klass === null ? null : `${klass}.${callee.attr}`
}

/** The import target of the class that a value is an object of: as it was made, or as a parameter declares it. */
export function importedClassOf(analysis: Analysis, value: Expr, depth = 0): string | null {
  if (depth > depthLimit) return null
  const made = definition(analysis, value)
  const like = () => agreed(likeOf(analysis, made), (one) => importedClassOf(analysis, one, depth + 1))
  if (made.type === 'conditional') return like()
  // `words or Words()`: whoever passes another passes one that does the same.
  if (made.type === 'binary' && made.op === 'or') return importedClassOf(analysis, made.right, depth + 1)
  if (made.type === 'call') {
    const klass = like()
    return klass === null || hasOwn(analysis, klass, made.callee) ? targetOf(analysis, made.callee) : klass
  }
  if (made.type === 'name') {
    const bindings = bindingsOf(analysis, made.id, made.start)
    const [binding] = bindings
    if (bindings.length > 1) return like()
    if (binding?.kind !== 'param') return null
    const annotation = analysis.parameterAnnotation(binding!)
    if (annotation !== null) return declaredClass(analysis, annotation)
    // While calls are still collected, more may be to come.
    if (!analysis.complete) return null
    return analysis.passedTargets.of(binding!, () => {
      const passed = passedValues(analysis, binding!)
      return passed === null || passed.outside.length > 0
        ? null
        : agreed(passed.here, (one) => importedClassOf(analysis, one))
    })
  }
  // `self.trainer = trainer` in the constructor.
  const values = attributeValues(analysis, made)
  if (values.length === 0) return like()
  return agreed(values, (one) => (one === null ? null : importedClassOf(analysis, one, depth + 1)))
}

/** `trainer.train()` gives what the class of the trainer gives there. */
function hasOwn(analysis: Analysis, target: string, callee: Expr): boolean {
  if (callee.type !== 'attribute' || !ownWork.has(callee.attr)) return false
  const found = projectTarget(analysis, target)
  const klass = found === null ? undefined : lookUp(found.summary.classes, found.rest)
  return [klass?.methods, klass?.inherited].some((methods) => methods?.includes(callee.attr) === true)
}

/** The import target of the class that an annotation names. */
function declaredClass(analysis: Analysis, annotation: Expr): string | null {
  const named = declaredName(analysis, annotation)
  return named === null ? null : targetOf(analysis, named)
}

/** The name of the class in `Trainer`, `'Trainer'`, `Optional[Trainer]`, `Trainer | None`. */
export function declaredName(analysis: Analysis, annotation: Expr): Expr | null {
  const { type, start, end } = annotation
  if (type === 'constant')
    return typeof annotation.value === 'string' && /^\w+$/.test(annotation.value)
      ? { type: 'name', id: annotation.value, start, end }
      : null
  if (type === 'subscript')
    return /(^|\.)Optional$/.test(nameOf(analysis, annotation.value) ?? '')
      ? declaredName(analysis, annotation.index)
      : null
  if (type === 'binary' && annotation.op === '|')
    return isNone(annotation.right) ? declaredName(analysis, annotation.left) : null
  return annotation
}

/** What another module of the project says of the function that an expression names, or the method of a class of it. */
export function importedFunction(analysis: Analysis, callee: Expr): FunctionSummary | null {
  const found = importedMember(analysis, callee)
  return found === null ? null : (lookUp(found.summary.functions, found.rest) ?? null)
}

/** What another module says of the class that has a method, and the name of that. */
export function importedMethod(
  analysis: Analysis,
  callee: Expr,
): { klass: ClassSummary; method: string } | null {
  const found = importedMember(analysis, callee)
  const [name, method] = found?.rest.split('.') ?? []
  if (found === null || name === undefined || method === undefined) return null
  const klass = lookUp(found.summary.classes, name)
  return klass === undefined ? null : { klass, method }
}

/** Hardly any module has them: then no call need be followed there. */
function hasSingles(summary: ModuleSummary): boolean {
  return once(summary, 'has singles', () => members(summary).some(({ singles }) => singles !== undefined))
}
function hasLoads(summary: ModuleSummary): boolean {
  return once(summary, 'has loads', () => members(summary).some(({ loads }) => loads !== undefined))
}

function members({ functions, classes }: ModuleSummary): (FunctionSummary | ClassSummary)[] {
  return [...Object.values(functions), ...Object.values(classes)]
}

/** Parameters that a function or a method of another module runs a network on, each as a batch of one. */
export function importedSingles(analysis: Analysis, callee: Expr): readonly SingleParameter[] {
  if (!once(analysis, 'singles around', () => analysis.imported.some(hasSingles))) return []
  const found = importedMethod(analysis, callee)
  const singles =
    found === null ? importedFunction(analysis, callee)?.singles : lookUp(found.klass.singles, found.method)
  return singles ?? []
}

/** What a function, a method or a constructor of another module loads each time. */
export function importedLoads(analysis: Analysis, callee: Expr): readonly FunctionLoad[] {
  if (!once(analysis, 'loads around', () => analysis.imported.some(hasLoads))) return []
  const method = importedMethod(analysis, callee)
  if (method !== null) return lookUp(method.klass.loads, method.method) ?? []
  const func = importedFunction(analysis, callee)
  if (func !== null) return func.loads ?? []
  return lookUp(analysis.importedClass(callee)?.loads, '__init__') ?? []
}

/** A name that a module of the project only passes on from a library. */
export function reexported(analysis: Analysis, target: string): string | null {
  const found = projectTarget(analysis, target)
  if (found === null || found.rest === '' || found.rest.includes('.')) return null
  return lookUp(found.summary.reexports, found.rest) ?? null
}
