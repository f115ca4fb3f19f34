/** Commands that start a program, as readers of launch files find them and as scripts are read with them. */
import type { Location } from './location.js'

/** One flag or variable that a launch sets. `value` null: set, but to something that cannot be read. */
export interface LaunchValue {
  value: string | boolean | null
  location: Location
  /** What holds where nobody gives the launch file another (`${WORKERS:-0}`). */
  overridable?: true
}

/** An object that holds variables, by its name: all of them, with a prefix before their names, or one of them as `variable`. */
export type VariableSource = { object: string } & ({ prefix: string } | { key: string; variable: string })

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
    /** It lies in another repository, which the launch names. */
    foreign?: true
  }
  /** Flags of the script, without leading dashes, `-` kept; positional arguments apart. */
  flags: Record<string, LaunchValue>
  positionals: LaunchValue[]
  /** False where some arguments cannot be read (`"$@"`, an unresolved variable): absent flags are then unknown. */
  complete: boolean
  environment: Record<string, LaunchValue>
  /** What objects of other files add to its environment; absent: nothing. */
  variablesFrom?: VariableSource[]
  /** It runs in a container: what `environment` does not list, and its image does not set, is not set. */
  contained?: true
  /** Flags of the launcher itself (`--nproc_per_node`, `--mixed_precision`), same spelling rules. */
  launcherFlags: Record<string, LaunchValue>
  /** The command line itself says how it trains, whatever program that starts. */
  described?: true
  /** A program of another project, known to get data ready on processors alone. */
  prepares?: true
  /** Some options of the launcher cannot be read. */
  launcherOpen?: true
  /** Processes per node; null: unknown; 0: one for each device of the node. */
  processes: number | null
  /** The number of the only device that the command line has it compute on; null: which one cannot be read. */
  device?: string | null
  /** Where that is written, if it is a file of the launcher. */
  countedAt?: Location
  /** A test decides whether it is started at all. */
  conditional?: true
  /** The launcher starts processes that train together, meant to be one for each device. */
  perDevice?: boolean
  /** The launcher starts the program as it is, on each node of the job. */
  everyNode?: boolean
  nodes: number | null
  /** Its processes know of no machine but their own: its option says so, or nothing says otherwise. Absent: they may know of others. */
  oneMachine?: 'said' | 'unsaid'
  /** Processes on all nodes together, where it is left open how they are spread; `processes` is their mean. */
  total?: number
  /** `file`: what a file of a sweep starts for each of its runs; `agent`: it runs what the sweep does that it is told to serve. */
  sweep?: 'file' | 'agent'
  /** Of an agent: the launch of the file whose sweep it serves. */
  sweepOf?: string
  /** Runs after which an agent ends; null: their number cannot be read. Absent: when the sweep does. */
  runs?: number | null
  /** A README shows it: it counts where nothing else starts the program, and only until somebody starts it otherwise. */
  documented?: true
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
  /** Where its program is taken from although nothing says that its image is built by that Dockerfile. */
  assumed?: Location
  /** The program is a shell script: what counts is what that starts. */
  shell?: ShellCall
  /** Where the job calls the shell script that this command stands in. */
  calledAt?: Location
  /** What else that script does that may use accelerators; null: nothing. Absent: nobody looked. */
  besides?: string | null
  /** The file of the cluster that it is sent to, as written: it runs on the machines of that. */
  cluster?: string
  /** Configuration files that the launcher or the script is given, as written. */
  files: { flag: string; path: string; location: Location }[]
  /** The job of another file whose launches these are: a component, by its own job. */
  component?: string
  /** Versions of libraries in the image that it runs in, by distribution name; absent: nothing is known of it. */
  versions?: Record<string, string>
}

/** What a shell script is called with. */
export interface ShellCall {
  /** In their order, as variables of the shell hold them, one that cannot be read as null; null: nobody knows how many. */
  arguments: (string | null)[] | null
  /** What it finds set besides the environment; absent: nothing. */
  variables?: Record<string, string | null>
  /** It is handed to a scheduler, which runs it as a job of its own. */
  submitted?: true
  /** Only recipes of this target of a Makefile. */
  target?: string
  /** As the job's own work spells the command (`Compute.sharing`). */
  spelled?: string
  /** By launcher: what the job's controller makes of one that does not say itself how many processes it starts. */
  processes?: Record<string, { processes: number | null; nodes?: number | null; total?: number }>
}

/** What a script is read with. */
export interface LaunchBinding {
  launch: Launch
}
