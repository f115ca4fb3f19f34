/** What a command line says about the launch of a program, and how it is gathered while the line is read. */
import type { ShellWord } from '../config/shell-facts.js'
import { heldText } from '../config/shell-values.js'
import type { Location, Span } from '../text/location.js'
import { define, lookUp } from '../text/records.js'
import type { Launch, LaunchValue, ShellCall } from '../workload/claim.js'
import type { Counted } from './processes.js'
import { overridableBy, readArguments } from './script-arguments.js'

/** A flag with the ranges in the fragment that an edit needs. */
export interface LaunchFlag extends LaunchValue {
  /** As written, dashes included; the key in `flags` is the name without them. */
  written: string
  /** From the flag to the end of its value. */
  span: Span
  /** The value alone; null where the flag has none. */
  valueSpan: Span | null
  /** Words behind the value that may belong to it (`--betas 0.9 0.99`). They are positionals as well. */
  more: LaunchValue[]
}

/** What a command says about the launch: what remains to be filled in is who found it and for which job. */
export interface LaunchParts
  extends Pick<
    Launch,
    'launcher' | 'positionals' | 'complete' | 'environment' | 'processes' | 'nodes' | 'files'
  > {
  /** Every launcher from the outside in, 'python' last where the interpreter runs a script. */
  chain: string[]
  /**
   * A path below a folder that cannot be read (`$DIR/train.py`) begins with `/`, as on another machine. Both null: the
   * program itself cannot be read.
   */
  program: { path: string | null; module: string | null; command?: string; inline?: true }
  programSpan: Span
  flags: Record<string, LaunchFlag>
  launcherFlags: Record<string, LaunchFlag>
  /** False where some options of the launchers cannot be read: those that are missing are unknown. */
  launcherComplete: boolean
  /** Folder that `bash -c "cd X && …"` changed to; '' when it did not, null: not readable. */
  folder: string | null
  /** It serves what it imports, rather than running it to an end. */
  serves: boolean
  /** It runs what a sweep starts. */
  agent: boolean
  /** Runs after which the agent ends; null: not readable. Undefined: when the sweep does. */
  runs: number | null | undefined
  /** The file of the cluster that it is sent to, as written; null: to none. */
  cluster: string | null
}

/** A command that runs a shell script of the project: `bash run.sh 8`. */
export interface ScriptCallParts extends LaunchParts {
  shell: ShellCall
}

export type Locate = (span: Span) => Location

/** The flag of one of these names, `-` and `_` being the same in names. */
export function flagOf<T>(flags: Record<string, T>, ...names: string[]): T | undefined {
  for (const name of names) {
    for (const spelling of [name, name.replace(/_/g, '-'), name.replace(/-/g, '_')]) {
      const flag = lookUp(flags, spelling)
      if (flag !== undefined) return flag
    }
  }
  return undefined
}

/** Gathers what the words say, from the outside in. */
export class FoundLaunch {
  readonly environment: Record<string, LaunchValue> = {}
  readonly launcherFlags: Record<string, LaunchFlag> = {}
  readonly chain: string[] = []
  readonly files: Launch['files'] = []
  launcherComplete = true
  folder: string | null = ''
  counted: Counted = { processes: 1, nodes: 1 }
  program: LaunchParts['program'] | null = null
  programSpan: Span = { start: 0, end: 0 }
  rest: ShellWord[] = []
  isShell = false
  serves = false
  agent = false
  runs: number | null | undefined = undefined
  cluster: string | null = null

  constructor(private readonly locate: Locate) {}

  setEnvironment(name: string, value: string | null, span: Span & { fallback?: true }): void {
    define(this.environment, name, { value, location: this.locate(span), ...overridableBy(span) })
  }

  addLauncherFlags(flags: Record<string, LaunchFlag>, files: string[]): void {
    for (const [name, flag] of Object.entries(flags)) define(this.launcherFlags, name, flag)
    for (const name of files) {
      const flag = flagOf(flags, name)
      if (typeof flag?.value === 'string')
        this.files.push({ flag: name, path: flag.value, location: flag.location })
    }
  }

  /** A change of the folder; null: not readable. */
  enter(target: string | null): void {
    this.folder =
      target === null || this.folder === null
        ? null
        : target.startsWith('/') || this.folder === ''
          ? target
          : `${this.folder}/${target}`
  }

  /** What a command inside of this one says. */
  adopt(inner: FoundLaunch): void {
    Object.assign(this.environment, inner.environment)
    for (const [name, flag] of Object.entries(inner.launcherFlags)) define(this.launcherFlags, name, flag)
    this.chain.push(...inner.chain)
    this.files.push(...inner.files)
    this.launcherComplete &&= inner.launcherComplete
    if (inner.chain.some((name) => name !== 'python')) this.counted = inner.counted
    if (this.folder === '') this.folder = inner.folder
    this.program = inner.program
    this.programSpan = inner.programSpan
    this.rest = inner.rest
    this.isShell = inner.isShell
    this.serves = inner.serves
    this.agent = inner.agent
    this.runs = inner.runs
    this.cluster ??= inner.cluster
  }

  parts(): LaunchParts {
    const read = readArguments(this.rest, this.locate)
    // A batch system starts what it is given once.
    const inner = this.chain.filter((name) => name !== 'python' && name !== 'sbatch')
    return {
      launcher: inner[inner.length - 1] ?? 'python',
      chain: this.chain,
      program: this.program ?? { path: null, module: null },
      programSpan: this.programSpan,
      flags: read.flags,
      positionals: read.positionals,
      // A module that is served parses no arguments.
      complete: read.complete && !this.serves,
      environment: this.environment,
      launcherFlags: this.launcherFlags,
      launcherComplete: this.launcherComplete,
      processes: this.counted.processes,
      nodes: this.counted.nodes,
      files: [...this.files, ...read.files],
      folder: this.folder,
      serves: this.serves,
      agent: this.agent,
      runs: this.runs,
      cluster: this.cluster,
    }
  }

  scriptCall(): ScriptCallParts | null {
    if (!this.isShell) return null
    const unclear = this.rest.some((word) => word.splits === true)
    return { ...this.parts(), shell: { arguments: unclear ? null : this.rest.map(heldText) } }
  }
}
