/** Job arrays of SLURM: many trainings that are handed over at once. Source: sbatch, `--array=0-99%8`. */
import type { Directive } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'
import { trainsByName } from '../shell/failures.js'
import type { FoundLaunch } from '../shell/launches.js'
import { directive } from './job.js'

/** Fewer are an evening's work, whatever they are. */
const few = 16

/** Jobs of `0-99`, `1-9:2`, `0,8,16`; null: not readable. */
export function jobsOf(value: string): { count: number; atOnce: number | null } | null {
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
