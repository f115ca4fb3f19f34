/**
 * The words of the workload: what a subject can be, and the settings that each kind of subject has.
 *
 * Readers fill settings, rules judge them. A rule that needs a special case for one framework lacks a word here.
 */
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'

/** From most to least precise. `-mixed`: autocast over fp32 weights; without: the weights themselves. */
export type Precision = 'fp64' | 'fp32' | 'tf32' | 'bf16-mixed' | 'fp16-mixed' | 'bf16' | 'fp16' | 'fp8'

/** One dimension of a search space; `size` null where it cannot be computed. */
export interface Dimension {
  name: string
  size: number | null
  /** The values, where they fold; used to find seeds, duplicates and resource parameters. */
  values?: Json[]
  /** Where the values are written. */
  location?: Location
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

export interface SearchSpace {
  /** Grids that are searched one after the other (a list of parameter grids); usually one. */
  grids: Dimension[][]
  /** Sum over grids of the product of sizes; a lower bound where `lowerBound`. Null where nothing is known. */
  configurations: number | null
  lowerBound: boolean
  /** This is the largest of so many spaces that the same search goes through, one per pass or call. */
  largestOf?: number
}

export interface SearchSettings {
  strategy: 'grid' | 'random' | 'bayesian' | 'halving' | 'hyperband' | 'other'
  space: SearchSpace
  /** Fits per configuration (cross-validation folds, repeats); 1 where there are none. */
  folds: number
  /** What one configuration costs: a fit of a model, a whole training run, or a job on a machine of its own. */
  unit: 'fit' | 'run' | 'job'
  /** Cheaper strategies that the same tool offers for this search. */
  alternatives: ('halving' | 'random' | 'bayesian')[]
  /** Upper limit of trials; null: none. */
  trialCap: number | null
  /** Seconds after which the search starts no further trial; null: none. */
  timeLimit: number | null
  /** True when something stops weak trials before their end. */
  earlyTermination: boolean
  /** What keeps weak trials running, as a clause: 'the objective never calls trial.report()'. */
  terminationGap: string
  /** What a trial does step by step, so that it could end early; absent: nothing is known about it. */
  trialSteps: { what: 'epochs' | 'steps' | 'boosting rounds'; count: number | null }
  /** How dear one fit is. `cheap`: closed form or a look-up; `dear`: boosted ensembles, kernels, neural networks. */
  fitCost: 'cheap' | 'ordinary' | 'dear'
  /** True when several metrics or a callable choose the winner (halving cannot carry that). */
  multiMetric: boolean
  /** The metric that is optimised; null: none is named. */
  metric: string | null
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
}

export type OptimizerName =
  | 'adamw'
  /** One kernel steps all parameters. */
  | 'adamw fused'
  | 'adamw 8 bit'
  | 'adafactor'
  | 'lion'
  | 'lion 8 bit'
  | 'sgd'
  | 'sgd momentum'
  | 'rmsprop'

export interface TrainingSettings {
  precision: Precision
  /** Upper limit of passes over the data. */
  epochs: number
  /** Upper limit of optimiser steps; null: none. */
  maxSteps: number | null
  /** True when a validation metric is computed while training. */
  validation: boolean
  /** True when something ends the run when the metric stalls. */
  earlyStopping: boolean
  /** The logged metric that early stopping would watch, and whether lower is better. */
  monitor: { name: string; lowerIsBetter: boolean }
  /** The loop is a library's own, which takes early stopping as a callback. */
  managed: boolean
  /** Training starts from pretrained weights. */
  fineTuning: boolean
  /** True when the learning-rate schedule is laid out over all epochs. */
  fullHorizonSchedule: boolean
  /** Self-supervised, adversarial or reinforcement learning: validation loss does not tell when to stop. */
  openEnded: string
  /** True when the run writes something that it could resume from, and reads it again. */
  resumable: boolean
  /** The loss refuses autocast (BCELoss, binary_cross_entropy): its name. */
  autocastRefusedBy: string
  /** Gradients of gradients are taken (gradient penalties, meta-learning). */
  secondOrder: boolean
  /** What sets the pace instead of matrix work ('an environment', 'sparse operations'); short formats gain little there. */
  boundBy: string
  /** Boosting rounds at most: trees that are added one after the other. */
  rounds: number
  /** Data that is not trained on is at hand where the run starts. */
  heldOutData: boolean
  /** Share of each new tree that is added. */
  learningRate: number
  /** The library places the model by itself, on an accelerator where it finds one. */
  automaticDevice: boolean
  /** Epochs (boosting: rounds) without improvement after which early stopping ends the run. */
  patience: number
  /** The metric that early stopping watches, and the direction that it takes for better. */
  stopMetric: string
  stopDirection: 'lower' | 'higher'
  /** First epoch after which early stopping may act. */
  stopStart: number
  /** Names under which metrics are reported, where all of them are known. */
  reportedMetrics: string[]
  /** What keeps early stopping that is written from acting, as a sentence: 'It is not among the callbacks of `fit()`'. */
  stoppingGap: string
  /** Why nothing ends the run: '`while True` without a `break`'. */
  endless: string
  /** When the run saves what it could go on from. */
  saves: 'never' | 'at the end' | 'while it runs'
  /** How many of its checkpoints are kept; null: all of them. */
  keptCheckpoints: number | null
  /** Checkpoints that the run writes in all, where their rhythm is not that of the epochs. */
  checkpointCount: number
  /** What one holds: the weights alone, or also what the optimiser needs to go on. */
  checkpointHolds: 'weights' | 'training state'
  /** Why old checkpoints may be wanted: 'they are averaged'. */
  checkpointsFor: string
  /** Metrics of the run outlive it: a tracker, a log that is kept. */
  tracked: boolean
  /** The model or the step goes through a compiler. */
  compiled: boolean
  /** Why a compiler would gain little or fail: 'quantised weights', 'batches of changing length'. */
  compileHindered: string
  /** The model that is trained, as its source names it: 'bert-base-uncased', 'resnet50'. */
  model: string
  parameters: number
  /** Bits of the weights as they are loaded; adapters and optimisers may keep others. */
  weightBits: 4 | 8 | 16 | 32
  /** Samples that one device takes at a time. */
  batchSize: number
  /** Batches whose gradients make up one step of the optimiser. */
  accumulation: number
  /** Tokens of a sequence at most. */
  sequenceLength: number
  /** Edge of the images in pixels. */
  imageEdge: number
  optimizer: OptimizerName
  /** Small matrices that are trained in place of the weights; null: all weights are trained. */
  adapters: { rank: number; targets: 'attention' | 'all' } | null
  /** Activations are computed again in the backward pass rather than kept. */
  checkpointing: boolean
  /** The loss is taken over the whole vocabulary for every token. */
  languageHead: boolean
  /** `eager`: attention writes out its scores. `flash`: the FlashAttention library is asked for by name. */
  attention: 'fused' | 'eager' | 'flash'
  /** How states are shared among devices; null: each keeps them all. */
  sharding: {
    kind: 'deepspeed' | 'fsdp'
    stage: 1 | 2 | 3
    offload: { optimizer: boolean; parameters: boolean }
  } | null
}

export interface InputPipelineSettings {
  /** Worker processes; 0: the training process loads by itself. */
  workers: number
  pinnedMemory: boolean
  persistentWorkers: boolean
  /** What consumes the batches. */
  feeds: 'training' | 'evaluation'
  /** What one sample costs. `memory`: only indexed; `decode`: reads or decodes; `device`: already on the accelerator. */
  work: 'memory' | 'light' | 'decode' | 'device'
  /** What decodes: 'ImageFolder', 'open()', the collator's name. */
  decoder: string
  /** True for a stream that workers would repeat, since it is not sharded among them. */
  unshardedStream: boolean
  /** Each process reads its own share; false: every process reads everything. */
  sharded: boolean
  /** The order is drawn anew for each epoch. */
  reshuffled: boolean
  /** The order is random, drawn by each process for itself. */
  shuffled: boolean
  /** Passes over the data in one run. */
  passes: number
  /** Length that every text is padded to, whatever its own; null: the longest that the model takes. */
  paddedTo: number | null
  /** Attention that keeps the texts of a packed row apart is in use. */
  packable: boolean
  /** Short texts share a row up to its full length; false: a batch is padded to its longest text. */
  packed: boolean
  /** What is done to each sample is done to several at a time. */
  concurrent: boolean
  /** What that is, as the code calls it, and what it does: `map(decode)`, 'decodes images for one element after the other'. */
  applied: { what: string; does: string }
  /** What keeps it from running for several samples at a time, even where the library sees to that by itself. */
  oneByOneBecause: string
  /** The version from which on the library does this by itself, where it is not known which one is in use. */
  byItselfFrom: string
  /** Pure Python does the work, so that only its waiting overlaps. */
  interpreted: boolean
  /** The next batch is made while the accelerator works on the one before. */
  prefetched: boolean
  /** Copies of a batch to the accelerator that the host waits for. */
  waitingCopies: { what: string; location: Location }[]
}

export interface PreprocessingSettings {
  cached: boolean
  /** What is recomputed: `TfidfVectorizer`, `tokenisation`. */
  transformation: string
  /** How often it is computed, and how often it would have to be. */
  repeats: { total: number; distinct: number; why: string; lowerBound?: boolean }
  /** True for a small demonstration (a cap on the samples). */
  demonstration: boolean
  /** True where computing it again takes little (choosing rows, not making them). */
  light: boolean
  /** Why nothing is kept, where a cache that is there by itself is switched off: '`disable_caching()` turns it off'. */
  uncachedBecause: string
  /** One call handles many rows; false: a call for each row. */
  batched: boolean
  /** Processes that share the rows. */
  processes: number
  /** What the program itself computes from the same data again, the dearest first. */
  steps: { what: string; location: Location }[]
  /** Each pass of what computes it again; `times` null: not known. `run`: each start of the program. */
  again: { per: 'fold' | 'epoch' | 'trial' | 'pass' | 'run'; times: number | null }
  /** `heavy`: it decodes, parses or goes row by row; `ordinary`: it goes over a table in compiled code. */
  weight: 'heavy' | 'ordinary'
}

export interface ComputeSettings {
  provider: 'aws' | 'gcp' | 'azure' | 'kubernetes' | 'slurm' | 'other'
  /** The job's name as its author wrote it. */
  name: string
  instanceType: string
  /** The service that rents the machine out at a price of its own; absent: the machine's own price holds. */
  managedBy: 'sagemaker' | 'vertex'
  /** Nodes (machines) of the job. */
  nodes: number
  /** Accelerators per node. */
  gpus: number
  /** Catalogue name of the accelerator: 'A100-40GB'. */
  gpuModel: string
  /** vCPUs per node. */
  cpus: number
  /** Bytes of shared memory (`/dev/shm`) that each container has; null: as much as the machine gives. */
  sharedMemory: number | null
  spot: boolean
  /** Seconds after which the platform ends the job; null: never. */
  timeLimit: number | null
  /** Runs after the first that a failure starts; null: no limit. */
  retries: number | null
  /** What keeps a fault of the program from being retried: 'podFailurePolicy'. */
  retryFilter: string
  /** Seconds that a spot job may wait and run together; null: not given. */
  maxWait: number | null
  /** Where the platform keeps checkpoints; null: nowhere. */
  checkpointStore: string | null
  /** What ends the job in the end all the same, outside of the project: 'the partition'. */
  limitedBy: string
  /** True when each trial of a search runs as a job of its own. */
  trials: boolean
  /** What the code that runs on it does, where the request itself tells. */
  work: StepWork[]
  /** The library by which that code could compute on an accelerator; null: it has none. */
  acceleratorLibrary: string | null
  /** Why accelerators that one launch leaves idle may serve another: 'background commands', 'bash run.sh'. */
  sharing: string
  /** Capacity that was bought ahead (reservation, training plan, block). */
  reserved: boolean
  /** Seconds that a warm pool is held; null: none. */
  keepAlive: number | null
  /** Jobs that the program starts with this request; null: several, or how many is not known. */
  jobsStarted: number | null
  /** Where its data lies, as far as addresses tell: the cloud, and the region in the name of the bucket. */
  dataPlaces: { address: string; cloud: 'aws' | 'gcp' | 'azure'; region: string | null; location: Location }[]
  /** People work on it by hand: a notebook, a workstation in the cloud. */
  interactive: boolean
  /** Seconds without use after which it stops by itself; null: it never does. */
  idleStop: number | null
  /** What ends it in the same program: 'terminate_instances'. */
  endedBy: string
  /** Somebody can tell whose job it is: it carries tags or labels. */
  tagged: boolean
  /** The platform reads metrics out of what the job prints. */
  readsMetrics: boolean
  /** Nobody else may use the rest of its nodes. */
  exclusive: boolean
  /** Processes on each node that its launch starts, where a flag says so. */
  processes: number
  /** A service (server, notebook, shell) rather than a job that ends. */
  service: boolean
  /** True when spot capacity is asked for on the job itself (not on a pool). */
  choosesCapacity: boolean
  region: string
}

/** What a Python program does, seen as a whole: one subject for each file that can be launched. */
export interface ProgramSettings {
  /** How the code uses the devices of a node. `none`: it uses one. `trials`: one device for each trial. */
  parallelism: 'none' | 'data-parallel' | 'distributed' | 'model-parallel' | 'trials' | 'spawned'
  trains: boolean
  usesAccelerator: boolean
  /** It saves while it trains and can continue from what it saved. */
  resumes: boolean
  /** How it learns which of several machines it runs on: 'SM_HOSTS', '--rank'; null: it does not. */
  readsRank: string | null
  /** What it does, in the order in which it first happens. */
  work: StepWork[]
  /** The library by which it could compute on an accelerator; null: it has none. */
  acceleratorLibrary: string | null
}

/** One use of several devices in code: a wrapper around the model. */
export interface ParallelismSettings {
  method: 'data-parallel' | 'distributed'
  /** Devices that it is restricted to; absent: all. */
  devices: number
  /** What the wrapped model is for. */
  purpose: 'training' | 'inference'
  /** The same file also offers the better method, so this one is a fallback. */
  fallback: boolean
  /** It is only reached when several devices are present. */
  guarded: boolean
  /** Nobody wrote it: the library wraps the model by itself when one process sees several devices. */
  implicit: boolean
  /** What carries gradients between processes: 'nccl', 'gloo', 'mpi'. */
  backend: string
  /** The graph is walked after each forward pass to find parameters without a gradient. */
  findsUnused: boolean
  /** Why parameters may well be without a gradient: 'several heads', 'layer drop'. */
  unusedBecause: string
  /** Backward passes for one step of the optimiser; null: more than one, but how many is not known. */
  accumulation: number | null
  /** Gradients are exchanged after each backward pass, though several make up one step. */
  exchangesEach: boolean
}

/** What an operation does. */
export type OperationKind =
  /** The host waits until the accelerator has finished. */
  | 'synchronise'
  /** Memory is handed back that is asked for again. */
  | 'empty cache'
  /** A forward pass keeps what only a backward pass would need. */
  | 'evaluate with gradients'
  /** The graph of a step is kept alive after it. */
  | 'retain graph'
  | 'evaluate'
  | 'save'
  | 'record'
  /** Checks or a serial mode meant for finding a fault. */
  | 'debug checks'
  | 'deterministic kernels'
  | 'profile'
  /** Matrix products in full fp32, where the accelerator has a faster format for them. */
  | 'strict matrix products'
  | 'double precision'
  /** Attention that writes the whole matrix of scores. */
  | 'eager attention'
  /** Done for each sample, though it gives the same each time. */
  | 'constant work'
  /** Done for each sample in each epoch, though it gives the same for that sample each time. */
  | 'repeated work'
  /** A single sample is put on an accelerator by the code that makes it. */
  | 'sample on device'
  /** A request over the network. */
  | 'remote read'
  /** A whole run without compiling its steps, because a switch says so. */
  | 'eager execution'
  /** One training step that is run operation by operation. */
  | 'eager step'
  /** A failure that nobody hears of. */
  | 'swallow failure'
  /** How busy the accelerators are is not recorded, because a switch says so. */
  | 'utilisation off'
  /** A model is read and built. */
  | 'load model'
  /** A run that has failed is started again. */
  | 'start again'
  /** The accelerator is kept, and nothing is computed. */
  | 'hold'
  /** Packages, programs or data are fetched, built or unpacked. */
  | 'set up'
  /** A part of the model that does not change computes the same of the same samples. */
  | 'frozen features'

/** Something done where it costs: in each step of a hot loop, or switched on for a whole run. */
export interface OperationSettings {
  kind: OperationKind
  /** How often it is done. */
  place: 'sample' | 'step' | 'epoch' | 'trial' | 'run'
  /** Done only now and then: behind a count of steps. */
  guarded: boolean
  /** Everything that it is done by in one hot place, the first included, as the code calls it. */
  places: { what: string; location: Location }[]
  /** How heavy one is. `severe`: it stops or multiplies the work of a step; `slight`: hardly measurable by itself. */
  weight: 'slight' | 'ordinary' | 'severe'
  /** For `sample`: what one pass of the code makes. */
  each: 'sample' | 'batch' | 'row'
  /** Steps between two, and how many there are in the run. */
  every: number
  times: number
  /** What it does to every step, as the end of a sentence, and the share of the time that it takes. */
  effect: { does: string; share: [number, number] }
  /** What it is done to: 'fp32 weights', 'the validation set', the id of a model. */
  subject: string
  /** The model does the work of a real one: a backbone of a library, many layers. */
  realModel: boolean
  /** Why it may be wanted here: 'an out-of-memory handler', 'a physics library'. */
  wantedFor: string
  /** For `load model`: what it is done again for ('request', 'element of the collection'), and where once is enough. */
  repeatedFor: string
  remedy: string
  /** For `start again`: runs after the first; null: no limit. */
  retries: number | null
  /** How it lies to the training of the same program or job. */
  stage: 'before' | 'after' | 'instead' | 'within'
  /** How long one takes; null: until somebody ends it. */
  seconds: number | null
  /** What is held meanwhile: 'the job', and how many accelerators it has over all nodes. */
  holder: string
  gpus: number
  /** Catalogue name of the accelerator: 'T4'. */
  gpuModel: string
}

/** A model that is loaded or defined. */
export interface ModelSettings {
  /** Where its weights come from: 'meta-llama/Llama-3.1-8B'. */
  id: string
  parameters: number
  /** The format that the weights are loaded in. */
  weights: Precision
  /** What is done with the weights. `frozen`: they only carry adapters, or none of them is trained. */
  use: 'trained' | 'frozen' | 'inference'
  /** As the program calls it: 'resnet50', 'BertForSequenceClassification'. */
  architecture: string
  /** What the weights are before training. */
  start: 'random' | 'pretrained'
  /** What the weights of this architecture that can be had were trained on: 'ImageNet'. */
  pretrainedOn: string
  /** What it is trained to do: 'text classification', and among how many classes. */
  task: string
  classes: number
  /** The largest of its family; the next smaller one, and its parameters. */
  smaller: { id: string; parameters: number }
  /** A smaller model takes part in the same project. */
  compared: boolean
  /** Devices that share the weights. */
  devices: number
  /** Weights or arithmetic are in 8 bits or fewer. */
  quantized: boolean
}

/**
 * What the code of a step is for. `tune`: many trainings; `evaluate`: also predictions; `report`: it tells, watches or
 * cleans up.
 */
export type StepWork = 'download' | 'prepare' | 'train' | 'tune' | 'evaluate' | 'deploy' | 'report'

/** A step of an orchestrated pipeline; or all steps of one, where a switch is set for the whole pipeline. */
export interface StepSettings {
  /** As its author wrote it: 'preprocess'. */
  name: string
  /** For a switch that stands for every step of a pipeline: their names, as far as they are known. */
  allSteps: string[]
  /** What runs it, as messages call it. */
  engine: string
  /** What it is for: by its name, where that says something, else by its code. */
  purpose: StepWork[]
  /** What its name and its code say that it does, in the order in which it happens. */
  work: StepWork[]
  /** It is known from its name only. */
  unseen: boolean
  /** What is started for it: a machine of its own, or a task among others. */
  unit: 'job' | 'task'
  /** Its outputs are reused while nothing that goes into it has changed. */
  cached: boolean
  /** Why it has to run each time: 'a comment says so', 'it draws random numbers'. */
  uncachedFor: string
  /**
   * What makes an input new each time, so that nothing is ever reused: '`datetime.now()`' as the input 'out', new
   * whenever the pipeline is run or built (compiled, defined again).
   */
  volatileInput: { what: string; input: string; when: 'run' | 'built' }
  /** Runs after the first that a failure starts. */
  retries: number
  /** It goes on from what an earlier attempt has saved. */
  resumes: boolean
  /** It also starts when a step before it has failed. */
  startsAfterFailure: boolean
  /** Equal for two steps that do the same to the same inputs. */
  identity: string
  /** Accelerators that it asks for. */
  gpus: number
}

/** A pipeline as a whole: when it runs, and how often at once. */
export interface PipelineSettings {
  name: string
  engine: string
  /** Seconds between two scheduled runs; null: it is started by hand. */
  interval: number | null
  /** The schedule as it is written: '@daily', '0 6 * * *'. */
  schedule: string
  /** First and last day of the schedule, ISO 8601. */
  start: string
  end: string
  /** Intervals that have passed are run as well. */
  catchUp: boolean
  /** Its steps work on what belongs to the interval of the run ('{{ ds }}'). */
  perInterval: boolean
  /** Where an argument about catching up stands that nothing reads: 'default_args'. */
  misplaced: string
  /** Seconds after which a run is ended; null: never. */
  runLimit: number | null
  /** Accelerators that one run asks for at once, at most. */
  gpus: number
  /** What starts it, where no clock does: 'push', 'pull_request'. */
  startedBy: string[]
  /** Which of these starts are passed over, as a clause ('only for changes in src/'); absent: none of them. */
  startFilter: string
  /** Runs at the same time at most; null: no limit. */
  concurrentRuns: number | null
  /** What its steps do, all together. */
  work: StepWork[]
}

/** An endpoint that answers requests, as a program starts it. */
export interface ServingSettings {
  /** As messages call it: 'SageMaker'. */
  platform: string
  /** What is billed for each replica: 'ml.g5.2xlarge'. */
  machine: string
  /** Accelerators of one replica, and which. */
  gpus: number
  gpuModel: string
  /** Replicas that run at all times, and at most. */
  minReplicas: number
  maxReplicas: number
  /** A policy of its own changes the number of replicas. */
  autoscaled: boolean
  /** As its author calls it. */
  name: string
  /** The platform can take the last replica away while nobody asks. */
  scalesToZero: boolean
  /** Who depends on it, as names and labels tell; the key of the claim quotes them. */
  environment: 'development' | 'production'
  /** The same program ends it. */
  tornDown: boolean
  /** Where the call that would end it is commented out. */
  tearDownComment: Location
  /**
   * The program does more than deploy: it trains, or tries out what it has deployed. `part of a series`: another one
   * may end it. `deployment`: it is meant to stay.
   */
  purpose: 'trial' | 'part of a series' | 'deployment'
}

/** A pool of machines that grows and shrinks with the work, or should. */
export interface ScalingSettings {
  /** As its author wrote it: 'gpu'. */
  name: string
  /** As messages call it: 'node group', 'node pool', 'compute cluster'. */
  kind: string
  provider: ComputeSettings['provider']
  region: string
  /** What one machine is: 'g5.12xlarge', and its accelerators. */
  machine: string
  gpus: number
  gpuModel: string
  /** Machines that it keeps whatever happens, and at most; null: no limit. */
  minimum: number
  maximum: number | null
  /** Nothing changes their number. */
  fixed: boolean
  /** How its machines are bought. `reserved`: ahead, so that an idle one costs nothing more. */
  capacity: 'on-demand' | 'spot' | 'mixed' | 'reserved'
  /** Seconds that a machine without work is kept; null: for ever. */
  idleDelay: number | null
  /** What keeps machines without work for ever, as a clause: '`consolidateAfter: Never`'. */
  blockedBy: string
  /** Keys of the taints that keep other work away. */
  taints: string[]
  /** Other pools of the same cluster, whose work could land here. */
  otherPools: number
  /** What its name, labels and taints say that it is for. */
  purpose: 'training' | 'serving' | 'system' | 'other'
  /** Its name says that nobody's service depends on it: 'dev', 'test', 'sandbox'. */
  trial: boolean
}

export interface LaunchSettings {
  launcher: string
  /** Processes per node. */
  processes: number
  nodes: number
  /** What a failing or short command returns to; unused values stay out. */
  script: string
}

export interface Words {
  Search: SearchSettings
  Training: TrainingSettings
  InputPipeline: InputPipelineSettings
  Preprocessing: PreprocessingSettings
  Compute: ComputeSettings
  Launch: LaunchSettings
  Program: ProgramSettings
  Parallelism: ParallelismSettings
  Operation: OperationSettings
  Model: ModelSettings
  Step: StepSettings
  Pipeline: PipelineSettings
  Serving: ServingSettings
  Scaling: ScalingSettings
}

export type Word = keyof Words
export type SettingName<W extends Word> = keyof Words[W] & string
