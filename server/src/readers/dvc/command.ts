/** `dvc repro --force` runs every stage again, whatever has changed. Source: dvc.org, "repro", "exp run". */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { commandsAnywhere } from '../command-lines/commands-anywhere.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

const mentionsForce = (text: string) => /\bdvc (repro|exp run)\b/.test(text) && /\s(-f|--force)\b/.test(text)

export const dvcCommandReader = defineReader({
  name: 'dvc-command',
  languages: ['shell', 'yaml', 'python'],
  triggers: ['dvc repro', 'dvc exp run', '"repro"', "'repro'"],
  read(facts, context, claims) {
    for (const { command, shown } of commandsAnywhere(facts, context, mentionsForce)) {
      const force = forcedBy(command)
      if (force === undefined) continue
      const place = shown ?? { start: force.start, end: force.end }
      const step = claims.subject('Step', place, 'dvc', evidence)
      step.known('engine', 'dvc', 'DVC', place)
      step.known('unit', 'dvc', 'task', place)
      step.known('allSteps', 'dvc', [], place)
      step.known('cached', force.text!, false, place)
    }
  },
  change: withoutForce,
})

function withoutForce({ site }: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  // With the blank before it; a text of YAML holds the whole command, and may hold others that are meant.
  const from = site.start - 1
  const written = facts.fragment.text.slice(from, site.end)
  const own = /^()(\s(?:-f|--force))$/.exec(written)
  const [found, ...others] =
    own === null ? [...written.matchAll(/(\bdvc (?:repro|exp run)\b[^\n|&;]*?)(\s(?:-f|--force))\b/g)] : [own]
  if (found === undefined) return { reason: 'the switch stands in what puts the command together' }
  if (others.length > 0) return { reason: 'several commands of the step have the switch' }
  const start = from + found.index + found[1]!.length
  return {
    title: 'Run only the stages whose inputs have changed',
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace text',
        path: facts.path,
        fragment: site.fragment,
        start,
        end: start + found[2]!.length,
        text: '',
      },
    ],
    imports: [],
  }
}

/** The words behind `dvc repro` or `dvc exp run`; null: it is another command. */
export function runWords({ words }: ShellCommand): ShellCommand['words'] | null {
  const at = words.findIndex((word) => word.text === 'dvc')
  if (at < 0 || at > 2) return null
  const rest = words.slice(at + 1)
  if (rest[0]?.text === 'repro') return rest.slice(1)
  return rest[0]?.text === 'exp' && rest[1]?.text === 'run' ? rest.slice(2) : null
}

/** The switch of a run of the whole pipeline; a single stage that is named is run again on purpose. */
function forcedBy(command: ShellCommand): ShellCommand['words'][number] | undefined {
  const used = runWords(command)
  if (used === null || used.some((word) => word.text === null || !word.text.startsWith('-'))) return undefined
  if (used.some((word) => /^(-s|--single-item|--dry)$/.test(word.text!))) return undefined
  return used.find((word) => /^(-f|--force)$/.test(word.text!))
}
