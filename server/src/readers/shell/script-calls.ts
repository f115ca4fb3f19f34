/** Commands of a job that run a shell script of the project: `bash run.sh 8`. */
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import { parseCommandCall, parseScriptCall } from '../../link/launch-line.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import type { Location, Span } from '../../text/location.js'
import { define } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Launch, ShellCall } from '../../workload/claim.js'
import { type Around, shellLaunch, spelled } from './launches.js'
import { makeCall } from './make-calls.js'

/** What the job makes of a launcher of processes; undefined: nothing. */
type Count = (parts: LaunchParts) => { processes?: number | null; nodes?: number | null } | undefined

/** Launchers whose processes a controller or a scheduler may count. */
const counting = ['torchrun', 'mpirun', 'mpiexec', 'horovodrun', 'srun']

/** Claims every call among the commands. `count` is asked for the call itself and for launchers inside the script. */
export function claimScriptCalls(
  claims: ClaimBuilder,
  commands: readonly ShellCommand[],
  around: Around,
  locate: (span: Span) => Location,
  count: Count = () => undefined,
): void {
  commands.forEach((command, index) => {
    const own = { ...around, id: `${around.id}:script:${index}` }
    const call = scriptCall(command, own, locate, count) ?? recipe(command, own)
    if (call !== null) claims.launch(call, around.place)
    else claimOwnCommand(claims, command, { ...around, id: `${around.id}:command:${index}` }, locate, count)
  })
}

/** What recipes do with other variables than those of the Makefile is not known. */
function recipe(command: ShellCommand, around: Around): Omit<Launch, 'reader' | 'location'> | null {
  const called = command.unreachable || around.folder === null ? null : makeCall(command, around)
  if (called === null || called.assigns) return null
  return {
    ...called.launch,
    nodes: around.nodes === undefined ? 1 : around.nodes,
    environment: around.environment ?? {},
    ...(around.variablesFrom === undefined ? {} : { variablesFrom: around.variablesFrom }),
    ...(around.contained === true ? { contained: true as const } : {}),
  }
}

/** A command that the project may declare; the linker drops it where the project does not. */
function claimOwnCommand(
  claims: ClaimBuilder,
  command: ShellCommand,
  around: Around,
  locate: (span: Span) => Location,
  count: Count = () => undefined,
): void {
  const call = ownCommand(command, around, locate, count)
  if (call !== null) claims.launch(call, around.place)
}

export function ownCommand(
  command: ShellCommand,
  around: Omit<Around, 'place'>,
  locate: (span: Span) => Location,
  count: Count = () => undefined,
): Omit<Launch, 'reader' | 'location'> | null {
  const parts = command.unreachable ? null : parseCommandCall(command.words, command.environment, locate)
  if (parts === null) return null
  const nodes = parts.nodes === 1 && around.nodes !== undefined ? around.nodes : parts.nodes
  return {
    ...shellLaunch({ command, parts }, { ...around, nodes, ...count(parts) }),
    shell: { ...parts.shell, spelled: spelled(command) },
  }
}

/** `source run.sh` runs what `bash run.sh` does. */
function calledAs({ words, sourced }: ShellCommand): ShellWord[] {
  const [first, ...rest] = words
  return sourced === undefined || first === undefined ? words : [{ ...first, text: 'bash' }, ...rest]
}

/** The call as a launch whose program is the script; null: the command is something else. */
export function scriptCall(
  command: ShellCommand,
  around: Omit<Around, 'place'>,
  locate: (span: Span) => Location,
  count: Count = () => undefined,
): Omit<Launch, 'reader' | 'location'> | null {
  const parts = command.unreachable ? null : parseScriptCall(calledAs(command), command.environment, locate)
  if (parts === null) return null
  const nodes = parts.nodes === 1 && around.nodes !== undefined ? around.nodes : parts.nodes
  const processes: NonNullable<ShellCall['processes']> = {}
  for (const launcher of counting) {
    const counted = count({ ...parts, launcher, launcherFlags: {}, chain: [launcher] })
    if (counted?.processes === undefined) continue
    const { nodes } = counted
    define(processes, launcher, { processes: counted.processes, ...(nodes === undefined ? {} : { nodes }) })
  }
  const shell: ShellCall = { ...parts.shell, ...command.sourced, spelled: spelled(command) }
  if (around.variables !== undefined) shell.variables = { ...around.variables, ...shell.variables }
  if (Object.keys(processes).length > 0) shell.processes = processes
  // The arguments stand for themselves: what flags mean only the script knows.
  return {
    ...shellLaunch({ command, parts }, { ...around, nodes, ...count(parts) }),
    flags: {},
    positionals: [],
    files: [],
    shell,
  }
}
