/** Shell scripts that jobs run: what a script starts is a launch of the job that calls it. */
import { flagOf } from '../link/launch-parts.js'
import { folderOf, join } from '../link/paths.js'
import { lookUp } from '../text/records.js'
import type { Extraction, Launch, LaunchValue } from '../workload/claim.js'

/** Calls through calls: `run.sh` that runs `train.sh` that starts the program. */
const deepest = 3
/** Calls that are followed in one project: scripts that call each other in loops would make more and more. */
const mostCalls = 5_000

export interface ScriptFiles {
  /** The file of the project that a call runs. */
  scriptOf(call: Launch): string | null
  /** That file read with the arguments and the environment of the call. */
  read(path: string, call: Launch): Promise<Extraction | undefined>
}

/** A launch as its caller has it; the same object while both live, so that judgements are kept. */
const copies = new WeakMap<Launch, WeakMap<Launch, Launch>>()

export interface Followed {
  launches: Launch[]
  /** By job: calls of scripts that are known as a whole, and that nothing but their launches uses accelerators in. */
  whole: Map<string, Set<string>>
}

/**
 * Every launch, calls of shell scripts replaced by what these start. A script that a job runs no longer stands for
 * itself: its commands count with what the job calls it with.
 */
export async function followCalls(launches: readonly Launch[], files: ScriptFiles): Promise<Followed> {
  const called = new Set<string>()
  const submitted = new Set<string>()
  let left = mostCalls
  const follow = async (call: Launch, depth: number): Promise<Work> => {
    const path = files.scriptOf(call)
    const nothing = { launches: [], whole: false }
    if (call.program.command !== undefined)
      return path === null ? nothing : { launches: [asProgram(call)], whole: true }
    if (path === null || path === call.location.path || depth === 0 || left-- <= 0) return nothing
    const extraction = await files.read(path, call)
    const started = (extraction?.launches ?? []).filter(
      (launch) =>
        launch.location.path === path &&
        (isSubmitted(call) ? launch.job !== null && !isSubmitted(launch) : launch.job === null) &&
        isAsked(launch, call),
    )
    const works = await Promise.all(
      started.map((launch): Work | Promise<Work> => {
        const copy = copyOf(launch, call, path)
        return launch.shell === undefined
          ? { launches: [copy], whole: launch.besides === null }
          : follow(copy, depth - 1)
      }),
    )
    if (works.every((work) => work.launches.length === 0)) return nothing
    if (isSubmitted(call)) submitted.add(path)
    else called.add(path)
    return {
      launches: works.flatMap((work) => work.launches),
      whole: works.every((work) => work.whole),
      calls: started.flatMap(({ shell }) => shell?.spelled ?? []),
    }
  }
  const works = await Promise.all(
    launches.map((launch) => {
      const call = asCall(launch)
      return call === null ? null : follow(call, deepest)
    }),
  )
  return {
    launches: launches.flatMap((launch, index) => {
      const { path } = launch.location
      // A batch script that is submitted counts with what it is submitted with.
      if (launch.job !== null && !isSubmitted(launch) && submitted.has(path)) return []
      return works[index]?.launches ?? (launch.job === null && called.has(path) ? [] : [launch])
    }),
    whole: wholeCalls(launches, works),
  }
}

function isSubmitted({ shell }: Launch): boolean {
  return shell?.submitted === true
}

/** The call of a shell script; null: the launch starts something else. */
function asCall(launch: Launch): Launch | null {
  if (launch.shell !== undefined) return launch
  if (!shellFile.test(launch.program.path ?? '')) return null
  let call = scriptCalls.get(launch)
  if (call === undefined) {
    // A service that is given a script passes its parameters on as flags.
    const words = Object.entries(launch.flags).flatMap(([name, { value }]) =>
      value === true ? [`--${name}`] : [`--${name}`, value === null ? null : String(value)],
    )
    const shell = { arguments: launch.complete ? words : null }
    call = { ...launch, flags: {}, positionals: [], files: [], shell }
    scriptCalls.set(launch, call)
  }
  return call
}

const shellFile = /\.(sh|bash|zsh|ksh)$/
const scriptCalls = new WeakMap<Launch, Launch>()

/** A command that the project declares starts Python code, whose arguments it hands on. */
function asProgram(call: Launch): Launch {
  let program = programs.get(call)
  if (program === undefined) {
    const { shell: _shell, ...launch } = call
    program = launch
    programs.set(call, program)
  }
  return program
}

const programs = new WeakMap<Launch, Launch>()

/** A call of a Makefile runs the recipes of one target. */
function isAsked({ targets }: Launch, { shell }: Launch): boolean {
  return shell?.target === undefined || targets?.includes(shell.target) === true
}

interface Work {
  launches: Launch[]
  /** Nothing in the script but these launches uses accelerators. */
  whole: boolean
  /** Scripts that it calls in turn, as written. */
  calls?: string[]
}

function wholeCalls(launches: readonly Launch[], works: readonly (Work | null)[]): Followed['whole'] {
  const calls: Followed['whole'] = new Map()
  const open = new Set<string>()
  launches.forEach(({ job, shell }, index) => {
    const work = works[index]
    if (job === null || shell === undefined || shell.submitted === true || work == null) return
    if (!work.whole) open.add(job)
    const known = calls.get(job) ?? new Set<string>()
    for (const spelled of [shell.spelled ?? '', ...(work.calls ?? [])]) known.add(spelled)
    calls.set(job, known)
  })
  // One call that is not known leaves the job as it is.
  for (const job of open) calls.delete(job)
  return calls
}

function copyOf(started: Launch, call: Launch, path: string): Launch {
  let known = copies.get(started)
  if (known === undefined) {
    known = new WeakMap()
    copies.set(started, known)
  }
  let copy = known.get(call)
  if (copy === undefined) {
    copy = calledBy(started, call, path)
    known.set(call, copy)
  }
  return copy
}

function calledBy(started: Launch, call: Launch, path: string): Launch {
  const { program } = started
  const start = startFolder(call, path)
  const bases =
    start === null ? program.bases : [...program.bases.map((base) => join(start, base)), ...program.bases]
  const versions = started.versions ?? call.versions
  const restarts = started.restarts ?? call.restarts
  return {
    ...started,
    id: `${call.id}/${started.id}`,
    job: isSubmitted(call) ? started.job : call.job,
    calledAt: call.calledAt ?? call.location,
    ...passedOn(started, call),
    program: { ...program, bases: [...new Set(bases)] },
    environment: { ...call.environment, ...started.environment },
    ...(call.contained === true ? { contained: true as const } : {}),
    ...counted(started, call),
    ...(versions === undefined ? {} : { versions }),
    ...(restarts === undefined ? {} : { restarts }),
  }
}

/** What the script hands on (`"$@"`) stands where it is called. */
function passedOn({ flags, positionals }: Launch, call: Launch): Pick<Launch, 'flags' | 'positionals'> {
  const placed = (one: LaunchValue): LaunchValue =>
    one.location.end === 0 ? { ...one, location: call.location } : one
  const given = Object.entries(flags).map(([name, flag]) => [name, placed(flag)] as const)
  return { flags: Object.fromEntries(given), positionals: positionals.map(placed) }
}

/** The folder that the caller stands in when it names the script: `scripts/run.sh` from the top of the project. */
function startFolder(call: Launch, path: string): string | null {
  const written = call.program.path?.replace(/^(\.\/)+/, '') ?? ''
  if (written === '' || written.startsWith('/') || written.startsWith('.')) return null
  if (path === written) return ''
  return path.endsWith(`/${written}`) ? path.slice(0, -written.length - 1) : folderOf(path)
}

/** Processes on each node, and nodes: of the launcher in the script, of what starts the script, or of the controller. */
function counted(started: Launch, call: Launch): Pick<Launch, 'processes' | 'nodes'> {
  const nodes = started.nodes === 1 ? call.nodes : started.nodes
  const controlled = lookUp(call.shell?.processes, started.launcher)
  if (controlled !== undefined) {
    if (started.launcher === 'torchrun')
      return flagOf(started.launcherFlags, 'nproc-per-node') === undefined
        ? { processes: controlled.processes, nodes }
        : { processes: started.processes, nodes }
    if (started.launcher === 'srun') return stepOf(started, controlled)
    const says = flagOf(
      started.launcherFlags,
      'np',
      'n',
      'c',
      'H',
      'host',
      'hosts',
      'hostfile',
      'npernode',
      'N',
    )
    return says === undefined
      ? { processes: controlled.processes, nodes: controlled.nodes ?? nodes }
      : { processes: null, nodes: null }
  }
  if (call.processes === 1) return { processes: started.processes, nodes }
  return { processes: started.processes === 1 ? call.processes : null, nodes }
}

/** What `srun` leaves open it takes from the job. */
function stepOf(
  { launcherFlags, launcherOpen, processes, nodes }: Launch,
  controlled: { processes: number | null; nodes?: number | null },
): Pick<Launch, 'processes' | 'nodes'> {
  const given = flagOf(launcherFlags, 'nodes')
  const on = given === undefined ? (controlled.nodes ?? null) : nodes
  if (flagOf(launcherFlags, 'ntasks-per-node') !== undefined) return { processes, nodes: on }
  const total = flagOf(launcherFlags, 'ntasks')
  if (total === undefined)
    return given === undefined && launcherOpen !== true
      ? { processes: controlled.processes, nodes: on }
      : { processes, nodes: on }
  const count = typeof total.value === 'string' && /^\d+$/.test(total.value) ? Number(total.value) : null
  if (count === 1) return { processes: 1, nodes: 1 }
  return { processes: count === null || on === null || count % on !== 0 ? null : count / on, nodes: on }
}
