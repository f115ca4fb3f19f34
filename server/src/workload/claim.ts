/**
 * Claims: what readers say. See docs/architecture.md, "Readers claim, the workload joins, rules judge".
 */
import type { Location } from '../text/location.js'
import type { Site } from '../text/origin.js'
import type { Settled, Value } from '../values/value.js'
import type { ChoiceClaim } from './choices.js'
import type { ResourceKind, ResourceKinds } from './resource-kinds.js'
import type { Unseen } from './unseen.js'

export { type Channel, channels, type Site } from '../text/origin.js'

export type SubjectId = string

/** What a claim is about, whoever says it and however sure it is. */
export interface ClaimHead {
  subject: SubjectId
  setting: string
  reader: string
  /** The framework's own word for the setting, used in messages: 'bf16', 'activeDeadlineSeconds'. */
  key: string
}

/** One setting of one subject, as one reader found it. */
export type Claim<T = unknown> = ClaimHead & Value<T>

/** How sure it is that a subject is what it seems, and that it matters. */
export interface Evidence {
  /** What the file is for. Only `training` and `tuning` scripts, and job files, get advice about training. */
  role: 'training' | 'tuning' | 'inference' | 'data' | 'library' | 'test' | 'job'
  /** `maybe`: used when present (`cuda if available`, a trainer that picks its device). */
  accelerator: 'gpu' | 'maybe' | 'cpu' | 'tpu' | 'mps' | 'none'
  /** It computes on the processor unless an option or a caller asks for another device. */
  processorByDefault?: true
  /** Why the run is small ('MNIST', '2 layers'); null when nothing says so. Lowers severity one step. */
  small: string | null
  notebook: boolean
}

/** A thing that settings are about: one training loop, one search, one request for machines. */
export interface Subject<W extends ResourceKind = ResourceKind> {
  id: SubjectId
  kind: W
  /** The reader that owns it. */
  reader: string
  /** What a finding about a missing setting is anchored to: the call or key that should carry it. */
  location: Location
  site: Site
  /** Where it is defined: 'main', 'Model.fit', 'spec.template'. Part of the fingerprint. */
  scope: string
  evidence: Evidence
  /** Subjects with the same job belong to one launch (a SLURM file, a manifest, an estimator call). */
  job: string | null
}

export interface Extraction {
  subjects: Subject[]
  claims: Claim[]
  launches: Launch[]
  /** Absent: none. */
  imagePrograms?: ImageProgram[]
  imageBuilds?: ImageBuild[]
  /** The file is compiled from a pipeline of this name ('' where it has none) that Python code defines. */
  compiledFrom?: string
  /** Pipelines that the file defines, by name; null: a name that cannot be read. */
  pipelines?: (string | null)[]
  /** Absent: the file is no framework config. */
  frameworkConfig?: FrameworkConfigFile
  /** What its imports could do that is not in the project. Absent: nothing. */
  unseen?: Unseen[]
  /** Configuration files that it names: it is read again with them. `above`: or relative to a folder above its own. */
  names?: { path: string; above: boolean }[]
}

/** A file that a program of a framework trains by: the launch that names it starts what it describes. */
export interface FrameworkConfigFile {
  framework: string
  /** What it inherits from other files is part of it. */
  inherits: boolean
}

/** What the image of a Dockerfile starts by itself. */
export interface ImageProgram {
  launch: Launch
  /** Name and number of the stage of the Dockerfile; absent: it is the last one, which is built where none is asked for. */
  stage?: { name: string | null; index: number }
  /** The same where a job gives arguments of its own; null: those are the whole command. */
  withArguments: Launch | null
}

/** A build of an image, such as `docker build -t name -f Dockerfile folder`. */
export interface ImageBuild {
  /** As written, the registry and the tag included; what cannot be read in it stays as it is: 'gcr.io/$PROJECT/train'. */
  image: string
  /** Null: `Dockerfile` in the folder. */
  dockerfile: string | null
  /** The stage that is built; absent: the last one. */
  target?: string
  /** The folder that it is built from; null: not readable. */
  folder: string | null
  location: Location
}

/** One flag or variable that a launch sets. `value` null: set, but to something that cannot be read. */
export interface LaunchValue {
  value: string | boolean | null
  location: Location
}

/**
 * One command that starts a Python program, as a reader found it. It binds the script's argument defaults: the
 * script is read once more with it.
 */
export interface Launch {
  /** Unique in the project. */
  id: string
  reader: string
  /** The job that it belongs to; null for a command that stands alone. */
  job: string | null
  location: Location
  launcher: string
  /**
   * The program as written: a path (with the folders it may be relative to; none: not known) or a module. `placed`: only
   * what lies in these folders or below them is uploaded, so that it cannot be found elsewhere. `command`: or what the
   * project declares under this name (`[project.scripts]`), where it does; then `shell` is there as well.
   */
  program: {
    path: string | null
    module: string | null
    bases: string[]
    placed?: boolean
    command?: string
    /** It stands in the file of the launch itself. */
    inline?: true
  }
  /** Flags of the script, without leading dashes, `-` kept; positional arguments apart. */
  flags: Record<string, LaunchValue>
  positionals: LaunchValue[]
  /** False where some arguments cannot be read (`"$@"`, an unresolved variable): absent flags are then unknown. */
  complete: boolean
  environment: Record<string, LaunchValue>
  /** Flags of the launcher itself (`--nproc_per_node`, `--mixed_precision`), same spelling rules. */
  launcherFlags: Record<string, LaunchValue>
  /** Processes per node; null: unknown; 0: one for each device of the node. */
  processes: number | null
  /** The launcher starts processes that train together, meant to be one for each device. */
  perDevice?: boolean
  /** The launcher starts the program as it is, on each node of the job. */
  everyNode?: boolean
  nodes: number | null
  /** It only asks what a workflow starts: no script is read with it. */
  asks?: true
  /** Of a recipe in a Makefile: the targets that lead to it, '' for what `make` alone makes. */
  targets?: string[]
  /** What it starts is kept up to serve: a module that a server imports. */
  serves?: true
  /** What starts it again when it has ended: `until …; do`, `while true`. */
  restarts?: 'until success' | 'for ever'
  /** What runs is what this image starts by itself; `given`: with the flags and positionals of this launch. */
  image?: { name: string; arguments: 'none' | 'given'; words?: ShellCall['arguments'] }
  /** The program is a shell script: what counts is what that starts. */
  shell?: ShellCall
  /** Where the job calls the shell script that this command stands in. */
  calledAt?: Location
  /** What else that script does that may use accelerators; null: nothing. Absent: nobody looked. */
  besides?: string | null
  /** Configuration files that the launcher or the script is given, as written. */
  files: { flag: string; path: string; location: Location }[]
  /** The job of another file whose launches these are: a component, by its own job. */
  component?: string
  /** Versions of libraries in the image that it runs in, by distribution name; absent: nothing is known of it. */
  versions?: Record<string, string>
}

/** What a shell script is called with. */
export interface ShellCall {
  /** In their order, one that cannot be read as null; null: nobody knows how many. */
  arguments: (string | null)[] | null
  /** Only recipes of this target of a Makefile. */
  target?: string
  /** As the job's own work spells the command (`Compute.sharing`). */
  spelled?: string
  /** By launcher: what the job's controller makes of one that does not say itself how many processes it starts. */
  processes?: Record<string, { processes: number | null; nodes?: number | null }>
}

/** A launch with its files resolved: what a script is read with. */
export interface Binding {
  launch: Launch
  /** Settings for the script that the launcher brings (from its flags, its environment, its own file). */
  settings: Claim[]
}

/** A setting of a subject after the join, as a rule sees it: the strongest claim, with every choice made. */
export type Effective<T> = ClaimHead & Settled<T>

/** The job side of a run. */
export interface RunJob {
  /** `path#…`, shared by everything in the job; null for a script that nothing launches. */
  id: string | null
  compute: SubjectView<'Compute'> | null
  launch: Launch | null
  /** Where the pool stands that its machines come from, if the project says so. */
  pool?: Location
  /** The queues that it waits in, and the kinds of machines behind them. */
  queues?: Location[]
}

/** One launch of one entry point on one request for machines. */
export interface Run {
  id: string
  /** The script that runs, if it is in the project. */
  script: string | null
  /** What could be hidden from its judges: programs and modules that are not here, flags that cannot be read. */
  unseen: readonly Unseen[]
  job: RunJob
  /** Of the script and of the modules of the project that it imports (one hop). */
  subjects: SubjectView[]
  /** All runs of the same job, this one included. A request for machines is judged once, with its first run. */
  siblings: Run[]
}

/** A subject with its joined settings, as rules see it. */
export interface SubjectView<W extends ResourceKind = ResourceKind> {
  subject: Subject<W>
  run: Run
  settings: { [K in keyof ResourceKinds[W]]?: Effective<ResourceKinds[W][K]> }
  /** Settings that depend on a condition; `settings` has them as they are unless somebody decides otherwise. */
  choices?: readonly ChoiceClaim[]
}
