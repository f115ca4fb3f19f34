/** What a module lets the rest of the project know. */
import type { Expr } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { appliedParameters } from './applied-parameters.js'
import { ClassFields } from './class-fields.js'
import { keptConfigurations, loadingFunctions } from './configured-exports.js'
import { configurationUses } from './configured-uses.js'
import { createdGraph, lastIdentifier, running } from './effects.js'
import { importedBases, inheritedMethods, namedClasses, repeatedMethods } from './extended-classes.js'
import { fieldValues } from './field-values.js'
import { appliedAttributes, frozenOwners, isFrozenClass, returnsFrozen } from './frozen-modules.js'
import { handedOn } from './handed-on.js'
import { sharedArguments } from './imported-arguments.js'
import { loggedNames, reportedMetrics } from './logged-metrics.js'
import { getterOf } from './lookups.js'
import { instantiatedParameter } from './made-objects.js'
import { takingOf } from './mapping-classes.js'
import type { Call, ClassSummary, Func, FunctionSummary, Klass, ModuleSummary } from './module.js'
import { methodOf, nameOf, projectTarget } from './names.js'
import { networkAutocasts } from './network-autocast.js'
import { networkCode } from './network-code.js'
import { sizesOfMade } from './networks/size.js'
import { optionFunction } from './option-functions.js'
import { derivedClasses, outwardCalls } from './outward.js'
import { makesResidentData, movesSamples } from './resident-data.js'
import { onlyReturn } from './returns.js'
import { sampleSource } from './sample-sources.js'
import { scopeAt } from './scope.js'
import { trainsInOnePass } from './single-pass.js'

/** Longest constant that is worth passing on, in characters of JSON. */
const maximumConstant = 2_000

/** `class CFG: workers = 4`, and `self.workers = 4` of its objects, where the module itself does not change it. */
function classConstants(analysis: Analysis, constants: Record<string, Json>): void {
  for (const klass of analysis.classes.slice(0, 50)) {
    for (const [field, value] of fieldValues(analysis, klass)) {
      const name = `${klass.name}.${field}`
      if (analysis.attributeStores.has(name)) continue
      if (
        value.state === 'known' &&
        !value.overridable &&
        JSON.stringify(value.value).length <= maximumConstant
      )
        define(constants, name, value.value)
    }
  }
}

/** Of a module that shares nothing with others: what tells how it is read and whether it runs. */
export function summariseOwn(analysis: Analysis): ModuleSummary {
  const { path, ownUses, importSpecs, isEntry, evidence } = analysis
  const configurations = configurationUses(analysis)
  return {
    path,
    ...{ constants: {}, functions: {}, classes: {}, reexports: {} },
    uses: [...ownUses],
    imports: [...importSpecs],
    isEntry,
    evidence,
    ...(configurations.length === 0 ? {} : { configurations }),
  }
}

export function summarise(analysis: Analysis): ModuleSummary {
  const constants: Record<string, Json> = {}
  const reexports: Record<string, string> = {}
  for (const [name, bindings] of analysis.scopes.bindings) {
    if (name.includes('.') || name.endsWith('[]')) continue
    const last = bindings.at(-1)!
    if (bindings.every((binding) => binding.kind === 'import')) {
      const expr: Expr = { type: 'name', id: name, start: analysis.text.length, end: analysis.text.length }
      const target = nameOf(analysis, expr)
      if (target !== null) define(reexports, name, target)
    } else if (
      bindings.length === 1 &&
      last.kind === 'assign' &&
      last.value !== null &&
      last.unpack === null
    ) {
      const end = analysis.text.length
      // With the changes in place that follow the assignment.
      const value = analysis.isMutated(name, analysis.scopes)
        ? analysis.fold({ type: 'name', id: name, start: end, end })
        : analysis.fold(last.value)
      if (
        value.state === 'known' &&
        !value.overridable &&
        JSON.stringify(value.value).length <= maximumConstant
      ) {
        define(constants, name, value.value)
      }
    }
  }
  classConstants(analysis, constants)
  const functions: ModuleSummary['functions'] = {}
  const classes: ModuleSummary['classes'] = {}
  const passesOn = passedOn(analysis)
  const known: Definitions = { functions, classes, constants, reexports, kept: {}, loads: {}, parses: {} }
  if (passesOn !== null) takeOver(analysis, passesOn, known)
  const repeated = repetitions(analysis)
  const frozen = analysis.code.includes('requires_grad')
    ? frozenOwners(analysis, withoutComments(analysis))
    : []
  for (const func of analysis.functions) {
    if (func.class !== null || func.qualified !== func.name) continue
    const effects = analysis.effectsOfFunction(func)
    const hands = handedOn(analysis, func)
    const getter = getterOf(analysis, func)
    const adds = optionFunction(func)
    const instantiates = instantiatedParameter(analysis, func)
    const applies = appliedParameters(analysis, func)
    define(functions, func.name, {
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
      ...(getter === null ? {} : { getter }),
      ...(adds === null ? {} : { addsOption: adds }),
      ...(instantiates === null ? {} : { instantiates }),
      ...(applies.length === 0 ? {} : { applies }),
      ...givenStep(analysis, func),
      ...(returnsFrozen(func, frozen) ? { frozen: true as const } : {}),
    })
  }
  const held = new ClassFields(analysis)
  for (const klass of analysis.classes) {
    const calls = new Set<string>()
    for (const method of klass.methods.values())
      for (const name of analysis.effectsOfFunction(method).calls) calls.add(name)
    define(classes, klass.name, { bases: klass.bases, methods: [...klass.methods.keys()], calls: [...calls] })
    const steps = stepsOf(analysis, klass)
    const described = lookUp(classes, klass.name)!
    const takes = takingOf(analysis, klass)
    if (takes !== null) described.takes = takes
    if (steps !== null) described.steps = steps
    const inherited = inheritedMethods(analysis, klass)
    if (inherited.length > 0) described.inherited = inherited
    const others = namedClasses(analysis, klass)
    if (others.length > 0) described.names = others
    const repeats = repeatedMethods(klass)
    if (repeats.length > 0) described.repeats = repeats
    const item = methodOf(analysis, klass, '__getitem__') ?? methodOf(analysis, klass, '__iter__')
    if (item !== null) described.items = [...analysis.effectsOfFunction(item).calls]
    Object.assign(described, held.of(klass))
    const forward = methodOf(analysis, klass, 'forward')
    const applies = forward === null ? [] : appliedAttributes(analysis, forward)
    if (applies.length > 0) described.applies = applies
    if (isFrozenClass(klass, frozen)) described.frozen = true
    if (item !== null && movesSamples(analysis, klass)) described.resident = true
    for (const base of importedBases(analysis, klass)) inherit(described, base)
  }
  for (const call of analysis.calls) {
    const klass = lookUp(classes, call.function?.class?.name ?? '')
    if (klass === undefined) continue
    const names = loggedNames(analysis, call)
    if (names.length > 0) klass.logged = [...(klass.logged ?? []), ...names]
  }
  const reported = reportedMetrics(analysis)
  const outward = outwardCalls(analysis, frozen)
  const derived = derivedClasses(analysis)
  const restores = restoredNames(analysis)
  const networks = networkCode(analysis)
  const makes = sizesOfMade(analysis)
  const samples = sampleSource(analysis)
  const parses = { ...known.parses, ...sharedArguments(analysis) }
  return {
    path: analysis.path,
    constants,
    functions,
    classes,
    reexports,
    ...(passesOn === null ? {} : { passesOn }),
    uses: [...analysis.ownUses],
    imports: [...analysis.importSpecs],
    ...(analysis.importedByName.size === 0 ? {} : { projectImports: [...analysis.importedByName.keys()] }),
    isEntry: analysis.isEntry,
    evidence: analysis.evidence,
    ...broughtTraining(analysis),
    ...(reported === null ? {} : { reported }),
    ...configurationsOf(analysis, known),
    ...(outward.length === 0 ? {} : { outward }),
    ...(derived.length === 0 ? {} : { derived }),
    ...(Object.keys(parses).length === 0 ? {} : { parses }),
    ...(restores.length === 0 ? {} : { restores }),
    ...(samples === null ? {} : { samples }),
    ...(makesResidentData(analysis) ? { residentData: true as const } : {}),
    ...(networkAutocasts(analysis) ? { autocasts: true as const } : {}),
    ...(trainsInOnePass(analysis) ? { onePass: true as const } : {}),
    ...(hasConvolutions(analysis) ? { convolutional: true as const } : {}),
    ...(networks === null ? {} : { networks }),
    ...(makes?.length === 0 ? {} : { makes }),
    ...loadedWeights(analysis),
    ...(takesSecondOrder(analysis, functions) ? { secondOrder: true as const } : {}),
    ...trainedBy(analysis, frozen),
  }
}

const convolution = /(^|\.)(Lazy)?Conv(Transpose)?[123]d$/
const convolutionalLibraries = [
  'torchvision.models.',
  'timm.',
  'segmentation_models_pytorch.',
  'monai.networks.',
]

/** It makes convolutions, or imports a module of the project that does. */
function hasConvolutions(analysis: Analysis): boolean {
  return (
    analysis.calls.some(({ name }) => convolution.test(name ?? '')) ||
    analysis.usesHere(...convolutionalLibraries) ||
    analysis.imported.some(({ convolutional }) => convolutional === true)
  )
}

/** `def make_step(model): def step(batch): … return step`. */
function givenStep(analysis: Analysis, func: Func): Pick<FunctionSummary, 'gives'> {
  const returned = onlyReturn(func)
  const made = returned === null ? null : analysis.functionOf(returned)
  if (made === null || made.node.start < func.node.start || made.node.end > func.node.end) return {}
  const effects = analysis.effectsOfFunction(made)
  return effects.backward || effects.optimizerStep ? { gives: running(effects) } : {}
}

/** Models that it loads, or has modules of the project load. */
function loadedWeights(analysis: Analysis): Pick<ModuleSummary, 'pretrained'> {
  const names = new Set([
    ...analysis.calls.flatMap(({ name }) => (name?.endsWith('.from_pretrained') ? [name] : [])),
    ...analysis.imported.flatMap(({ pretrained = [] }) => pretrained),
  ])
  return names.size === 0 ? {} : { pretrained: [...names].sort().slice(0, 20) }
}

function takesSecondOrder(analysis: Analysis, functions: ModuleSummary['functions']): boolean {
  return (
    Object.values(functions).some((func) => func.secondOrder) ||
    analysis.calls.some((call) => createdGraph(call) !== null)
  )
}

/** A program has a module of the project train, on whatever that runs on. */
function broughtTraining(analysis: Analysis): Pick<ModuleSummary, 'trainsOn'> {
  if (!analysis.isEntry || analysis.evidence.role === 'test') return {}
  const { imported } = analysis
  const trains =
    imported.some(({ evidence }) => evidence?.role === 'training') &&
    (analysis.evidence.role === 'training' || analysis.calls.some((call) => startsTraining(analysis, call)))
  if (!trains) return {}
  // The device may be named in a module of settings, and what trains is handed it.
  const named = [analysis.evidence, ...imported.map(({ evidence }) => evidence)].map(
    (one) => one?.accelerator,
  )
  const accelerator =
    named.find((one) => one === 'gpu' || one === 'maybe') ?? named.find((one) => one === 'cpu')
  return { trainsOn: accelerator ?? 'none' }
}

/** It calls a function that trains, or makes an object one of whose methods does. */
function startsTraining(analysis: Analysis, { expr: { callee } }: Call): boolean {
  if (analysis.importedFunction(callee)?.trains === true) return true
  const steps = analysis.importedClass(callee)?.steps ?? {}
  return Object.values(steps).some((step) => step.trains)
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

/** What a program says of networks of other modules. */
function trainedBy(analysis: Analysis, frozen: readonly Expr[]): Pick<ModuleSummary, 'frozen' | 'epochs'> {
  const names = frozen.flatMap((one) =>
    one.type === 'name' && scopeAt(analysis.scopes, one.start).kind === 'module' ? [one.id] : [],
  )
  const epochs = analysis.loops.flatMap(({ role, parent, trips, horizon }) => {
    if (role !== 'epoch' || parent?.role === 'epoch') return []
    const count = trips.state === 'unknown' && horizon?.inner === false ? horizon.count : trips
    return count.state === 'known' && typeof count.value === 'number' && count.value > 0
      ? [{ value: count.value, overridable: count.overridable }]
      : []
  })
  return {
    ...(names.length === 0 ? {} : { frozen: names }),
    ...(epochs.length === 0 ? {} : { epochs }),
  }
}

function restoredNames(analysis: Analysis): string[] {
  const names = analysis.methodCalls('load_state_dict').map(({ expr }) => {
    const { callee } = expr
    return callee.type === 'attribute' ? lastIdentifier(callee.value) : ''
  })
  return [...new Set(names)].filter(Boolean)
}

/** Where loops and comprehensions stand, in order. */
function repetitions(analysis: Analysis): number[] {
  const found = analysis.loops.map((loop) => loop.node.start)
  const visit = (expr: Expr): void => {
    if (expr.type === 'comprehension') found.push(expr.start)
    else forEachChild(expr, visit)
  }
  for (const statement of analysis.statements) forEachExpression(statement, visit)
  return found.sort((a, b) => a - b)
}

function holdsAny(offsets: readonly number[], { start, end }: { start: number; end: number }): boolean {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[middle]! < start) low = middle + 1
    else high = middle
  }
  return offsets[low] !== undefined && offsets[low]! < end
}

type Definitions = Pick<ModuleSummary, 'functions' | 'classes' | 'constants' | 'reexports'> &
  Required<Pick<ModuleSummary, 'kept' | 'loads' | 'parses'>>

/** What a package imports, to be imported from it. */
function passedOn(analysis: Analysis): NonNullable<ModuleSummary['passesOn']> | null {
  if (!/(^|\/)__init__\.py$/.test(analysis.path)) return null
  const names: Record<string, string> = {}
  for (const [name, bindings] of analysis.scopes.bindings) {
    const target = bindings.at(-1)!.target
    if (target !== null && !name.startsWith('__') && bindings.every((binding) => binding.kind === 'import'))
      define(names, name, target)
  }
  return { names, stars: analysis.scopes.stars }
}

/** Definitions of other modules of the project that a package passes on. */
function takeOver(
  analysis: Analysis,
  { names, stars }: NonNullable<ModuleSummary['passesOn']>,
  into: Definitions,
): void {
  for (const module of stars) {
    const summary = analysis.importedByName.get(module)
    if (summary === undefined) continue
    for (const kind of ['functions', 'classes', 'constants', 'reexports', 'kept', 'loads', 'parses'] as const)
      for (const [name, value] of Object.entries(summary[kind] ?? {}))
        if (!name.startsWith('_')) Object.assign(into[kind], { [name]: value })
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
    for (const kind of ['constants', 'kept', 'loads', 'parses'] as const)
      for (const [key, value] of Object.entries(found.summary[kind] ?? {}))
        if (key === found.rest || key.startsWith(`${found.rest}.`))
          Object.assign(into[kind], { [`${name}${key.slice(found.rest.length)}`]: value })
  }
}

/** What a class does not say itself, it has from the class that it extends. */
function inherit(klass: ClassSummary, base: ClassSummary): void {
  if (klass.items === undefined && base.items !== undefined) klass.items = base.items
  if (base.logged !== undefined) klass.logged = [...new Set([...(klass.logged ?? []), ...base.logged])]
  if (klass.applies === undefined && base.applies !== undefined) klass.applies = base.applies
  if (base.fields !== undefined) klass.fields = { ...base.fields, ...klass.fields }
  if (base.sets !== undefined) klass.sets = [...new Set([...(klass.sets ?? []), ...base.sets])]
  if (base.repeats !== undefined) klass.repeats = [...new Set([...(klass.repeats ?? []), ...base.repeats])]
  const inherited = Object.entries(base.steps ?? {}).filter(([name]) => !klass.methods.includes(name))
  const steps = { ...Object.fromEntries(inherited), ...klass.steps }
  if (Object.keys(steps).length > 0) klass.steps = steps
}

/** Nothing for the many modules that know of no configuration. */
function configurationsOf(
  analysis: Analysis,
  passed: Pick<Definitions, 'kept' | 'loads'>,
): Pick<ModuleSummary, 'configurations' | 'kept' | 'loads'> {
  const configurations = configurationUses(analysis)
  const kept = { ...passed.kept, ...keptConfigurations(analysis) }
  const loads = { ...passed.loads, ...loadingFunctions(analysis) }
  return {
    ...(configurations.length === 0 ? {} : { configurations }),
    ...(Object.keys(kept).length === 0 ? {} : { kept }),
    ...(Object.keys(loads).length === 0 ? {} : { loads }),
  }
}

function stepsOf(analysis: Analysis, klass: Klass): ModuleSummary['classes'][string]['steps'] | null {
  const steps: NonNullable<ModuleSummary['classes'][string]['steps']> = {}
  for (const [name, method] of klass.methods) {
    const effects = analysis.effectsOfFunction(method)
    if (effects.backward && effects.optimizerStep) define(steps, name, running(effects))
  }
  return Object.keys(steps).length === 0 ? null : steps
}
