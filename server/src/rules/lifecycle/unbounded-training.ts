import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Report } from '../rule.js'
import { notTraining, unlessUnread } from '../silence.js'

/** A default of so many epochs was not meant to be run. */
const absurdDefault = 500
/** Pretrained weights reach their best long before. */
const manyForPretrained = 100
/** What a sketch proposes; the number is the user's to choose. */
const proposedEpochs = 50

export default defineRule({
  name: 'lifecycle/unbounded-training',
  judges: 'Training',
  checklist: ['baseline/cost-per-run', 'baseline/training-time'],
  severity: 'warning',
  finds: 'training without an end',
  summary: 'Training without a limit is paid for until somebody looks.',
  supersedes: ['lifecycle/no-early-stopping'],
  check(view, { report, silent }) {
    const { settings, run } = view
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    // The platform ends it.
    if ((effective(run.job.compute?.settings.timeLimit) ?? null) !== null)
      return silent('the time limit of the job ends it')
    if (effective(settings.openEnded) === 'reinforcement learning')
      return silent('reinforcement learning goes on as long as it pays')
    if ((effective(settings.maxSteps) ?? null) !== null) return silent('a number of steps ends it')
    const found = endless(view) ?? byDefault(view) ?? farTooLong(view) ?? beyondCount(view)
    if (found !== null) report(found)
    else
      silent(
        unlessUnread(
          view,
          ['epochs', 'earlyStopping'],
          effective(settings.epochs) === undefined
            ? 'nothing shows that it goes on without an end'
            : `it ends after ${effective(settings.epochs)} epochs`,
        ),
      )
  },
})

function endless({ settings }: SubjectView<'Training'>): Report | null {
  const claim = settings.endless
  const endless = effective(claim)
  if (claim === undefined || endless === undefined) return null
  const { because, untilStopped } = endless
  if (untilStopped && effective(settings.earlyStopping) !== false) return null
  return {
    at: claim,
    message: `Nothing ends this run: ${because}.`,
    fixes: untilStopped ? [{ set: [{ claim, value: proposedEpochs }] }] : [],
  }
}

function byDefault({ settings }: SubjectView<'Training'>): Report | null {
  const { epochs, earlyStopping } = settings
  if (epochs === undefined || epochs.state !== 'default' || (epochs.value ?? 0) < absurdDefault) return null
  if (effective(earlyStopping) !== false) return null
  return {
    at: epochs,
    message: `Trains for ${formatCount(epochs.value!)} epochs, the default if neither \`${epochs.key}\` nor a number of steps or a time limit is set.`,
    fixes: [{ set: [{ claim: epochs, value: proposedEpochs }] }],
  }
}

function farTooLong({ settings }: SubjectView<'Training'>): Report | null {
  const { epochs, earlyStopping } = settings
  const count = effective(epochs)
  if (epochs === undefined || count === undefined || count < manyForPretrained) return null
  if (effective(settings.managed) !== true || effective(settings.fineTuning) !== true) return null
  // With validation the advice is to stop early.
  if (effective(earlyStopping) !== false || effective(settings.validation) !== false) return null
  return {
    at: epochs,
    severity: 'information',
    message: `${formatCount(count)} epochs over pretrained weights, with nothing to end the run early or show when to stop.`,
  }
}

/** So many passes over a data set stand for 'until somebody stops it'. */
const beyondAll = 10_000

function beyondCount({ settings, subject }: SubjectView<'Training'>): Report | null {
  const { epochs, earlyStopping, lightNetwork, boundBy, openEnded } = settings
  const count = effective(epochs)
  if (epochs === undefined || count === undefined || count < beyondAll) return null
  // With validation the advice is to stop early.
  if (effective(earlyStopping) !== false || effective(settings.validation) !== false) return null
  // Such passes are over in no time, or a step each.
  const light = effective(lightNetwork) !== undefined || effective(boundBy) !== undefined
  if (light || subject.evidence.small !== null || effective(openEnded) !== undefined) return null
  return {
    at: epochs,
    severity: epochs.overridable ? 'information' : 'warning',
    message: `${formatCount(count)} epochs are more than anybody waits for, and nothing ends the run or shows when to: it is paid for until somebody looks.`,
  }
}
