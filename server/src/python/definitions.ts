/** What a module defines, as others that import it see it. */

import type { Expr } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import { lowerBound } from '../text/sorted.js'
import type { Analysis } from './analysis.js'
import { appliedParameters } from './applied-parameters.js'
import { givenBatch } from './batches-of-one.js'
import { functionGiven, methodOf } from './callables.js'
import { ClassFields } from './class-fields.js'
import { readingCalls } from './device-moves.js'
import { isRemembered } from './each-call.js'
import { running } from './effect-sets.js'
import { encodingMethods, isEncoder } from './encoders.js'
import { environmentFields } from './environment-fields.js'
import { importedBases, inheritedMethods, namedClasses, repeatedMethods } from './extended-classes.js'
import { appliedAttributes, frozenOwners, isFrozenClass, mayFreeze, returnsFrozen } from './frozen-modules.js'
import { functionLoads, mayLoad, methodLoads } from './function-loads.js'
import { isGenerator } from './generators.js'
import { returnedDataSets } from './handed-data-sets.js'
import { handedOn, writingMethods } from './handed-on.js'
import { projectTarget } from './import-targets.js'
import { comprehensionsIn } from './index-calls.js'
import { heldParameters } from './inherited-fields.js'
import { keptParameters } from './kept-parameters.js'
import { loggedNames } from './logged-metrics.js'
import { getterOf } from './lookups.js'
import { instantiatedParameter } from './made-objects.js'
import { takingOf } from './mapping-classes.js'
import { callsOfMethods } from './method-calls.js'
import type { ClassSummary, Func, FunctionSummary, Klass, ModuleSummary } from './module.js'
import { moduleConstants } from './module-constants.js'
import { optionFunction } from './option-functions.js'
import { switchesItself } from './own-switches.js'
import { readyData } from './ready-data.js'
import { recipeOf } from './recipes.js'
import { movesSamples } from './resident-data.js'
import { onlyReturn, returnsOf } from './returns.js'
import { searchedParameters, searchingMethods } from './searched-tables.js'
import { mayHoldSinglePasses, singleParameters } from './single-passes.js'

export type Definitions = Pick<
  ModuleSummary,
  'functions' | 'classes' | 'constants' | 'replaceable' | 'reexports' | 'passesOn'
> &
  Required<Pick<ModuleSummary, 'places' | 'displays' | 'kept' | 'loads' | 'parses'>> & {
    /** Networks that it freezes. */
    frozen: readonly Expr[]
    /** A function of it takes gradients of gradients. */
    secondOrder: boolean
  }

/** Its constants, functions and classes, and what it passes on of others'. */
export function definitionsOf(analysis: Analysis): Definitions {
  const { constants, places, reexports, displays, replaceable } = moduleConstants(analysis)
  const functions: ModuleSummary['functions'] = {}
  const classes: ModuleSummary['classes'] = {}
  const passesOn = passedOn(analysis)
  const known: Definitions = {
    ...{ functions, classes, constants, places, reexports, displays, kept: {}, loads: {}, parses: {} },
    ...(Object.keys(replaceable).length === 0 ? {} : { replaceable }),
    ...(passesOn === null ? {} : { passesOn }),
    frozen: frozenIn(analysis),
    secondOrder: false,
  }
  const { frozen } = known
  const switching = mayFreeze(analysis.code)
  if (passesOn !== null) takeOver(analysis, passesOn, known)
  const repeated = repetitions(analysis)
  const single = mayHoldSinglePasses(analysis)
  const loading = mayLoad(analysis)
  for (const func of analysis.functions) {
    if (!isOfModule(func)) continue
    const effects = analysis.effectsOfFunction(func)
    const hands = handedOn(analysis, func)
    const loads = loading ? functionLoads(analysis, func) : []
    const searches = searchedParameters(analysis, func)
    const getter = getterOf(analysis, func)
    const adds = optionFunction(func)
    const instantiates = instantiatedParameter(analysis, func)
    const applies = appliedParameters(analysis, func)
    const builds = recipeOf(analysis, func)
    const singles = single ? singleParameters(analysis, func) : []
    define(functions, func.qualified, {
      backward: effects.backward,
      optimizerStep: effects.optimizerStep,
      trains: effects.trains,
      ...(effects.secondOrder ? { secondOrder: true as const } : {}),
      ...(effects.epochs ? { epochs: true as const } : {}),
      calls: [...effects.calls],
      params: func.node.params.map((param) => param.name),
      repeats: holdsAny(repeated, func.node),
      returns: analysis.returnType(func),
      ...(hands.length === 0 ? {} : { handsOn: hands }),
      ...(loads.length === 0 ? {} : { loads }),
      ...(searches.length === 0 ? {} : { searches }),
      ...(getter === null ? {} : { getter }),
      ...(adds === null ? {} : { addsOption: adds }),
      ...(instantiates === null ? {} : { instantiates }),
      ...(applies.length === 0 ? {} : { applies }),
      ...(builds === null ? {} : { builds }),
      ...(singles.length === 0 ? {} : { singles }),
      ...(single ? givenBatch(analysis, func) : {}),
      ...givenStep(analysis, func),
      ...readyData(analysis, func),
      ...returnedDataSets(analysis, func),
      ...(isGenerator(analysis, func) ? { yields: true as const } : {}),
      ...(isRemembered(func) ? { remembered: true as const } : {}),
      ...(returnsFrozen(func, frozen) ? { frozen: true as const } : {}),
      ...(isEncoder(analysis, func) ? { encodes: true as const } : {}),
      ...(switching && mayFreeze(analysis.code.slice(func.node.start, func.node.end))
        ? { freezes: true as const }
        : {}),
    })
  }
  const held = new ClassFields(analysis)
  for (const klass of analysis.classes) {
    const calls = new Set<string>()
    const reads: string[] = []
    for (const [name, method] of klass.methods) {
      const own = [...analysis.effectsOfFunction(method).calls]
      for (const call of own) calls.add(call)
      if (own.some((call) => readingCalls.test(call))) reads.push(name)
    }
    define(classes, klass.name, {
      bases: klass.bases,
      methods: [...klass.methods.keys()],
      calls: [...calls],
      ...(reads.length === 0 ? {} : { reads }),
    })
    const steps = stepsOf(analysis, klass)
    const described = lookUp(classes, klass.name)!
    const takes = takingOf(analysis, klass)
    if (takes !== null) described.takes = takes
    const environment = environmentFields(analysis, klass)
    if (environment !== null) described.environment = environment
    if (steps !== null) described.steps = steps
    const inherited = inheritedMethods(analysis, klass)
    if (inherited.length > 0) described.inherited = inherited
    const others = namedClasses(analysis, klass)
    if (others.length > 0) described.names = others
    const repeats = repeatedMethods(klass)
    if (repeats.length > 0) described.repeats = repeats
    const item = methodOf(analysis, klass, '__getitem__') ?? methodOf(analysis, klass, '__iter__')
    if (item !== null) described.items = [...analysis.effectsOfFunction(item).calls]
    const yields = generatorsOf(analysis, klass)
    if (Object.keys(yields).length > 0) described.yields = yields
    const does = callsOfMethods(analysis, klass)
    if (does !== null) described.does = does
    const searches = searchingMethods(analysis, klass)
    if (searches !== null) described.searches = searches
    Object.assign(described, held.of(klass))
    const forward = methodOf(analysis, klass, 'forward')
    const applies = forward === null ? [] : appliedAttributes(analysis, forward)
    if (applies.length > 0) described.applies = applies
    if (isFrozenClass(klass, frozen)) described.frozen = true
    if (switchesItself(analysis, klass)) described.switches = true
    const encodes = encodingMethods(analysis, klass)
    if (encodes.length > 0) described.encodes = encodes
    if (item !== null && movesSamples(analysis, klass)) described.resident = true
    const holds = heldParameters(analysis, klass)
    if (Object.keys(holds).length > 0) described.holds = holds
    const keeps = keepingOf(klass)
    if (keeps !== null) described.keeps = keeps
    if (endsItsCaller.test(analysis.code.slice(klass.node.start, klass.node.end))) described.ends = true
    const writes = writingMethods(analysis, klass)
    if (writes !== null) described.handsOn = writes
    const loads = loading ? methodLoads(analysis, klass) : null
    if (loads !== null) described.loads = loads
    if (single) Object.assign(described, singlesOf(analysis, klass))
    const builds = recipesOf(analysis, klass)
    if (builds !== null) described.builds = builds
    for (const base of importedBases(analysis, klass)) inherit(described, base)
  }
  for (const call of analysis.calls) {
    const klass = lookUp(classes, call.function?.class?.name ?? '')
    if (klass === undefined) continue
    const names = loggedNames(analysis, call)
    if (names.length > 0) klass.logged = [...(klass.logged ?? []), ...names]
  }
  known.secondOrder = Object.values(functions).some((func) => func.secondOrder)
  return known
}

function recipesOf(analysis: Analysis, { methods }: Klass): ClassSummary['builds'] | null {
  const found: NonNullable<ClassSummary['builds']> = {}
  for (const [name, method] of methods) {
    const recipe = name.startsWith('__') ? null : recipeOf(analysis, method)
    if (recipe !== null) define(found, name, recipe)
  }
  return Object.keys(found).length === 0 ? null : found
}

function singlesOf(analysis: Analysis, { methods }: Klass): Pick<ClassSummary, 'singles'> {
  const singles: NonNullable<ClassSummary['singles']> = {}
  for (const [name, method] of methods) {
    const found = singleParameters(analysis, method)
    if (found.length > 0) define(singles, name, found)
  }
  return Object.keys(singles).length === 0 ? {} : { singles }
}

/** What of it those that it imports ask for: the steps that its classes take. */
export function stepsOfClasses(analysis: Analysis): Definitions {
  const classes: ModuleSummary['classes'] = {}
  for (const klass of analysis.classes) {
    const described: ClassSummary = { bases: [], methods: [...klass.methods.keys()], calls: [] }
    const steps = stepsOf(analysis, klass)
    if (steps !== null) described.steps = steps
    for (const base of importedBases(analysis, klass)) inherit(described, base)
    if (described.steps !== undefined)
      define(classes, klass.name, { bases: [], methods: [], calls: [], steps: described.steps })
  }
  return {
    ...{ functions: {}, classes, constants: {}, places: {}, reexports: {}, displays: {}, kept: {} },
    ...{ loads: {}, parses: {} },
    frozen: frozenIn(analysis),
    secondOrder: analysis.functions.some(
      (func) => isOfModule(func) && analysis.effectsOfFunction(func).secondOrder,
    ),
  }
}

/** Static methods are called as functions are, by a longer name. */
function isOfModule({ class: klass, qualified, name, node }: Func): boolean {
  if (klass === null) return qualified === name
  const isStatic = node.decorators.some((one) => one.type === 'name' && one.id === 'staticmethod')
  return isStatic && qualified === `${klass.name}.${name}`
}

function frozenIn(analysis: Analysis): Expr[] {
  return analysis.code.includes('requires_grad') ? frozenOwners(analysis, withoutComments(analysis)) : []
}

/** Methods that hand out one value after the other, with the calls that they reach. */
function generatorsOf(analysis: Analysis, { methods }: Klass): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [name, method] of methods)
    if (isGenerator(analysis, method)) define(found, name, [...analysis.effectsOfFunction(method).calls])
  return found
}

/** More steps than these nobody unpacks. */
const mostGiven = 6

/** `def make_step(model): def step(batch): … return step`. */
function givenStep(analysis: Analysis, func: Func): Pick<FunctionSummary, 'gives' | 'givesEach'> {
  const [first] = returnsOf(func)
  if (first?.type === 'tuple') {
    const each = first.items.slice(0, mostGiven).map((_, item) => {
      const made = functionGiven(analysis, func, item)
      const isInner = made !== null && func.node.start < made.node.start && made.node.end <= func.node.end
      return isInner ? running(analysis.effectsOfFunction(made)) : null
    })
    return each.some((one) => one?.backward === true) ? { givesEach: each } : {}
  }
  const returned = onlyReturn(func)
  const made = returned === null ? null : analysis.functionOf(returned)
  if (made === null || made.node.start < func.node.start || made.node.end > func.node.end) return {}
  return { gives: running(analysis.effectsOfFunction(made)) }
}

function withoutComments({ text, tree }: Analysis): string {
  let code = ''
  let at = 0
  for (const { start, end } of tree.comments) {
    code += text.slice(at, Math.max(at, start))
    at = Math.max(at, end)
  }
  return code + text.slice(at)
}

/** Where loops and comprehensions stand, in order. */
function repetitions(analysis: Analysis): readonly number[] {
  return once(analysis.tree, 'repetitions', () => repetitionsIn(analysis))
}

function repetitionsIn(analysis: Analysis): number[] {
  const found = analysis.loops.map((loop) => loop.node.start)
  let outermost: Span | null = null
  for (const { start, end } of comprehensionsIn(analysis.tree)) {
    if (outermost !== null && outermost.start <= start && end <= outermost.end) continue
    outermost = { start, end }
    found.push(start)
  }
  return found.sort((a, b) => a - b)
}

function holdsAny(offsets: readonly number[], { start, end }: { start: number; end: number }): boolean {
  const first = offsets[lowerBound(offsets, (offset) => offset < start)]
  return first !== undefined && first < end
}

/** What a package imports, to be imported from it, or a module that others import for its imports (`from common import *`). */
export function passedOn(analysis: Analysis): NonNullable<ModuleSummary['passesOn']> | null {
  const { bindings: bound, stars } = analysis.scopes
  if (!isPackage(analysis) && stars.length === 0 && !onlyImports(analysis)) return null
  const names: Record<string, string> = {}
  const own: string[] = []
  for (const [name, bindings] of bound) {
    const { target } = bindings.at(-1)!
    if (target === null) own.push(name)
    else if (!name.startsWith('__') && bindings.every((binding) => binding.kind === 'import'))
      define(names, name, target)
  }
  return { names, stars, ...(stars.length === 0 || own.length === 0 ? {} : { own }) }
}

function isPackage({ path }: Analysis): boolean {
  return /(^|\/)__init__\.py$/.test(path)
}

/** It defines nothing itself. */
function onlyImports({ functions, classes, scopes: { bindings } }: Analysis): boolean {
  if (functions.length > 0 || classes.length > 0) return false
  return [...bindings.values()].some((all) => all.some(({ kind }) => kind === 'import'))
}

const takenOver = [
  ...(['functions', 'classes', 'constants', 'places', 'displays'] as const),
  ...(['reexports', 'kept', 'loads', 'parses'] as const),
]

/** Definitions of other modules of the project that a package passes on. */
function takeOver(
  analysis: Analysis,
  { names, stars }: NonNullable<ModuleSummary['passesOn']>,
  into: Definitions,
): void {
  for (const module of stars) {
    const summary = analysis.importedByName.get(module)
    if (summary === undefined) continue
    // What is defined here hides it.
    const isHidden = (name: string) =>
      name.startsWith('_') ||
      analysis.scopes.bindings.has(name.slice(0, (name.indexOf('.') + 1 || Infinity) - 1))
    for (const kind of takenOver)
      for (const [name, value] of Object.entries(summary[kind] ?? {}))
        if (!isHidden(name)) Object.assign(into[kind], { [name]: value })
  }
  for (const [name, target] of Object.entries(names)) {
    const found = projectTarget(analysis, target)
    if (found === null || found.rest === '') continue
    const { functions, classes } = found.summary
    for (const [table, value] of [
      [into.functions, lookUp(functions, found.rest)],
      [into.classes, lookUp(classes, found.rest)],
    ] as const)
      if (value !== undefined) Object.assign(table, { [name]: value })
    // With what stands in a class: `CFG.workers`, `Config.from_yaml`.
    for (const kind of ['constants', 'places', 'displays', 'kept', 'loads', 'parses'] as const)
      for (const [key, value] of Object.entries(found.summary[kind] ?? {}))
        if (key === found.rest || key.startsWith(`${found.rest}.`))
          Object.assign(into[kind], { [`${name}${key.slice(found.rest.length)}`]: value })
  }
}

/** What a class does not say itself, it has from the class that it extends. */
function inherit(klass: ClassSummary, base: ClassSummary): void {
  if (klass.items === undefined && base.items !== undefined) klass.items = base.items
  if (base.logged !== undefined) klass.logged = [...new Set([...(klass.logged ?? []), ...base.logged])]
  if (base.ends === true) klass.ends = true
  if (klass.applies === undefined && base.applies !== undefined) klass.applies = base.applies
  if (base.fields !== undefined) klass.fields = { ...base.fields, ...klass.fields }
  if (base.sets !== undefined) klass.sets = [...new Set([...(klass.sets ?? []), ...base.sets])]
  if (base.repeats !== undefined) klass.repeats = [...new Set([...(klass.repeats ?? []), ...base.repeats])]
  const does = withInherited(klass, klass.does, base.does)
  if (does !== undefined) klass.does = does
  const steps = withInherited(klass, klass.steps, base.steps)
  if (steps !== undefined) klass.steps = steps
  const handsOn = withInherited(klass, klass.handsOn, base.handsOn)
  if (handsOn !== undefined) klass.handsOn = handsOn
}

/** What is said of methods, with those that a class has from another one and does not define itself. */
function withInherited<T>(
  { methods }: ClassSummary,
  own: Record<string, T> | undefined,
  others: Record<string, T> | undefined,
): Record<string, T> | undefined {
  if (others === undefined) return own
  const inherited = Object.entries(others).filter(([name]) => !methods.includes(name))
  return inherited.length === 0 ? own : { ...Object.fromEntries(inherited), ...own }
}

/** `self.model.stop_training = True`, `raise StopIteration`. */
const endsItsCaller =
  /\.\w*stop\w*\s*=(?!=)|\braise\s+[\w.]*(Stop|Interrupt|Prune|Cancel|Exit)|\bsys\.exit\b|\breturn\s+True\b/i

function keepingOf({ methods }: Klass): NonNullable<ClassSummary['keeps']> | null {
  const keeps: NonNullable<ClassSummary['keeps']> = {}
  for (const [name, method] of methods) {
    const kept = keptParameters(method)
    if (kept.length > 0) define(keeps, name, kept)
  }
  return Object.keys(keeps).length === 0 ? null : keeps
}

function stepsOf(analysis: Analysis, klass: Klass): ModuleSummary['classes'][string]['steps'] | null {
  const steps: NonNullable<ModuleSummary['classes'][string]['steps']> = {}
  for (const [name, method] of klass.methods) {
    const effects = analysis.effectsOfFunction(method)
    if (effects.backward || effects.optimizerStep) define(steps, name, running(effects))
  }
  return Object.keys(steps).length === 0 ? null : steps
}
