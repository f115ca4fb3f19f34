/** What a module lets others know of its classes. Plain JSON. */
import type { Json } from '../text/json.js'
import type { EnvironmentFields } from './environment-fields.js'
import type { FunctionLoad, HandedOn, NamedParameter, Running, SingleParameter } from './function-summary.js'
import type { Recipe } from './grafts.js'

/** A parameter of a constructor that its objects hold, or a part of it: `cfg.trainer['epochs']`. */
export interface HeldParameter extends NamedParameter {
  /** Its default, where that is a plain value. */
  otherwise?: Json
  keys?: ({ attribute: string; item?: undefined } | { attribute?: undefined; item: string })[]
}

/** What others may know of a class. */
export interface ClassSummary {
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
  /** Its pass runs under a switch of gradients of its own. */
  switches?: true
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
