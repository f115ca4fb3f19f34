/** One Python fragment, analysed: the implementation of `PythonModule`. */

import type { CallExpr, Expr, PythonTree, Stmt, Subscript } from '../syntax/python-ast.js'
import type { ConfigurationRoot, Configured } from '../text/configured.js'
import type { Evidence } from '../text/evidence.js'
import { grouped } from '../text/grouped.js'
import type { LaunchBinding } from '../text/launch.js'
import type { Location } from '../text/location.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import { type ArgumentFile, argumentFile } from './argument-files.js'
import { programArguments, withDefaults } from './arguments.js'
import * as attributes from './attribute-values.js'
import { argumentOf } from './call-arguments.js'
import { CallSites } from './call-sites.js'
import * as callables from './callables.js'
import { CircularAnswers } from './circular-answers.js'
import { blankedText } from './code-text.js'
import { conditionOf, reachOf } from './conditions.js'
import { configuredNode } from './configured.js'
import { asScript, fileLoadedFrom } from './configured-file.js'
import { dataclassArguments, fieldDefault } from './data-classes.js'
import { putsOnDevice, toDevice } from './device-moves.js'
import { inDictionary } from './dictionary-arguments.js'
import { dictionaryKeys } from './dictionary-keys.js'
import { EffectFinder } from './effects.js'
import { isEntryPoint } from './entry-point.js'
import { environmentWrites } from './environment.js'
import { evidenceOf } from './evidence.js'
import { isRepeatedByBase } from './extended-classes.js'
import { Folder } from './fold.js'
import { functionLoads, mayLoad } from './function-loads.js'
import { findGivenBack } from './given-back.js'
import { addedItems } from './grown-lists.js'
import { handedOn, handedOnElsewhere } from './handed-on.js'
import * as targets from './import-targets.js'
import { importedArguments } from './imported-arguments.js'
import { IndexedModule } from './indexed-module.js'
import { innerKeys } from './inner-changes.js'
import { keptParameters } from './kept-parameters.js'
import { holdsAny, usesOf } from './library-uses.js'
import { inOrder } from './look-up.js'
import { fallbackOf } from './lookups.js'
import { assignRoles, markEvaluation } from './loop-roles.js'
import { callsElsewhere, givenElsewhere } from './made-elsewhere.js'
import { madeObjects } from './made-objects.js'
import { importedCalls, importedYields } from './method-calls.js'
import type {
  AddedItem,
  ArgumentValue,
  Call,
  ClassSummary,
  Condition,
  DeadCode,
  Effects,
  EnvironmentWrite,
  Folded,
  Func,
  FunctionLoad,
  FunctionSummary,
  HandedOn,
  Klass,
  MadeObjects,
  ModuleSummary,
  NamedParameter,
  OutsideCall,
  ProgramArgument,
  PythonModule,
  Reach,
  Running,
  SingleParameter,
} from './module.js'
import { changesOf, type Mutation } from './mutations.js'
import * as names from './names.js'
import { fieldOfObject } from './object-fields.js'
import { hasOptionFunctions, optionCall } from './option-functions.js'
import { OutsideCalls } from './outside.js'
import { possibleValues } from './possible.js'
import { type SetElsewhere, settingsElsewhere } from './process-settings.js'
import { ProgramParameters } from './program-parameters.js'
import { projectMember } from './project-members.js'
import { readsElsewhere } from './reads-elsewhere.js'
import { withRenamed } from './renamed-options.js'
import {
  resolveCalls,
  resolveChosenCallees,
  resolveClasses,
  resolveInstantiations,
  resolveReceivers,
} from './resolve-calls.js'
import { resultOf } from './results.js'
import { returnsOf } from './returns.js'
import type { Binding } from './scope.js'
import { searchedElsewhere } from './searched-tables.js'
import { trainsInOnePass } from './single-pass.js'
import { stepFunctions } from './step-functions.js'
import { type SummaryFor, summarise } from './summary.js'
import * as types from './types.js'
import { writtenOut } from './written-out.js'

export interface Neighbours {
  /** Modules of the project that this one imports, under the name it uses ('..data', 'engine'). */
  importedByName: Map<string, ModuleSummary>
  /** Modules behind the packages among them. */
  behind?: ModuleSummary[]
  programs?: ModuleSummary[]
  importers: ModuleSummary[]
  /** Configurations that it reads, by path as written; Hydra's under 'hydra'. */
  configurations?: Map<string, ConfigurationRoot>
  /** What its importers call of it; absent: they were not asked. */
  outside?: OutsideCall[]
  processorOnly?: boolean
}

export class Analysis extends IndexedModule implements PythonModule {
  readonly processorOnly: boolean
  readonly ownUses = new Set<string>()
  isEntry = false
  evidence!: Evidence
  /** Arguments of the program that this module defines itself. */
  readonly ownArguments: ProgramArgument[]
  readonly programArguments: ProgramArgument[]
  /** False while calls and arguments are still collected: what is folded then would be wrong, and kept. */
  complete = false
  readonly importedByName: Map<string, ModuleSummary>
  readonly importers: ModuleSummary[]
  readonly programs: ModuleSummary[]
  private readonly behind: readonly ModuleSummary[]
  readonly configurations: ReadonlyMap<string, ConfigurationRoot>
  readonly outside: OutsideCalls
  readonly bindingNames = new Map<Binding, string | null>()
  readonly projectTargets = new Map<string, { summary: ModuleSummary; rest: string } | null>()
  /** What the names of imported modules of the project begin with, and for each import target whether it begins so. */
  readonly projectRoots = new Set<string>()
  readonly ofProject = new Map<string, boolean>()
  /** Types of bindings, of values of attributes, and of what functions return. */
  readonly types = new CircularAnswers<object, string | null>(null, 100)
  /** Of parameters, whose calls pass on what they are given themselves: the classes of this module, and of others. */
  readonly passedClasses = new CircularAnswers<Binding, Klass | null>(null, 100)
  readonly passedTargets = new CircularAnswers<Binding, string | null>(null, 100)
  /** Calls of `instantiate(cfg.trainer)`: what they make, and from what. */
  readonly instantiations = new Map<Call, { node: Configured & { kind: 'map' }; overridable: boolean }>()
  /** What calls of functions of this module make. */
  readonly givenBack = new Map<CallExpr, CallExpr>()
  readonly programParameters: ProgramParameters
  private readonly folder: Folder
  private readonly finder: EffectFinder
  private usesNearby: ReadonlySet<string>[] | null = null
  private blanked: string | null = null
  private byName: Map<string, Call[]> | null = null
  private byMethod: Map<string, Call[]> | null = null
  private readonly sites: CallSites
  private readonly neighbours: Neighbours

  constructor(
    path: string,
    text: string,
    tree: PythonTree,
    notebook: boolean,
    neighbours: Neighbours = { importedByName: new Map(), importers: [] },
    readonly binding: LaunchBinding | null = null,
    readonly dead: readonly DeadCode[] = [],
    /** Places of functions, and of the only call of each that counts. */
    private readonly onlyCalls: ReadonlyMap<number, number> = new Map(),
  ) {
    super(path, text, tree, notebook)
    this.neighbours = neighbours
    this.importedByName = neighbours.importedByName
    this.importers = neighbours.importers
    this.behind = neighbours.behind ?? []
    this.processorOnly = neighbours.processorOnly ?? false
    this.programs = neighbours.programs ?? []
    this.configurations = neighbours.configurations ?? new Map()
    this.outside = new OutsideCalls(this, neighbours.outside ?? [])
    const knowsImporters = neighbours.outside !== undefined || this.importers.length === 0
    this.sites = new CallSites(this, knowsImporters, onlyCalls)
    this.programParameters = new ProgramParameters(this)
    this.folder = new Folder(this)
    this.finder = new EffectFinder(this)
    resolveClasses(this)
    resolveCalls(this, this.sites)
    const adds = hasOptionFunctions(this)
    const options = programArguments(this.calls, (call) => (adds ? optionCall(this, call) : null))
    const own = [...withDefaults(options, this.calls), ...dataclassArguments(this)]
    this.ownArguments = withRenamed(this, own)
    const imported = withDefaults(importedArguments(this), this.calls)
    this.programArguments = [...this.ownArguments, ...withRenamed(this, imported)]
    this.complete = true
    this.types.forget()
    if (this.configurations.size > 0) resolveInstantiations(this)
    resolveChosenCallees(this)
    resolveReceivers(this)
    findGivenBack(this)
  }

  /** What its loops do, and what it is for. Apart from the rest, since code that never runs is found without it. */
  describe(): this {
    assignRoles(this, this.finder, this.loops)
    for (const loop of this.loops) loop.countWith(this)
    for (const call of this.calls) {
      if (call.method === 'eval' || call.method === 'no_grad') this.ownUses.add(`.${call.method}`)
      if (call.method === 'to' && putsOnDevice(call, this.text)) this.ownUses.add(toDevice)
    }
    markEvaluation(this, this.finder)
    this.isEntry = this.notebook || this.hasMainGuard || isEntryPoint(this)
    this.evidence = evidenceOf(this)
    return this
  }

  get code(): string {
    const { text, tree, statements, dead, calls } = this
    this.blanked ??= once(tree, 'code', () => blankedText(text, tree, statements, dead, calls))
    return this.blanked
  }

  private importedModules: ModuleSummary[] | null = null
  get imported(): ModuleSummary[] {
    this.importedModules ??= [...new Set([...this.importedByName.values(), ...this.behind])]
    return this.importedModules
  }

  // Names.

  nameOf(expr: Expr): string | null {
    return names.nameOf(this, expr)
  }
  typeOf(expr: Expr): string | null {
    return types.typeOf(this, expr)
  }
  definition(expr: Expr): Expr {
    return names.definition(this, expr)
  }
  result(expr: Expr): Expr {
    return resultOf(this, expr)
  }
  functionOf(expr: Expr): Func | null {
    return callables.functionOf(this, expr)
  }
  classOf(expr: Expr): Klass | null {
    return callables.classOf(this, expr)
  }
  instanceClass(expr: Expr): Klass | null {
    return callables.instanceClass(this, expr)
  }
  importedFunction(expr: Expr): FunctionSummary | null {
    return targets.importedFunction(this, expr)
  }
  importedCalls(callee: Expr): readonly string[] | null {
    return importedCalls(this, callee)
  }
  importedYields(callee: Expr): readonly string[] | null {
    return importedYields(this, callee)
  }
  readsElsewhere(callee: Expr): boolean {
    return readsElsewhere(this, callee)
  }
  importedClass(expr: Expr): ClassSummary | null {
    const found = projectMember(this, expr)
    return (found === null ? undefined : lookUp(found.summary.classes, found.rest)) ?? null
  }
  instanceSummary(expr: Expr): ClassSummary | null {
    const target = targets.importedClassOf(this, expr)
    const found = target === null ? null : targets.projectTarget(this, target)
    return (found === null ? undefined : lookUp(found.summary.classes, found.rest)) ?? null
  }
  attributeValues(expr: Expr): readonly (Expr | null)[] {
    return attributes.attributeValues(this, expr)
  }
  targetOf(expr: Expr): string | null {
    return targets.targetOf(this, expr)
  }
  projectTarget(target: string): { summary: ModuleSummary; rest: string } | null {
    return targets.projectTarget(this, target)
  }
  projectMember(expr: Expr): { summary: ModuleSummary; rest: string } | null {
    return projectMember(this, expr)
  }
  madeObjects(expr: Expr): MadeObjects | null {
    return madeObjects(this, expr)
  }
  isInstantiated(call: Call): boolean {
    return this.instantiations.has(call)
  }
  environmentWrites(): ReadonlyMap<string, EnvironmentWrite> {
    return environmentWrites(this)
  }
  handsOn(callee: Expr): readonly HandedOn[] {
    const func = this.functionOf(callee)
    return func === null ? handedOnElsewhere(this, callee) : handedOn(this, func)
  }
  keptArguments(callee: Expr): readonly NamedParameter[] {
    const func = this.functionOf(callee)
    if (func !== null) return keptParameters(func)
    const found = targets.importedMethod(this, callee)
    return (found === null ? undefined : lookUp(found.klass.keeps, found.method)) ?? []
  }
  importedLoads(callee: Expr): readonly FunctionLoad[] {
    return targets.importedLoads(this, callee)
  }
  searchedElsewhere(call: Call): readonly Expr[] {
    return searchedElsewhere(this, call)
  }
  functionLoads(func: Func): readonly FunctionLoad[] {
    return once(this, 'may load', () => mayLoad(this))
      ? once(func, 'loads', () => functionLoads(this, func))
      : []
  }
  importedSingles(callee: Expr): readonly SingleParameter[] {
    return targets.importedSingles(this, callee)
  }
  bindingsOf(name: Expr & { type: 'name' }): readonly Binding[] {
    return names.bindingsOf(this, name.id, name.start)
  }
  callOf(expr: Expr): Call | null {
    return this.callByExpr.get(this.definition(expr)) ?? null
  }
  callsTo(...wanted: string[]): Call[] {
    if (!this.complete) return this.calls.filter((call) => call.name !== null && wanted.includes(call.name))
    this.byName ??= grouped(this.calls, (call) => call.name)
    return inOrder(this.byName, wanted)
  }
  callsMade(...wanted: string[]): Call[] {
    return [...this.callsTo(...wanted), ...callsElsewhere(this, wanted)]
  }
  givenElsewhere(expr: Expr): Expr | null {
    return givenElsewhere(this, expr)
  }
  settingsElsewhere(...wanted: string[]): SetElsewhere {
    return once(this, `set elsewhere: ${wanted.join(' ')}`, () => settingsElsewhere(this, wanted))
  }
  methodCalls(method: string, ...receivers: string[]): Call[] {
    this.byMethod ??= grouped(this.calls, (call) =>
      call.expr.callee.type === 'attribute' ? call.method : null,
    )
    const calls = this.byMethod.get(method) ?? []
    return receivers.length === 0
      ? [...calls]
      : calls.filter((call) => call.receiver !== null && receivers.includes(call.receiver))
  }

  // Values.

  fold(expr: Expr): Folded {
    return this.folder.fold(expr)
  }
  argument(call: Call, keyword: string, position: number | null = null): ArgumentValue {
    return argumentOf(this, call, keyword, position)
  }

  entry(dictionary: Expr, key: string, until: number = dictionary.start): ArgumentValue {
    return inDictionary(this, dictionary, key, until)
  }
  optionPlace(expr: Expr): Location | null {
    if (expr.type !== 'attribute') return null
    const options = this.programArguments.filter((one) => one.name === expr.attr)
    if (options.length > 0) return options.length === 1 ? (options[0]!.place ?? null) : null
    return this.outside.option(expr.value, expr.attr)?.place ?? null
  }
  fallbackOf(call: CallExpr): Expr | null {
    return fallbackOf(this, call)
  }
  keysOf(dictionary: Expr, until: number = dictionary.start): string[] | null {
    return dictionaryKeys(this, dictionary, until)
  }
  innerKeys(place: Subscript, until: number): string[] | null {
    return innerKeys(this, place, until)
  }
  isChanged(expr: Expr): boolean {
    return expr.type === 'name' && this.changesOf(expr.id, expr.start).length > 0
  }
  addedItems(expr: Expr): AddedItem[] | null {
    return addedItems(this, expr)
  }
  configured(expr: Expr): Configured | null {
    return configuredNode(this, expr)?.node ?? null
  }
  configurationFile(path: string): Configured | null {
    return this.configurations.get(path)?.root ?? null
  }
  scriptIn(expr: Expr): string | null {
    const file = fileLoadedFrom(this, expr, null, 0, asScript)
    return typeof file === 'string' ? file : null
  }

  argumentFile(): ArgumentFile {
    return argumentFile(this)
  }
  possible(expr: Expr): Expr[] | null {
    const places = possibleValues({ python: this, expr }, () => null)
    return places?.map((one) => one.expr) ?? null
  }
  writtenOut(expr: Expr): Expr | null {
    return writtenOut(this, expr)
  }
  fieldOf(expr: Expr & { type: 'attribute' }): Expr | null {
    return fieldOfObject(this, expr)
  }

  condition(test: Expr): Condition {
    return conditionOf(this, test)
  }
  reach(offset: number): Reach {
    return reachOf(this, offset)
  }

  // Effects.

  effects(code: Stmt[] | Expr): Effects {
    return Array.isArray(code) ? this.finder.ofStatements(code) : this.finder.ofExpression(code)
  }
  trainsInOnePass(): boolean {
    return trainsInOnePass(this)
  }
  isRepeated(func: Func): boolean {
    return this.outside.isLooped(func) || isRepeatedByBase(this, func) || this.sites.isLooped(func)
  }
  stepFunctions(): Func[] {
    return stepFunctions(this)
  }
  effectsOfFunction(func: Func): Effects {
    return this.finder.ofFunction(func)
  }
  inheritedStep(callee: Expr): Running | null {
    return this.finder.inheritedStep(callee)
  }
  /** What happens when the value of an expression is called; null: it is no function of the project. */
  effectsOfCalled(expr: Expr): Effects | Running | null {
    return this.finder.ofCalled(expr)
  }

  // Uses.

  usesHere(...wanted: string[]): boolean {
    return holdsAny(this.ownUses, wanted)
  }
  uses(...wanted: string[]): boolean {
    if (this.usesHere(...wanted)) return true
    this.usesNearby ??= [...this.importers, ...this.imported].map(usesOf)
    return this.usesNearby.some((uses) => holdsAny(uses, wanted))
  }

  /** Words of libraries behind what it imports from the project: `class OwnArguments(TrainingArguments)` of another module. */
  behindImports(): string[] {
    const found = new Set<string>()
    for (const target of this.importedByName.size === 0 ? [] : this.imports) {
      const module = targets.projectTarget(this, target)
      if (module === null) continue
      for (const base of lookUp(module.summary.classes, module.rest)?.bases ?? []) found.add(base)
      const returned = lookUp(module.summary.functions, module.rest)?.returns ?? null
      if (returned !== null) found.add(returned)
      const frozen =
        lookUp(module.summary.functions, module.rest)?.frozen ??
        lookUp(module.summary.classes, module.rest)?.frozen ??
        module.summary.frozen?.includes(module.rest)
      if (frozen === true) found.add('requires_grad')
    }
    return [...found]
  }

  summary(whom: SummaryFor = 'everyone'): ModuleSummary {
    return summarise(this, whom)
  }

  // What the neighbouring files ask.

  /** Calls of a function in this module; null when it is handed around as a value, so that calls cannot be listed. */
  callSites(func: Func): Call[] | null {
    return this.sites.of(func)
  }
  /** Calls that make an object of a class of this module. */
  constructionsOf(klass: Klass): readonly Call[] {
    return this.sites.constructionsOf(klass)
  }
  /** Calls in the methods of a class. */
  callsOfClass(klass: Klass): readonly Call[] {
    return this.sites.callsOfClass(klass)
  }
  /** Calls have got other names. */
  forgetNames(): void {
    this.byName = null
    this.types.forget()
  }
  /** The module as if a function had one caller. */
  forCaller({ node }: Func, { expr }: Call): Analysis {
    const { path, text, tree, notebook, neighbours, binding, dead } = this
    const only = new Map([...this.onlyCalls, [node.start, expr.start]])
    return new Analysis(path, text, tree, notebook, neighbours, binding, dead, only).describe()
  }
  reachedByObjects(): readonly string[] {
    return this.outside.reachedByObjects()
  }
  isMadeOutside(klass: Klass): boolean {
    return this.outside.makes(klass)
  }
  outsideCalls(func: Func): readonly OutsideCall[] {
    return this.outside.of(func)
  }
  /** What every call from outside passes under a keyword; null: some pass nothing, or it is not known. */
  outsideKeyword(func: Func, keyword: string): Folded | null {
    return this.outside.keyword(func, keyword)
  }
  returnType(func: Func): string | null {
    return this.types.of(func, () => {
      const found = new Set<string>()
      for (const value of returnsOf(func)) {
        const type = types.typeOf(this, value)
        if (type !== null) found.add(type)
      }
      if (found.size === 1) return [...found][0]!
      return found.size === 0 && func.node.returns !== null ? this.nameOf(func.node.returns) : null
    })
  }
  /** Default of a dataclass field read as `config.field`. */
  fieldDefault(expr: Expr): Expr | null {
    if (expr.type !== 'attribute') return null
    const klass = callables.instanceClass(this, expr.value)
    if (klass === null) return null
    const made = this.definition(expr.value)
    if (made.type === 'call') {
      const given = made.args.find((argument) => argument.name === expr.attr)
      if (given !== undefined) return given.value
      if (made.args.some((argument) => argument.star > 0 || argument.name === null)) return null
    }
    return fieldDefault(klass, expr.attr)
  }
  changesOf(name: string, offset: number, until = offset): readonly Mutation[] {
    return changesOf(this, name, offset, until)
  }
}
