/** What would make the cost of a job known. */
import { isAlwaysOn, isSession } from '../judging/always-on-bill.js'
import { fitsText } from '../judging/search-times.js'
import { isViewOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'

export interface UnreadWork {
  subject: SubjectView
  /** What would make its length known. */
  unknown: string
}

/** What a run trains or searches for, where no reader knows the loop or the library that does it; null: nothing. */
export function unreadWork(run: Run, starters: ReadonlySet<string>): UnreadWork | null {
  for (const one of run.siblings) {
    const path = one.script ?? one.job.launch?.location.path ?? one.subjects[0]?.subject.location.path
    if (path === undefined || starters.has(path)) continue
    const here = one.subjects.filter(
      ({ subject }) => subject.location.path === path && subject.evidence.role !== 'test',
    )
    const search = here.find((view): view is SubjectView<'Search'> => isViewOf(view, 'Search'))
    if (search !== undefined) {
      const fits = effective(search.settings.unit) === 'fit' ? fitsText(one) : null
      const unit = effective(search.settings.unit) === 'fit' ? 'fit' : 'trial'
      return {
        subject: search,
        unknown:
          fits === null
            ? `how long one ${unit} of the search in ${path} takes`
            : `how long one fit takes of the ${fits} that ${path} searches by`,
      }
    }
    const program = here.find((view): view is SubjectView<'Program'> => isViewOf(view, 'Program'))
    if (program !== undefined && effective(program.settings.startsTraining) === true)
      return { subject: program, unknown: `how long ${path} trains: its loop is not one that is read` }
  }
  return null
}

/** What the bill does not know, and why a job has no hours. */
export function unknownOf(
  { job, script }: Run,
  unknown: readonly string[],
  trains: boolean,
  unread: string | null,
): string[] {
  if (!trains && unread !== null && (job.compute === null || script !== null)) return [...unknown, unread]
  if (trains || job.compute === null || isAlwaysOn(job.compute)) return [...unknown]
  if (isSession(job.compute)) return [...unknown, 'how long the notebook is open']
  return [
    ...unknown,
    script === null
      ? 'what it starts: no program of this repository'
      : `how long ${script} takes, which trains nothing that can be read`,
  ]
}
