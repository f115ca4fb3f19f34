/** What a module passes to the functions and classes of other modules of the project that it calls. */
import type { Argument, CallExpr, Expr } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import type { Location } from '../text/location.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { baseClasses } from './base-classes.js'
import { chosenTargets, isChoice } from './chosen-targets.js'
import { toPlain } from './configured-exports.js'
import { configuredPath } from './configured-path.js'
import { seenFrom } from './configured-plain.js'
import { running } from './effects.js'
import { handedCall } from './handed-calls.js'
import { dataSetsOf } from './handed-data-sets.js'
import { importedClassOf, importedTarget, projectTarget, targetOf } from './import-targets.js'
import { defaultPlace } from './imported-arguments.js'
import { heldByBase, makings } from './inherited-fields.js'
import type {
  Call,
  DerivedClass,
  Folded,
  Func,
  Klass,
  OptionType,
  OutwardCall,
  Passed,
  PassedArguments,
  ProgramArgument,
} from './module.js'
import { bindingsOf } from './names.js'
import { programOption } from './option-files.js'
import { projectMember } from './project-members.js'
import { isDerived, stepOf } from './step-calls.js'
import { triedElsewhere } from './trial-searches.js'

/** Longest value that is worth passing on, in characters of JSON. */
const maximumValue = 500
const mostCalls = 200
const mostArguments = 200

/** `frozen`: the networks that the module freezes. */
export function outwardCalls(analysis: Analysis, frozen: readonly Expr[]): OutwardCall[] {
  // A test tries things out with values of its own.
  if (analysis.importedByName.size === 0 || analysis.evidence.role === 'test') return []
  const found: OutwardCall[] = []
  const frozenNames = new Set(frozen.map(({ start, end }) => analysis.text.slice(start, end)))
  for (const call of analysis.calls.flatMap((one) => [one, ...madeByLibrary(analysis, one)])) {
    const targets = calledTargets(analysis, call).filter((target) => isOfProject(analysis, target))
    if (targets.length === 0) continue
    if (found.length >= mostCalls) return found
    const step = stepOf(analysis, call)
    const one: Omit<OutwardCall, 'target'> = {
      from: call.function?.qualified ?? null,
      looped: isLooped(analysis, call),
      ...(step === null ? {} : { eachStep: true as const }),
      ...(call.loops.some(({ role }) => role === 'epoch') ? { eachEpoch: true as const } : {}),
      usedAs: usedAs(analysis, call),
      ...goneOver(analysis, call),
      args: call.expr.args.map((argument, index) => ({
        ...passedArgument(analysis, call.expr.args, argument, index),
        ...(frozenNames.has(analysis.text.slice(argument.value.start, argument.value.end)) ||
        isMadeFrozen(analysis, argument.value)
          ? { frozen: true as const }
          : {}),
        ...(step !== null && isDerived(analysis, argument.value, step) ? { onDevice: true as const } : {}),
      })),
      open: call.expr.args.some((argument) => argument.star > 0),
    }
    for (const target of targets) found.push({ target, ...one })
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
export function usedAs(analysis: Analysis, call: Call): string | null {
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
  const value = analysis.definition(expr)
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

/** `fit(train_step, loader)`. */
function stepPassed(analysis: Analysis, expr: Expr): Pick<PassedArguments[number], 'runs'> {
  if (expr.type !== 'name' && expr.type !== 'attribute' && expr.type !== 'call') return {}
  const effects = analysis.effectsOfCalled(expr)
  return effects === null || !(effects.backward || effects.optimizerStep) ? {} : { runs: running(effects) }
}

function passed(analysis: Analysis, expr: Expr, depth = 0): Passed {
  const parameter = parameterOf(analysis, expr, depth) ?? keptParameter(analysis, expr, depth)
  if (parameter !== null) return parameter
  const made = namespaceIn(analysis, expr)
  if (analysis.programArguments.length > 0 && made !== undefined && isArguments(analysis, made))
    return argumentsOf(analysis, made)
  return optional(analysis, expr, asPassed(analysis.fold(expr)))
}

/** `args` of `vars(args)`, also where a name that nothing is written into holds that. */
function namespaceIn(analysis: Analysis, expr: Expr): Expr | undefined {
  const held = expr.type === 'name' && !analysis.mutatedNames.has(expr.id) ? analysis.definition(expr) : expr
  return held.type === 'call' && analysis.nameOf(held.callee) === 'vars' ? held.args[0]?.value : expr
}

function isArguments(analysis: Analysis, expr: Expr): boolean {
  return (expr.type === 'name' || expr.type === 'call') && analysis.programParameters.isNamespace(expr)
}

export function asPassed(folded: Folded): Passed {
  if (folded.state === 'unknown') return folded
  if (folded.channel !== 'code') return { state: 'unknown', because: 'a value from outside of the code' }
  return JSON.stringify(folded.value).length > maximumValue
    ? { state: 'unknown', because: 'too long' }
    : { state: 'known', value: folded.value, overridable: folded.overridable }
}

/** Functions of one module that pass on to each other what one of them is given. */
const mostHops = 6

/** `self.batch_size`, which is a parameter of the constructor and nothing else. */
function keptParameter(analysis: Analysis, expr: Expr, depth: number): Passed | null {
  if (expr.type !== 'attribute' || expr.value.type !== 'name' || expr.value.id !== 'self') return null
  const [only, ...others] = analysis.attributeValues(expr)
  if (only === undefined) return keptByBase(analysis, expr)
  return only?.type === 'name' && others.length === 0 ? parameterOf(analysis, only, depth) : null
}

/** The same where the class has its constructor from another module. */
function keptByBase(analysis: Analysis, { attr, start }: Expr & { type: 'attribute' }): Passed | null {
  const klass = classAround(analysis, start)
  const held = klass === null ? undefined : lookUp(heldByBase(analysis, klass), attr)
  // What this module passes counts as well, and is not followed here.
  if (klass === null || held?.keys !== undefined || makings(analysis, klass).length > 0) return null
  return held === undefined
    ? null
    : { state: 'parameter', of: klass.name, name: held.name, position: held.position }
}

/** What the function that makes the call is given itself, or a part of that, passed on. */
function parameterOf(analysis: Analysis, expr: Expr, depth: number): Passed | null {
  const { base, keys, fallback } = partOf(analysis, expr)
  if (base.type !== 'name') return null
  const bindings = bindingsOf(analysis, base.id, base.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
  if (binding === null || owner === null || owner.position < 0) return null
  if (analysis.programParameters.argumentOf(owner.func, binding.name) !== null) return null
  const sites = analysis.callSites(owner.func)
  if (sites === null) return null
  const otherwise = keys.length === 0 ? binding.value : fallback
  const lines =
    keys.length === 0
      ? once(owner.func, `command lines as ${binding.name}`, () =>
          commandLinesPassed(analysis, sites, binding.name, owner.position),
        )
      : null
  return {
    state: 'parameter',
    of: owner.func.qualified,
    name: binding.name,
    position: owner.position,
    ...(keys.length === 0 ? {} : { keys }),
    ...(otherwise === null ? {} : { otherwise: asPassed(analysis.fold(otherwise)) }),
    ...(sites.length === 0
      ? {}
      : {
          here:
            lines === null
              ? (passedHere(analysis, owner.func, binding.name, owner.position, keys, depth) ??
                localValue(analysis, owner.func, sites, keys.length === 0 ? base : expr))
              : argumentsOf(analysis, base, lines),
        }),
  }
}

/** The names under which all calls pass the parsed command line for a parameter; null: they pass something else. */
function commandLinesPassed(
  analysis: Analysis,
  sites: readonly Call[],
  name: string,
  position: number,
): string[] | null {
  if (analysis.programArguments.length === 0) return null
  const names = sites.map((site) => {
    const given = analysis.argument(site, name, position)
    const line = given.state === 'given' ? given.expr : null
    if (line === null || !analysis.programParameters.isNamespace(line)) return null
    // `main(parser.parse_args())`.
    if (line.type === 'call') return ''
    return line.type === 'name' ? line.id : null
  })
  return names.every((one) => one !== null) ? names : null
}

const longestPart = 8

/** `cfg['train'].workers`, `cfg.get('workers', 4)`: the object and the keys; what holds where the last is not there. */
function partOf(analysis: Analysis, expr: Expr) {
  const keys: (string | number)[] = []
  let base = analysis.definition(expr)
  let fallback: Expr | null = null
  while (keys.length < longestPart) {
    let key: unknown
    let object: Expr
    if (base.type === 'attribute') {
      key = base.attr
      object = base.value
    } else if (base.type === 'subscript' && base.index.type === 'constant') {
      key = base.index.value
      object = base.value
    } else if (base.type === 'call' && base.callee.type === 'attribute' && base.callee.attr === 'get') {
      const [first, second] = base.args
      key = first?.value.type === 'constant' ? first.value.value : null
      if (keys.length === 0) fallback = second?.value ?? null
      object = base.callee.value
    } else break
    if (typeof key !== 'string' && typeof key !== 'number') break
    keys.unshift(key)
    base = analysis.definition(object)
  }
  return { base, keys, fallback }
}

/** What all calls of this module pass on, where that is in turn what their functions are given; null: they pass something else. */
function passedHere(
  analysis: Analysis,
  func: Func,
  name: string,
  position: number,
  keys: readonly (string | number)[],
  depth: number,
): Passed | null {
  if (depth >= mostHops) return null
  // Each of many calls leads to the same calls of the function around it.
  const found = once(func, `passed on as ${name} after ${depth}`, () =>
    passedByAll(analysis, analysis.callSites(func) ?? [], name, position, depth),
  )
  if (found === null) return null
  return keys.length === 0 ? found : { ...withoutDefault(found), keys: [...(found.keys ?? []), ...keys] }
}

function passedByAll(
  analysis: Analysis,
  sites: readonly Call[],
  name: string,
  position: number,
  depth: number,
): (Passed & { state: 'parameter' }) | null {
  let found: (Passed & { state: 'parameter' }) | null = null
  for (const site of sites) {
    const given = analysis.argument(site, name, position)
    const one =
      given.state === 'given' && given.expr !== null ? passed(analysis, given.expr, depth + 1) : null
    if (one?.state !== 'parameter') return null
    if (found !== null && JSON.stringify(found) !== JSON.stringify(one)) return null
    found = one
  }
  return found
}

/** Of a part nothing holds that holds of the whole. */
function withoutDefault({ otherwise: _, here, ...rest }: Passed & { state: 'parameter' }) {
  return {
    ...rest,
    ...(here === undefined ? {} : { here: { state: 'unknown' as const, because: 'a part of it' } }),
  }
}

/** What the calls of this module pass, where one of its functions is called here too. */
function localValue(analysis: Analysis, func: Func, sites: readonly Call[], value: Expr): Passed {
  // A call from its own body says nothing new.
  return sites.every((site) => site.function === func)
    ? { state: 'unknown', because: 'it calls itself' }
    : optional(analysis, value, asPassed(analysis.fold(value)))
}

/** With the option of the program that it is: launches may give it another value. */
function optional(analysis: Analysis, expr: Expr, value: Passed): Passed {
  const option = programOption(analysis, expr)
  return option === null || value.state === 'parameter' || value.state === 'arguments'
    ? value
    : { ...value, option: option.flags, reads: readsAs(option) }
}

/** The parsed command line: what each argument is unless the launch says otherwise. */
function argumentsOf(analysis: Analysis, expr: Expr, also: readonly string[] = []): Passed {
  const values: (Passed & { state: 'arguments' })['values'] = {}
  const names = [expr.type === 'name' ? expr.id : '', ...also]
  for (const argument of analysis.programArguments.slice(0, mostArguments)) {
    // What the program writes into it is not what was parsed.
    if (names.some((name) => analysis.attributeStores.has(`${name}.${argument.name}`))) continue
    const read: Expr = {
      type: 'attribute',
      value: expr,
      attr: argument.name,
      start: expr.start,
      end: expr.end,
    }
    // `Trainer(parser.parse_args())`.
    const folded = expr.type === 'name' || expr.type === 'call' ? asPassed(analysis.fold(read)) : null
    const isOption = argument.positional !== true
    if (folded?.state === 'known' || (folded !== null && isOption && argument.required === true))
      define(values, argument.name, {
        ...(folded.state === 'known'
          ? { value: folded.value, overridable: folded.overridable }
          : { value: null, overridable: true, open: true as const }),
        ...(isOption ? { flags: argument.flags, reads: readsAs(argument) } : {}),
        ...(argument.kind === 'store true' ? { isSwitch: true as const } : {}),
        ...(argument.place === undefined ? ownPlace(analysis, argument) : { place: argument.place }),
      })
  }
  return { state: 'arguments', values }
}

const readsAs = ({ kind, type }: ProgramArgument): OptionType => ({ kind, type })

function ownPlace(analysis: Analysis, argument: ProgramArgument): { place?: Location } {
  const place = defaultPlace(analysis, argument)
  return place === null ? {} : { place }
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
    if (callee.type !== 'name' && callee.type !== 'attribute') visit(callee)
    else if (callee.type === 'attribute' && callee.value.type === 'call') visit(callee.value)
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
      if (isChoice(analysis, statement)) continue
      // An annotation calls nothing.
      for (const part of [...statement.targets, statement.value]) if (part !== null) visit(part)
    } else forEachExpression(statement, visit)
  }
  return found
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
