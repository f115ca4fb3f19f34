/** One Python fragment, analysed: the implementation of `PythonModule`. */

import type {
  CallExpr,
  ClassDef,
  Expr,
  FunctionDef,
  PythonTree,
  Stmt,
  Subscript,
} from '../syntax/python-ast.js'
import type { ConfigurationRoot, Configured } from '../text/configured.js'
import type { Evidence } from '../text/evidence.js'
import { grouped } from '../text/grouped.js'
import type { LaunchBinding } from '../text/launch.js'
import type { Location, Span } from '../text/location.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import { type ArgumentFile, argumentFile } from './argument-files.js'
import { programArguments, withDefaults } from './arguments.js'
import * as attributes from './attribute-values.js'
import { baseClasses } from './base-classes.js'
import { argumentOf, inDictionary } from './call-arguments.js'
import * as callables from './callables.js'
import { calleeName } from './callee-names.js'
import { canonicalName } from './canonical-names.js'
import { CircularAnswers } from './circular-answers.js'
import { blankedText } from './code-text.js'
import { conditionOf, guardsIn, type NestedGuard, reachOf } from './conditions.js'
import { configuredNode, instantiated, isInstantiation } from './configured.js'
import { asScript, fileLoadedFrom } from './configured-file.js'
import type { CountedLoop } from './counted-loop.js'
import { dataclassArguments, fieldDefault } from './data-classes.js'
import { dictionaryKeys } from './dictionary-keys.js'
import { EffectFinder, putsOnDevice, toDevice } from './effects.js'
import { isEntryPoint } from './entry-point.js'
import { environmentWrites } from './environment.js'
import { evidenceOf } from './evidence.js'
import { isRepeatedByBase } from './extended-classes.js'
import { Folder } from './fold.js'
import { functionLoads, mayLoad } from './function-loads.js'
import { handedCall } from './handed-calls.js'
import { handedOn, handedOnElsewhere } from './handed-on.js'
import * as targets from './import-targets.js'
import { importedArguments } from './imported-arguments.js'
import { indexTree } from './index-calls.js'
import { innerKeys } from './inner-changes.js'
import { keptParameters } from './kept-parameters.js'
import { addUses, holdsAny, usesOf } from './library-uses.js'
import { callAt, inOrder, statementAt } from './look-up.js'
import { fallbackOf } from './lookups.js'
import { assignRoles, markEvaluation } from './loop-roles.js'
import { madeObjects } from './made-objects.js'
import type {
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
  ParameterOwner,
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
import { isForeign, projectMember } from './project-members.js'
import { ReachedNames } from './reached-names.js'
import { readsElsewhere } from './reads-elsewhere.js'
import { resultOf } from './results.js'
import { returnsOf } from './returns.js'
import type { Binding, Scope } from './scope.js'
import { buildScopes, modulesBelow } from './scopes.js'
import { trainsInOnePass } from './single-pass.js'
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

export class Analysis implements PythonModule {
  readonly calls: Call[]
  readonly functions: Func[]
  readonly classes: Klass[]
  readonly loops: CountedLoop[]
  readonly statements: Stmt[]
  readonly strings: string[]
  readonly processorOnly: boolean
  readonly scopes: Scope
  readonly callByExpr: Map<Expr, Call>
  /** Calls that a statement holds directly, in the order in which it is written. */
  readonly callsIn: ReadonlyMap<Stmt, readonly Call[]>
  readonly functionByNode: Map<FunctionDef, Func>
  readonly classByNode: Map<ClassDef, Klass>
  readonly attributeStores = new Map<string, { binding: Binding; scope: Scope }[]>()
  /** The same by the class in which it is assigned; null: outside of classes. */
  readonly attributesOfClasses = new Map<Scope | null, Map<string, { binding: Binding; scope: Scope }[]>>()
  readonly imports = new Set<string>()
  readonly importSpecs = new Set<string>()
  readonly ownUses = new Set<string>()
  isEntry = false
  readonly hasErrors: boolean
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
  private readonly knowsImporters: boolean
  private readonly hasMainGuard: boolean
  readonly bindingNames = new Map<Binding, string | null>()
  /** What names that were asked for may stand for, by place. */
  readonly reached: ReachedNames
  /** The scope of the class around a place. */
  readonly classScopes: Map<number, Scope | null>
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
  readonly programParameters: ProgramParameters
  private readonly folder: Folder
  private readonly finder: EffectFinder
  private usesNearby: ReadonlySet<string>[] | null = null
  private blanked: string | null = null
  private byName: Map<string, Call[]> | null = null
  private byMethod: Map<string, Call[]> | null = null
  private readonly sites = new Map<Func, Call[]>()
  private readonly escaping = new Set<Func>()
  /** Names whose value is changed in place somewhere, and where, by the scope that binds the name. */
  readonly mutatedNames = new Set<string>()
  readonly mutations = new Map<Scope, Map<string, { scope: Scope; binding: Binding }[]>>()
  private readonly parameters = new Map<number, { func: Func; position: number }>()

  private readonly neighbours: Neighbours

  constructor(
    readonly path: string,
    readonly text: string,
    readonly tree: PythonTree,
    readonly notebook: boolean,
    neighbours: Neighbours = { importedByName: new Map(), importers: [] },
    readonly binding: LaunchBinding | null = null,
    readonly dead: readonly DeadCode[] = [],
    /** Places of functions, and of the only call of each that counts. */
    private readonly onlyCalls: ReadonlyMap<number, number> = new Map(),
  ) {
    this.neighbours = neighbours
    this.importedByName = neighbours.importedByName
    this.importers = neighbours.importers
    this.behind = neighbours.behind ?? []
    this.processorOnly = neighbours.processorOnly ?? false
    this.programs = neighbours.programs ?? []
    this.configurations = neighbours.configurations ?? new Map()
    this.outside = new OutsideCalls(this, neighbours.outside ?? [])
    this.knowsImporters = neighbours.outside !== undefined || this.importers.length === 0
    this.hasErrors = tree.hasErrors
    this.scopes = once(tree, 'scopes', () => buildScopes(tree.body, text.length))
    this.reached = once(tree, 'reached', () => new ReachedNames(text.length))
    this.classScopes = once(tree, 'classes around', () => new Map())
    const index = indexTree(tree)
    this.calls = index.calls
    this.functions = index.functions
    this.classes = index.classes
    this.loops = index.loops
    this.statements = index.statements
    this.strings = index.strings
    this.callByExpr = index.callByExpr
    this.callsIn = index.callsIn
    this.functionByNode = index.functionByNode
    this.classByNode = index.classByNode
    this.programParameters = new ProgramParameters(this)
    this.folder = new Folder(this)
    this.finder = new EffectFinder(this)
    this.collectBindings(this.scopes)
    this.resolveClasses()
    this.resolveCalls()
    const adds = hasOptionFunctions(this)
    const options = programArguments(this.calls, (call) => (adds ? optionCall(this, call) : null))
    this.ownArguments = [...withDefaults(options, this.calls), ...dataclassArguments(this)]
    this.programArguments = [...this.ownArguments, ...withDefaults(importedArguments(this), this.calls)]
    this.complete = true
    this.types.forget()
    if (this.configurations.size > 0) this.resolveInstantiations()
    this.resolveChosenCallees()
    this.resolveReceivers()
    this.hasMainGuard = index.mainGuard
  }

  /** What its loops do, and what it is for. Apart from the rest, since code that never runs is found without it. */
  describe(): this {
    assignRoles(this.finder, this.loops)
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
  readsElsewhere(callee: Expr): boolean {
    return readsElsewhere(this, callee)
  }
  importedClass(expr: Expr): ClassSummary | null {
    const found = projectMember(this, expr)
    return (found === null ? undefined : lookUp(found.summary.classes, found.rest)) ?? null
  }
  get moduleBindings(): ReadonlyMap<string, readonly Binding[]> {
    return this.scopes.bindings
  }
  attributeBindings(dotted: string): readonly Binding[] {
    return this.attributeStores.get(dotted)?.map(({ binding }) => binding) ?? []
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
  parameterOf(binding: Binding): ParameterOwner | null {
    const owner = this.parameterOwner(binding)
    return owner === null ? null : { ...owner, annotation: this.parameterAnnotation(binding) }
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

  get guards(): readonly NestedGuard[] {
    return once(this.tree, 'guards', () => guardsIn(this.tree))
  }
  condition(test: Expr): Condition {
    return conditionOf(this, test)
  }
  reach(offset: number): Reach {
    return reachOf(this, offset)
  }

  // Effects.

  /** Functions that other modules call. */
  private makers: Func[] | null = null
  /** `def make_step(model): def step(batch): … return step`, which another module calls. */
  private isHandedOut({ node }: Func): boolean {
    this.makers ??= this.functions.filter((maker) => this.outside.of(maker).length > 0)
    return this.makers.some(
      (maker) =>
        maker.node !== node &&
        maker.node.start < node.start &&
        node.end <= maker.node.end &&
        returnsOf(maker).some((value) => value.type === 'name' && value.id === node.name),
    )
  }
  effects(code: Stmt[] | Expr): Effects {
    return Array.isArray(code) ? this.finder.ofStatements(code) : this.finder.ofExpression(code)
  }
  private steppers: Func[] | null = null
  trainsInOnePass(): boolean {
    return trainsInOnePass(this)
  }
  isRepeated(func: Func): boolean {
    return (
      this.outside.isLooped(func) ||
      isRepeatedByBase(this, func) ||
      (this.sites.get(func) ?? []).some(({ loops }) => loops.length > 0)
    )
  }
  /** Functions that take one step of an optimiser and that another module calls in a loop: one that imports this, or a base class. */
  stepFunctions(): Func[] {
    this.steppers ??= this.functions.filter((func) => {
      if (!this.outside.isLooped(func) && !this.isHandedOut(func) && !isRepeatedByBase(this, func))
        return false
      const effects = this.effectsOfFunction(func)
      return effects.backward && effects.optimizerStep && !effects.trains
    })
    return this.steppers
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

  // Places.

  callAt(span: Span): Call | null {
    return callAt(this.calls, span.start, span.end)
  }
  statementAt(offset: number): Stmt | null {
    return statementAt(this.tree.body, offset)
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

  parameterOwner(binding: Pick<Binding, 'at'>): { func: Func; position: number } | null {
    return this.parameters.get(binding.at) ?? null
  }
  parameterAnnotation(binding: Binding): Expr | null {
    const owner = this.parameterOwner(binding)
    return owner?.func.node.params.find((param) => param.start === binding.at)?.annotation ?? null
  }
  /** Calls of a function in this module; null when it is handed around as a value, so that calls cannot be listed. */
  callSites(func: Func): Call[] | null {
    const sites = this.escaping.has(func) ? null : (this.sites.get(func) ?? [])
    const only = this.onlyCalls.get(func.node.start)
    return only === undefined || sites === null ? sites : sites.filter(({ expr }) => expr.start === only)
  }
  /** The module as if a function had one caller. */
  forCaller({ node }: Func, { expr }: Call): Analysis {
    const { path, text, tree, notebook, neighbours, binding, dead } = this
    const only = new Map([...this.onlyCalls, [node.start, expr.start]])
    return new Analysis(path, text, tree, notebook, neighbours, binding, dead, only).describe()
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
  isMutated(name: string, scope: Scope): boolean {
    return this.mutations.get(scope)?.has(name) ?? false
  }
  changesOf(name: string, offset: number, until = offset): readonly Mutation[] {
    return changesOf(this, name, offset, until)
  }

  // Construction.

  private collectBindings(scope: Scope): void {
    for (const [name, bindings] of scope.bindings) {
      if (name.endsWith('[]')) this.markMutated(name.slice(0, -2), scope, bindings)
      if (name.includes('.')) {
        const klass = attributes.classScope(scope)
        const own = this.attributesOfClasses.get(klass) ?? new Map()
        this.attributesOfClasses.set(klass, own)
        for (const lists of [this.attributeStores, own]) {
          const list = lists.get(name) ?? []
          for (const binding of bindings) list.push({ binding, scope })
          lists.set(name, list)
        }
      }
      for (let index = 0; index < bindings.length; index++) {
        const binding = bindings[index]!
        if (binding.kind === 'import' && binding.target !== null) {
          this.importSpecs.add(binding.target)
          if (binding.node?.type === 'import')
            for (const name of binding.node.names)
              for (const inner of modulesBelow(binding.node, name)) this.importSpecs.add(inner)
          const module = targets.moduleAbove(binding.target)
          if (module !== null) this.importSpecs.add(module)
          this.imports.add(binding.target)
        }
      }
    }
    for (const star of scope.stars) {
      this.importSpecs.add(star)
      this.imports.add(star)
    }
    if (scope.kind === 'function' && scope.node !== null) {
      const func = this.functionByNode.get(scope.node as FunctionDef)
      if (func !== undefined) {
        const shift = func.class !== null && !hasDecorator(func.node, 'staticmethod') ? 1 : 0
        func.node.params.forEach((param, position) => {
          this.parameters.set(param.start, { func, position: position - shift })
        })
      }
    }
    for (const child of scope.children) this.collectBindings(child)
  }

  private markMutated(name: string, scope: Scope, changes: Binding[]): void {
    let owner: Scope | null = scope
    // A comprehension or function changes what an outer scope binds.
    while (owner !== null && !(owner.bindings.has(name) && !owner.outer.has(name))) owner = owner.parent
    if (owner === null) return
    this.mutatedNames.add(name)
    const byName = this.mutations.get(owner) ?? new Map<string, { scope: Scope; binding: Binding }[]>()
    this.mutations.set(owner, byName)
    const list = byName.get(name) ?? []
    byName.set(name, list)
    for (const binding of changes) list.push({ scope, binding })
  }

  private resolveClasses(): void {
    for (const klass of this.classes) {
      for (const base of klass.node.bases) {
        if (base.name !== null) continue
        const name = this.nameOf(base.value)
        if (name !== null) klass.bases.push(name)
      }
    }
    // Bases that are classes of the project stand for their own library base, once however often they are inherited.
    const add = (klass: Klass, bases: readonly string[]): void => {
      for (const base of bases) if (!klass.bases.includes(base)) klass.bases.push(base)
    }
    for (const klass of this.classes) {
      for (const base of klass.node.bases) {
        if (base.name !== null) continue
        const parent = this.classOf(base.value)
        if (parent !== null && parent !== klass) add(klass, parent.bases)
        else {
          const found = projectMember(this, base.value)
          const known = found === null ? undefined : lookUp(found.summary.classes, found.rest)
          if (known !== undefined) add(klass, known.bases)
        }
      }
    }
  }

  private resolveCalls(): void {
    const handedOver: { call: Call; value: Expr; handed: Func }[] = []
    for (const call of this.calls) {
      call.name = calleeName(this, call.expr.callee)
      if (call.name !== null) this.ownUses.add(call.name)
      const { callee } = call.expr
      if (callee.type === 'attribute') {
        this.ownUses.add(`.${callee.attr}`)
        if (call.name === null) {
          call.receiver = this.typeOf(callee.value)
          if (call.receiver !== null) this.ownUses.add(`${call.receiver}.${callee.attr}`)
        }
      }
      if (!isForeign(this, callee)) {
        const made = callee.type === 'attribute' ? this.definition(callee.value) : null
        if (made?.type === 'call') call.receiverCall = this.callByExpr.get(made) ?? null
        this.resolveOwn(call)
      }
      for (const argument of call.expr.args) {
        if (argument.value.type !== 'name' && argument.value.type !== 'attribute') continue
        const handed = isForeign(this, argument.value)
          ? null
          : (this.functionOf(argument.value) ?? this.constructorOf(argument.value))
        if (handed !== null) handedOver.push({ call, value: argument.value, handed })
        else {
          const name = argument.value.type === 'attribute' ? this.nameOf(argument.value) : null
          if (name !== null) this.ownUses.add(name)
        }
      }
    }
    // Which library it is handed to may depend on what other calls make.
    for (const { call, value, handed } of handedOver) {
      const made = handedCall(this, call)
      if (made?.func !== value) {
        this.escaping.add(handed)
        continue
      }
      const site = { ...call, expr: made.made }
      const list = this.sites.get(handed)
      if (list === undefined) this.sites.set(handed, [site])
      else list.push(site)
    }
    for (const statement of this.statements) addUses(this, statement)
  }

  /** The function or the constructor of this module that a call runs. */
  private resolveOwn(call: Call): void {
    const { callee } = call.expr
    const func = this.functionOf(callee)
    // An object of a class of the project is one of the library's class as well.
    for (const base of this.classOf(callee)?.bases ?? []) this.ownUses.add(base)
    const run = func ?? this.constructorOf(callee)
    if (run === null) return
    const list = this.sites.get(run)
    if (list === undefined) this.sites.set(run, [call])
    else list.push(call)
  }

  /**
   * The `__init__` that making an object of a class of this module calls, its own or an inherited one; null where a class
   * that is derived from it here has one of its own. `outside` has what importers do.
   */
  private constructorOf(callee: Expr): Func | null {
    if (!this.knowsImporters) return null
    const klass = this.classOf(callee)
    const init =
      klass === null || klass.methods.has('__new__') ? null : callables.methodOf(this, klass, '__init__')
    const owner = init?.class ?? null
    if (owner === null) return null
    if (this.overridden === null) {
      this.overridden = new Set()
      for (const one of this.classes)
        if (one.methods.has('__init__')) for (const base of baseClasses(this, one)) this.overridden.add(base)
    }
    return this.overridden.has(owner) ? null : init
  }

  private overridden: Set<Klass> | null = null
  private constructions: Map<Klass, Call[]> | null = null
  private callsByClass: Map<Klass, Call[]> | null = null

  /** Calls that make an object of a class of this module. */
  constructionsOf(klass: Klass): readonly Call[] {
    this.constructions ??= grouped(this.calls, ({ expr }) => this.classOf(expr.callee))
    return this.constructions.get(klass) ?? []
  }

  /** Calls in the methods of a class. */
  callsOfClass(klass: Klass): readonly Call[] {
    this.callsByClass ??= grouped(this.calls, (call) => call.function?.class ?? null)
    return this.callsByClass.get(klass) ?? []
  }

  /** `instantiate(cfg.trainer)` is a call of what `_target_` names, with the keys as its arguments. */
  private resolveInstantiations(): void {
    for (const call of this.calls) {
      if (!isInstantiation(call.name)) continue
      const found = instantiated(this, call)
      if (found === null) continue
      this.instantiations.set(call, found)
      call.name = canonicalName(found.target)
      this.ownUses.add(call.name)
    }
    if (this.instantiations.size === 0) return
    this.byName = null
    this.types.forget()
  }

  /** `getattr(models, config['arch'])(…)`, `Optimizer = getattr(torch.optim, name)`: calls of what a text names. */
  private resolveChosenCallees(): void {
    if (!this.text.includes('getattr(')) return
    let found = false
    for (const call of this.calls) {
      const { callee } = call.expr
      if (call.name !== null || names.definition(this, callee).type !== 'call') continue
      const name = names.nameOf(this, callee)
      if (name === null) continue
      call.name = name
      this.ownUses.add(name)
      found = true
    }
    if (!found) return
    this.byName = null
    this.types.forget()
  }

  /** Receivers that only what functions are given tells of. */
  private resolveReceivers(): void {
    for (const call of this.calls) {
      const { callee } = call.expr
      if (callee.type !== 'attribute' || call.name !== null || call.receiver !== null) continue
      call.receiver = this.typeOf(callee.value)
      if (call.receiver !== null) this.ownUses.add(`${call.receiver}.${callee.attr}`)
    }
  }
}

function hasDecorator(node: FunctionDef, name: string): boolean {
  return node.decorators.some((decorator) => decorator.type === 'name' && decorator.id === name)
}
