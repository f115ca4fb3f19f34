/** What a job trains and fits, program by program. */
import { subjectsOf } from '../rules/subject-view.js'
import type { Location } from '../text/location.js'
import { once } from '../text/once.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'

/** A training, or an estimator that is fitted. */
export type Work = SubjectView<'Training'> | SubjectView<'Fit'>

/** The trainings of each program that the job runs; what several nodes run together counts once. Each finding of the run asks. */
export function trainingsOf(run: Run): readonly Work[][] {
  return once(run, 'trainings of its programs', () => trainingsFound(run))
}

function trainingsFound(run: Run): Work[][] {
  const seen = new Set<string>()
  return run.siblings.flatMap((one) => {
    const { launch } = one.job
    const key = JSON.stringify([
      one.script,
      launch?.program,
      flagsOf(one),
      launch?.positionals.map(({ value }) => value),
    ])
    if (seen.has(key)) return []
    seen.add(key)
    const fits = subjectsOf(one, 'Fit')
    // An agent that learns is also a training, which its steps say more of.
    const agents = new Set(
      fits.flatMap(({ settings, subject }) =>
        settings.experience === undefined ? [] : [placeOf(subject.location)],
      ),
    )
    const trained = subjectsOf(one, 'Training').filter(
      ({ subject }) => agents.size === 0 || !agents.has(placeOf(subject.location)),
    )
    const found: Work[] = [...trained, ...fits]
    const all = found.filter(
      ({ subject: { evidence } }) => evidence.role !== 'test' && evidence.role !== 'job',
    )
    const own = all.filter(({ subject }) => subject.location.path === one.script)
    const counted = own.length > 0 ? own : startsNone(one) ? [] : all
    return counted.length === 0 ? [] : [counted]
  })
}

const placeOf = ({ path, cell, start }: Location): string => JSON.stringify([path, cell, start])

/** What its modules train, it only takes something from. */
function startsNone(run: Run): boolean {
  const program = subjectsOf(run, 'Program').find(({ subject }) => subject.location.path === run.script)
  return program !== undefined && effective(program.settings.startsTraining) === false
}

function flagsOf({ job }: Run): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(job.launch?.flags ?? {})
      // Nodes of one job are told apart by their rank.
      .filter(([name]) => !/rank/i.test(name))
      .map(([name, { value }]) => [name, value]),
  )
}
