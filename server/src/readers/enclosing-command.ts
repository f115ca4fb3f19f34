import type { ShellCommand } from '../config/shell-facts.js'
import type { Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

/** The command that the claim's place is a part of. */
export function enclosingCommand({ site }: Claim, { shell }: FragmentFacts): ShellCommand | undefined {
  const { target } = site
  if (target?.kind !== 'command') return undefined
  return shell?.commands.find((command) => command.start === target.start)
}
