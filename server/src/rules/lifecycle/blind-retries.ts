import { effective } from '../../values/value.js'
import type { Claim, Effective, Run, SubjectView } from '../../workload/claim.js'
import { usesAccelerator } from '../accelerator-use.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { hidden, isSilence, otherOperation, type Silence, unless } from '../silence.js'
import { isViewOf, subjectIn } from '../subject-view.js'
import { withoutAccelerators } from './job-words.js'

/** One retry is cheap insurance against a node that dies. */
const few = 1

export default defineRule({
  name: 'lifecycle/blind-retries',
  judges: ['Compute', 'Step', 'Program', 'Operation'],
  checklist: ['observability/retry-count', 'observability/failed-jobs', 'baseline/retry-rate'],
  severity: 'warning',
  measuredBy: 'failures',
  tellsTogether: true,
  finds: 'retries of training that restarts from scratch',
  summary: 'Training that restarts from scratch after each failure is paid for again each time.',
  check(view, { report, silent }) {
    const found = reportOf(view as SubjectView)
    if (isSilence(found)) silent(found)
    else report(found)
  },
})

function reportOf(view: SubjectView): Report | Silence {
  if (isViewOf(view, 'Compute')) return ofJob(view)
  if (isViewOf(view, 'Step')) return ofStep(view)
  if (isViewOf(view, 'Program')) return ofLaunch(view)
  return isViewOf(view, 'Operation') ? ofOperation(view) : otherOperation
}

function fewRetries(view: { settings: { retries?: Effective<number | null> } }): Silence {
  return unless(view, 'retries', `there are few retries: ${effective(view.settings.retries)}`)
}

const goesOn = 'it loads checkpoints'
/** What a server imports trains when somebody asks for it, not when the server comes back. */
const served: Silence = { text: 'it is a server, which trains when it is asked to' }

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

function ofJob(view: SubjectView<'Compute'>): Report | Silence {
  const { retries, retryFilter, gpus } = view.settings
  const count = tooMany(retries)
  // `--gpus all`: how many is not known, that there are some is.
  const some = gpus?.state === 'unknown' && view.subject.evidence.accelerator === 'gpu'
  if (count === undefined) return fewRetries(view)
  if (!some && (effective(gpus) ?? 0) < 1) return withoutAccelerators(view)
  if (retryFilter !== undefined) return { text: 'only some failures are tried again' }
  let reason: Silence = { text: 'what it launches is not known' }
  for (const run of view.run.siblings) {
    const program = startsOver(run)
    if (isSilence(program)) {
      reason = program
      continue
    }
    const related = [{ location: program.subject.location, message: 'trains without loading a checkpoint' }]
    // A scheduler that only takes up again what it has taken off its node.
    const interrupted = count === null && effective(view.settings.provider) === 'own cluster'
    if (count === null && !interrupted) {
      return {
        at: retries!,
        message: `${retries!.key} restarts ${run.script} after each failure, without limit, and it loads no checkpoint: a bug is paid for until someone notices.`,
        fixes: [{ set: [{ claim: retries!, value: few }] }],
        related,
      }
    }
    return {
      at: retries!,
      severity: interrupted ? 'information' : 'warning',
      message: interrupted
        ? `${retries!.key} restarts ${run.script} from its first step each time it is taken off its node, because it loads no checkpoint.`
        : `${given(retries!, count)}, and ${run.script} loads no checkpoint: a failure near the end is paid for ${times(count)}, each time from the first step.`,
      fixes: interrupted ? [] : [{ set: [{ claim: retries!, value: few }] }],
      related,
    }
  }
  return reason
}

/** Where the script trains, if it is known that it cannot go on; else why it is not. */
export function startsOver(run: Run): SubjectView | Silence {
  if (run.job.launch?.sweep === 'agent') return { text: 'it goes on with the next trial' }
  if (run.job.launch?.serves === true) return served
  const unseen = hidden(run, 'checkpoints')
  if (unseen !== undefined) return unseen
  const found = subjectIn(run, 'Program')
  if (found === undefined) return { text: 'no program with a training library is launched' }
  if (effective(found.settings.trains) !== true) return unless(found, 'trains', 'the program does not train')
  if (effective(found.settings.resumes) !== false) return unless(found, 'resumes', goesOn)
  return subjectIn(run, 'Training') ?? found
}

function ofStep(view: SubjectView<'Step'>): Report | Silence {
  const { retries, work, name, gpus } = view.settings
  const resumes = resumptionOf(view)
  const count = tooMany(retries)
  if (count === undefined) return fewRetries(view)
  if (!(effective(work) ?? []).includes('train')) return unless(view, 'work', 'the step does not train')
  if (effective(resumes) === true) return { text: goesOn }
  const { accelerator } = view.subject.evidence
  if (effective(resumes) === undefined) {
    return {
      at: retries!,
      severity: 'information',
      confidence: 'low',
      message: `${given(retries!, count)}: a failure near the end of "${effective(name)}" is paid for ${times(count)}, unless it goes on from what it has saved.`,
      fixes: [{ set: [{ claim: retries!, value: few }], onlyIf: 'it starts from nothing each time' }],
      together: 'unseen',
    }
  }
  const dear = (effective(gpus) ?? 0) > 0 || accelerator === 'gpu' || accelerator === 'maybe'
  const severity: Severity = dear ? 'warning' : 'information'
  return {
    at: retries!,
    severity,
    message: `${given(retries!, count)}, and "${effective(name)}" loads no checkpoint: a failure near the end is paid for ${times(count)}, each time from the first step.`,
    fixes: [{ set: [{ claim: retries!, value: few }] }],
    related:
      resumes === undefined
        ? []
        : [{ location: resumes.location, message: 'trains without loading a checkpoint' }],
  }
}

/** Said of the step itself, else of the file whose code it runs. */
function resumptionOf(view: SubjectView<'Step'>): Claim<boolean> | undefined {
  const { resumes, unseen } = view.settings
  if (resumes !== undefined || effective(unseen) !== false) return resumes
  const { path } = view.subject.location
  const program = subjectIn(view.run, 'Program', path)
  return program === undefined || effective(program.settings.trains) !== true
    ? undefined
    : program.settings.resumes
}

/** A loop of the shell that starts the program again. */
function ofLaunch(view: SubjectView<'Program'>): Report | Silence {
  const { launch } = view.run.job
  if (launch?.restarts === undefined) return { text: 'no loop of the shell starts it again' }
  if (launch.serves === true) return served
  const { trains, resumes } = view.settings
  if (effective(trains) !== true) return unless(view, 'trains', 'the program does not train')
  if (effective(resumes) !== false) return unless(view, 'resumes', goesOn)
  const script = view.subject.location.path
  const until = launch.restarts === 'until success'
  return {
    at: launch.location,
    severity: usesAccelerator(view.run, view) === true ? 'warning' : 'information',
    message: until
      ? `A loop restarts ${script} until it succeeds, and it loads no checkpoint: a failure near the end is paid for without limit.`
      : `An endless loop restarts ${script} from the first step, whether it has failed or finished.`,
    related: [{ location: view.subject.location, message: 'trains without loading a checkpoint' }],
  }
}

function ofOperation(view: SubjectView<'Operation'>): Report | Silence {
  const { kind, retries } = view.settings
  if (kind === undefined || effective(kind) !== 'start again') return otherOperation
  const count = tooMany(retries)
  if (count === undefined) return fewRetries(view)
  const { accelerator } = view.subject.evidence
  return {
    at: retries!,
    severity: accelerator === 'gpu' || accelerator === 'maybe' ? 'warning' : 'information',
    message:
      count === null
        ? `${retries!.key} restarts a failed run without limit, and the code loads no checkpoint: a bug is paid for until someone notices.`
        : `${given(retries!, count)}, and the code loads no checkpoint: a failure near the end is paid for ${times(count)}, each time from the first step.`,
    fixes: [{ set: [{ claim: retries!, value: few }] }],
  }
}
