import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Report } from '../rule.js'
import { isSilence, offAccelerator, otherOperation, type Silence, unless } from '../silence.js'
import { onGpuJob, operationOf } from '../training/operation.js'
import { duration } from './job-words.js'

/** Notebook servers are for people; on so many accelerators nobody works by hand. */
const manyForNotebook = 4
/** What sleeps no longer than this and then ends stands in for work: it shows a scheduler or a quota at work. */
const standIn = 3600
/** So much waiting within a run is more than a moment to let something settle. */
const longWait = 600

export default defineRule({
  name: 'lifecycle/gpu-held-idle',
  judges: 'Operation',
  checklist: ['baseline/idle-time', 'cadence/daily', 'waste/duplicate-jobs'],
  severity: 'error',
  finds: 'accelerators that a job or program holds while it only waits',
  summary: 'An accelerator that only waits costs as much as one that computes.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'hold')
    const stage = effective(view.settings.stage)
    if (kind === null) return silent(otherOperation)
    if (stage === undefined) return silent(unless(view, 'stage', ''))
    const job = view.subject.evidence.role === 'job'
    const stopped = job || onGpuJob(view) ? undefined : offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const gpus = effective(view.settings.gpus)
    const wanted = effective(view.settings.wantedFor)
    if (wanted !== undefined && (gpus ?? 0) < manyForNotebook) return silent(`it is there for ${wanted}`)
    const found = stage === 'within' ? within(view, kind.key) : around(view, kind.key, stage)
    if (isSilence(found)) return silent(found)
    report({ at: kind, fixes: [{ set: [{ claim: kind, value: null }] }], ...found })
  },
})

type Found = Pick<Report, 'message' | 'severity' | 'saving'>

/** A wait in each epoch or step. */
function within(view: SubjectView<'Operation'>, key: string): Found | Silence {
  const seconds = effective(view.settings.seconds)
  const place = effective(view.settings.place)
  if (seconds === undefined || seconds === null)
    return unless(view, 'seconds', 'how long it waits is not known')
  const times = effective(view.settings.times)
  const total = times === undefined ? null : seconds * times
  if (place === 'epoch' && total !== null && total < 60)
    return { text: `the waits are short: ${duration(total)} in all` }
  const each = place === 'step' ? 'step' : 'pass of the loop'
  const sum = times === undefined || total === null ? '' : ` (${times} passes, ${duration(total)} in all)`
  return {
    message: `\`${key}\` in each ${each} keeps the accelerator waiting${place === 'step' ? '' : sum}: remove it.`,
    severity: place === 'step' || (total !== null && total >= longWait) ? 'warning' : 'information',
  }
}

function around(
  view: SubjectView<'Operation'>,
  key: string,
  stage: 'before' | 'after' | 'instead',
): Found | Silence {
  const seconds = effective(view.settings.seconds)
  if (seconds === undefined) return unless(view, 'seconds', '')
  const holder = effective(view.settings.holder)
  const own = effective(view.settings.gpus)
  const linked = effective(view.run.job.compute?.settings.gpus)
  const count = own ?? linked
  const unit = view.subject.evidence.accelerator === 'tpu' ? 'TPU chip' : 'GPU'
  const held =
    count === undefined
      ? holder === undefined
        ? 'the accelerator'
        : `its ${unit}s`
      : `${count} ${unit}${count === 1 ? '' : 's'}`
  const long = seconds === null ? 'until somebody ends it' : `for ${duration(seconds)}`
  const saving = {
    fraction: [1, 1] as [number, number],
    usd: null,
    basis: 'nothing is computed while it waits; the whole rate is saved for that time',
  }
  if (stage === 'instead') {
    const who = holder === undefined ? 'The program' : `${holder[0]!.toUpperCase()}${holder.slice(1)}`
    const byHand = effective(view.settings.byHand)
    const rest =
      byHand !== true
        ? 'it pays for accelerators that compute nothing'
        : 'if somebody works in it, limit the time (`timeout 4h`, activeDeadlineSeconds), because it is easily forgotten'
    return {
      message: `${who} holds ${held} and runs \`${key}\`, ${long}: ${rest}.`,
      severity:
        (seconds !== null && seconds <= standIn) || byHand === true
          ? 'information'
          : holder === undefined || effective(view.settings.wantedFor) !== undefined
            ? 'warning'
            : 'error',
      saving,
    }
  }
  const job = effective(view.settings.subject)
  if (job !== undefined && stage === 'after')
    return {
      message: `\`${key}\` holds ${held} after ${job} ${long}, though nothing is computed.`,
      // Somebody wants to look at it.
      severity: job === 'a failure' ? 'information' : 'warning',
      saving,
    }
  const when = stage === 'after' ? 'after the training' : 'before the training'
  return {
    message: `\`${key}\` ${when} holds ${held} ${long}, though nothing is computed.`,
    severity: 'warning',
    saving,
  }
}
