/** How samples reach an accelerator, and what is made of them before. */
import type { Location } from '../../text/location.js'

export interface InputPipelineSettings {
  /** Worker processes; 0: the training process loads by itself. */
  workers: number
  /** Why the training process loads by itself: whoever wrote it says so. */
  workersStated: string
  pinnedMemory: boolean
  persistentWorkers: boolean
  /** What consumes the batches; `nothing`: it is only asked for its length. */
  feeds: 'training' | 'evaluation' | 'nothing'
  /** What one sample costs. `memory`: only indexed; `tokenize`: a text becomes numbers; `decode`: reads or decodes; `device`: already on the accelerator. */
  work: 'memory' | 'light' | 'tokenize' | 'decode' | 'device'
  /**
   * Where it is not known what one sample costs: something shows that it may be much. Its code calls what is not seen, or the
   * program deals with pictures, sound or films.
   */
  mayTakeLong: boolean
  /** What a batch is put together of, sample by sample, though one index would give it. */
  gathered: 'on the accelerator' | 'all samples'
  /** Samples of a batch, where it feeds a training. */
  batchSize: number
  /** Images of one size that a batch holds, where only the loader says so. */
  imagesAtOnce: number
  /** What decodes: 'ImageFolder', 'open()', the collator's name. */
  decoder: string
  /** The program makes the batches by itself: a generator does, a thread beside the loop that trains, or each step. */
  generatedBy: 'generator' | 'one thread' | 'the step'
  /** Each picture is turned, sheared or scaled by itself in Python, which takes longer than to decode it. */
  turned: boolean
  /** Samples hold pictures, sound or films. */
  media: boolean
  /** True for a stream that workers would repeat, since it is not sharded among them. */
  unshardedStream: boolean
  /** Each process reads its own share; false: every process reads everything. */
  sharded: boolean
  /** Processes that the program starts by itself, each of which makes the loader. */
  madeBy: number
  /** The order is drawn anew for each epoch. */
  reshuffled: boolean
  /** The order is random, drawn by each process for itself. */
  shuffled: boolean
  /** Passes over the data in one run. */
  passes: number
  /** Length that every text is padded to, whatever its own; null: the longest that the model takes. */
  paddedTo: number | null
  /** Every text is padded to one length, be it known or not. */
  paddedAlike: boolean
  /** Texts are stored with their padding, for a training that another program does. */
  paddedInStore: boolean
  /** They are padded in one array, from which batches are cut. */
  paddedInArray: boolean
  /** The code of the data set fills them up itself. */
  paddedByHand: boolean
  /** Texts are padded to the longest of as many rows, which are then shuffled into batches; `tokens`: their limit. */
  paddedAmong: { rows: number | 'all'; tokens: number | null }
  /** Recordings of like length share a batch; false: of any length, padded to the longest of them. */
  groupedByLength: boolean
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
  /** All that is done for a batch is to parse records. */
  onlyParses: boolean
  /** Copies of a batch to the accelerator that the host waits for. */
  waitingCopies: { what: string; location: Location }[]
}

/** A data set that a program loads by its name. */
export interface DatasetSettings {
  /** As the code names it: 'torchvision.datasets.CIFAR10', 'glue/mrpc'. */
  name: string
  part: 'training' | 'other'
  /** The data set that the files and folders of the program are called after, and the path that says so. */
  byFiles: { name: string; path: string }
  /** Files that hold it, or patterns of their names, as the code writes them. */
  files: string[]
  /** What these files hold, where they are part of the project; `columns` null: it is no table. */
  table: { rows: number; columns: number | null }
  /** So many of its samples at most. */
  rows: number
  /** Share of it, 0 to 1. */
  share: number
  /** Pixels of an edge of its pictures as they are stored, and as a network gets them. */
  enlarged: { from: number; to: number }
  /** A network of the program that may take pictures of one size: 'ViT'. */
  fixedFor: string
  /** Tokens of a text, or steps of a series, that a sample has at most: the least and the most that the code names. */
  textLength: { low: number; high: number }
  /** Pixels of a side to which its pictures are brought. */
  pictureEdge: number
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
  /**
   * Each pass of what computes it again; `times` null: not known. `run`: each start of the program;
   * `process`: each process of a launch, at the same time.
   */
  again: {
    per: 'fold' | 'epoch' | 'trial' | 'pass' | 'action' | 'run' | 'process'
    times: number | null
    /** Where `times` is not known: how many there are unless a launch or a configuration says otherwise. */
    unlessTold?: number
  }
  /**
   * `dear`: a tenth of a second and more for each sample, which few workers can hide; `heavy`: it decodes, parses or goes row by
   * row; `ordinary`: it goes over a table in compiled code.
   */
  weight: 'dear' | 'heavy' | 'ordinary'
  /** It is computed for each sample beside the accelerator, by workers or by the library, which may hide it. */
  overlapped: boolean
}
