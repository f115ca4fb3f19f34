/** Which measurements are of which job. */
import type { RunRecord } from '../measured/record.js'
import { byTime } from '../measured/record.js'
import { subjectsOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { Run } from '../workload/claim.js'

/** By the script, as a path of the project or on the machine where it ran, or by the name of the job. */
export function recordsOf(run: Run, records: readonly RunRecord[]): RunRecord[] {
  if (records.length === 0) return []
  const { compute, launch } = run.job
  const name = effective(compute?.settings.name)
  const paths = new Set(
    [
      ...run.siblings.map(({ script }) => script),
      run.script,
      compute?.subject.location.path,
      launch?.location.path,
    ].filter((path) => typeof path === 'string'),
  )
  const isOf = (one: string): boolean => {
    const path = one.replaceAll('\\', '/').replace(/^\.\//, '')
    return one === name || [...paths].some((own) => path === own || path.endsWith(`/${own}`))
  }
  return records.filter(({ of }) => of.some(isOf))
}

export interface MeasuredHours {
  hours: { low: number; high: number }
  /** They are those of the whole job, with all its trials. */
  ofJob: boolean
  /** A clause. */
  text: string
}

/** Runs that count: what has changed since the earlier ones is not known. */
const latest = 5

/** From the last runs that ended well; null: none was measured. */
export function measuredHours(records: readonly RunRecord[]): MeasuredHours | null {
  const ended = records.filter(({ hours, state }) => hours !== null && hours > 0 && state === 'finished')
  // The scheduler knows the job; a tracker only what the program said.
  const ofJobs = ended.filter(({ source }) => source === 'sacct')
  const used = (ofJobs.length > 0 ? ofJobs : ended).sort(byTime).slice(-latest)
  const last = used.at(-1)
  if (last === undefined) return null
  const hours = used.map((record) => record.hours!)
  const many = used.length === 1 ? 'the last run' : `the last ${used.length} runs`
  return {
    hours: { low: Math.min(...hours), high: Math.max(...hours) },
    ofJob: ofJobs.length > 0,
    text: `hours as measured in ${many} (${last.source}${last.started === null ? '' : `, ${last.started.slice(0, 10)}`})`,
  }
}

/** From what a notebook keeps of its last run, with all that it searched; null: it keeps nothing of it. */
export function storedHours(run: Run): MeasuredHours | null {
  const notebooks = run.siblings.flatMap((one) =>
    subjectsOf(one, 'Program').filter(
      ({ subject, settings }) =>
        subject.location.path === one.script && settings.trainedSeconds !== undefined,
    ),
  )
  const [program, ...others] = notebooks
  // Programs that its cells start have times of their own.
  const elsewhere = run.siblings.some(
    (one) =>
      one.script !== program?.subject.location.path &&
      subjectsOf(one, 'Training').some(({ subject }) => subject.location.path === one.script),
  )
  if (others.length > 0 || elsewhere) return null
  const seconds = effective(program?.settings.trainedSeconds)
  if (seconds === undefined) return null
  const hours = seconds / 3600
  return {
    hours: { low: hours, high: hours },
    ofJob: true,
    text: 'hours as the outputs of the notebook tell of its last run',
  }
}
