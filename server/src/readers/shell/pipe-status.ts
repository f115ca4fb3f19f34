/** The status of a pipeline is that of its last command, which hides that a training in it has failed. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import type { Place } from '../../workload/builder.js'
import type { FoundLaunch } from './launches.js'
import { isSet, stopperOf, word } from './shell-options.js'

/** Programs at the end of a pipeline that only keep or show what comes through it. */
const passing = /^(tee|cat|ts|tail|head|grep|egrep|sed|awk|less|tr|stdbuf|pv)$/
/** What a script reads in that sets no options of the shell. */
const harmlessSource = /activate|\.env\b|\.?(bash|zsh)(rc|_profile)|profile|conda|modules|setvars|\$\(/
/** `if [ $? -eq 0 ]`, `status=$?`, `exit $?`: what follows a pipeline at once. */
const asksForStatus =
  /^(?:[ \t;]|\r?\n|#[^\n]*(?=\n))*(?:(?:if|elif|local|export|declare)\s+)?(?:\[\[?\s+|test\s+|exit\s+|\(\(\s*|[A-Za-z_]\w*=)"?(\$\?)/

interface PipeStatus {
  launch: FoundLaunch
  /** Where `$?` stands, or the last command of the pipeline. */
  status: Place
  key: string
  /** `set -e` that does nothing for this pipeline; null: nobody asks, and the job ends with this status. */
  stops?: ShellCommand | null
}

/** `#!/usr/bin/env -S bash -eo pipefail`, `setopt pipefail` of zsh, and what a Makefile hands to its shell. */
const setOutside = /^(#!.*|[ \t]*setopt[ \t].*|#SHELLFLAGS.*)pipe_?fail/im

/** The program at the end of a pipeline that a launch begins, where that keeps its own status; null: somebody may ask. */
function lastOfPipe(shell: ShellFacts, { command }: FoundLaunch, text: string): string | null {
  const { piped } = command
  if (piped === undefined || command.background || isSet(shell, command, null, 'pipefail')) return null
  if (setOutside.test(text)) return null
  const sourced = shell.commands.some(
    (one) =>
      one.start < command.start &&
      /^(source|\.)$/.test(word(one, 0)) &&
      !harmlessSource.test(one.words[1]?.raw ?? ''),
  )
  if (sourced) return null
  const last = /(?:^|\|&?)\s*([\w./-]+)[^|]*$/.exec(piped.text)?.[1] ?? ''
  const name = last.slice(last.lastIndexOf('/') + 1)
  return passing.test(name) ? name : null
}

/** `python train.py | tee log; if [ $? -eq 0 ]`: that is the status of `tee`, unless `pipefail` is on. */
export function statusesOfPipes(shell: ShellFacts, launches: FoundLaunch[], text: string): PipeStatus[] {
  return launches.flatMap((launch): PipeStatus[] => {
    const name = lastOfPipe(shell, launch, text)
    const from = launch.command.piped?.end ?? 0
    const found = name === null ? null : asksForStatus.exec(text.slice(from))
    if (found === null) return []
    const end = from + found[0].length
    return [{ launch, status: { start: end - 2, end }, key: `$? after | ${name}` }]
  })
}

/** Commands that build on nothing. */
const idle =
  /^(echo|printf|date|exit|set|wait|deactivate|module|conda|sleep|cd|pushd|popd|unset|export|true|:|nvidia-smi|squeue|sacct|seff|scontrol|hostname)$/
/** The script looks by itself at what became of the training. */
const looks =
  /PIPESTATUS|pipefail|\$\?|(\btest|\[)\s+(!\s*)?-[efs]\s|\btrap\b|\bexit\s+["']?[1-9$]|\bgrep\b|\$\(\s*(cat|tail|head)\b/

/**
 * `python train.py | tee log` where `set -e` should end the script, or where the status of the job is that of `tee`.
 * `counts`: the job takes over the status of its last command, or of all.
 */
export function lostStatuses(
  shell: ShellFacts,
  launches: readonly FoundLaunch[],
  text: string,
  counts: 'last' | 'all' | null,
): PipeStatus[] {
  return launches.flatMap((launch): PipeStatus[] => {
    const { command } = launch
    const { piped, guards, loops, ignoredBy, unreachable, captured } = command
    const name = lastOfPipe(shell, launch, text)
    if (name === null || piped === undefined || guards !== undefined || loops.length > 0) return []
    if (ignoredBy !== undefined || unreachable || captured === true) return []
    const behind = text.slice(piped.end)
    if (looks.test(behind) || /^[ \t]*(\|\||&&)/.test(behind) || isTested(text, command.start)) return []
    const next = shell.commands.some(
      (one) => one.start >= piped.end && !one.unreachable && !idle.test(word(one, 0)),
    )
    const stops = stopperOf(shell, command)
    const lost = stops !== null ? next || counts !== null : counts === 'all' || (counts === 'last' && !next)
    if (!lost) return []
    const start = piped.start + piped.text.lastIndexOf('|')
    const end = text.indexOf(name, start) + name.length
    return [{ launch, status: { start, end }, key: `| ${name}`, stops }]
  })
}

/** `if python train.py | tee log; then`. */
function isTested(text: string, start: number): boolean {
  const before = text.slice(0, start).replace(/\\\r?\n/g, '  ')
  const statement = before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf(';')) + 1)
  return /(^|[&|(\s])(if|elif|while|until|!)\s/.test(statement)
}
