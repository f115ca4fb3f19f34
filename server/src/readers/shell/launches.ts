/** Commands that start programs, as launches; and what the rest of a script means for its machines. */
import type { ShellCommand, ShellFacts, ShellWord } from '../../config/shell-facts.js'
import { parseCommandCall, parseLaunch, parseScriptCall } from '../../link/launch-line.js'
import { flagOf, type LaunchParts } from '../../link/launch-parts.js'
import { describesItself, preparesData, startsOnEveryNode, startsPerDevice } from '../../link/launchers.js'
import { deviceOf } from '../../link/one-device.js'
import { knowsOneMachine } from '../../link/processes.js'
import { imageVersions } from '../../link/versions.js'
import type { Location, Span } from '../../text/location.js'
import { lookUp } from '../../text/records.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Launch, LaunchValue } from '../../workload/claim.js'
import { isHarmless, isServer, isWorkbench } from './commands.js'

export interface FoundLaunch {
  command: ShellCommand
  parts: LaunchParts
}

export function launchesOf(commands: ShellCommand[], locate: (span: Span) => Location): FoundLaunch[] {
  const found: FoundLaunch[] = []
  for (const command of commands) {
    if (command.unreachable) continue
    const parts = parseLaunch(command.words, command.environment, locate) ?? inlineLaunch(command, locate)
    if (parts !== null) found.push({ command, parts })
  }
  return found
}

/** `srun python - <<EOF`, as if the program that it is fed stood in a file. */
function inlineLaunch(
  { words, environment, inline }: ShellCommand,
  locate: (span: Span) => Location,
): LaunchParts | null {
  if (inline === undefined) return null
  const at = words.findIndex((word) => /(^|\/)python[\d.]*$/.test(word.text ?? ''))
  const interpreter = words[at]
  if (interpreter === undefined) return null
  const { start, end } = interpreter
  const program = { text: 'inline.py', raw: 'inline.py', start, end }
  const after = words.slice(at + 1)
  const code = after.findIndex(({ text }) => text === '-c')
  const given = code < 0 ? after : after.slice(code + 2)
  const rest = given.filter(({ text }) => text === null || !/^-[uOBEsI]*$/.test(text))
  const parts = parseLaunch([...words.slice(0, at + 1), program, ...rest], environment, locate)
  return parts === null ? null : { ...parts, program: { path: inline, module: null, inline: true } }
}

/** What the launch of a command in a script is called. */
export function shellLaunchId(claims: ClaimBuilder, fragment: SourceFragment, command: ShellCommand): string {
  const { path, cell, start } = claims.locate(command)
  const again = command.time === undefined ? '' : `:${command.time}`
  return `${path}#launch@${fragment.index}:${cell ?? ''}:${start}${again}`
}

/** `source env.sh`: it may set any variable. */
export function readsIn({ commands }: ShellFacts): boolean {
  return commands.some(
    ({ words, sourced }) => sourced !== undefined || /^(source|\.)$/.test(words[0]?.text ?? ''),
  )
}

export interface Around {
  job: string | null
  /** Apart from the place, what makes the launch unique (several commands in one YAML scalar). */
  id: string
  place: Span
  /** Variables of the job around the command; the command's own win. */
  environment?: Record<string, LaunchValue>
  /** What scripts that the job calls find set besides: the scheduler tells them what the job asked for. */
  variables?: Readonly<Record<string, string>>
  /** `Launch.variablesFrom`. */
  variablesFrom?: Launch['variablesFrom']
  /** `Launch.contained`. */
  contained?: boolean
  /** The folder that the job starts in, where it says so. */
  folder?: string | null
  /** Only that folder is uploaded. */
  placed?: boolean
  /** Per node, and nodes, where the command itself does not say. */
  processes?: number | null
  nodes?: number | null
  /** `Launch.total`. */
  total?: number
  /** The image that the job runs in. */
  image?: string | null
  /** `Launch.besides`. */
  besides?: string | null
  /** `Launch.targets`. */
  targets?: string[]
  /** `Launch.asks`. */
  asks?: boolean
}

export function claimShellLaunch(claims: ClaimBuilder, found: FoundLaunch, around: Around): void {
  claims.launch(shellLaunch(found, around), around.place)
}

/** What the job sets stands where the job says it, unless the script sets it to something else. */
function laidOver(
  job: Readonly<Record<string, LaunchValue>>,
  script: Readonly<Record<string, LaunchValue>>,
): Record<string, LaunchValue> {
  const changed = Object.entries(script).filter(([name, { value }]) => lookUp(job, name)?.value !== value)
  return { ...job, ...Object.fromEntries(changed) }
}

/** What a command starts, as a launch that is not claimed yet. */
export function shellLaunch(
  { command, parts }: FoundLaunch,
  around: Omit<Around, 'place'>,
): Omit<Launch, 'reader' | 'location'> {
  const folder = inside(inside(around.folder ?? '', command.folder), parts.folder)
  const { path, module, command: own, inline } = parts.program
  const absolute = folder?.startsWith('/') === true && path !== null && !path.startsWith('/')
  return {
    id: around.id,
    job: around.job,
    launcher: parts.launcher,
    program: {
      path: absolute ? `${folder}/${path}` : path,
      module,
      bases: folder === null || folder.startsWith('/') ? [] : [folder],
      ...(around.placed === true ? { placed: true } : {}),
      ...(own === undefined ? {} : { command: own }),
      ...(inline === true ? { inline } : {}),
    },
    flags: parts.flags,
    positionals: parts.positionals,
    complete: parts.complete,
    environment: laidOver(around.environment ?? {}, parts.environment),
    ...(around.variablesFrom === undefined ? {} : { variablesFrom: around.variablesFrom }),
    ...(around.contained === true ? { contained: true as const } : {}),
    launcherFlags: parts.launcherFlags,
    ...(parts.launcherComplete ? {} : { launcherOpen: true as const }),
    processes: around.processes === undefined ? parts.processes : around.processes,
    nodes: around.nodes === undefined ? parts.nodes : around.nodes,
    ...(around.total === undefined ? {} : { total: around.total }),
    ...onDevice(parts),
    ...(startsPerDevice(parts.launcher) ? { perDevice: true } : {}),
    ...(startsOnEveryNode(parts.launcher) ? { everyNode: true } : {}),
    ...(command.loops.length > 0 || command.background ? {} : onOneMachine(parts, around)),
    files: parts.files,
    ...(command.guards === undefined ? {} : { conditional: true as const }),
    ...(command.repeated === undefined ? {} : { restarts: command.repeated }),
    ...(around.besides === undefined ? {} : { besides: around.besides }),
    ...(around.targets === undefined ? {} : { targets: around.targets }),
    ...(around.asks === true ? { asks: true as const } : {}),
    ...(parts.serves ? { serves: true as const } : {}),
    ...(describesItself(parts.launcher) ? { described: true as const } : {}),
    ...(preparesData(parts.launcher) ? { prepares: true as const } : {}),
    ...(parts.agent ? { sweep: 'agent' as const } : {}),
    ...(parts.runs === undefined ? {} : { runs: parts.runs }),
    ...(parts.cluster === null ? {} : { cluster: parts.cluster }),
    ...versionsIn(around.image),
  }
}

function onDevice(parts: LaunchParts): Pick<Launch, 'device'> {
  const device = deviceOf(parts)
  return device === undefined ? {} : { device }
}

function onOneMachine(
  { launcher, launcherFlags, launcherComplete, environment }: LaunchParts,
  around: Omit<Around, 'place'>,
): Pick<Launch, 'oneMachine'> {
  const surroundings = { ...around.environment, ...environment }
  const oneMachine = knowsOneMachine(launcher, launcherFlags, launcherComplete, surroundings)
  return oneMachine === undefined ? {} : { oneMachine }
}

function versionsIn(image: string | null | undefined): { versions?: Record<string, string> } {
  const found = Object.entries(image == null ? {} : imageVersions(image))
  return found.length === 0
    ? {}
    : { versions: Object.fromEntries(found.map(([name, { version }]) => [name, version])) }
}

/** The folder after a change to `to`; null: not readable. */
export function inside(from: string | null, to: string | null): string | null {
  if (to === null || to.startsWith('/')) return to
  if (from === null || from === '') return from === null ? null : to
  return to === '' || to === '.' ? from : `${from}/${to}`
}

export interface Work {
  /** Why other programs may use the job's accelerators beside its launches; null: they do not. */
  sharing: string | null
  /** That is a shell script, which may be one of the project. */
  sharedByScript: boolean
  /** The script keeps a server or a shell up rather than running to an end. */
  service: boolean
  /** That server is one that somebody works in: a notebook, an editor. */
  workbench: boolean
  /** Nothing in it computes: it looks at the machine (`nvidia-smi`), prints, waits. */
  probes: boolean
  /** Seconds after which `timeout` ends each of its launches; null: nothing does. */
  timeout: { seconds: number; word: ShellWord } | null
}

export function workOf(facts: ShellFacts, launches: FoundLaunch[]): Work {
  const running = launches.filter((one) => !one.parts.serves && !isServer(one.command))
  const launched = new Set(running.map((one) => one.command))
  const serving = new Set(launches.filter((one) => one.parts.serves).map((one) => one.command))
  let sharing: string | null = null
  let script: string | null = null
  let service = false
  const beside = facts.commands.filter(({ background, unreachable }) => background && !unreachable)
  for (const command of facts.commands) {
    if (command.unreachable) continue
    const harmless =
      command.sourced === undefined &&
      (isHarmless(command) || command.own === true || isHarmlessFunction(command) || answersOnly(command))
    if (isServer(command) || serving.has(command)) service = true
    // The only program of a script, which waits for it, has the machine to itself.
    const alone =
      launched.has(command) && running.length === 1 && beside.length === 1 && command.loops.length === 0
    if (command.background && !harmless && !alone) sharing ??= 'commands in the background'
    else if (!launched.has(command) && !serving.has(command) && !harmless) {
      if (command.sourced !== undefined || runsScript(command)) script ??= spelled(command)
      else sharing ??= spelled(command)
    }
  }
  if (facts.hasErrors) sharing ??= 'a part that cannot be read'
  const probes = launches.length === 0 && facts.commands.length > 0 && facts.commands.every(isHarmless)
  return {
    sharing: sharing ?? script,
    sharedByScript: sharing === null && script !== null,
    service: service && running.length === 0,
    workbench: running.length === 0 && facts.commands.some((one) => !one.unreachable && isWorkbench(one)),
    probes: probes && !facts.hasErrors,
    timeout: timeoutOf(launches),
  }
}

/** A call of a function that another script defines, of which nothing does harm. */
function isHarmlessFunction({ lent }: ShellCommand): boolean {
  return lent?.every((one) => !one.background && (isHarmless(one) || isHarmlessFunction(one))) === true
}

/** `SEED=$(shuf -i 1-100 -n 1)`: whatever it is, it is over before the next command starts; a script may do more. */
function answersOnly({ captured, words, environment }: ShellCommand): boolean {
  return captured === true && parseScriptCall(words, environment, locate) === null
}

/** `bash run.sh`, and what may be a command of the project. */
function runsScript({ words, environment }: ShellCommand): boolean {
  return (
    (parseScriptCall(words, environment, locate) ?? parseCommandCall(words, environment, locate)) !== null
  )
}

const locate = (): Location => ({ path: '', cell: null, start: 0, end: 0 })

export function spelled(command: ShellCommand): string {
  const text = command.words
    .slice(0, 2)
    .map((word) => word.raw)
    .join(' ')
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** The longest `timeout` where every launch stands under one. */
function timeoutOf(launches: FoundLaunch[]): Work['timeout'] {
  let longest: Work['timeout'] = null
  for (const { command, parts } of launches) {
    const before = command.words.filter((word) => word.end <= parts.programSpan.start)
    const at = before.findIndex((word) => word.text !== null && /(^|\/)timeout$/.test(word.text))
    const word =
      at < 0 ? undefined : before.slice(at + 1).find((one) => /^\d+(\.\d+)?[smhd]?$/.test(one.text ?? ''))
    if (word === undefined) return null
    const [, amount, unit] = /^([\d.]+)([smhd]?)$/.exec(word.text!)!
    const seconds = Number(amount) * lookUp(units, unit || 's')!
    if (longest === null || seconds > longest.seconds) longest = { seconds, word }
  }
  return longest
}

/** A whole number that a flag of the launchers gives; null: given but not readable; undefined: not given. */
export function launcherNumber(parts: LaunchParts, ...names: string[]): number | null | undefined {
  const flag = flagOf(parts.launcherFlags, ...names)
  if (flag === undefined) return undefined
  return typeof flag.value === 'string' && /^\d+$/.test(flag.value) ? Number(flag.value) : null
}
