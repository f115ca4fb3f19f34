/** What a module lets others know: plain data that leaves the worker which read it. */
import type { Evidence } from '../text/evidence.js'
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import type { ClassSummary } from './class-summary.js'
import type { SharedArgument } from './code.js'
import type { ConfigurationUse, Loading, PlainPath } from './configuration-use.js'
import type { FunctionSummary } from './function-summary.js'
import type { Recipe } from './grafts.js'
import type { KerasLayers } from './keras-layers.js'
import type { ReportedMetrics } from './logged-metrics.js'
import type { MadeNetwork } from './networks/size.js'
import type { DerivedClass, OutwardCall } from './outward-call.js'
import type { SampleSource } from './sample-sources.js'

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
  functions: Record<string, FunctionSummary>
  classes: Record<string, ClassSummary>
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
