/** How options of a command line are added and replaced. */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import type { CloudCommand } from './cloud-command.js'

/** The command, as what a change adds an option to. */
export function commandSite(one: CloudCommand): Place {
  return { start: one.command.start, end: one.command.end }
}

/** Adds options at the end of the command, on a line of their own where the command is written so. */
export function addOptions(
  claim: Claim,
  facts: FragmentFacts,
  title: string,
  added: string[],
): Change | Refusal {
  const { start, end, fragment } = claim.site
  const command = facts.shell?.commands.find((one) => one.start === start && one.end === end)
  if (command === undefined) return { reason: 'the command is inside a string' }
  if (added.length === 0) return byHand(claim)
  const at = optionsEnd(command, facts.fragment.text)
  if ('reason' in at) return at
  const text = added.map((one) => at.joint + one).join('')
  return {
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start: at.at, end: at.at, text }],
    imports: [],
  }
}

/** Where options are added, and what stands before each: a line of their own where the command is written so. */
export function optionsEnd(command: ShellCommand, text: string): { at: number; joint: string } | Refusal {
  const last = command.words.at(-1)!
  if (command.words.some((word) => word.text === '--'))
    return { reason: 'arguments of the program stand at the end' }
  const line = text.slice(text.lastIndexOf('\n', last.start - 1) + 1, last.start)
  const before = text.slice(0, last.start)
  const continued =
    /\\\r?\n[ \t]*(\S+[ \t]+)?$/.test(before) && text.slice(command.start, last.start).includes('\\\n')
  return { at: last.end, joint: continued ? ` \\\n${/^[ \t]*/.exec(line)![0]}` : ' ' }
}

/** Puts another value in the place of one that is written here. */
export function replaceValue(
  claim: Claim,
  facts: FragmentFacts,
  title: string,
  value: string,
): Change | Refusal {
  const { start, end, fragment } = claim.site
  if (facts.shell === undefined) return { reason: 'the command is inside a string' }
  if (!/^[\w.-]+$/.test(facts.fragment.text.slice(start, end)))
    return { reason: `${claim.key} is set elsewhere` }
  return {
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start, end, text: value }],
    imports: [],
  }
}
