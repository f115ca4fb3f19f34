/** What a module lets others know: plain data that leaves the worker which read it. */

import type { ConfiguredPlace } from '../text/configured.js'
import type { Evidence } from '../text/evidence.js'
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import type { FoldedOption, OptionType, SharedArgument } from './code.js'
import type { EnvironmentFields } from './environment-fields.js'
import type { Recipe } from './grafts.js'
import type { KerasLayers } from './keras-layers.js'
import type { ReportedMetrics } from './logged-metrics.js'
import type { MadeNetwork } from './networks/size.js'
import type { SampleSource } from './sample-sources.js'

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

/** A parameter of a constructor that its objects hold, or a part of it: `cfg.trainer['epochs']`. */
export interface HeldParameter extends NamedParameter {
  /** Its default, where that is a plain value. */
  otherwise?: Json
  keys?: ({ attribute: string; item?: undefined } | { attribute?: undefined; item: string })[]
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
  trains: boolean
  secondOrder?: true
  epochs?: true
  calls: string[]
}

/** What a sample of a data set costs, told by what makes it. */
export interface DataSetKind {
  /** Canonical name of what makes it in a library; null: it is of a class of the project. */
  library: string | null
  bases: string[]
  /** Calls that making one sample reaches. */
  items: string[]
  /** Calls of its class that make a data set of a library, or that divide a stream among workers. */
  calls: string[]
  /** Its constructor moves the samples to the accelerator. */
  resident?: true
}

export type FunctionSummary = ModuleSummary['functions'][string]

export type ClassSummary = ModuleSummary['classes'][string]

/** What a module lets others know: the only thing that leaves the worker besides claims. Plain JSON. */
export interface ModuleSummary {
  path: string
  /** A program that has a module of the project train: what that one runs on. */
  trainsOn?: Evidence['accelerator']
  /** By what it, or a module of the project that it imports, tells one process from another. */
  readsRank?: string
  constants: Record<string, Json>
  /** Constants that variables of the environment replace, with what they are without them. */
  replaceable?: Record<string, { value: Json; variables: string[] }>
  /** Where those of them stand that are plain literals. */
  places?: Record<string, Location>
  /** Dictionaries of functions and classes of the project: what each key stands for, as the module calls it. */
  tables?: Record<string, Record<string, string>>
  /** Lists and dictionaries of the module that hold more than plain values. */
  displays?: Record<string, Recipe>
  functions: Record<
    string,
    {
      backward: boolean
      optimizerStep: boolean
      /** It holds a loop that steps an optimiser. */
      trains: boolean
      /** It takes gradients of gradients. */
      secondOrder?: true
      /** A loop over epochs in it goes around a whole training loop. */
      epochs?: true
      calls: string[]
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
  >
  classes: Record<
    string,
    {
      bases: string[]
      methods: string[]
      /** Methods that it has from classes of the project. */
      inherited?: string[]
      /** Other classes of its module that its code names. */
      names?: string[]
      calls: string[]
      /** Methods that hand out one value after the other, with the calls that they reach. */
      yields?: Record<string, string[]>
      /** The calls that each method reaches; not of networks. */
      does?: Record<string, string[]>
      /** Calls that making one sample reaches (`__getitem__`, `__iter__`), where the class has such a method. */
      items?: string[]
      /** How its constructor takes a mapping: its keys as keywords, or the whole as one parameter. */
      takes?: 'keywords' | { name: string; position: number }
      /** The variables that fill its fields. */
      environment?: EnvironmentFields
      /** Its constructor moves the samples of a data set to the accelerator. */
      resident?: true
      /** It freezes every network that its `forward` runs. */
      frozen?: true
      /** Methods that run a network over what they are given, without gradients, and return what comes out. */
      encodes?: string[]
      /** Attributes that its `forward` calls with what it is given. */
      applies?: string[]
      /** What it declares for its objects: a default where it can be told, else null. */
      fields?: Record<string, { value: Json } | null>
      /** What its methods assign to `self`; '*': anything, by `setattr`. */
      sets?: string[]
      /** Attributes that hold what its constructor is given. */
      holds?: Record<string, HeldParameter>
      /** Names that its methods pass to `self.log`, where they fold. */
      logged?: string[]
      /** Methods of `self` that its methods call in a loop, of whichever class that extends it. */
      repeats?: string[]
      /** Methods that add parameters to what the object holds, with those. */
      keeps?: Record<string, NamedParameter[]>
      /** Methods that put something together of what they are given, and of what the object holds. */
      builds?: Record<string, Recipe>
      /** Something in it may end what it is called by: it sets a flag to stop, or raises what says so. */
      ends?: true
      /** Methods that hand parameters to library calls that write a file, with those. */
      handsOn?: Record<string, HandedOn[]>
      /** Methods that load something each time, with the constructor. */
      loads?: Record<string, FunctionLoad[]>
      /** Methods that search tables which they are given, with those parameters. */
      searches?: Record<string, readonly NamedParameter[]>
      /** Methods that run a network on parameters, each as a batch of one, with those. */
      singles?: Record<string, SingleParameter[]>
      /** Methods that bring tensors to the host: `.item()`. */
      reads?: string[]
      /** Methods that take a step of an optimiser, or hold a loop that does. */
      steps?: Record<string, Running>
    }
  >
  /** Library names that the module passes on: its own name for it, to the canonical one. */
  reexports: Record<string, string>
  /** Of the `__init__.py` of a package: what it imports, by its own name for it, as imported; and modules with `import *`. */
  passesOn?: { names: Record<string, string>; stars: string[]; own?: string[] }
  /** Canonical names of every library call and context manager in the module; methods of unknown receivers as '.name'. */
  uses: string[]
  /** Networks of the module that it freezes, by name. */
  frozen?: string[]
  /** Passes of its loops over epochs and of trainers of libraries, as far as they are known. */
  epochs?: { value: number; overridable: boolean }[]
  /** A loop of it goes over epochs around a training, however many. */
  goesThroughEpochs?: true
  /** Where a configuration says how many there are. */
  configuredEpochs?: PlainPath[]
  /** Methods of the project's objects that it gives to a method `fit`, and keywords of that call. */
  fitted?: string[]
  /** Names of what `load_state_dict` is called on: 'optimizer'. */
  restores?: string[]
  /** Where it, or a module of the project that it imports, gets samples from. */
  samples?: SampleSource
  /** Something in it takes gradients of gradients, by itself or through functions of other modules. */
  secondOrder?: true
  /** It makes convolutions, or a module of the project that it imports does. */
  convolutional?: true
  /** How much matrix work its Keras layers do, or those of a module of the project that it imports. */
  kerasLayers?: KerasLayers
  /** It makes a data set of tensors that lie on the accelerator, or a module of the project that it imports does. */
  residentData?: true
  /** What its functions set for the whole process, by their qualified names; under no name, when it is imported. */
  sets?: Record<string, ProcessSetting[]>
  /** It writes what may be a trained model, or a module of the project that it imports does. */
  writesModels?: true
  /** Its training goes through the data once. */
  onePass?: true
  /** A network of it computes under autocast or in a format that it is told, or one of a module of the project that it imports does. */
  autocasts?: true
  /** Its code, where it defines what readers follow: networks, pipelines, spaces that are searched. */
  code?: KeptCode
  /** The networks that it makes. */
  makes?: MadeNetwork[]
  /** Canonical names of the `from_pretrained` that it calls, or that a module of the project which it imports does. */
  pretrained?: string[]
  /** It loads weights in 16 bits, or a module of the project which it imports does. */
  shortWeights?: true
  /** Modules that it imports, as written, one leading dot per level ('torch.nn', '..data'); `from m import a` gives both 'm' and 'm.a'. */
  imports: string[]
  /** What modules of the project that it imports import of libraries that compute on an accelerator, or bring in turn. */
  brings?: string[]
  /** It imports what gives work to Ray, or a module of the project that it imports does. */
  onRay?: true
  /** It names resources that Ray is to give to tasks, trials or workers, or a module of the project that it imports does. */
  asksRay?: true
  /** Those of them that are modules of the project. */
  projectImports?: string[]
  /** The device that its code names where it trains, or else that of modules of the project that it imports. */
  computesOn?: 'processor' | 'by default' | 'other'
  /** Neither it nor what it imports puts a tensor or a network on a device. */
  placesNothing?: true
  isEntry: boolean
  /** What it is for and runs on, seen by itself. */
  evidence?: Evidence
  /** What its loops over epochs report to a tracker of experiments. */
  reported?: ReportedMetrics
  /** Configuration files that it names. */
  configurations?: ConfigurationUse[]
  /** Names of the module that stand for configurations, or for objects whose fields are known. */
  kept?: Record<string, PlainPath>
  /** Functions and methods (by qualified name) that give back a configuration. */
  loads?: Record<string, Loading>
  /** What it calls of other modules of the project. */
  outward?: OutwardCall[]
  derived?: DerivedClass[]
  /** Functions, methods and names that hold its parser of the command line, or what that parsed, with the arguments. */
  parses?: Record<string, SharedArgument[]>
}

/** A call that sets something for the whole process. */
export interface ProcessSetting {
  name: string
  /** Absent: what it is given cannot be told. */
  recipe?: Recipe
  conditional?: true
}

/** The code of a module whose definitions are followed. */
export interface KeptCode {
  path: string
  text: string
  /** Library classes that its networks are derived from, by the name of the class. */
  bases: Record<string, string[]>
  /** Modules of the project that it makes them of, under the name that it uses. */
  imported: Record<string, KeptCode>
  /** Of a module from which a star brings names of libraries: those names, as `ModuleSummary.reexports`. */
  reexports?: Record<string, string>
  /** Plain values of the module that the code around names: `config.MODEL_NAME`. Absent: none. */
  constants?: ModuleSummary['constants']
}

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

/** A configuration that a module reads: a file by its path as written, or what Hydra composes. */
export type ConfigurationUse =
  /** `exact`: no other file of this name stands for it. */
  | { kind: 'file'; path: string; exact?: true }
  /** The file that an option of the program names; `keys`: what it has to hold. */
  | { kind: 'option'; flags: string[]; otherwise: string | null; keys: (string | number)[][] }
  /** The same of a Python file whose `get_config` makes it; options below its flag, `--config.lr=0.1`, change it. */
  | { kind: 'made'; flag: string; otherwise: string | null }
  /** `@hydra.main(config_path, config_name)`; null: not given. `launched`: only what a launch says of it counts. */
  | { kind: 'hydra'; folder: string | null; name: string | null; launched?: boolean }

/** Where the values of an object come from; see `ConfiguredPath`. */
export interface PlainPath {
  root: string | null
  keys: (string | number)[]
  fields?: {
    from: number
    values: Record<string, Json>
    places?: Record<string, Location>
    all?: readonly string[]
    /** Fields whose values cannot be told. */
    open?: readonly string[]
  }
  parts?: { from: number; paths: Record<string, PlainPath> }
  under?: PlainPath
  commandLine?: true
  overrides?: Readonly<Record<string, Json>>
  environment?: EnvironmentFields
  overridable?: true
  /** Keys that the module which hands it on writes to. */
  changed?: (string | number)[][]
  /** The same where it is asked to. */
  mayChange?: (string | number)[][]
}

/** What a function gives back that loads a configuration. */
export interface Loading {
  path: PlainPath
  /** The parameter that the path begins with: a file's path, or the data themselves. Null: it names the file. */
  parameter: { name: string; position: number; of: 'file' | 'data'; otherwise: string | null } | null
}
