/** The parts of a module's code, as readers see them: calls, functions, loops, folded values. */

import type { CallExpr, ClassDef, Expr, For, FunctionDef, Stmt, While, With } from '../syntax/python-ast.js'
import type { ConfiguredPlace } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { Location, Span } from '../text/location.js'
import type { Channel, ProgramSwitch } from '../text/origin.js'

/** A folded value with where it came from. */
export type Folded =
  | {
      state: 'known'
      value: Json
      /** `code` for literals and constants; a launch channel when a bound flag or variable gave it. */
      channel: Channel
      /** A default of an argument (argparse, click, dataclass) that a launch could replace; none is bound. */
      overridable: boolean
      /** The switch whose default it is. */
      option?: ProgramSwitch
      /** Where the value stands when that is not the expression itself (a flag on a launch line). */
      location?: Location
      /** It is written in a configuration file, there. */
      configured?: ConfiguredPlace
      /** The literal of a module of the project that sets the value apart: a constant, a field, an entry of a dictionary. */
      written?: Location
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
  /** Where the call is written, if it counts as made by the only caller of its function. */
  written?: Pick<Call, 'function' | 'statement'>
}

/** What a program makes of the word that an option is given. */
export type OptionType = Pick<ProgramArgument, 'kind' | 'type'>

/** One argument that the program takes from its command line. */
export interface ProgramArgument {
  /** Attribute of the parsed result: 'num_workers'. */
  name: string
  /** Spellings on the command line without dashes: 'num-workers', 'j'; none for one that is given by its place. */
  flags: string[]
  /** Spellings that switch it off: 'no-amp'. */
  negated?: string[]
  positional?: true
  /** Which word of the command line it is, where the program takes them as they come; counted from 0. */
  word?: number
  /** The program does not start without it. */
  required?: true
  default: Expr | null
  kind: 'value' | 'store true' | 'store false' | 'list' | 'other'
  /** 'int', 'float', 'str', 'bool', or null. */
  type: string | null
  span: Span
  /** A field of a data class, which a file of arguments can fill as well. */
  filled?: true
  /** Where another module writes its default: a number that may be any other. */
  place?: Location
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

/** Objects that a configuration names, each as a call of its class. */
export interface MadeObjects {
  calls: Call[]
  /** There may be more than these. */
  open: boolean
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
  /** Null: no test decides, but the end of a block. */
  test: Expr | null
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
  /** A loop that is called one over epochs goes around a whole training loop. */
  epochs: boolean
  /** Gradients are taken of gradients (`create_graph=True`). */
  secondOrder: boolean
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

export interface ParameterOwner {
  func: Func
  position: number
  annotation: Expr | null
}

/** A variable that a program sets in its own environment. */
export interface EnvironmentWrite {
  /** The last that sets it. */
  statement: Stmt
  /** The assigned value. */
  value: Expr
  folded: Folded
  /** It only holds where nothing else has set the variable (`setdefault`). */
  fallback: boolean
}
