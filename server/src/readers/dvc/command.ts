/** `dvc repro --force` runs every stage again, whatever has changed. Source: dvc.org, "repro", "exp run". */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader } from '../reader.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

export const dvcCommandReader = defineReader({
  name: 'dvc-command',
  languages: ['shell'],
  triggers: ['dvc repro', 'dvc exp run'],
  read(facts, _context, claims) {
    for (const command of facts.shell?.commands ?? []) {
      const force = command.unreachable ? undefined : forcedBy(command)
      if (force === undefined) continue
      const place = { start: force.start, end: force.end }
      const step = claims.subject('Step', place, 'dvc', evidence)
      step.known('engine', 'dvc', 'DVC', place)
      step.known('unit', 'dvc', 'task', place)
      step.known('allSteps', 'dvc', [], place)
      step.known('cached', force.text!, false, place)
    }
  },
  change: (claim, _value, facts) => ({
    title: 'Run only the stages whose inputs have changed',
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace text',
        path: facts.path,
        fragment: claim.site.fragment,
        // With the blank before it.
        start: claim.site.start - 1,
        end: claim.site.end,
        text: '',
      },
    ],
    imports: [],
  }),
})

/** The switch of a run of the whole pipeline; a single stage that is named is run again on purpose. */
function forcedBy({ words }: ShellCommand): ShellCommand['words'][number] | undefined {
  const at = words.findIndex((word) => word.text === 'dvc')
  if (at < 0 || at > 2) return undefined
  const rest = words.slice(at + 1)
  const used =
    rest[0]?.text === 'repro'
      ? rest.slice(1)
      : rest[0]?.text === 'exp' && rest[1]?.text === 'run'
        ? rest.slice(2)
        : null
  if (used === null || used.some((word) => word.text === null || !word.text.startsWith('-'))) return undefined
  if (used.some((word) => /^(-s|--single-item|--dry)$/.test(word.text!))) return undefined
  return used.find((word) => /^(-f|--force)$/.test(word.text!))
}
