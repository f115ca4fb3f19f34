/**
 * What one Python fragment says, as readers ask it. The work is done in the neighbouring files: `names.ts` (what a name
 * stands for), `fold.ts` (what a value is), `index-calls.ts` (calls, functions, loops), `call-arguments.ts`,
 * `loop-roles.ts`, `evidence.ts`.
 */

import type { CallExpr, Expr, PythonTree, Stmt, Subscript } from '../syntax/python-ast.js'
import type { Configured } from '../text/configured.js'
import type { Evidence } from '../text/evidence.js'
import type { Location, Span } from '../text/location.js'
import type { ArgumentFile } from './argument-files.js'
import type { ClassSummary } from './class-summary.js'
import type {
  ArgumentValue,
  Call,
  Condition,
  DeadCode,
  Effects,
  EnvironmentWrite,
  Folded,
  Func,
  Klass,
  Loop,
  MadeObjects,
  ParameterOwner,
  ProgramArgument,
  Reach,
} from './code.js'
import type {
  FunctionLoad,
  FunctionSummary,
  HandedOn,
  NamedParameter,
  Running,
  SingleParameter,
} from './function-summary.js'
import type { ModuleSummary } from './module-summary.js'
import type { OutsideCall } from './outward-call.js'
import type { SetElsewhere } from './process-settings.js'
import type { Binding } from './scope.js'

export type * from './class-summary.js'
export type * from './code.js'
export type * from './configuration-use.js'
export type * from './data-set-kind.js'
export type * from './function-summary.js'
export type * from './module-summary.js'
export type * from './outward-call.js'

/** What names stand for, and what is used. */
export interface ModuleNames {
  /** Canonical names of all imported modules and names ('torch', 'torch.nn.functional.cross_entropy'). */
  readonly imports: ReadonlySet<string>
  /** Canonical names that are used here; methods of unknown receivers as '.name'. */
  readonly ownUses: ReadonlySet<string>
  /** Calls whose canonical callee is one of these. */
  callsTo(...names: string[]): Call[]
  /** The same, with what functions and methods of other modules make for this one: those calls have no width here. */
  callsMade(...names: string[]): Call[]
  /** The object or the list that a call of a function of another module gives back, as if it were written here; null: it is no such call, or that cannot be told. */
  givenElsewhere(expr: Expr): Expr | null
  /** Method calls `x.method(...)` on a receiver of one of these classes (or any receiver when none is given). */
  methodCalls(method: string, ...receivers: string[]): Call[]
  /** Canonical name of a name or attribute chain; null when it is local or cannot be resolved. */
  nameOf(expr: Expr): string | null
  /** The expression that a name was last assigned before this place (one assignment in reach), else itself. */
  definition(expr: Expr): Expr
  /** The same, followed through functions of this module that return one thing. */
  result(expr: Expr): Expr
  /** What modules of the project that this one imports set for the whole process by calls of these names. */
  settingsElsewhere(...names: string[]): SetElsewhere
  /** The call behind an expression: itself, or the one that the name was assigned. */
  callOf(expr: Expr): Call | null
  /** The function that an expression names, in this module. */
  functionOf(expr: Expr): Func | null
  classOf(expr: Expr): Klass | null
  /** The class of this module that a value is an object of. */
  instanceClass(expr: Expr): Klass | null
  /** What another module of the project says of the function or method that an expression names. */
  importedFunction(expr: Expr): FunctionSummary | null
  /** What that calls, or a method of an object whose class is of another module. */
  importedCalls(callee: Expr): readonly string[] | null
  /** What a method of such an object calls to hand out one value after the other; null: it does not. */
  importedYields(callee: Expr): readonly string[] | null
  /** What it calls of another module of the project brings tensors to the host: `meter.update(logits)`. */
  readsElsewhere(callee: Expr): boolean
  /** What another module of the project says of the class that an expression names. */
  importedClass(expr: Expr): ClassSummary | null
  /** The class of another module of the project that a value is an object of. */
  instanceSummary(expr: Expr): ClassSummary | null
  /** Library calls to which the function that an expression names, here or elsewhere, hands its parameters. */
  handsOn(callee: Expr): readonly HandedOn[]
  /** Parameters that the object of a method keeps: `meter.update(loss)`. */
  keptArguments(callee: Expr): readonly NamedParameter[]
  /** Parameters that a function or method of another module runs a network on, each as a batch of one. */
  importedSingles(callee: Expr): readonly SingleParameter[]
  /** What a function, a method or a constructor of another module loads as a whole each time it is called. */
  importedLoads(callee: Expr): readonly FunctionLoad[]
  /** Tables among the arguments of a call that a function or a method of another module searches. */
  searchedElsewhere(call: Call): readonly Expr[]
  /** What a function of this module loads each time. */
  functionLoads(func: Func): readonly FunctionLoad[]
  /** Canonical class of a value, where it can be inferred; for classes of the project their library base. */
  typeOf(expr: Expr): string | null
  /** What the names of the module itself are bound to. */
  readonly moduleBindings: ReadonlyMap<string, readonly Binding[]>
  /** What is assigned to this attribute of a name: 'args.bf16'. */
  attributeBindings(dotted: string): readonly Binding[]
  /** What is assigned to `self.x` in its class, or to `name.x` in the module; null for what has no single value. */
  attributeValues(expr: Expr): readonly (Expr | null)[]
  /** The import target that a name or attribute chain begins with, as it is written: 'common.make_loader'. */
  targetOf(expr: Expr): string | null
  /** The module of the project that an import target lies in, with what remains of the target. */
  projectTarget(target: string): { summary: ModuleSummary; rest: string } | null
  /** The same of a name or an attribute chain, as it is written. */
  projectMember(expr: Expr): { summary: ModuleSummary; rest: string } | null
  /** The function that takes a binding as its parameter; `position` counts from 0, without `self`. */
  parameterOf(binding: Binding): ParameterOwner | null
  /** The objects of an expression that a configuration names: `instantiate_callbacks(cfg.callbacks)`; null: it is something else. */
  madeObjects(expr: Expr): MadeObjects | null
  /** It makes what a configuration names: `instantiate(cfg.model)`. */
  isInstantiated(call: Call): boolean
  /** What may have given a name its value at its place. */
  bindingsOf(name: Expr & { type: 'name' }): readonly Binding[]
  /** Calls of a function in this module; null where it is handed around as a value. */
  callSites(func: Func): Call[] | null
  /** Calls of a function, method or constructor by modules that import this one. */
  outsideCalls(func: Func): readonly OutsideCall[]
  /** What the methods of objects reach that take steps of a training and that other modules hand to this one. */
  reachedByObjects(): readonly string[]
  /** Calls of this module that make objects of a class of it. */
  constructionsOf(klass: Klass): readonly Call[]
  /** A module that imports this one makes objects of a class, or hands the class around. */
  isMadeOutside(klass: Klass): boolean
  /** True when any of these canonical names (or prefixes ending in '.') is used here or in a neighbour module. */
  uses(...names: string[]): boolean
  /** True when the same is used in this module itself. */
  usesHere(...names: string[]): boolean
}

/** `spread`: all items of it are added. `certain`: on every way, once. */
export interface AddedItem {
  value: Expr
  spread: boolean
  certain: boolean
}

/** What expressions are worth. */
export interface ModuleValues {
  /** Arguments of the program (argparse, click, absl, dataclasses parsed from the command line). */
  programArguments: ProgramArgument[]
  /** Value of an expression at its place. */
  fold(expr: Expr): Folded
  /** The argument of that keyword, or at that position (0-based; null: keyword only). */
  argument(call: Call, keyword: string, position?: number | null): ArgumentValue
  /**
   * The value of a key in a dictionary, assignments and `update` followed up to `until` (an offset; by default the
   * place of the expression).
   */
  entry(dictionary: Expr, key: string, until?: number): ArgumentValue
  /** The script of the shell whose text an expression is, as written: `(HERE / 'boot.sh').read_text()`; null: none. */
  scriptIn(expr: Expr): string | null
  /** Where another module writes the default of the option behind `args.epochs`; null: none does, or it cannot be any other. */
  optionPlace(expr: Expr): Location | null
  /** What a call that looks a key up is told to give where the key is missing; null: it does something else, or is told nothing. */
  fallbackOf(call: CallExpr): Expr | null
  /** All keys of a dictionary, as above; null where they cannot all be known. */
  keysOf(dictionary: Expr, until?: number): string[] | null
  /** Keys that are written into what `dictionary[key]` holds: `dictionary[key]['x'] = …`; null: one of them cannot be told. */
  innerKeys(place: Subscript, until: number): string[] | null
  /**
   * Every value that an expression stands for in turn: the items of the literal that a loop goes through, what the
   * calls of a function pass for a parameter, or its one definition. Null where they cannot be listed.
   */
  possible(expr: Expr): Expr[] | null
  /**
   * The list or dictionary that a function of another module, a comprehension or `asdict(…)` puts together, as if it were written
   * here; null: it is none of these, or not all of it can be told. What stands elsewhere has no width.
   */
  writtenOut(expr: Expr): Expr | null
  /** What a field holds of an object that the module makes; null: nobody can tell. */
  fieldOf(expr: Expr & { type: 'attribute' }): Expr | null
  /** The value of a configuration file that an expression stands for; null: none, or it is not known. */
  configured(expr: Expr): Configured | null
  /** A configuration file by its path as the code or the launch names it; null: it is not in the project. */
  configurationFile(path: string): Configured | null
  /** The file that arguments come from which the command line leaves out; null: there is none. */
  argumentFile(): ArgumentFile
  /** True for a name whose list or dictionary is changed in place after it was made, before this place. */
  isChanged(expr: Expr): boolean
  /** What `append` and `extend` add to a list before this place, in order; null: it is changed in other ways, too. */
  addedItems(expr: Expr): AddedItem[] | null
  /** Variables that the program sets in its own environment, by name. */
  environmentWrites(): ReadonlyMap<string, EnvironmentWrite>
}

/** What code does, and when it runs. */
export interface ModuleEffects {
  /** Effects of a list of statements or of one expression. */
  effects(code: Stmt[] | Expr): Effects
  effectsOfFunction(func: Func): Effects
  /** What happens when the value of an expression is called; null: it is no function of the project. */
  effectsOfCalled(expr: Expr): Effects | Running | null
  /** What a method of `self` does that its class has from a class of another module, where that takes a step; else null. */
  inheritedStep(callee: Expr): Running | null
  /** Functions that take one step of an optimiser and that a module which imports this one calls in a loop. */
  stepFunctions(): Func[]
  /** Something calls the function again and again: here, in a module that imports this one, or in a class that its own one extends. */
  isRepeated(func: Func): boolean
  /** Its training goes through the data once: no loop over epochs is around it here. */
  trainsInOnePass(): boolean
  /** When the code at an offset runs, once the function that holds it is called. */
  reach(offset: number): Reach
  /** What never runs, since the files decide the test around it: no call in it is listed. */
  dead: readonly DeadCode[]
  /** Whether a test is true, as far as the files tell. */
  condition(test: Expr): Condition
}

/** The contract of Python code: what readers ask a module. */
export interface PythonModule extends ModuleNames, ModuleValues, ModuleEffects {
  path: string
  text: string
  /** The text with blanks for comments, docstrings, help of options and what never runs: search words here, not in `text`. */
  readonly code: string
  tree: PythonTree
  calls: Call[]
  functions: Func[]
  classes: Klass[]
  loops: Loop[]
  /** Every statement, also those inside of others, in the order of the source. */
  readonly statements: readonly Stmt[]
  /** `if __name__ == '__main__'`, hydra/click/absl main, notebook, or training statements at top level. */
  isEntry: boolean
  hasErrors: boolean
  /** The project installs PyTorch without support for accelerators. */
  processorOnly: boolean
  evidence: Evidence
  /** Modules of the project that import this one / that this one imports (one hop). */
  importers: ModuleSummary[]
  imported: ModuleSummary[]
  /** Modules of the project that this one imports, under the name that it uses ('..data', 'engine'). */
  readonly importedByName: ReadonlyMap<string, ModuleSummary>
  /** Further modules that end up using this one, through those that import it. */
  programs: ModuleSummary[]
  /** The call at exactly this span; the statement that holds an offset. */
  callAt(span: Span): Call | null
  statementAt(offset: number): Stmt | null
}
