/** Shell scripts that go on when a training has failed. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import { parseScriptCall } from '../../link/launch-line.js'
import type { ChangeTarget } from '../../text/change-target.js'
import type { Location, Span } from '../../text/location.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { type FoundLaunch, launchesOf } from './launches.js'
import { lostStatuses, statusesOfPipes } from './pipe-status.js'
import { stopsAtFailure, word } from './shell-options.js'

export const shellFailuresReader = defineReader({
  name: 'shell-failures',
  languages: ['shell'],
  triggers: ['|| true', '||true', '|| :', '|| echo', '|| {', 'set +e', '$?', 'if ', '| tee', '|tee'],
  read(facts, _context, claims) {
    const { shell } = facts
    if (shell === undefined) return
    const all = launchesOf(shell.commands, (span) => claims.locate(span))
    const launches = all.filter(trainsByName)
    const claim = (
      launch: FoundLaunch,
      key: string,
      at: Place,
      target: ChangeTarget,
      told: boolean,
    ): void => {
      claimOperation(claims, {
        kind: 'swallow failure',
        place: 'run',
        key,
        at,
        site: { ...at, target },
        scope: '',
        evidence: {
          role: 'job',
          accelerator: 'maybe',
          small: null,
          notebook: facts.fragment.language !== 'shell',
        },
        // One of many that fails need not keep the others from running.
        weight: told || launch.command.loops.length > 0 ? 'slight' : 'ordinary',
        subject: programOf(launch),
      })
    }
    const { text } = facts.fragment
    // Of a batch job whatever it runs has its result asked for.
    const asked = shell.directives.length > 0 ? all.filter((one) => !one.parts.serves) : launches
    const piped = statusesOfPipes(shell, asked, text)
    for (const { launch, status, key } of piped) claim(launch, key, status, { kind: 'exit status' }, false)
    if (facts.fragment.language === 'shell')
      for (const { launch, status, key, stops } of lostStatuses(
        shell,
        launches,
        text,
        shell.directives.length > 0 ? 'last' : null,
      ))
        claim(launch, key, status, stops ? { kind: 'pipeline' } : notAsked, true)
    for (const launch of launches) {
      const { command } = launch
      const by = command.ignoredBy
      if (by === undefined || !command.failureIgnored || isAskedFor(text, command.start, by.end)) continue
      if (piped.some((one) => one.launch.command === command)) continue
      const { start, end } = by
      const told = /\b(echo|printf)\b/.test(by.text)
      const target: ChangeTarget = by.text.startsWith('||')
        ? { kind: 'fallback', needless: stopsAtFailure(shell, command) }
        : { kind: 'message branch' }
      claim(launch, shortened(by.text), { start, end }, target, told)
    }
    for (const { off, launch } of unchecked(shell, launches, text))
      claim(launch, 'set +e', { start: off.start, end: off.end }, { kind: 'command line' }, false)
  },
  change: changeShell,
})

const notAsked: ChangeTarget = {
  kind: 'refused',
  reason: 'the script goes on after failures: put `set -o pipefail` above it',
}

const doneThere = 'take it out of the command of the job'
const failsAlone = 'put `set -o pipefail` in front of it, in a shell that has it'

/** The same in the commands of a job that another file describes: `command: ["bash", "-c", "python train.py || true"]`. */
export function claimIgnoredFailures(
  claims: ClaimBuilder,
  launches: readonly FoundLaunch[],
  text: string | null,
  placeOf: (span: { start: number; end: number }) => Place,
  job: string | null,
  pipes: { shell: ShellFacts; counts: 'last' | 'all' | null } | null,
): void {
  const trainings = launches.filter(trainsByName)
  const claim = (launch: FoundLaunch, by: Span, key: string, target: ChangeTarget, slight: boolean): void => {
    const at = placeOf(by)
    claimOperation(claims, {
      kind: 'swallow failure',
      place: 'run',
      key,
      at,
      site: { ...at, target },
      scope: '',
      evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: false },
      weight: slight ? 'slight' : 'ordinary',
      subject: programOf(launch),
      ...(job === null ? {} : { job }),
      apart: `ignored ${by.start}`,
    })
  }
  if (text !== null && pipes !== null)
    for (const { launch, status, key } of lostStatuses(pipes.shell, trainings, text, pipes.counts))
      claim(launch, status, key, { kind: 'refused', reason: failsAlone }, true)
  for (const launch of trainings) {
    const { command } = launch
    const by = command.ignoredBy
    if (by === undefined || !command.failureIgnored || !by.text.startsWith('||')) continue
    if (text !== null && isAskedFor(text, command.start, by.end)) continue
    const slight = /\b(echo|printf)\b/.test(by.text) || command.loops.length > 0
    claim(launch, by, shortened(by.text), { kind: 'refused', reason: doneThere }, slight)
  }
}

export function programOf({ parts }: FoundLaunch): string {
  const { path, module, inline } = parts.program
  return inline === true ? 'its Python program' : (path ?? module ?? parts.launcher)
}

/** Programs about trainings rather than trainings: `plot_training.py`. */
const besides =
  /^(plot|draw|show|vis|analy[sz]e|check|export|convert|merge|log|monitor|compare|parse|summar|watch|submit|launch|schedule)|(^|_)(notebook|config|dataset|manifest|docs?|report)$/i

/** By the name of the program or of its task, or by a launcher that starts nothing else. */
export function trainsByName({ parts }: FoundLaunch): boolean {
  if (parts.serves) return false
  // `run.py train`.
  const task = parts.positionals[0]?.value
  if (task === 'train' || task === 'fit' || task === 'finetune') return true
  return trainsByProgram(programOf({ parts } as FoundLaunch), parts.chain)
}

/** A script that a machine starts with trains: by a program of its own, or by a script of the project (`bash run_train.sh`). */
export function trainsAtStart(commands: readonly ShellCommand[], launches: readonly FoundLaunch[]): boolean {
  return launches.some(trainsByName) || commands.some(callsTraining)
}

function callsTraining({ words, environment, unreachable }: ShellCommand): boolean {
  const parts = unreachable ? null : parseScriptCall(words, environment, () => nowhere)
  const path = parts?.program.path
  return path != null && trainsByProgram(path.replace(/\.(sh|bash)$/, ''), [])
}

const nowhere: Location = { path: '', cell: null, start: 0, end: 0 }

/** `chain`: the launchers around the program. */
export function trainsByProgram(name: string, chain: readonly string[]): boolean {
  if (chain.some((one) => /^(torchrun|deepspeed|horovodrun|composer|axolotl|llamafactory-cli)$/.test(one)))
    return !/eval|infer|test|predict|bench/i.test(name)
  const base = name.replace(/\.py$/, '').split(/[/.]/).at(-1)!
  return workOfName(base).includes('train') && !besides.test(base)
}

/** What the command wrote is looked at behind it: `train.py --probe > "$log" || true`, `best=$(grep … "$log")`. */
function isAskedFor(text: string, start: number, end: number): boolean {
  const file = /(?:^|[^&\d])>>?\s*(["']?[^\s"'&|;<>]+["']?)/.exec(text.slice(start, end))?.[1]
  if (file === undefined || /\/dev\/null/.test(file)) return false
  const name = file.replace(/["']/g, '')
  return text
    .slice(end)
    .split('\n')
    .some((line) => line.includes(name) && /\$\(|`|^\s*(if|elif|while|until)\b/.test(line.replace(/#.*/, '')))
}

/** What stands on several lines, or is long, as a message can show it. */
function shortened(text: string): string {
  const [line = ''] = text.split('\n')
  return line.length < text.length || line.length > 60 ? `${line.slice(0, 40).trimEnd()} …` : text
}

/** `set +e` after `set -e`, with a training behind it and nobody who asks for its exit status. */
function unchecked(
  shell: ShellFacts,
  launches: FoundLaunch[],
  text: string,
): { off: ShellCommand; launch: FoundLaunch }[] {
  const found: { off: ShellCommand; launch: FoundLaunch }[] = []
  const switches = shell.commands.filter((one) => word(one, 0) === 'set' && !one.unreachable)
  for (const [index, off] of switches.entries()) {
    if (!off.words.some((one) => /^\+[a-z]*e/.test(one.text ?? '')) || !stopsAtFailure(shell, off)) continue
    const end = switches[index + 1]?.start ?? text.length
    const launch = launches.find(({ command }) => command.start > off.start && command.start < end)
    if (launch === undefined || launch.command.failureIgnored) continue
    if (/\$\?|PIPESTATUS|\bwait\b/.test(text.slice(launch.command.start))) continue
    found.push({ off, launch })
  }
  return found
}

function changeShell(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { target, fragment, start, end } = claim.site
  const { text } = facts.fragment
  const replace = (title: string, from: number, to: number, by: string): Change => ({
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start: from, end: to, text: by }],
    imports: [],
  })
  if (target?.kind === 'command line') {
    const from = text.lastIndexOf('\n', start - 1) + 1
    const next = text.indexOf('\n', end)
    if (text.slice(from, next < 0 ? undefined : next).trim() !== text.slice(start, end).trim())
      return { reason: 'there are other commands on the same line' }
    return replace('Stop at the first failure: remove set +e', from, next < 0 ? text.length : next + 1, '')
  }
  const written = text.slice(start, end)
  if (target?.kind === 'exit status') return changeStatus(written, facts, replace, start, end)
  if (target?.kind === 'pipeline') return addPipefail(facts, replace, start)
  if (target?.kind === 'message branch') {
    const lineStart = text.lastIndexOf('\n', start - 1) + 1
    const before = text.slice(lineStart, start)
    const behind = before.trim() === '' ? `\n${before}exit 1` : '; exit 1'
    return replace('Stop after the message: exit 1', end, end, behind)
  }
  if (!written.startsWith('||')) return { reason: 'the command has changed' }
  if (/\bcontinue\b/.test(written)) return { reason: 'the loop goes on with the next one on purpose' }
  const block = /^\|\|\s*\{([\s\S]*?)(\s*)\}$/.exec(written)
  if (block !== null) {
    const [, body, space] = block
    const indent = /^\s*\n([ \t]*)/.exec(body!)?.[1]
    const stop = indent === undefined ? `${body!.replace(/;$/, '')}; exit 1;` : `${body}\n${indent}exit 1`
    return replace('Stop after the message: exit 1', start, end, `|| {${stop}${space}}`)
  }
  const said = /^\|\|\s*(echo\b.*)$/s.exec(written)
  if (said !== null)
    return replace('Stop after the message: exit 1', start, end, `|| { ${said[1]}; exit 1; }`)
  if (target?.kind !== 'fallback' || !target.needless)
    return replace('Stop when it fails: || exit 1', start, end, '|| exit 1')
  const blank = /[ \t]*$/.exec(text.slice(0, start))![0].length
  return replace(`Stop when it fails: remove ${written}`, start - blank, end, '')
}

type Replace = (title: string, from: number, to: number, by: string) => Change

const isSh = (text: string): boolean => /^#!\s*\S*\/(env\s+)?(sh|dash|ash)\b/.test(text)

/** `set -e` becomes `set -eo pipefail`. */
function addPipefail(
  { fragment: { text }, shell }: FragmentFacts,
  replace: Replace,
  at: number,
): Change | Refusal {
  if (isSh(text)) return { reason: 'sh has no pipefail: let bash run the script' }
  const setter = [...(shell?.commands ?? [])]
    .reverse()
    .find(
      (one) => one.start < at && word(one, 0) === 'set' && one.words.some((own) => /^-[a-z]*e/.test(own.raw)),
    )
  const options = setter?.words.find((own) => /^-[a-z]*e[a-z]*$/.test(own.raw) && !own.raw.includes('o'))
  if (options === undefined) return { reason: '`set -o pipefail` belongs below what sets the other options' }
  return replace(
    'Let set -e see failures in pipelines: pipefail',
    options.start,
    options.end,
    `${options.raw}o pipefail`,
  )
}

/** `$?` behind a pipeline becomes the status of the program. */
function changeStatus(
  written: string,
  { fragment: { text } }: FragmentFacts,
  replace: Replace,
  start: number,
  end: number,
): Change | Refusal {
  if (written !== '$?') return { reason: 'the command has changed' }
  if (isSh(text)) return { reason: 'sh has no PIPESTATUS: let bash run the script' }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how the shell spells it.
  const status = '${PIPESTATUS[0]}'
  return replace('Check the status of the program: PIPESTATUS', start, end, status)
}
