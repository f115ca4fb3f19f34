/** Steps of orchestrated pipelines, and pipelines as a whole. */

/**
 * What the code of a step is for. `tune`: many trainings; `evaluate`: also predictions; `report`: it tells, watches or
 * cleans up.
 */
export type StepWork = 'download' | 'prepare' | 'merge' | 'train' | 'tune' | 'evaluate' | 'deploy' | 'report'

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
   * whenever the pipeline is run or built (compiled, defined again), or whenever anything of the project has changed.
   */
  volatileInput: { what: string; input: string; when: 'run' | 'built' | 'changed' }
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
  /** Seconds after which its engine ends it, where a worker of the engine runs it; null: never. */
  timeLimit: number | null
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
  /** The paths whose changes start it on whichever branch they are pushed to: 'src/**'. */
  pathsOnAnyBranch: string[]
  /** It gets data anew before it trains: a step that fetches some. */
  fetchesData: boolean
  /** Runs at the same time at most; null: no limit. */
  concurrentRuns: number | null
  /** What its steps do, all together. */
  work: StepWork[]
}
