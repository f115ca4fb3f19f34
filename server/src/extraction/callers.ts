/**
 * Jobs that a helper function describes, once for each of its callers: `def pod(name, script): return PodOperator(…, cmds=[script])`
 * stands for as many jobs as it has calls, each with a program of its own.
 */
import type { Analysis } from '../python/analysis.js'
import type { Call, Func } from '../python/module.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Claim, Extraction, Subject } from '../workload/claim.js'
import type { SettingName } from '../workload/resource-kinds.js'

const mostCallers = 12
/** Each caller is one more analysis of the file. */
const mostHelpers = 6

export interface Helper {
  func: Func
  callers: readonly Call[]
}

/** Functions with several calls that describe a job whose program only the calls tell. */
export function helpersWithCallers(python: Analysis, { subjects, launches }: Extraction): Helper[] {
  const found = new Map<Func, Helper>()
  for (const { kind, job, site } of subjects) {
    if (kind !== 'Compute' || job === null) continue
    const func = functionAround(python, site.start)
    if (found.size >= mostHelpers) break
    if (func === null || found.has(func) || func.class !== null || func.node.params.length === 0) continue
    const started = launches.filter((launch) => launch.job === job)
    const isTold =
      started.length > 0 && started.every(({ program }) => program.path !== null || program.module !== null)
    const callers = isTold ? null : python.callSites(func)
    if (callers === null || callers.length < 2 || callers.length > mostCallers) continue
    if (callers.some(({ function: around }) => around === func)) continue
    found.set(func, { func, callers })
  }
  return [...found.values()]
}

function functionAround(python: Analysis, offset: number): Func | null {
  const around = python.functions.filter(({ node }) => node.start <= offset && offset < node.end)
  return around.at(-1) ?? null
}

/** What stands in the function, taken out of what a reader said of the whole file. */
export function without(extraction: Extraction, fragment: SourceFragment, { func }: Helper): void {
  const { ids, jobs } = inside(extraction, fragment, func)
  extraction.subjects = extraction.subjects.filter(({ id }) => !ids.has(id))
  extraction.claims = extraction.claims.filter(({ subject }) => !ids.has(subject))
  extraction.launches = extraction.launches.filter(({ job }) => job === null || !jobs.has(job))
}

/** The same as one of its callers has it, under names of its own. */
export function ofCaller(
  extraction: Extraction,
  fragment: SourceFragment,
  { func }: Helper,
  caller: Call,
): Pick<Extraction, 'subjects' | 'claims' | 'launches'> {
  const { ids, jobs } = inside(extraction, fragment, func)
  const own = (id: string): string => `${id}@${caller.expr.start}`
  return {
    subjects: extraction.subjects
      .filter(({ id }) => ids.has(id))
      .map((one): Subject => ({ ...one, id: own(one.id), job: one.job === null ? null : own(one.job) })),
    claims: extraction.claims
      .filter(({ subject }) => ids.has(subject))
      .map((one) => shared({ ...one, subject: own(one.subject) }, func)),
    launches: extraction.launches
      .filter(({ job }) => job !== null && jobs.has(job))
      .map((one) => ({ ...one, id: own(one.id), job: own(one.job!) })),
  }
}

/** Of machines that other callers get as well. */
const machine: ReadonlySet<string> = new Set<SettingName<'Compute'>>([
  'instanceType',
  'gpus',
  'nodes',
  'processes',
])

function shared(claim: Claim, { name }: Func): Claim {
  if (!machine.has(claim.setting)) return claim
  const reason = `the other calls of ${name} get the same machine: give it a parameter for that`
  return { ...claim, site: { ...claim.site, target: { kind: 'refused', reason } } }
}

function inside(
  { subjects }: Extraction,
  fragment: SourceFragment,
  { node }: Func,
): { ids: Set<string>; jobs: Set<string> } {
  const there = subjects.filter(
    ({ site }) => site.fragment === fragment.index && node.start <= site.start && site.start < node.end,
  )
  return {
    ids: new Set(there.map(({ id }) => id)),
    jobs: new Set(there.flatMap(({ job }) => job ?? [])),
  }
}
