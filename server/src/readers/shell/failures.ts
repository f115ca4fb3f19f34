/** Shell scripts that go on when a training has failed. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { type FoundLaunch, launchesOf } from './launches.js'

export const shellFailuresReader = defineReader({
  name: 'shell-failures',
  languages: ['shell'],
  triggers: ['|| true', '||true', '|| :', '|| echo', 'set +e'],
  read(facts, _context, claims) {
    const { shell } = facts
    if (shell === undefined) return
    const launches = launchesOf(shell.commands, (span) => claims.locate(span)).filter(trainsByName)
    const claim = (launch: FoundLaunch, key: string, at: Place, anchor: string, told: boolean): void => {
      claimOperation(claims, {
        kind: 'swallow failure',
        place: 'run',
        key,
        at,
        site: { ...at, anchor },
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
    for (const launch of launches) {
      const { command } = launch
      const by = command.ignoredBy
      if (
        by !== undefined &&
        command.failureIgnored &&
        !isAskedFor(facts.fragment.text, command.start, by.end)
      ) {
        const start = by.end - by.text.length
        claim(
          launch,
          by.text,
          { start, end: by.end },
          stops(shell, command) ? 'drop' : 'exit',
          /echo/.test(by.text),
        )
      }
    }
    for (const { off, launch } of unchecked(shell, launches, facts.fragment.text))
      claim(launch, 'set +e', { start: off.start, end: off.end }, 'line', false)
  },
  change: changeShell,
})

export function programOf({ parts }: FoundLaunch): string {
  return parts.program.path ?? parts.program.module ?? parts.launcher
}

/** Programs about trainings rather than trainings: `plot_training.py`. */
const besides =
  /^(plot|draw|show|vis|analy[sz]e|check|export|convert|merge|log|monitor|compare|parse|summar|watch|submit|launch|schedule)/i

/** By the name of the program, or by a launcher that starts nothing else. */
export function trainsByName({ parts }: FoundLaunch): boolean {
  return !parts.serves && trainsByProgram(programOf({ parts } as FoundLaunch), parts.chain)
}

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

const word = (command: ShellCommand, index: number): string => command.words[index]?.text ?? ''

/** The script ends at the first failure when it comes to this command. */
function stops(shell: ShellFacts, command: ShellCommand): boolean {
  let on = false
  for (const one of shell.commands) {
    if (one.start >= command.start) break
    if (word(one, 0) !== 'set') continue
    for (const [index, { text }] of one.words.entries()) {
      if (/^-[a-z]*e/.test(text ?? '') || (text === 'errexit' && word(one, index - 1) === '-o')) on = true
      else if (/^\+[a-z]*e/.test(text ?? '') || (text === 'errexit' && word(one, index - 1) === '+o'))
        on = false
    }
  }
  return on
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
    if (!off.words.some((one) => /^\+[a-z]*e/.test(one.text ?? '')) || !stops(shell, off)) continue
    const end = switches[index + 1]?.start ?? text.length
    const launch = launches.find(({ command }) => command.start > off.start && command.start < end)
    if (launch === undefined || launch.command.failureIgnored) continue
    if (/\$\?|PIPESTATUS|\bwait\b/.test(text.slice(launch.command.start))) continue
    found.push({ off, launch })
  }
  return found
}

function changeShell(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { anchor, fragment, start, end } = claim.site
  const { text } = facts.fragment
  const replace = (title: string, from: number, to: number, by: string): Change => ({
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start: from, end: to, text: by }],
    imports: [],
  })
  if (anchor === 'line') {
    const from = text.lastIndexOf('\n', start - 1) + 1
    const next = text.indexOf('\n', end)
    if (text.slice(from, next < 0 ? undefined : next).trim() !== text.slice(start, end).trim())
      return { reason: 'other commands stand on the same line' }
    return replace('Stop at the first failure: remove set +e', from, next < 0 ? text.length : next + 1, '')
  }
  const written = text.slice(start, end)
  if (!written.startsWith('||')) return { reason: 'the command has changed' }
  const said = /^\|\|\s*(echo\b.*)$/s.exec(written)
  if (said !== null)
    return replace('Stop after the message: exit 1', start, end, `|| { ${said[1]}; exit 1; }`)
  if (anchor !== 'drop') return replace('Stop when it fails: || exit 1', start, end, '|| exit 1')
  const blank = /[ \t]*$/.exec(text.slice(0, start))![0].length
  return replace(`Stop when it fails: remove ${written}`, start - blank, end, '')
}
