/** Which runs of a project cost something of their own: parts of others, and runs that an agent makes, do not. */
import { billKey } from '../judging/bill.js'
import { trainingsOf } from '../judging/run-trainings.js'
import { subjectsOf } from '../rules/subject-view.js'
import type { Run } from '../workload/claim.js'
import { unreadWork } from './cost-unknown.js'

export interface ProjectEntries {
  /** Something in the project runs the module. */
  reaches(path: string): boolean
  /** It is started by hand. */
  isEntry(path: string): boolean
}

/** Sweeps whose runs an agent of the project makes, each with the job of the first: the agent is billed for them. */
export function servedSweeps(runs: readonly Run[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const run of runs)
    for (const { job } of run.siblings) {
      const sweep = job.launch?.sweepOf
      if (sweep !== undefined && !found.has(sweep)) found.set(sweep, billKey(run))
    }
  return found
}

/** Modules whose training another program runs are part of that program. */
export function withoutParts(
  runs: readonly Run[],
  { reaches, isEntry }: ProjectEntries,
  starters: ReadonlySet<string>,
): Run[] {
  const elsewhere = new Set(
    runs.flatMap(({ siblings }) =>
      siblings.flatMap((one) =>
        subjectsOf(one, 'Training')
          .filter(({ subject }) => subject.location.path !== one.script)
          .map(({ subject }) => subject.id),
      ),
    ),
  )
  return runs.filter(
    (run) =>
      run.job.id !== null ||
      run.job.launch !== null ||
      (trainingsOf(run).length === 0 &&
        unreadWork(run, starters) !== null &&
        (run.script === null || isEntry(run.script))) ||
      trainingsOf(run)
        .flat()
        .some(({ subject }) =>
          subject.location.path === run.script
            ? reaches(run.script) && (isEntry(run.script) || !elsewhere.has(subject.id))
            : isEntry(run.script ?? ''),
        ),
  )
}
