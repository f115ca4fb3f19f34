/**
 * Claims: what readers say. See docs/architecture.md, "Readers claim, the workload joins, rules judge".
 */
import type { Evidence } from '../text/evidence.js'
import type { Launch, LaunchBinding, LaunchValue } from '../text/launch.js'
import type { Location } from '../text/location.js'
import type { TextName } from '../text/named-text.js'
import type { Site } from '../text/origin.js'
import type { Settled, Value } from '../values/value.js'
import type { ChoiceClaim } from './choices.js'
import type { ResourceKind, ResourceKinds } from './resource-kinds.js'
import type { Unseen } from './unseen.js'

export type { Evidence } from '../text/evidence.js'
export type { Launch, LaunchValue, ShellCall, VariableSource } from '../text/launch.js'
export type { Channel } from '../text/origin.js'

export type SubjectId = string

/** What a claim is about, whoever says it and however sure it is. */
export interface ClaimHead {
  subject: SubjectId
  setting: string
  reader: string
  /** The framework's own word for the setting, used in messages: 'bf16', 'activeDeadlineSeconds'. */
  key: string
  /** A comment beside it says why it is so. */
  reasoned?: true
}

/** One setting of one subject, as one reader found it. */
export type Claim<T = unknown> = ClaimHead & Value<T>

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
  /** What a launcher starts that is given this file; absent: it is no launcher's file. */
  starts?: StartedByFile
  /** Configuration files that it names: it is read again with them. `above`: or relative to a folder above its own. */
  names?: { path: string; above: boolean }[]
  /** Scripts that it names: it is read again with what stands in them. */
  texts?: TextName[]
  /** Objects that hold variables for programs that name them (`Launch.variablesFrom`). */
  variables?: NamedVariables[]
}

/** What an object of that name sets for whoever takes its variables from it. */
export interface NamedVariables {
  object: string
  values: Record<string, LaunchValue>
}

/** The processes that a launcher starts by its configuration file, all machines together; null: not known. */
export interface StartedByFile {
  launcher: string
  processes: number | null
  nodes: number | null
  /** Where the number of processes is written. */
  location: Location
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

/** A launch with its files resolved: what a script is read with. */
export interface Binding extends LaunchBinding {
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
  /** What it was made from, beside what its views were; absent: nobody asks. */
  from?: readonly Source[]
  /** The script that runs, if it is in the project. */
  script: string | null
  /** What could be hidden from its judges: programs and modules that are not here, flags that cannot be read. */
  unseen: readonly Unseen[]
  job: RunJob
  /** Of the script and of the modules of the project that it imports; where these train nothing, also of those that they lead to. */
  subjects: SubjectView[]
  /** Of a module that is read by itself: what the programs that use it have of kinds that it lacks. Absent: nothing. */
  around?: readonly SubjectView[]
  /** Searches that start it for each of their trials; absent: none is known beside those of its own script. */
  searches?: SubjectView<'Search'>[]
  /** Commands of the project that serve the same sweep as this one, itself included; absent: it serves none. */
  agents?: number
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
  /** What it was made from, its run aside; kept by copies. */
  from?: readonly Source[]
}

/** Something that a file said, by identity: a reading, a launch. */
export interface Source {
  path: string
  said: unknown
}
