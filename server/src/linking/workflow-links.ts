/** Workflows of continuous integration and what the scripts that they call start: a training makes the workflow train. */
import { trainsAs, triedOut } from '../readers/ci/training.js'
import { workOfName } from '../readers/pipelines/step-work.js'
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
  if (!trainsAs(launch) && !hasItTrained(script, extraction)) return false
  const subjects = extraction?.subjects ?? []
  return !subjects.some(({ evidence }) => evidence.small !== null || evidence.role === 'test')
}

/** Readers of jobs that are trainings, whatever they start. */
const ofTrainings = new Set(['sagemaker', 'sagemaker-model-trainer', 'sagemaker-tuner'])

/**
 * It asks for the machine of a job that starts a training: `PyTorch(entry_point="train.py", …).fit()`. What an image
 * starts is told by the name of the script that submits it: `submit_training.py`.
 */
function hasItTrained(script: string, extraction: Extraction | undefined): boolean {
  if (extraction === undefined) return false
  return extraction.subjects.some(({ kind, job, reader }) => {
    if (kind !== 'Compute' || job === null) return false
    const started = extraction.launches.filter((one) => one.job === job)
    if (started.some((one) => triedOut(one))) return false
    if (started.some((one) => trainsAs(one))) return true
    const inImage = started.every(({ program }) => program.path === null && program.module === null)
    return inImage && (ofTrainings.has(reader) || namedTraining(script))
  })
}

function namedTraining(script: string): boolean {
  const works = workOfName(script.slice(script.lastIndexOf('/') + 1).replace(/\.\w+$/, ''))
  return works.length === 1 && works[0] === 'train'
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
