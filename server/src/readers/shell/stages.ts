/** Shell scripts whose stages build on each other, and which go on when one of them has failed. */
import type { ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { programOf, trainsByName } from './failures.js'
import { type FoundLaunch, launchesOf } from './launches.js'
import { stopsAtFailure } from './shell-options.js'

export const shellStagesReader = defineReader({
  name: 'shell-stages',
  languages: ['shell'],
  triggers: ['train', 'torchrun', 'deepspeed', 'pretrain', 'finetune'],
  read(facts, _context, claims) {
    const { shell, fragment } = facts
    if (shell === undefined || fragment.language !== 'shell') return
    const text = withoutComments(fragment.text, shell.comments)
    // The script asks by itself.
    if (/\btrap\b|&&\s*\\?\s*$/m.test(text)) return
    const all = launchesOf(shell.commands, (span) => claims.locate(span))
    const launches = all.filter(trainsByName)
    const asks = (launch: FoundLaunch) => asksBehind(fragment.text, launch, all)
    const reads = readsOf(launches)
    for (const launch of launches) {
      const { command } = launch
      const { ignoredBy, guards, background, unreachable } = command
      if (ignoredBy !== undefined || guards !== undefined || background || unreachable) continue
      if (command.captured === true || stopsAtFailure(shell, command)) continue
      if (/^\s*(\|\||&&)/.test(fragment.text.slice(command.end))) continue
      if (asks(launch) || !(isContinued(launch, reads) || isEvaluated(launch, all, shell))) continue
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

/** `if [ $? -ne 0 ]` before anything else is started. */
function asksBehind(text: string, { command }: FoundLaunch, all: readonly FoundLaunch[]): boolean {
  const next = all.find((one) => one.command.start > command.end)
  return /\$\?|PIPESTATUS/.test(text.slice(command.end, next?.command.start))
}

/** A batch job that holds accelerators evaluates the model behind it, whatever has become of it. */
function isEvaluated(launch: FoundLaunch, all: readonly FoundLaunch[], shell: ShellFacts): boolean {
  const { command, parts } = launch
  if (shell.directives.length === 0 || command.loops.length > 0) return false
  return (
    (parts.processes ?? 1) > 1 &&
    all.some(
      (one) =>
        one.command.start > command.end &&
        !one.command.unreachable &&
        one.command.guards === undefined &&
        workOfName(programOf(one).replace(/\.py$/, '').split(/[/.]/).at(-1)!).includes('evaluate'),
    )
  )
}

/** What comes behind builds on what this training leaves. */
function isContinued(launch: FoundLaunch, reads: ReadonlyMap<string, number>): boolean {
  const { command } = launch
  if (command.loops.some(({ variable }) => stage.test(variable))) return true
  if (command.loops.length > 0) return false
  return outputsOf(launch).some((output) => (reads.get(output) ?? 0) > command.end)
}

/** Where each path, or a path within it, is read for the last time: the start of that launch. */
function readsOf(launches: readonly FoundLaunch[]): Map<string, number> {
  const last = new Map<string, number>()
  for (const { command } of launches)
    command.words.forEach(({ raw }, index) => {
      // The same folder to write to is no input.
      if (outputFlag.test(raw) || outputFlag.test(command.words[index - 1]?.raw ?? '')) return
      for (const path of foldersOf(pathIn(raw))) last.set(path, Math.max(last.get(path) ?? 0, command.start))
    })
  return last
}

/** 'out/stage1/best.pt': itself and the folders that hold it. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, deepest)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

const deepest = 20

/** The value of `--flag=value`, or the word, as a path. */
function pathIn(raw: string): string {
  const value = /^-[\w-]*=/.test(raw) ? raw.slice(raw.indexOf('=') + 1) : raw
  return value.replace(/["']/g, '').replace(/(?<!\/)\/+$/, '')
}

const outputFlag = /^--?(\w*(output|save|out|checkpoint|ckpt)\w*)(=|$)/i

/** Paths that a training is told to write to, as the script has them. */
function outputsOf({ command: { words } }: FoundLaunch): string[] {
  return words.flatMap(({ raw }, index) => {
    if (!outputFlag.test(raw) || /resume|load|init|from|steps|every|limit|freq|strategy/i.test(raw)) return []
    const path = pathIn(raw.includes('=') ? raw : (words[index + 1]?.raw ?? ''))
    return path.length > 3 && /[/\w]/.test(path) && !path.startsWith('-') ? [path] : []
  })
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

/** What is for the machine at the top of a script. Batch systems read their directives up to the first command only. */
const forMachines = /^#(?:!|\$|[A-Z]{3,}[ \t])[^\n]*(?:\n|$)/gm

/** `set -e` below the shebang, the directives and the comments at the top. */
function change(_claim: Claim, _value: unknown, { fragment, path, shell }: FragmentFacts): Change | Refusal {
  if (shell?.commands[0] === undefined) return { reason: 'the command is no longer in the file' }
  const { text, index } = fragment
  const [top] = /^(?:[ \t]*(?:#[^\n]*)?\n)*/.exec(text)!
  const directives = [...top.matchAll(forMachines)].map((line) => line.index + line[0].length)
  const start = directives.at(-1) ?? 0
  const [comments] = /^(?:[ \t]*#[^\n]*(?:\n|$))*/.exec(text.slice(start))!
  // A comment that the first command follows directly speaks of it.
  const isApart = /^\s*\n|^$/.test(text.slice(start + comments.length))
  const at = isApart ? start + comments.length : start
  const isFirst = at === 0 || /^#![^\n]*\n$/.test(text.slice(0, at))
  const behind = isFirst || /^[ \t]*(\n|$)/.test(text.slice(at)) ? '' : '\n'
  const lines = `${isFirst ? '' : '\n'}set -e\n${behind}`
  return {
    title: 'Stop at the first failure (set -e)',
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path, fragment: index, start: at, end: at, text: lines }],
    imports: [],
  }
}
