/** What a hyperparameter search says of itself. */
import type { Json } from '../../text/json.js'
import type { Location, Span } from '../../text/location.js'

/** One dimension of a search space; `size` null where it cannot be computed. */
export interface Dimension {
  name: string
  size: number | null
  /** The values, where they fold; used to find seeds, duplicates and resource parameters. */
  values?: Json[]
  /** Where the values are written. */
  location?: Location
  /** Runs each combination so many times, and changes nothing of it. */
  repeats?: true
}

/** A dimension whose values make no difference while another one has certain values. */
export interface InertDimension {
  name: string
  /** The dimension that decides, and its values for which `name` is ignored. */
  unless: string
  values: Json[]
  /** Its value where it is not searched itself. */
  fixed?: Json
}

/** A dimension that one run covers by itself, since a long run passes through the shorter ones. */
export interface NestedDimension {
  name: string
  /** Why, as a clause: 'a forest of 500 trees holds one of 100'. */
  because: string
}

/** A dimension whose values all lead to the same model. */
export interface IndifferentDimension {
  name: string
  /** Why, as a clause: 'it changes how neighbours are found, not which'. */
  because: string
}

/** A dimension that the code of a trial asks for, or is handed, and never reads. */
export interface UnreadDimension {
  name: string
  location: Location
}

/** A dimension of numbers from which trials are given theirs. */
export interface DrawnDimension {
  name: string
  low: number
  high: number
  /** How values are spread between the ends; `listed`: there are only a few of them, from `low` to `high`. */
  scale: 'linear' | 'logarithmic' | 'listed'
  location: Location
  /** Where its reader finds it again, in the text of the fragment. */
  span: Span
}

export interface SearchSpace {
  /** Grids that are searched one after the other (a list of parameter grids); usually one. */
  grids: Dimension[][]
  /** Sum over grids of the product of sizes; a lower bound where `lowerBound`. Null where nothing is known. */
  configurations: number | null
  lowerBound: boolean
  /** This is the largest of so many spaces that the same search goes through, one per pass or call. */
  largestOf?: number
  /** The others of these grids. */
  others?: Dimension[][]
}

export interface SearchSettings {
  strategy: 'grid' | 'random' | 'bayesian' | 'halving' | 'hyperband' | 'other'
  space: SearchSpace
  /** Fits per configuration (cross-validation folds, repeats); 1 where there are none. */
  folds: number
  /** What one configuration costs: a fit of a model, a whole training run, or a job on a machine of its own. */
  unit: 'fit' | 'run' | 'job'
  /** Cheaper strategies that the same tool offers for this search; `holdout`: one split in place of the folds. */
  alternatives: ('halving' | 'random' | 'bayesian' | 'holdout')[]
  /** Upper limit of trials; null: none. */
  trialCap: number | null
  /** What starts trials from outside, by the identifier that a service gave to the search: 'wandb agent'. */
  trialStarter: string
  /** Of a command that does so: true where it ends by itself, after so many trials or with its job. */
  endsTrials: boolean
  /** Seconds after which the search starts no further trial; null: none. */
  timeLimit: number | null
  /** True when something stops weak trials before their end. */
  earlyTermination: boolean
  /** What keeps weak trials running, as a clause: 'the objective never calls trial.report()'. */
  terminationGap: string
  /** The metric that weak trials are told by, where it can be read. */
  pruningMetric: string
  /** The same as `terminationGap`, where it holds only if the program of a trial reports the metric while it trains. */
  terminationGapIfReported: string
  /** What stops weak trials knows only what the program of a trial prints; as messages call it: 'medianstop'. */
  stopsByOutput: string
  /** What a trial does step by step, so that it could end early; absent: nothing is known about it. */
  trialSteps: { what: 'epochs' | 'steps' | 'boosting rounds'; count: number | null }
  /** How dear one fit is. `cheap`: closed form or a look-up; `quick`: a linear model or one tree; `dear`: boosted ensembles, kernels, neural networks. */
  fitCost: 'cheap' | 'quick' | 'ordinary' | 'dear'
  /** The metric that is optimised; null: none is named. */
  metric: string | null
  /** All that is known of a trial is what its program records with this service, as messages call it. */
  readsRecords: string
  /** Which way it looks; null: a word that is neither of these. */
  goal: 'minimize' | 'maximize' | null
  /** Why the metric that is used where none is named says little: 'class_weight tells that the classes are not balanced'. */
  metricMisleads: string
  /** Trials at the same time; null: all at once, or one for each processor core. */
  parallelism: number | null
  /** What trials that run at the same time take from each other: 'one GPU', 'the same processor cores'. */
  contention: string
  /** True when finished trials outlive the program. */
  persisted: boolean
  /** Written as loops: nothing compares the runs while they run. */
  byHand: boolean
  /** What a loop starts for each combination: 'trainings' (a program), 'jobs'. */
  launched: string
  /** Where the values of each dimension are written, by its name. */
  places: Record<string, Location>
  inert: InertDimension[]
  nested: NestedDimension[]
  /** Dimensions that make no difference to what is learnt. */
  indifferent: IndifferentDimension[]
  unread: UnreadDimension[]
  drawn: DrawnDimension[]
  /** Functions that a trial runs or may run, where its code is seen. */
  trialCode: Location[]
}
