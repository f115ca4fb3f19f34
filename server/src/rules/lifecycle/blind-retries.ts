import { effective } from '../../values/value.js'
import type { Claim, Effective, Judged, Run } from '../../workload/claim.js'
import { isJudged, subjectIn } from '../judged.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { hidden, isSilence, otherOperation, type Silence, unless } from '../silence.js'
import { withoutAccelerators } from './job-words.js'

/** One retry is cheap insurance against a node that dies. */
const few = 1

export default defineRule({
  name: 'lifecycle/blind-retries',
  judges: ['Compute', 'Step', 'Program', 'Operation'],
  checklist: ['observability/retry-count', 'observability/failed-jobs', 'baseline/retry-rate'],
  severity: 'warning',
  summary: 'A training that starts from nothing after each failure is paid for again each time.',
  check(judged, { report, silent }) {
    const found = reportOf(judged as Judged)
    if (isSilence(found)) silent(found)
    else report(found)
  },
})

function reportOf(judged: Judged): Report | Silence {
  if (isJudged(judged, 'Compute')) return ofJob(judged)
  if (isJudged(judged, 'Step')) return ofStep(judged)
  if (isJudged(judged, 'Program')) return ofLaunch(judged)
  return isJudged(judged, 'Operation') ? ofOperation(judged) : otherOperation
}

function fewRetries(judged: { settings: { retries?: Effective<number | null> } }): Silence {
  return unless(judged, 'retries', `there are few retries: ${effective(judged.settings.retries)}`)
}

const goesOn = 'it reads checkpoints back'

/** `null`: no limit. */
function tooMany(retries: Claim<number | null> | undefined): number | null | undefined {
  if (retries === undefined || retries.state === 'unknown') return undefined
  const count = effective(retries) ?? null
  return count === null || count > few ? count : undefined
}

function times(count: number | null): string {
  return count === null ? 'each time that it is tried' : `${count + 1} times`
}

/** `6 retries by default (backoffLimit)`, `3 retries`. */
function given({ key, state }: Claim, count: number | null): string {
  const where = key === 'retries' ? '' : ` (${key})`
  return `${count} retries${state === 'default' ? ' by default' : ''}${where}`
}

function ofJob(judged: Judged<'Compute'>): Report | Silence {
  const { retries, retryFilter, gpus } = judged.settings
  const count = tooMany(retries)
  // `--gpus all`: how many is not known, that there are some is.
  const some = gpus?.state === 'unknown' && judged.subject.evidence.accelerator === 'gpu'
  if (count === undefined) return fewRetries(judged)
  if (!some && (effective(gpus) ?? 0) < 1) return withoutAccelerators(judged)
  if (retryFilter !== undefined) return { text: 'only some failures are tried again' }
  let reason: Silence = { text: 'what it launches is not known' }
  for (const run of judged.run.siblings) {
    const program = startsOver(run)
    if (isSilence(program)) {
      reason = program
      continue
    }
    const related = [
      { location: program.subject.location, message: 'trains without reading a checkpoint back' },
    ]
    // A scheduler that only takes up again what it has taken off its node.
    const interrupted = count === null && effective(judged.settings.provider) === 'own cluster'
    if (count === null && !interrupted) {
      return {
        at: retries!,
        message: `${retries!.key} starts ${run.script} again after each failure, without limit, and it reads no checkpoint back: a fault of the program is paid for until someone notices.`,
        fixes: [{ set: [{ claim: retries!, value: few }] }],
        related,
      }
    }
    return {
      at: retries!,
      severity: interrupted ? 'information' : 'warning',
      message: interrupted
        ? `${retries!.key} starts ${run.script} again from its first step each time it is taken off its node, since it reads no checkpoint back.`
        : `${given(retries!, count)}, and ${run.script} reads no checkpoint back: a fault near the end is paid ${times(count)}, each time from the first step.`,
      fixes: interrupted ? [] : [{ set: [{ claim: retries!, value: few }] }],
      related,
    }
  }
  return reason
}

/** Where the script trains, if it is known that it cannot go on; else why it is not. */
export function startsOver(run: Run): Judged | Silence {
  const unseen = hidden(run, 'checkpoints')
  if (unseen !== undefined) return unseen
  const found = subjectIn(run, 'Program')
  if (found === undefined) return { text: 'no program with a training library is launched' }
  if (effective(found.settings.trains) !== true) return unless(found, 'trains', 'the program does not train')
  if (effective(found.settings.resumes) !== false) return unless(found, 'resumes', goesOn)
  return subjectIn(run, 'Training') ?? found
}

function ofStep(judged: Judged<'Step'>): Report | Silence {
  const { retries, work, name, gpus } = judged.settings
  const resumes = resumptionOf(judged)
  const count = tooMany(retries)
  if (count === undefined) return fewRetries(judged)
  if (!(effective(work) ?? []).includes('train')) return unless(judged, 'work', 'the step does not train')
  if (effective(resumes) !== false)
    return unless({ settings: { ...(resumes === undefined ? {} : { resumes }) } }, 'resumes', goesOn)
  const { accelerator, small } = judged.subject.evidence
  const dear = (effective(gpus) ?? 0) > 0 || accelerator === 'gpu' || accelerator === 'maybe'
  if (!dear) return { text: 'no accelerator is used' }
  const severity: Severity = small === null ? 'warning' : 'information'
  return {
    at: retries!,
    severity,
    message: `${given(retries!, count)}, and "${effective(name)}" reads no checkpoint back: a fault near the end is paid ${times(count)}, each time from the first step.`,
    fixes: [{ set: [{ claim: retries!, value: few }] }],
    related:
      resumes === undefined
        ? []
        : [{ location: resumes.location, message: 'trains without reading a checkpoint back' }],
  }
}

/** Said of the step itself, else of the file whose code it runs. */
function resumptionOf(judged: Judged<'Step'>): Claim<boolean> | undefined {
  const { resumes, unseen } = judged.settings
  if (resumes !== undefined || effective(unseen) !== false) return resumes
  const { path } = judged.subject.location
  const program = subjectIn(judged.run, 'Program', path)
  return program === undefined || effective(program.settings.trains) !== true
    ? undefined
    : program.settings.resumes
}

/** A loop of the shell that starts the program again. */
function ofLaunch(judged: Judged<'Program'>): Report | Silence {
  const { launch } = judged.run.job
  if (launch?.restarts === undefined) return { text: 'no loop of the shell starts it again' }
  const { trains, resumes, usesAccelerator } = judged.settings
  if (effective(trains) !== true) return unless(judged, 'trains', 'the program does not train')
  if (effective(resumes) !== false) return unless(judged, 'resumes', goesOn)
  const script = judged.subject.location.path
  const until = launch.restarts === 'until success'
  return {
    at: launch.location,
    severity: effective(usesAccelerator) === true ? 'warning' : 'information',
    message: until
      ? `A loop starts ${script} again until it succeeds, and it reads no checkpoint back: a fault near the end is paid for without limit.`
      : `A loop without an end starts ${script} again, whether it has failed or is done, from the first step each time.`,
    related: [{ location: judged.subject.location, message: 'trains without reading a checkpoint back' }],
  }
}

function ofOperation(judged: Judged<'Operation'>): Report | Silence {
  const { kind, retries } = judged.settings
  if (kind === undefined || effective(kind) !== 'start again') return otherOperation
  const count = tooMany(retries)
  if (count === undefined) return fewRetries(judged)
  const { accelerator } = judged.subject.evidence
  return {
    at: retries!,
    severity: accelerator === 'gpu' || accelerator === 'maybe' ? 'warning' : 'information',
    message:
      count === null
        ? `${retries!.key} starts a failed run again without limit, and the code reads no checkpoint back: a fault in the program is paid for until someone notices.`
        : `${given(retries!, count)}, and the code reads no checkpoint back: a fault near the end is paid ${times(count)}, each time from the first step.`,
    fixes: [{ set: [{ claim: retries!, value: few }] }],
  }
}
