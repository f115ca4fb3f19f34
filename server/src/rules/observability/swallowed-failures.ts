import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { isSilence, notTraining, otherOperation, type Silence, unless, unlessUnread } from '../silence.js'
import { isViewOf } from '../subject-view.js'

export default defineRule({
  name: 'observability/swallowed-failures',
  judges: ['Operation', 'Step'],
  checklist: ['observability/failed-jobs', 'observability/retry-count', 'cadence/daily'],
  severity: 'warning',
  finds: 'training failures that go unnoticed',
  summary: 'A swallowed failure lets a run continue, or succeed, without a result.',
  check(view, { report, silent }) {
    let found: Report | Silence = otherOperation
    if (isViewOf(view, 'Step')) found = startedAnyway(view)
    else if (isViewOf(view, 'Operation')) found = swallowed(view)
    if (isSilence(found)) silent(found)
    else report(found)
  },
})

function swallowed(view: SubjectView<'Operation'>): Report | Silence {
  const { kind, place, weight, subject } = view.settings
  if (kind === undefined || effective(kind) !== 'swallow failure') return otherOperation
  const told = effective(weight) === 'slight'
  const where = effective(place)
  const program = effective(subject)
  const { role, accelerator, notebook } = view.subject.evidence
  const fixes = [{ set: [{ claim: kind, value: null }] }]
  if (role === 'job' && effective(view.settings.repeatedFor) === 'the next stage')
    return {
      at: kind,
      severity: 'information',
      message: `Without \`${kind.key}\` the script goes on when ${program} fails: what follows works on what a failed stage has left.`,
      fixes,
    }
  if (role === 'job') {
    return {
      at: kind,
      severity: told ? 'information' : 'warning',
      message: `\`${kind.key}\` hides that ${program} has failed: the job ends as a success, and whatever follows works without a model.`,
      fixes,
    }
  }
  if (program !== undefined) {
    return {
      at: kind,
      severity: 'information',
      message: `\`${kind.key}\`: an error in every trial ends none of them early; all ${program} fail one after the other.`,
      fixes,
    }
  }
  const untrained = notTraining(view)
  if (untrained !== undefined) return untrained
  const said = told ? 'Failures are only printed' : 'Failures are dropped silently'
  const stage = effective(view.settings.stage)
  const lost = stage === 'after'
  const what = lost
    ? `${said} (\`${kind.key}\`): when the trained model cannot be saved, the run ends as a success without it.`
    : stage === 'before'
      ? `${said} (\`${kind.key}\`): where something is missing, the program ends as a success before it has trained, and whatever follows works without a model.`
      : where === 'step'
        ? `${said} (\`${kind.key}\`): a step that fails each time leaves a run that learns nothing and takes its full time.`
        : where === 'trial'
          ? `${said} (\`${kind.key}\`): a bug in every run is hit again by each of them, and the job ends as a success.`
          : `${said} (\`${kind.key}\`): training that breaks off ends as a success, and whatever follows works without a model.`
  // Whoever sits at a notebook reads what it prints, and whoever starts a training of seconds by hand.
  const { id, launch } = view.run.job
  const started = id !== null || launch !== null
  const soon = accelerator === 'none' || effective(view.settings.stage) === 'before'
  const byHand = notebook || (where === 'run' && soon && !started)
  const severity = told && byHand ? 'hint' : severityOf(where, told, accelerator)
  return { at: kind, severity, message: what, fixes }
}

function severityOf(
  place: string | undefined,
  told: boolean,
  accelerator: SubjectView['subject']['evidence']['accelerator'],
): Severity {
  const dear = accelerator === 'gpu' || accelerator === 'maybe'
  if (place === 'step') return told && !dear ? 'information' : 'warning'
  return told || !dear ? 'information' : 'warning'
}

/** A training step that starts though the data that it needs was not made. */
function startedAnyway(step: SubjectView<'Step'>): Report | Silence {
  const { startsAfterFailure, work, gpus, name } = step.settings
  if (startsAfterFailure === undefined || effective(startsAfterFailure) !== true)
    return unlessUnread(step, 'startsAfterFailure', 'it waits for the steps before it to succeed')
  if (!(effective(work) ?? []).includes('train')) return unless(step, 'work', 'the step does not train')
  const count = effective(gpus) ?? 0
  const on = count > 0 ? ` on ${count} GPU${count === 1 ? '' : 's'}` : ''
  return {
    at: startsAfterFailure,
    severity: count > 0 ? 'warning' : 'information',
    message: `${startsAfterFailure.key} starts "${effective(name)}"${on} even if an earlier step has failed: it trains on missing or outdated inputs.`,
    fixes: [{ set: [{ claim: startsAfterFailure, value: false }] }],
  }
}
