/** Job arrays of SLURM: many trainings that are handed over at once. Source: sbatch, `--array=0-99%8`. */
import type { Directive, ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { claimHandGrid } from '../hand-grid.js'
import { hyperparameter, otherWork } from '../python/hyperparameter-names.js'
import type { FragmentFacts } from '../reader.js'
import { trainsByName } from '../shell/failures.js'
import type { FoundLaunch } from '../shell/launches.js'
import { directive } from './job.js'

/** Fewer are an evening's work, whatever they are. */
const few = 16

/** Jobs of `0-99`, `1-9:2`, `0,8,16`; null: not readable. */
function jobsOf(value: string): { count: number; atOnce: number | null } | null {
  const [list, limit] = value.trim().split('%') as [string, string | undefined]
  if (limit !== undefined && !/^\d+$/.test(limit)) return null
  let count = 0
  for (const part of list.split(',')) {
    const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part)
    if (match === null) return null
    const [first, last, step] = [Number(match[1]), Number(match[2] ?? match[1]), Number(match[3] ?? 1)]
    if (last < first || step < 1) return null
    count += Math.floor((last - first) / step) + 1
  }
  return { count, atOnce: limit === undefined ? null : Number(limit) }
}

export function claimArray(
  claims: ClaimBuilder,
  directives: Directive[],
  launches: FoundLaunch[],
  evidence: Evidence,
  job: string,
): void {
  const array = directive(directives, 'array')
  const jobs = array?.value == null ? null : jobsOf(array.value)
  if (array === undefined || jobs === null || jobs.count <= few || !launches.some(trainsByName)) return
  const place = { start: array.start, end: array.end }
  const search = claims.subject('Search', place, '', evidence, job)
  search.known('strategy', '--array', 'other', place)
  search.known('unit', '--array', 'job', place)
  search.known('trialCap', '--array', jobs.count, place)
  const key = 'The limit of `--array` (`%8`)'
  // `sbatch --array` on the command line replaces it, and the cluster may have limits of its own.
  if (jobs.atOnce === null)
    search.default('parallelism', key, null, place, {
      overridable: true,
      site: { ...place, target: { kind: 'directive' } },
    })
  else search.known('parallelism', key, jobs.atOnce, place)
}

/** Flags whose values change from task to task: `--lr ${lrs[$i]}` after `i=$((SLURM_ARRAY_TASK_ID % 4))`. */
function variedFlags({ commands }: ShellFacts, text: string, launches: FoundLaunch[]): string[] {
  const task = /\bSLURM_ARRAY_TASK_ID\b/
  const varying: string[] = []
  // Assignments in the order of the script: what one takes from the number of the task, the next may take from it.
  for (const [, name, value] of text.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)=(.*)$/gm))
    if (task.test(value!) || varying.some((one) => usesVariable(value!, one))) varying.push(name!)
  const flags = new Set<string>()
  for (const { command } of launches) {
    command.words.forEach(({ raw }, index) => {
      if (!task.test(raw) && !varying.some((one) => usesVariable(raw, one))) return
      const assigned = /^-*([\w.-]+)=/.exec(raw)?.[1]
      const flag = assigned ?? /^-+([\w.-]+)$/.exec(command.words[index - 1]?.raw ?? '')?.[1]
      const name = flag?.replace(/.*\./, '').replace(/-/g, '_')
      if (name !== undefined && hyperparameter.test(name)) flags.add(name)
    })
  }
  return commands.length === 0 ? [] : [...flags]
}

const usesVariable = (text: string, variable: string): boolean =>
  new RegExp(`\\$\\{?#?${variable}\\b|\\[${variable}\\]|\\(\\(.*\\b${variable}\\b`).test(text)

/** Tasks that go through a grid: two flags or more that are hyperparameters change from one to the next. */
export function claimArrayGrid(
  claims: ClaimBuilder,
  shell: ShellFacts,
  text: string,
  launches: FoundLaunch[],
  job: string,
): void {
  const array = directive(shell.directives, 'array')
  const jobs = array?.value == null ? null : jobsOf(array.value)
  if (array === undefined || jobs === null || jobs.count < 2) return
  const trainings = launches.filter(({ parts }) => {
    const name = parts.program.path?.split('/').at(-1) ?? parts.program.module
    return name != null && !otherWork.test(name)
  })
  const flags = variedFlags(shell, text, trainings)
  if (flags.length < 2) return
  // Beside the subject for all tasks, whose place is the option.
  const place = { start: array.valueStart, end: array.valueEnd }
  const evidence: Evidence = { role: 'tuning', accelerator: 'maybe', small: null, notebook: false }
  const search = claims.subject('Search', place, 'grid', evidence, job)
  const dimensions = [{ name: flags.join(', '), size: jobs.count }]
  const launched = `jobs that differ in ${flags.slice(0, 4).join(', ')}`
  claimHandGrid(search, { key: '--array', dimensions, unit: 'job', launched }, place)
}

export function changeArray(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const array = directive(facts.shell?.directives ?? [], 'array')
  if (array?.value == null) return { reason: 'the script has changed' }
  const text = `${array.value.replace(/%.*$/, '')}%${value}`
  return {
    title: `Run ${value} at once: --array=${text}`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set directive',
        path: facts.path,
        fragment: claim.site.fragment,
        scheduler: 'SBATCH',
        name: 'array',
        value: text,
      },
    ],
    imports: [],
  }
}
