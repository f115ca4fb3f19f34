/** Things that are done where they cost. */
import type { Location } from '../../text/location.js'

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
  /** The gradients of a loss go on into a network that it does not update. */
  | 'undetached input'
  /** A network that nothing trains is run with gradients. */
  | 'untrained network'
  /** A network is run over the same input again. */
  | 'repeated pass'
  /** A network is run in fp32, beside the blocks in which its program casts to 16 bits. */
  | 'full precision pass'
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
  /** A recurrent layer that no fused kernel computes. */
  | 'slow recurrent layer'
  /** Done for each sample, though it gives the same each time. */
  | 'constant work'
  /** Done for each sample in each epoch, though it gives the same for that sample each time. */
  | 'repeated work'
  /** A network is run on a single sample by the code that makes it, and each time on another. */
  | 'single pass'
  | 'several files'
  | 'shared file'
  | 'font'
  | 'table row'
  /** Goes through what belongs to all samples to make one. */
  | 'whole scan'
  /** The sample of another data set is made several times. */
  | 'sample again'
  /** A single sample is put on an accelerator by the code that makes it. */
  | 'sample on device'
  /** Work that could be spread over cores is done by one of them. */
  | 'single core'
  /** A request over the network. */
  | 'remote read'
  /** A whole run without compiling its steps, because a switch says so. */
  | 'eager execution'
  /** One training step that is run operation by operation. */
  | 'eager step'
  /** A function is compiled in each step, and another one each time. */
  | 'compiled anew'
  /** The program can compile its model, and a switch keeps it from doing so. */
  | 'compile off'
  /** A failure that nobody hears of. */
  | 'swallow failure'
  /** How busy the accelerators are is not recorded, because a switch says so. */
  | 'utilisation off'
  /** A model is read and built. */
  | 'load model'
  /** A network is run on one record after the other, which a batch would hold together. */
  | 'single record'
  /** A run that has failed is started again. */
  | 'start again'
  /** The program is given an option that it does not take, and ends. */
  | 'refuse option'
  /** The accelerator is kept, and nothing is computed. */
  | 'hold'
  /** Packages, programs or data are fetched, built or unpacked. */
  | 'set up'
  /** Where a library keeps what it downloads ends with the job. */
  | 'lost cache'
  /** A part of the model that does not change computes the same of the same samples. */
  | 'frozen features'

/** Something done where it costs: in each step of a hot loop, or switched on for a whole run. */
export interface OperationSettings {
  kind: OperationKind
  /** How often it is done. */
  place: 'sample' | 'step' | 'epoch' | 'trial' | 'run'
  /** Everything that it is done by in one hot place, the first included, as the code calls it. */
  places: { what: string; location: Location }[]
  /** How heavy one is. `severe`: it stops or multiplies the work of a step; `slight`: hardly measurable by itself. */
  weight: 'slight' | 'ordinary' | 'severe'
  /** For `sample`: what one pass of the code makes. */
  each: 'sample' | 'batch' | 'row' | 'parameter' | 'element'
  /** Steps between two, and how many there are in the run. */
  every: number
  times: number
  /** For `evaluate`: batches that go forward in one, and forward and back between two of them. */
  batches: { evaluated: number; trained: number }
  /** For `evaluate`: samples of the data set that it goes over. */
  evaluatedSamples: number
  /**
   * What it does to every step, as the end of a sentence, and the share of the time that it takes. `amongProcesses`:
   * nothing where a process trains alone.
   */
  effect: { does: string; share: [number, number]; amongProcesses?: true }
  /** What it is done to: 'fp32 weights', 'the validation set', the id of a model. `utilisation off`: what is kept still. */
  subject: string
  /** For `undetached input`: the network that the loss updates. */
  updated: string
  /** The model does the work of a real one: a backbone of a library, many layers. */
  realModel: boolean
  /** Why it may be wanted here: 'an out-of-memory handler', 'a physics library'. */
  wantedFor: string
  /**
   * For `load model` and `single record`: what it is done again for ('request', 'element of the collection'), and where once is
   * enough, or what to do instead.
   */
  repeatedFor: string
  /** For `single record`: it goes through a table, the lines of a file or a data set, rather than a handful. */
  whole: boolean
  /** The module of the project that defines what is run. */
  definedIn: string
  remedy: string
  /** For `start again`: runs after the first; null: no limit. */
  retries: number | null
  /** How it lies to the training of the same program or job. */
  stage: 'before' | 'after' | 'instead' | 'within'
  /** How long one takes; null: until somebody ends it. */
  seconds: number | null
  /** What is held meanwhile: 'the job', and how many accelerators it has over all nodes. */
  holder: string
  /** It is named as what somebody opens to work in, on one accelerator. */
  byHand: boolean
  gpus: number
  /** Catalogue name of the accelerator: 'T4'. */
  gpuModel: string
}
