/** Shell scripts whose stages build on each other, and which go on when one of them has failed. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { programOf, stopsAtFailure, trainsByName } from './failures.js'
import { type FoundLaunch, launchesOf } from './launches.js'

export const shellStagesReader = defineReader({
  name: 'shell-stages',
  languages: ['shell'],
  triggers: ['train', 'torchrun', 'deepspeed', 'pretrain', 'finetune'],
  read(facts, _context, claims) {
    const { shell, fragment } = facts
    if (shell === undefined || fragment.language !== 'shell') return
    // The script asks by itself.
    if (/\$\?|PIPESTATUS|\btrap\b|&&\s*\\?\s*$/m.test(withoutComments(fragment.text, shell.comments))) return
    const launches = launchesOf(shell.commands, (span) => claims.locate(span)).filter(trainsByName)
    for (const launch of launches) {
      const { command } = launch
      const { ignoredBy, guards, background, unreachable } = command
      if (ignoredBy !== undefined || guards !== undefined || background || unreachable) continue
      if (command.captured === true || stopsAtFailure(shell, command)) continue
      if (/^\s*(\|\||&&)/.test(fragment.text.slice(command.end))) continue
      if (!isContinued(launch, launches)) continue
      const at = { start: command.start, end: command.words[0]?.end ?? command.end }
      claimOperation(claims, {
        kind: 'swallow failure',
        place: 'run',
        key: 'set -e',
        at,
        site: { ...at, target: { kind: 'command line' } },
        scope: '',
        evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: false },
        weight: 'slight',
        subject: programOf(launch),
        apart: 'stages',
      }).known('repeatedFor', 'set -e', 'the next stage', at)
      return
    }
  },
  change,
})

const stage = /^(stage|step|phase|task|round|part|generation|gen|iteration)(_?(id|no|num|idx|i|n))?$/i

/** What comes behind builds on what this training leaves. */
function isContinued(launch: FoundLaunch, launches: readonly FoundLaunch[]): boolean {
  const { command } = launch
  if (command.loops.some(({ variable }) => stage.test(variable))) return true
  if (command.loops.length > 0) return false
  const written = new Set(outputsOf(launch))
  return launches.some(
    ({ command: later }) =>
      later.start > command.end &&
      later.words.some(
        ({ raw }) => [...written].some((output) => raw.includes(output)) && !isOutput(later.words, raw),
      ),
  )
}

const outputFlag = /^--?(\w*(output|save|out|checkpoint|ckpt)\w*)(=|$)/i

/** Paths that a training is told to write to, as the script has them. */
function outputsOf({ command: { words } }: FoundLaunch): string[] {
  return words.flatMap(({ raw }, index) => {
    if (!outputFlag.test(raw) || /resume|load|init|from|steps|every|limit|freq|strategy/i.test(raw)) return []
    const value = raw.includes('=') ? raw.slice(raw.indexOf('=') + 1) : (words[index + 1]?.raw ?? '')
    const path = value.replace(/["']/g, '')
    return path.length > 3 && /[/\w]/.test(path) && !path.startsWith('-') ? [path] : []
  })
}

/** The same folder to write to is no input. */
function isOutput(words: readonly { raw: string }[], raw: string): boolean {
  const index = words.findIndex((one) => one.raw === raw)
  return outputFlag.test(raw) || outputFlag.test(words[index - 1]?.raw ?? '')
}

function withoutComments(text: string, comments: readonly { start: number; end: number }[]): string {
  let rest = ''
  let at = 0
  for (const { start, end } of comments) {
    rest += text.slice(at, start)
    at = Math.max(at, end)
  }
  return rest + text.slice(at)
}

/** `set -e` before the first command. */
function change(_claim: Claim, _value: unknown, { fragment, path, shell }: FragmentFacts): Change | Refusal {
  const first = shell?.commands[0]
  if (first === undefined) return { reason: 'the command is no longer in the file' }
  const { text, index } = fragment
  const line = text.lastIndexOf('\n', first.start - 1) + 1
  if (text.slice(line, first.start).trim() !== '')
    return { reason: 'the script does not begin with a command on a line of its own' }
  return {
    title: 'Stop at the first failure (set -e)',
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path, fragment: index, start: line, end: line, text: 'set -e\n' }],
    imports: [],
  }
}
