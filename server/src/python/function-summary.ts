/** What a module lets others know of its functions. Plain JSON. */

import type { DataSetKind } from './data-set-kind.js'
import type { Recipe } from './grafts.js'

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
  /** It is only a part of what the argument is made of: `f'{folder}/{epoch}.pt'`. */
  part?: true
  /** What of it is that part: 'step' of `state.step`. */
  attribute?: string
}

/** A parameter by its name and by its position in calls. */
export interface NamedParameter {
  name: string
  position: number
}

/** How a network is run: one pass, an answer word by word, or by a library that is handed records. */
export type SinglePassKind =
  | 'forward'
  | 'generate'
  | 'predict'
  | 'pipeline'
  | 'encode'
  | 'engine'
  | 'session'
  | 'texts'

/** A parameter that a function runs a network on, as a batch of one. */
export interface SingleParameter extends NamedParameter {
  kind: SinglePassKind
  /** It is one only if it is passed no list. */
  unsure?: true
  /** A list would be padded. */
  pads?: true
  /** It reads a picture or a sound for it; something on the way brings it to a size. */
  reads?: true
  sized?: true
}

/** Something that a function loads as a whole each time it is called, whatever is needed of it. */
export interface FunctionLoad {
  /** As a clause: 'reads the whole table again'. */
  what: string
  weight: 'slight' | 'ordinary'
  /** The parameters that say what it is; what else does is the same in every call. */
  inputs: NamedParameter[]
  /** It is a model, which takes seconds. */
  model?: true
}

/** A parameter, or a part of it, of whose entries a function makes the objects that their `_target_` names. */
export interface InstantiatedParameter extends NamedParameter {
  keys: string[]
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

/** What a function around `add_argument` makes of its parameters. */
export interface OptionFunction {
  /** Its parameters by position. */
  params: string[]
  /** '--': what stands before the name. */
  prefix: string
  /** The parameter that names the option. */
  name: string
  /** Keywords of `add_argument`, with the parameter that each is given. */
  keywords: Record<string, string>
}

/** What happens when a function is called. */
export interface Running {
  backward: boolean
  optimizerStep: boolean
  /** It holds a loop that steps an optimiser. */
  trains: boolean
  /** It takes gradients of gradients. */
  secondOrder?: true
  /** A loop over epochs in it goes around a whole training loop. */
  epochs?: true
  calls: string[]
}

/** What others may know of a function or a method. */
export interface FunctionSummary extends Running {
  params: string[]
  /** It holds a loop or a comprehension: what it does, it does for many. */
  repeats: boolean
  /** It hands out one value after the other. */
  yields?: true
  /** Its results are kept: `@memory.cache`. */
  remembered?: true
  /** Parameters that it calls with gradients: `model(batch)`. */
  applies?: NamedParameter[]
  /** Parameters that it runs a network on, each as a batch of one. */
  singles?: SingleParameter[]
  /** What it returns is a batch of one; `tokens`: if it is passed no list. */
  givesOne?: 'shape' | 'tokens'
  /** It returns a network whose weights it froze. */
  frozen?: true
  /** It takes some weights out of training. */
  freezes?: true
  /** It runs a network over what it is given, without gradients, and returns what comes out. */
  encodes?: true
  /** Library calls to which it hands its parameters as they are; of those that write a file also what they are part of. */
  handsOn?: HandedOn[]
  /** What it loads each time. */
  loads?: FunctionLoad[]
  /** Parameters that are tables which it searches each time. */
  searches?: readonly NamedParameter[]
  /** All that it does is to look a key up. */
  getter?: Getter
  /** What it makes objects of. */
  instantiates?: InstantiatedParameter
  /** It adds an option to the program's parser. */
  addsOption?: OptionFunction
  /** What it puts together of what it is given. */
  builds?: Recipe
  /** Canonical class of what it returns. */
  returns: string | null
  /** What the function does that it makes and returns. */
  gives?: Running
  /** The same of each of several that it makes and returns together, where one of them trains. */
  givesEach?: (Running | null)[]
  /**
   * All that it returns is data whose samples are there: objects that were pickled, with what a sample of the module's data
   * sets calls, or rows of a table on the disk.
   */
  ready?: { kind: 'pickled' | 'table'; calls: string[] }
  /** The data sets among what it returns. */
  dataSets?: readonly DataSetKind[]
  /** The classes of data sets that it returns, for its caller to make one. */
  dataSetClasses?: readonly DataSetKind[]
}
