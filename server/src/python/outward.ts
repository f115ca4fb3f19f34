/** What a module passes to the functions and classes of other modules of the project that it calls. */
import type { Argument, CallExpr, Expr, Stmt } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { thawedCall, unpackedArguments } from './called-arguments.js'
import { partialBehind } from './callee-names.js'
import { chosenTargets, isChoice } from './chosen-targets.js'
import { toPlain } from './configured-exports.js'
import { configuredPath } from './configured-path.js'
import { seenFrom } from './configured-plain.js'
import { running } from './effect-sets.js'
import { importedMembers, isOnlyCallee, isTableCall, namesEntry } from './function-tables.js'
import { handedCall } from './handed-calls.js'
import { dataSetsOf } from './handed-data-sets.js'
import { importedClassOf, importedTarget, projectTarget, targetOf } from './import-targets.js'
import type { Call, DerivedClass, Klass, OutwardCall, Passed, PassedArguments } from './module.js'
import { bindingsOf } from './names.js'
import { passed } from './outward-values.js'
import { projectMember } from './project-members.js'
import { madeBehind } from './same-object.js'
import { isDerived, stepOf } from './step-calls.js'
import { triedElsewhere } from './trial-searches.js'

const mostCalls = 200

/** `frozen`: the networks that the module freezes. */
export function outwardCalls(analysis: Analysis, frozen: readonly Expr[]): OutwardCall[] {
  // A test tries things out with values of its own.
  if (analysis.importedByName.size === 0 || analysis.evidence.role === 'test') return []
  const found: OutwardCall[] = []
  const frozenNames = new Set(frozen.map(({ start, end }) => analysis.text.slice(start, end)))
  for (const one of analysis.calls.flatMap((call) => [call, ...madeByLibrary(analysis, call)])) {
    const thawed = thawedCall(analysis, one)
    const call = thawed === null ? one : { ...one, expr: thawed }
    const targets = calledTargets(analysis, call).filter((target) => isOfProject(analysis, target))
    if (targets.length === 0) continue
    if (found.length >= mostCalls) return found
    const step = stepOf(analysis, call)
    const args = unpackedArguments(analysis, call.expr.args)
    const made: Omit<OutwardCall, 'target'> = {
      from: call.function?.qualified ?? null,
      looped: isLooped(analysis, call),
      ...(step === null ? {} : { eachStep: true as const }),
      ...(call.loops.some(({ role }) => role === 'epoch') ? { eachEpoch: true as const } : {}),
      usedAs: usedAs(analysis, call),
      ...goneOver(analysis, call),
      args: args.map((argument, index) => ({
        ...passedArgument(analysis, args, argument, index),
        ...(frozenNames.has(analysis.text.slice(argument.value.start, argument.value.end)) ||
        isMadeFrozen(analysis, argument.value)
          ? { frozen: true as const }
          : {}),
        ...(step !== null && isDerived(analysis, argument.value, step) ? { onDevice: true as const } : {}),
      })),
      open: args.some((argument) => argument.star > 0),
    }
    for (const target of targets) found.push({ target, ...made })
  }
  for (const target of mentioned(analysis))
    found.push({ target, from: null, looped: false, usedAs: null, args: null, open: true })
  for (const [target, tried] of triedElsewhere(analysis)) {
    if (!isOfProject(analysis, target)) continue
    const known = found.filter((one) => one.target === target)
    for (const one of known) one.tried = tried
    if (known.length === 0)
      found.push({ target, from: null, looped: false, usedAs: null, args: null, open: true, tried })
  }
  return found
}

/** What a call runs, as imported: several where a choice decides. */
function calledTargets(analysis: Analysis, call: Call): string[] {
  const { callee } = call.expr
  const target =
    importedTarget(analysis, callee) ??
    baseMade(analysis, call) ??
    inheritedConstructor(analysis, callee) ??
    objectCalled(analysis, callee)
  return target === null ? chosenTargets(analysis, callee) : [target]
}

/** `__call__` of the class of another module whose object is called: `self.meter(losses)`. */
function objectCalled(analysis: Analysis, callee: Expr): string | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const klass = importedClassOf(analysis, callee)
  const found = klass === null ? null : projectTarget(analysis, klass)
  const methods = found === null ? undefined : lookUp(found.summary.classes, found.rest)?.methods
  return methods?.includes('__call__') === true ? `${klass}.__call__` : null
}

/** The call of a function of another module that it is handed. */
function madeByLibrary(analysis: Analysis, call: Call): Call[] {
  const handed = handedCall(analysis, call)
  return handed === null ? [] : [{ ...call, expr: handed.made }]
}

/** `make_teacher(name)` of another module, which freezes what it makes. */
function isMadeFrozen(analysis: Analysis, expr: Expr): boolean {
  const made = analysis.definition(expr)
  if (made.type !== 'call') return false
  const maker = analysis.importedFunction(made.callee) ?? analysis.importedClass(made.callee)
  return maker?.frozen === true
}

/** The class of another module that `super().__init__(…)` makes. */
function baseMade(analysis: Analysis, { expr: { callee }, function: func }: Call): string | null {
  if (func?.name !== '__init__' || func.class === null) return null
  if (callee.type !== 'attribute' || callee.attr !== '__init__' || callee.value.type !== 'call') return null
  const made = callee.value.callee
  if (made.type !== 'name' || made.id !== 'super') return null
  const [base, ...others] = func.class.node.bases.filter(({ name }) => name === null)
  return base === undefined || others.length > 0 ? null : targetOf(analysis, base.value)
}

/** Classes of this module that are derived from one class of another module of the project. */
export function derivedClasses(analysis: Analysis): DerivedClass[] {
  if (analysis.importedByName.size === 0 || analysis.evidence.role === 'test') return []
  return analysis.classes.flatMap((klass) => {
    const base = baseElsewhere(analysis, klass)
    return base === null ? [] : [{ name: klass.name, base, methods: methodsOf(analysis, klass) }]
  })
}

/** The only base of a class that is a class of another module of the project, also behind bases of this module. */
function baseElsewhere(analysis: Analysis, klass: Klass): string | null {
  const targets = [klass, ...baseClasses(analysis, klass)].flatMap((one) =>
    one.node.bases.flatMap(({ name, value }) => {
      const local = name === null ? analysis.classOf(value) : null
      const target = name !== null || (local !== null && local !== one) ? null : targetOf(analysis, value)
      return target !== null && isOfProject(analysis, target) ? [target] : []
    }),
  )
  const [only, other] = new Set(targets)
  return only === undefined || other !== undefined ? null : only
}

/** Its own, and those of its bases in this module. */
function methodsOf(analysis: Analysis, klass: Klass): string[] {
  const all = [klass, ...baseClasses(analysis, klass)].flatMap(({ methods }) => [...methods.keys()])
  return [...new Set(all)]
}

/** A class of this module that makes its objects with the constructor of a class elsewhere: that one. */
function inheritedConstructor(analysis: Analysis, callee: Expr): string | null {
  const klass = analysis.classOf(callee)
  if (klass === null) return null
  const own = methodsOf(analysis, klass)
  return own.includes('__init__') || own.includes('__new__') ? null : baseElsewhere(analysis, klass)
}

/** What the result of a call, or each part of it, is called, or the function that it is handed to. */
function usedAs(analysis: Analysis, call: Call): string | null {
  if (call.assignedTo !== null) return call.assignedTo
  const { statement } = call
  const { start, end } = call.expr
  if (statement.type === 'assign' && statement.value?.start === start && statement.value.end === end) {
    const [parts] = statement.targets
    if (parts?.type === 'tuple') return analysis.code.slice(parts.start, parts.end)
  }
  const around = (analysis.callsIn.get(statement) ?? []).filter(({ expr: { args } }) =>
    args.some(({ value }) => value.start === start && value.end === end),
  )
  around.sort((a, b) => a.index - b.index)
  return around[0]?.method ?? null
}

/** `loader = build_loader()`, then `for batch in loader:` in the same function. */
function goneOver(analysis: Analysis, { assignedTo, function: func }: Call): Pick<OutwardCall, 'goneOverTo'> {
  if (assignedTo === null) return {}
  const name = new RegExp(`(?<![\\w.])${assignedTo.replaceAll('.', '\\.')}(?![\\w(])`)
  const roles = analysis.loops.flatMap(({ node, role, function: owner }) =>
    node.type === 'for' &&
    owner === func &&
    (role === 'train' || role === 'evaluate') &&
    name.test(analysis.text.slice(node.iterable.start, node.iterable.end))
      ? [role]
      : [],
  )
  if (roles.includes('train')) return { goneOverTo: 'train' }
  return roles.includes('evaluate') ? { goneOverTo: 'evaluate' } : {}
}

function isOfProject(analysis: Analysis, target: string): boolean {
  const found = projectTarget(analysis, target)
  return found !== null && found.rest !== ''
}

function isLooped(analysis: Analysis, call: Call, depth = 0): boolean {
  if (call.loops.length > 0) return true
  const { function: func } = call
  if (func === null || depth > 3) return false
  return once(func, `called in a loop after ${depth}`, () =>
    (analysis.callSites(func) ?? []).some(
      (site) => site.function !== func && isLooped(analysis, site, depth + 1),
    ),
  )
}

function passedArgument(
  analysis: Analysis,
  args: Argument[],
  argument: Argument,
  index: number,
): PassedArguments[number] {
  const position =
    argument.name === null && argument.star === 0
      ? args.slice(0, index).filter((one) => one.name === null).length
      : null
  const type = analysis.typeOf(argument.value)
  const given = deviceName(analysis, argument.value)
  const path = argument.star === 1 ? null : configuredPath(analysis, given)
  return {
    name: argument.name,
    position,
    value: argument.star > 0 ? unpacked : passed(analysis, given),
    ...(path === null ? {} : { path: seenFrom(analysis.path, toPlain(analysis, path)) }),
    ...(argument.star === 1 || argument.star === 2 ? { star: argument.star } : {}),
    ...(type === null ? {} : { type }),
    ...objectPassed(analysis, argument.value),
    ...dataSetsPassed(analysis, argument),
    ...restPassed(analysis, argument),
    ...stepPassed(analysis, argument.value),
  }
}

/** `cfg.device` of `device = torch.device(cfg.device)`: a device is as good as its name. */
function deviceName(analysis: Analysis, expr: Expr): Expr {
  if (expr.type !== 'name' && expr.type !== 'call') return expr
  const made = analysis.definition(expr)
  if (made.type !== 'call' || analysis.nameOf(made.callee) !== 'torch.device') return expr
  const [only, index] = made.args
  return only === undefined || index !== undefined || only.star > 0 ? expr : only.value
}

const unpacked: Passed = { state: 'unknown', because: 'an unpacked value' }

/** `accumulator` of `accumulator = Accumulator(model)`. */
function objectPassed(analysis: Analysis, expr: Expr): Pick<PassedArguments[number], 'made'> {
  const value = madeBehind(analysis, expr)
  const found = value.type === 'call' ? projectMember(analysis, value.callee) : null
  return found === null || !Object.hasOwn(found.summary.classes, found.rest)
    ? {}
    : { made: { path: found.summary.path, name: found.rest } }
}

/** `make_loader(Pictures(rows))`. */
function dataSetsPassed(
  analysis: Analysis,
  { value, star }: Argument,
): Pick<PassedArguments[number], 'dataSets'> {
  const kinds = star > 0 || value.type === 'constant' ? [] : dataSetsOf(analysis, value)
  return kinds.length === 0 ? {} : { dataSets: kinds }
}

/** `super().__init__(**kwargs)`, of a function that only other modules call. */
function restPassed(analysis: Analysis, { value, star }: Argument): Pick<PassedArguments[number], 'rest'> {
  if (star === 0 || value.type !== 'name') return {}
  const [binding, another] = bindingsOf(analysis, value.id, value.start)
  if (binding?.kind !== 'param' || another !== undefined) return {}
  const owner = analysis.parameterOwner(binding)
  if (owner === null || analysis.callSites(owner.func)?.length !== 0) return {}
  const { params } = owner.func.node
  if (params.find(({ name }) => name === value.id)?.star !== star) return {}
  const end = params.findIndex((one) => one.star > 0)
  const isMethod = owner.func.class !== null
  return {
    rest: {
      of: owner.func.qualified,
      taken: params.filter((one) => one.star === 0).map(({ name }) => name),
      positions: Math.max(0, end - (isMethod ? 1 : 0)),
    },
  }
}

/** More than these are a program of its own rather than what a data set does to a sample. */
const mostCallsRun = 60

/** `fit(train_step, loader)`, `Clips(paths, transform=features)`. */
function stepPassed(analysis: Analysis, expr: Expr): Pick<PassedArguments[number], 'runs'> {
  if (expr.type !== 'name' && expr.type !== 'attribute' && expr.type !== 'call') return {}
  const effects = analysis.effectsOfCalled(expr)
  if (effects === null) return {}
  const runs = running(effects)
  const isStep = runs.backward || runs.optimizerStep
  return isStep || (runs.calls.length > 0 && runs.calls.length <= mostCallsRun) ? { runs } : {}
}

const looksAtTypes = new Set(['isinstance', 'issubclass', 'type', 'hasattr'])

/** Functions and classes of other modules that are handed around as values: how they are called cannot be seen. */
function mentioned(analysis: Analysis): Set<string> {
  const found = new Set<string>()
  const candidates = new Set<string>()
  for (const binding of importedNames(analysis)) candidates.add(binding)
  if (candidates.size === 0) return found
  const mention = (expr: Expr): void => {
    const target = targetOf(analysis, expr)
    if (target !== null && isOfProject(analysis, target)) found.add(target)
    for (const member of importedMembers(analysis, expr)) found.add(member.target)
  }
  const visit = (expr: Expr): void => {
    if (expr.type === 'name' || expr.type === 'attribute') {
      let root: Expr = expr
      while (root.type === 'attribute') root = root.value
      if (root.type === 'name') {
        if (candidates.has(root.id)) mention(expr)
        return
      }
    }
    if (expr.type === 'call') visitCall(expr)
    else forEachChild(expr, visit)
  }
  const visitCall = (expr: CallExpr): void => {
    const { callee } = expr
    if (callee.type === 'subscript' && isTableCall(analysis, callee)) visit(callee.index)
    else if (callee.type === 'call' && isTableCall(analysis, callee))
      for (const { value } of callee.args) visit(value)
    else if (callee.type !== 'name' && callee.type !== 'attribute') visit(callee)
    else if (callee.type === 'attribute' && callee.value.type === 'call') visit(callee.value)
    // `for run in TABLE.values()`.
    else if (callee.type === 'attribute' && callee.attr !== 'keys')
      for (const { target } of importedMembers(analysis, callee.value)) found.add(target)
    if (callee.type === 'name' && looksAtTypes.has(callee.id)) return
    const call = analysis.callByExpr.get(expr)
    const handed = call === undefined ? null : handedCall(analysis, call)
    for (const { value } of expr.args) if (value !== handed?.func) visit(value)
  }
  for (const statement of analysis.statements) {
    if (statement.type === 'import') continue
    if (statement.type === 'function') {
      for (const decorator of statement.decorators) visit(decorator)
      continue
    }
    if (statement.type === 'class') {
      for (const decorator of statement.decorators) visit(decorator)
      const klass = analysis.classByNode.get(statement)
      if (klass === undefined || !showsConstruction(analysis, klass))
        for (const base of statement.bases) visit(base.value)
    } else if (statement.type === 'assign') {
      // `Runner = Forecast`, then `Runner(args)`.
      if (isChoice(analysis, statement) || namesEntry(analysis, statement)) continue
      if (isPartial(analysis, statement) && statement.value?.type === 'call') {
        for (const { value } of statement.value.args.slice(1)) visit(value)
        continue
      }
      // An annotation calls nothing.
      for (const part of [...statement.targets, statement.value]) if (part !== null) visit(part)
    } else forEachExpression(statement, visit)
  }
  return found
}

/** `make = partial(make_loader, workers=8)`, where the name is used for nothing but calls. */
function isPartial(analysis: Analysis, { targets, value }: Stmt & { type: 'assign' }): boolean {
  const [target] = targets
  return (
    value?.type === 'call' &&
    target?.type === 'name' &&
    targets.length === 1 &&
    analysis.nameOf(value.callee) === 'functools.partial' &&
    isOnlyCallee(analysis, target.id, (callee) => partialBehind(analysis, callee) !== null)
  )
}

/** What the constructor of its base is given can be seen: from its own, or from the calls that make its objects. */
function showsConstruction(analysis: Analysis, klass: Klass): boolean {
  if (baseElsewhere(analysis, klass) === null) return false
  const init = klass.methods.get('__init__')
  if (init === undefined) return !klass.methods.has('__new__')
  return init.calls.some((call) => baseMade(analysis, call) !== null)
}

/** Local names that stand for something of another module of the project. */
function importedNames(analysis: Analysis): string[] {
  const found: string[] = []
  const visit = (scope: Analysis['scopes']): void => {
    for (const [name, bindings] of scope.bindings)
      if (bindings.some(({ target }) => target !== null && projectTarget(analysis, target) !== null))
        found.push(name)
    scope.children.forEach(visit)
  }
  visit(analysis.scopes)
  return found
}
