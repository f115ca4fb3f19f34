/**
 * What one Python fragment says, as readers ask it. The work is done in the neighbouring files: `names.ts` (what a name
 * stands for), `fold.ts` (what a value is), `index-calls.ts` (calls, functions, loops), `call-arguments.ts`,
 * `loop-roles.ts`, `evidence.ts`.
 */

import type {
  CallExpr,
  ClassDef,
  Expr,
  For,
  FunctionDef,
  PythonTree,
  Stmt,
  While,
  With,
} from '../syntax/python-ast.js'
import type { Configured, ConfiguredPlace } from '../text/configured.js'
import type { Evidence } from '../text/evidence.js'
import type { Json } from '../text/json.js'
import type { Location, Span } from '../text/location.js'
import type { Channel } from '../text/origin.js'
import type { ReportedMetrics } from './logged-metrics.js'
import type { Binding } from './scope.js'

/** A folded value with where it came from. */
export type Folded =
  | {
      state: 'known'
      value: Json
      /** `code` for literals and constants; a launch channel when a bound flag or variable gave it. */
      channel: Channel
      /** A default of an argument (argparse, click, dataclass) that a launch could replace; none is bound. */
      overridable: boolean
      /** Where the value stands when that is not the expression itself (a flag on a launch line). */
      location?: Location
      /** It is written in a configuration file, there. */
      configured?: ConfiguredPlace
    }
  | {
      state: 'unknown'
      because: string
      /** It is one of these, and it is known on what that depends. */
      options?: FoldedOption[]
    }

export interface FoldedOption {
  folded: Folded & { state: 'known' }
  /** When it is this one, as a clause: '`--amp` is passed'. */
  when: string
  /** It is this one unless somebody decides otherwise. */
  byDefault: boolean
}

/** One argument of a call. `absent` only when nothing (`*args`, `**kwargs`) could carry it. */
export type ArgumentValue =
  | {
      state: 'absent'
      /** The keys of a configuration file that would carry it, and a place to show. */
      configured?: ConfiguredPlace
      /** A launch that is not known could bring it. */
      overridable?: boolean
    }
  | {
      state: 'given'
      expr: Expr
      folded: Folded /** the keyword's value, or the positional argument */
      span: Span
    }
  | { state: 'unknown'; because: string }

export interface Call {
  index: number
  expr: CallExpr
  /** Canonical dotted name of the callee ('torch.utils.data.DataLoader'); null when it cannot be resolved. */
  name: string | null
  /** Last part of the callee as written: 'fit' of `trainer.fit`. */
  method: string
  /** For a method call: canonical class of the receiver ('lightning.pytorch.Trainer'), where it can be inferred. */
  receiver: string | null
  /** The call that made the receiver, where one assignment is in reach. */
  receiverCall: Call | null
  function: Func | null
  loops: Loop[]
  withs: With[]
  /** Statement that holds the call. */
  statement: Stmt
  /** Inside `if`/`try` branches. */
  conditional: boolean
  /** Name (or `self.x`) that the statement assigns the call to. */
  assignedTo: string | null
}

/** One argument that the program takes from its command line. */
export interface ProgramArgument {
  /** Attribute of the parsed result: 'num_workers'. */
  name: string
  /** Spellings on the command line without dashes: 'num-workers', 'j'; none for one that is given by its place. */
  flags: string[]
  positional?: true
  default: Expr | null
  kind: 'value' | 'store true' | 'store false' | 'list' | 'other'
  /** 'int', 'float', 'str', 'bool', or null. */
  type: string | null
  span: Span
}

/** The same as another module may use it. */
export type SharedArgument = Omit<ProgramArgument, 'default' | 'span'> & {
  /** Absent: it has none; null: it is not known. */
  default?: { value: string | number | boolean | null } | null
}

export interface Func {
  index: number
  node: FunctionDef
  name: string
  /** 'Model.training_step', 'main.inner'. */
  qualified: string
  class: Klass | null
  /** Calls made directly in the body. */
  calls: Call[]
}

export interface Klass {
  node: ClassDef
  name: string
  /** Canonical names of bases; project classes are followed to the library class (one hop). */
  bases: string[]
  methods: Map<string, Func>
}

/** Whether a test is true, as far as the files tell. */
export interface Condition {
  /** Null: nobody can tell, or a launch that is not linked decides. */
  value: boolean | null
  /** What it is unless somebody decides otherwise; null: not known. */
  byDefault: boolean | null
  /** Clauses for both: '`--amp` is passed'. */
  holds: string
  fails: string
  /** The option of the program that it asks for; null: it asks for something else. */
  option: ProgramArgument | null
  /** It asks whether that is not so: `not args.no_amp`. */
  negated: boolean
}

/** A block that never runs, and the condition that keeps it from running. */
export interface DeadCode extends Span {
  condition: Condition
}

/** When a piece of code runs. */
export type Reach =
  | { state: 'always' }
  /** It would run where the condition is as `holds` says, which it is not. */
  | { state: 'never'; condition: Condition; holds: boolean }
  | { state: 'sometimes'; conditions: { condition: Condition; holds: boolean }[]; byDefault: boolean | null }

/** What happens in a piece of code, calls into functions of the project followed (depth 3, one import hop). */
export interface Effects {
  backward: boolean
  optimizerStep: boolean
  /** A whole loop that steps an optimiser is reached. */
  trains: boolean
  /** Canonical names of library calls that are reached; methods of unknown receivers as '.name'. */
  calls: Set<string>
}

/** The bound of a loop that counts: of the epochs or steps of a whole training, those before a resumption included. */
export interface Horizon {
  limit: Expr
  count: Folded
  /** The counter is raised in the passes of a loop inside: it counts steps. */
  inner: boolean
}

export interface Loop {
  index: number
  node: For | While
  parent: Loop | null
  /** Loops directly inside. */
  inner: Loop[]
  /** All calls inside, those in inner loops included, in the order of the source. */
  calls: Call[]
  function: Func | null
  /** epoch: repeats a training loop; train: the innermost loop that steps an optimiser. */
  role: 'epoch' | 'train' | 'evaluate' | 'other'
  /** Number of passes, where it folds. */
  trips: Folded
  /** Where its counter ends, wherever it began; null: it counts nothing. */
  horizon: Horizon | null
  effects: Effects
  hasBreak: boolean
}

/** A parameter that is an argument of a library call: `torch.save(state, filename)`. */
export interface HandedOn {
  /** Canonical name of what is called. */
  to: string
  /** The argument there: its keyword, or its position among those without one. */
  name: string | null
  position: number | null
  /** The parameter, and its position in calls of the function. */
  parameter: string
  index: number
}

/** A parameter by its name and by its position in calls. */
export interface NamedParameter {
  name: string
  position: number
}

/** A function that gives back what an object holds under a key: `def get(cfg, key, default=None)`. */
export interface Getter {
  object: NamedParameter
  key: NamedParameter
  /** The key is a path: 'train.fp16'. */
  dotted: boolean
  /** The key and all positional arguments behind it are a path. */
  rest: boolean
  /** What it gives where nothing is: what it is passed, else a value of its own. */
  fallback: { parameter: NamedParameter | null; value?: string | number | boolean | null } | null
}

export type FunctionSummary = ModuleSummary['functions'][string]
export type ClassSummary = ModuleSummary['classes'][string]

/** What a module lets others know: the only thing that leaves the worker besides claims. Plain JSON. */
export interface ModuleSummary {
  path: string
  constants: Record<string, Json>
  functions: Record<
    string,
    {
      backward: boolean
      optimizerStep: boolean
      /** It holds a loop that steps an optimiser. */
      trains: boolean
      calls: string[]
      params: string[]
      /** It holds a loop or a comprehension: what it does, it does for many. */
      repeats: boolean
      /** It returns a network whose weights it froze. */
      frozen?: true
      /** Library calls to which it hands its parameters as they are. */
      handsOn?: HandedOn[]
      /** All that it does is to look a key up. */
      getter?: Getter
      /** Canonical class of what it returns. */
      returns: string | null
    }
  >
  classes: Record<
    string,
    {
      bases: string[]
      methods: string[]
      calls: string[]
      /** Calls that making one sample reaches (`__getitem__`, `__iter__`), where the class has such a method. */
      items?: string[]
      /** How its constructor takes a mapping: its keys as keywords, or the whole as one parameter. */
      takes?: 'keywords' | { name: string; position: number }
      /** Attributes that its `forward` calls with what it is given. */
      applies?: string[]
      /** What it declares for its objects: a default where it can be told, else null. */
      fields?: Record<string, { value: Json } | null>
      /** What its methods assign to `self`; '*': anything, by `setattr`. */
      sets?: string[]
      /** Parameters of a network that is made of dense layers alone. */
      dense?: number
      /** Names that its methods pass to `self.log`, where they fold. */
      logged?: string[]
      /** Methods that take a step of an optimiser, or hold a loop that does. */
      steps?: Record<string, { backward: boolean; optimizerStep: boolean; trains: boolean; calls: string[] }>
    }
  >
  /** Library names that the module passes on: its own name for it, to the canonical one. */
  reexports: Record<string, string>
  /** Of the `__init__.py` of a package: what it imports, by its own name for it, as imported; and modules with `import *`. */
  passesOn?: { names: Record<string, string>; stars: string[] }
  /** Canonical names of every library call and context manager in the module; methods of unknown receivers as '.name'. */
  uses: string[]
  /** Networks of the module that it freezes, by name. */
  frozen?: string[]
  /** Passes of its loops over epochs, as far as they are known. */
  epochs?: { value: number; overridable: boolean }[]
  /** Names of what `load_state_dict` is called on: 'optimizer'. */
  restores?: string[]
  /** Modules that it imports, as written, one leading dot per level ('torch.nn', '..data'); `from m import a` gives both 'm' and 'm.a'. */
  imports: string[]
  /** Those of them that are modules of the project. */
  projectImports?: string[]
  isEntry: boolean
  /** What it is for and runs on, seen by itself. */
  evidence?: Evidence
  /** What its loops over epochs report to a tracker of experiments. */
  reported?: ReportedMetrics
  /** Configuration files that it names. */
  configurations?: ConfigurationUse[]
  /** Configurations that it passes on to other modules. */
  handed?: HandedConfiguration[]
  /** Names of the module that stand for configurations, or for objects whose fields are known. */
  kept?: Record<string, PlainPath>
  /** Functions and methods (by qualified name) that give back a configuration. */
  loads?: Record<string, Loading>
  /** What it calls of other modules of the project. */
  outward?: OutwardCall[]
  /** Functions, methods and names that hold its parser of the command line, or what that parsed, with the arguments. */
  parses?: Record<string, SharedArgument[]>
}

/** What a caller passes, as far as another module can be told. */
export type Passed =
  | { state: 'known'; value: Json; overridable: boolean }
  /** The parsed command line: what is not listed is not known. */
  | { state: 'arguments'; values: Record<string, { value: Json; overridable: boolean }> }
  /** What the calling function is given itself. */
  | {
      state: 'parameter'
      of: string
      name: string
      position: number
      /** Its default. */
      otherwise?: Passed
      /** What the calls of its own module pass. */
      here?: Passed
    }
  | { state: 'unknown'; because: string }

/** `position`: among those without a name; null for keywords and unpacked ones. */
export type PassedArguments = {
  name: string | null
  position: number | null
  value: Passed
  /** Canonical class. */
  type?: string
}[]

/** A call of a function, a method or a class of another module of the project. */
export interface OutwardCall {
  /** As imported: 'engine.train_step', 'engine.Engine.step'. */
  target: string
  /** The function that calls, qualified; null: the module itself. */
  from: string | null
  /** In a loop, or in a function that is called in one. */
  looped: boolean
  /** What the result is called, or the function that it is handed to: 'train_loader', 'fit'. */
  usedAs: string | null
  /** Null: it is handed around as a value, so that its calls cannot be seen. */
  args: PassedArguments | null
  /** Unpacked arguments may bring what is not listed. */
  open: boolean
}

/** The same, as the module that is called names it: 'train_step', 'Engine.step'; no value is a parameter. */
export type OutsideCall = Omit<OutwardCall, 'target' | 'from'> & { name: string }

/** A configuration that a module reads: a file by its path as written, or what Hydra composes. */
export type ConfigurationUse =
  | { kind: 'file'; path: string }
  /** `@hydra.main(config_path, config_name)`; null: not given. `launched`: only what a launch says of it counts. */
  | { kind: 'hydra'; folder: string | null; name: string | null; launched?: boolean }

/** Where the values of an object come from; see `ConfiguredPath`. */
export interface PlainPath {
  root: string | null
  keys: (string | number)[]
  fields?: { from: number; values: Record<string, Json> }
  under?: PlainPath
  commandLine?: true
  /** Keys that the module which hands it on writes to. */
  changed?: (string | number)[][]
}

/** A configuration, or a part of it, as the argument of a function or class of another module. */
export interface HandedConfiguration {
  /** As imported, dotted: 'src.engine.train'. */
  target: string
  /** Keyword, or null with the position. */
  name: string | null
  position: number
  path: PlainPath
}

/** What a function gives back that loads a configuration. */
export interface Loading {
  path: PlainPath
  /** The parameter that the path begins with: a file's path, or the data themselves. Null: it names the file. */
  parameter: { name: string; position: number; of: 'file' | 'data'; otherwise: string | null } | null
}

export interface ParameterOwner {
  func: Func
  position: number
  annotation: Expr | null
}

/** A variable that a program sets in its own environment. */
export interface EnvironmentWrite {
  /** The assigned value. */
  value: Expr
  folded: Folded
  /** It only holds where nothing else has set the variable (`setdefault`). */
  fallback: boolean
}

export interface PythonModule {
  path: string
  text: string
  tree: PythonTree
  calls: Call[]
  functions: Func[]
  classes: Klass[]
  loops: Loop[]
  /** Every statement, also those inside of others, in the order of the source. */
  readonly statements: readonly Stmt[]
  /** Canonical names of all imported modules and names ('torch', 'torch.nn.functional.cross_entropy'). */
  imports: Set<string>
  /** `if __name__ == '__main__'`, hydra/click/absl main, notebook, or training statements at top level. */
  isEntry: boolean
  hasErrors: boolean
  /** The project installs PyTorch without support for accelerators. */
  processorOnly: boolean
  evidence: Evidence
  /** Canonical names that are used here; methods of unknown receivers as '.name'. */
  readonly ownUses: ReadonlySet<string>
  /** Modules of the project that import this one / that this one imports (one hop). */
  importers: ModuleSummary[]
  imported: ModuleSummary[]
  /** Modules of the project that this one imports, under the name that it uses ('..data', 'engine'). */
  readonly importedByName: ReadonlyMap<string, ModuleSummary>
  /** Further modules that end up using this one, through those that import it. */
  programs: ModuleSummary[]
  /** Arguments of the program (argparse, click, absl, dataclasses parsed from the command line). */
  programArguments: ProgramArgument[]

  /** Calls whose canonical callee is one of these. */
  callsTo(...names: string[]): Call[]
  /** Method calls `x.method(...)` on a receiver of one of these classes (or any receiver when none is given). */
  methodCalls(method: string, ...receivers: string[]): Call[]
  /** Canonical name of a name or attribute chain; null when it is local or cannot be resolved. */
  nameOf(expr: Expr): string | null
  /** Value of an expression at its place. */
  fold(expr: Expr): Folded
  /** The argument of that keyword, or at that position (0-based; null: keyword only). */
  argument(call: Call, keyword: string, position?: number | null): ArgumentValue
  /**
   * The value of a key in a dictionary, assignments and `update` followed up to `until` (an offset; by default the
   * place of the expression).
   */
  entry(dictionary: Expr, key: string, until?: number): ArgumentValue
  /** All keys of a dictionary, as above; null where they cannot all be known. */
  keysOf(dictionary: Expr, until?: number): string[] | null
  /**
   * Every value that an expression stands for in turn: the items of the literal that a loop goes through, what the
   * calls of a function pass for a parameter, or its one definition. Null where they cannot be listed.
   */
  possible(expr: Expr): Expr[] | null
  /** The value of a configuration file that an expression stands for; null: none, or it is not known. */
  configured(expr: Expr): Configured | null
  /** A configuration file by its path as the code or the launch names it; null: it is not in the project. */
  configurationFile(path: string): Configured | null
  /** True for a name whose list or dictionary is changed in place after it was made, before this place. */
  isChanged(expr: Expr): boolean
  /** The expression that a name was last assigned before this place (one assignment in reach), else itself. */
  definition(expr: Expr): Expr
  /** The same, followed through functions of this module that return one thing. */
  result(expr: Expr): Expr
  /** The call behind an expression: itself, or the one that the name was assigned. */
  callOf(expr: Expr): Call | null
  /** The function that an expression names, in this module. */
  functionOf(expr: Expr): Func | null
  classOf(expr: Expr): Klass | null
  /** The class of this module that a value is an object of. */
  instanceClass(expr: Expr): Klass | null
  /** What another module of the project says of the function or method that an expression names. */
  importedFunction(expr: Expr): FunctionSummary | null
  /** What another module of the project says of the class that an expression names. */
  importedClass(expr: Expr): ClassSummary | null
  /** Library calls to which the function that an expression names, here or elsewhere, hands its parameters. */
  handsOn(callee: Expr): readonly HandedOn[]
  /** Canonical class of a value, where it can be inferred; for classes of the project their library base. */
  typeOf(expr: Expr): string | null
  /** What the names of the module itself are bound to. */
  readonly moduleBindings: ReadonlyMap<string, readonly Binding[]>
  /** What is assigned to this attribute of a name: 'args.bf16'. */
  attributeBindings(dotted: string): readonly Binding[]
  /** What is assigned to `self.x` in its class, or to `name.x` in the module; null for what has no single value. */
  attributeValues(expr: Expr): (Expr | null)[]
  /** The import target that a name or attribute chain begins with, as it is written: 'common.make_loader'. */
  targetOf(expr: Expr): string | null
  /** The module of the project that an import target lies in, with what remains of the target. */
  projectTarget(target: string): { summary: ModuleSummary; rest: string } | null
  /** The function that takes a binding as its parameter; `position` counts from 0, without `self`. */
  parameterOf(binding: Binding): ParameterOwner | null
  /** It makes what a configuration names: `instantiate(cfg.model)`. */
  isInstantiated(call: Call): boolean
  /** Variables that the program sets in its own environment, by name. */
  environmentWrites(): ReadonlyMap<string, EnvironmentWrite>
  /** What may have given a name its value at its place. */
  bindingsOf(name: Expr & { type: 'name' }): readonly Binding[]
  /** Calls of a function in this module; null where it is handed around as a value. */
  callSites(func: Func): Call[] | null
  /** Calls of a function, method or constructor by modules that import this one. */
  outsideCalls(func: Func): readonly OutsideCall[]
  /** Effects of a list of statements or of one expression. */
  effects(code: Stmt[] | Expr): Effects
  effectsOfFunction(func: Func): Effects
  /** Functions that take one step of an optimiser and that a module which imports this one calls in a loop. */
  stepFunctions(): Func[]
  /** When the code at an offset runs, once the function that holds it is called. */
  reach(offset: number): Reach
  /** What never runs, since the files decide the test around it: no call in it is listed. */
  dead: readonly DeadCode[]
  /** Whether a test is true, as far as the files tell. */
  condition(test: Expr): Condition
  /** The call at exactly this span; the statement that holds an offset. */
  callAt(span: Span): Call | null
  statementAt(offset: number): Stmt | null
  /** True when any of these canonical names (or prefixes ending in '.') is used here or in a neighbour module. */
  uses(...names: string[]): boolean
  /** True when the same is used in this module itself. */
  usesHere(...names: string[]): boolean
}
