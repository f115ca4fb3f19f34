/** A flag that is missing on a launch line: where the finding stands, and how the flag is added. */
import type { Refusal, Write } from '../edit/write.js'
import type { ClaimOptions } from '../workload/builder.js'
import type { Binding, Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

/** Options of a claim about what a launch leaves out. */
export function onLaunchLine(binding: Binding): ClaimOptions {
  const { location } = binding.launch
  return { location, site: { start: location.start, end: location.end, target: { kind: 'launch line' } } }
}

export function isOnLaunchLine(claim: Claim): boolean {
  return claim.site.target?.kind === 'launch line'
}

/** A flag or variable of a launch gives the value. */
export function isSetByLaunch({ channel }: Pick<Claim, 'channel'>): boolean {
  return channel === 'launch flag' || channel === 'launch environment'
}

/** Adds `flag` behind the last word of the command. Only in shell scripts: elsewhere the line may be quoted. */
export function writeLaunchFlag(claim: Claim, flag: string, facts: FragmentFacts): Write | Refusal {
  const { shell, fragment, path } = facts
  const { start, end } = claim.site
  const command =
    fragment.origin === 'file'
      ? shell?.commands.find((one) => one.start === start && one.end === end)
      : undefined
  const last = command?.words.at(-1)
  if (last === undefined) return { reason: `pass ${flag} on the launch line` }
  return {
    kind: 'replace text',
    path,
    fragment: fragment.index,
    start: last.end,
    end: last.end,
    text: ` ${flag}`,
  }
}
