/** Workflows of continuous integration and what the scripts that they call start: a training makes the workflow train. */
import { trainsAs, triedOut } from '../readers/ci/training.js'
import type { Claim, Extraction } from '../workload/claim.js'
import type { AskedLaunch } from './bind-launches.js'
import type { Extractions } from './extractions.js'
import type { LinkKind } from './link-kind.js'

export class WorkflowLinks implements LinkKind {
  joinStarted(all: Extractions, asked: readonly AskedLaunch[]): void {
    const trained = new Map<string, AskedLaunch>()
    for (const one of asked) {
      const { job, calledAt, location } = one.launch
      const workflow = (calledAt ?? location).path
      for (const path of [location.path, one.script ?? workflow]) all.relate(workflow, path)
      if (job !== null && !trained.has(job) && trains(one, all.byPath)) trained.set(job, one)
    }
    if (trained.size === 0) return
    for (const [path, extraction] of all.byPath) {
      const claims = extraction.subjects.flatMap((subject): Claim[] => {
        const found = subject.kind === 'Pipeline' ? trained.get(subject.job ?? '') : undefined
        return found === undefined ? [] : [workOf(subject.id, subject.reader, subject.site, found)]
      })
      if (claims.length > 0) all.amend(path, claims, false)
    }
  }
}

/** It trains by its name or has a platform do so, not for the sake of a test, and on more than toy data as far as its code tells. */
function trains({ launch, script }: AskedLaunch, extractions: ReadonlyMap<string, Extraction>): boolean {
  if (script === null || triedOut(launch)) return false
  const extraction = extractions.get(script)
  if (!trainsAs(launch) && !hasItTrained(extraction)) return false
  const subjects = extraction?.subjects ?? []
  return !subjects.some(({ evidence }) => evidence.small !== null || evidence.role === 'test')
}

/** It asks for the machine of a job that starts a training: `PyTorch(entry_point="train.py", …).fit()`. */
function hasItTrained(extraction: Extraction | undefined): boolean {
  if (extraction === undefined) return false
  const jobs = extraction.subjects.flatMap(({ kind, job }) =>
    kind === 'Compute' && job !== null ? [job] : [],
  )
  return extraction.launches.some((one) => jobs.includes(one.job ?? '') && trainsAs(one) && !triedOut(one))
}

function workOf(
  subject: string,
  reader: string,
  site: Claim['site'],
  { launch, script }: AskedLaunch,
): Claim {
  return {
    subject,
    setting: 'work',
    reader,
    key: script!.slice(script!.lastIndexOf('/') + 1),
    state: 'known',
    value: ['train'],
    channel: 'code',
    overridable: false,
    location: launch.location,
    site,
  }
}
