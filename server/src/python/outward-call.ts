/** What a module passes to functions of others, and what is passed to its own. Plain JSON. */
import type { ConfiguredPlace } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import type { FoldedOption, OptionType } from './code.js'
import type { PlainPath } from './configuration-use.js'
import type { DataSetKind } from './data-set-kind.js'
import type { Running } from './function-summary.js'

/** What a caller passes, as far as another module can be told. */
export type Passed =
  | {
      state: 'known'
      value: Json
      overridable: boolean
      /** Where a configuration holds it; absent: the code does. */
      from?: ConfiguredPlace
      /** Flags of the option of the program that it is, and what that makes of a word. */
      option?: string[]
      reads?: OptionType
    }
  /** The parsed command line: what is not listed is not known. */
  | {
      state: 'arguments'
      values: Record<string, ParsedArgument>
    }
  /** What the calling function is given itself. */
  | {
      state: 'parameter'
      of: string
      name: string
      position: number
      /** What of it: `cfg['train'].workers`. */
      keys?: (string | number)[]
      /** Its default. */
      otherwise?: Passed
      /** What the calls of its own module pass. */
      here?: Passed
    }
  /** `options`: what it could be, by what decides. */
  | { state: 'unknown'; because: string; option?: string[]; reads?: OptionType; options?: FoldedOption[] }

/** What an argument of the program is unless the launch says otherwise. */
export interface ParsedArgument {
  value: Json
  overridable: boolean
  /** Only a launch gives it a value. */
  open?: true
  reads?: OptionType
  /** Of its option; absent: it is positional. */
  flags?: string[]
  /** The option takes no value. */
  isSwitch?: true
  /** Where its default is written: a number that may be any other. */
  place?: Location
}

/** `position`: among those without a name; null for keywords and unpacked ones. */
export type PassedArguments = {
  name: string | null
  position: number | null
  value: Passed
  /** The configuration, or the part of one, that it is. */
  path?: PlainPath
  /** Unpacked: `*args` or `**kwargs`. */
  star?: 1 | 2
  /** All that the function which calls is given beyond its own parameters. */
  rest?: RestOfArguments
  /** Canonical class. */
  type?: string
  /** A function that trains, or takes a step: what it does. */
  runs?: Running
  /** An object of a class of the project. */
  made?: MadeObject
  /** What the methods of that object do, where one of them takes steps of a training. */
  does?: Record<string, Running>
  /** The data sets that it may be. */
  dataSets?: readonly DataSetKind[]
  /** A network whose weights the caller has frozen. */
  frozen?: true
  /** A value of a training step that lies on the accelerator. */
  onDevice?: true
}[]

/** What a function takes besides `*args` and `**kwargs`, which no call in its own module fills. */
export interface RestOfArguments {
  /** The function, qualified. */
  of: string
  /** Names of its own parameters, and how many of them calls may fill by position. */
  taken: string[]
  positions: number
}

/** A class by the module that holds it. */
export interface MadeObject {
  path: string
  name: string
}

/** A call of a function, a method or a class of another module of the project. */
export interface OutwardCall {
  /** As imported: 'engine.train_step', 'engine.Engine.step'. */
  target: string
  /** The function that calls, qualified; null: the module itself. */
  from: string | null
  /** In a loop, or in a function that is called in one. */
  looped: boolean
  /** Each step of a training loop reaches it. */
  eachStep?: true
  /** A loop over epochs makes it. */
  eachEpoch?: true
  /** What the result is called, or the function that it is handed to: 'train_loader', 'fit'. */
  usedAs: string | null
  /** A loop over what it gives trains, or evaluates. Absent: neither is seen. */
  goneOverTo?: 'train' | 'evaluate'
  /** Null: it is handed around as a value, so that its calls cannot be seen. */
  args: PassedArguments | null
  /** Unpacked arguments may bring what is not listed. */
  open: boolean
  /** A launch that is not known could pass more. */
  overridable?: true
  /** A search runs it once for each trial. */
  tried?: TriedFunction
}

/** How a search runs a function. */
export interface TriedFunction {
  /** Null: not known. */
  times: number | null
  /** Which parameter changes with the trial; null: any may. */
  position: number | null
}

/** A class that is derived from a class of another module of the project, whose methods its objects have as well. */
export interface DerivedClass {
  name: string
  /** As imported. */
  base: string
  /** Methods of its own, which replace those of the base. */
  methods: string[]
}

/** A call of another module, as the module that is called names it: 'train_step', 'Engine.step'; no value is a parameter. */
export type OutsideCall = Omit<OutwardCall, 'target' | 'from'> & {
  name: string
  /** What makes a sample of a data set, or a batch of samples, calls it. */
  eachSample?: true
  /** The module that calls has something trained: by a trainer, or in steps of its own. */
  fits?: true
  /** It is part of what a program does, not only of what a library offers. */
  started?: true
}
