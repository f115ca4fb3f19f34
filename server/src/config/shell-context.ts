/** What a command stands in: loops, branches, pipes, and what says that its failure does not matter. */
import type { ShellCommand, ShellGuard } from './shell-facts.js'
import type { Said } from './shell-said.js'

/** What stands around a command. */
export interface ShellContext {
  loops: ShellCommand['loops']
  background: boolean
  failureIgnored: boolean
  unreachable: boolean
  ignoredBy?: NonNullable<ShellCommand['ignoredBy']>
  piped?: NonNullable<ShellCommand['piped']>
  repeated?: NonNullable<ShellCommand['repeated']>
  guards?: readonly ShellGuard[]
  /** In a `while true` that something leaves. */
  endless?: boolean
  captured?: true
}

/** At the start of a script nothing stands around it. */
export const bare: ShellContext = {
  loops: [],
  background: false,
  failureIgnored: false,
  unreachable: false,
}

export function guardedBy(context: ShellContext, ...guards: ShellGuard[]): ShellContext {
  return { ...context, guards: [...(context.guards ?? []), ...guards] }
}

export function ignoring(context: ShellContext, said: Said | null): ShellContext {
  return said === null ? context : { ...context, failureIgnored: true, ignoredBy: said }
}
