import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { notTraining, otherOperation, unless } from '../silence.js'
import { subjectIn } from '../subject-view.js'
import { onAccelerator, operationOf } from './operation.js'

/** So few of them in a whole run are no burden. */
const fewEvaluations = 20
const manyEvaluations = 200

export default defineRule({
  name: 'training/frequent-eval-or-save',
  judges: 'Operation',
  checklist: ['baseline/evaluation-time', 'observability/egress-and-storage'],
  severity: 'warning',
  finds:
    'evaluations or checkpoints every few steps, and evaluations of training or test data after each epoch',
  summary: 'Evaluating or saving every few steps can take longer than the steps between.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'evaluate', 'save')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    if (effective(view.settings.place) === 'epoch') return report(needlessEvaluation(view, kind))
    const every = effective(view.settings.every)
    const share = effective(view.settings.subject) === 'share of an epoch'
    const times = effective(view.settings.times) ?? timesOf(view, every, share)
    if (every === undefined) return silent(unless(view, 'every', ''))
    const batches = effective(view.settings.batches)
    if (batches !== undefined) {
      const found = ofCounted(view, kind, every, batches)
      if (found === null) silent('its evaluations are small beside the steps between them')
      else report(found)
      return
    }
    const evaluated = share ? undefined : evaluatedShare(view, every)
    if (evaluated !== undefined) {
      const found = ofCounted(view, kind, every, evaluated)
      if (found === null) silent('its evaluations are small beside the steps between them')
      else report(found)
      return
    }
    if (effective(kind) === 'save' && every >= soon && hasAdapters(view))
      return silent('its checkpoints hold adapters, which are small')
    if (times !== undefined && times <= fewEvaluations)
      return silent(`there are few of them in the run: ${times}`)
    if (!share && liesFarApart(view, every))
      return silent(`as much is trained between two of them as they go through: ${formatCount(every)} steps`)
    report({
      at: kind,
      severity: severityOf(every, effective(view.settings.times)),
      message: messageOf(view, kind, every, times, share),
      fixes: [{ set: [{ claim: kind, value: share ? 0.25 : rarer(every, times) }] }],
    })
  },
})

/** Of the training that it is a part of. */
function timesOf(
  { run }: SubjectView<'Operation'>,
  every: number | undefined,
  share: boolean,
): number | undefined {
  const training = subjectIn(run, 'Training')?.settings
  // Steps of an agent are counted in several worlds at once.
  if (effective(training?.openEnded) !== undefined) return undefined
  const claim = share ? training?.epochs : training?.maxSteps
  const length = effective(claim)
  // Somebody may start it for more.
  if (every === undefined || typeof length !== 'number' || claim?.overridable === true) return undefined
  return Math.floor(length / every + 1e-9)
}

/** So many steps are a part of any epoch, and so many samples are no more than an evaluation goes through. */
const fewSteps = 100
const fewSamples = 1000

/** Whether an evaluation comes so seldom that its own data decides what it costs, of which nothing is known. */
function liesFarApart({ run, settings }: SubjectView<'Operation'>, every: number): boolean {
  if (every <= fewSteps || effective(settings.subject) === 'generated text') return false
  const training = subjectIn(run, 'Training')?.settings
  // An agent plays, however little it has learned from.
  if (effective(training?.openEnded) !== undefined) return false
  const batch = effective(training?.batchSize)
  return batch === undefined || every * batch * (effective(training?.accumulation) ?? 1) > fewSamples
}

/** A run that writes this often stands still for small files as well. */
const soon = 10

function hasAdapters({ run }: SubjectView<'Operation'>): boolean {
  const adapters = effective(subjectIn(run, 'Training')?.settings.adapters)
  return adapters !== undefined && adapters !== null
}

const rhythms = [10, 20, 50, 100, 200]

/** Every 500 steps; more often in a run that has ten times or fewer then. */
function rarer(every: number, times: number | undefined): number {
  const wanted = times === undefined ? 500 : (every * times) / 10
  if (wanted >= 500) return 500
  return (
    [...rhythms].reverse().find((one) => one <= wanted && one > every) ??
    rhythms.find((one) => one > every) ??
    500
  )
}

/** A pass back computes twice as much as the one before it. */
const forwardShare = 1 / 3

/** Evaluations that take less of a run than this are the price of knowing where it stands. */
const muchOfARun = 0.2

/** Samples that an evaluation of a known data set goes over, and that are trained on between two of them. */
function evaluatedShare(view: SubjectView<'Operation'>, every: number): Counted | undefined {
  const evaluated = effective(view.settings.evaluatedSamples)
  const training = subjectIn(view.run, 'Training')?.settings
  const batch = effective(training?.batchSize)
  if (evaluated === undefined || batch === undefined) return undefined
  // Text that is written takes many passes for one sample.
  if (effective(view.settings.subject) === 'generated text') return undefined
  const { launch, compute } = view.run.job
  const gpus = (effective(compute?.settings.gpus) ?? 1) * (effective(compute?.settings.nodes) ?? 1)
  const started = (launch?.processes ?? 1) * (launch?.nodes ?? 1)
  const each = batch * (effective(training?.accumulation) ?? 1) * Math.max(gpus, started, 1)
  return { evaluated, trained: every * each, of: 'samples' }
}

interface Counted {
  evaluated: number
  trained: number
  of?: 'batches' | 'samples'
}

/** Evaluations of a known number of batches: what they compute is known beside the steps between them. */
function ofCounted(
  view: SubjectView<'Operation'>,
  kind: Claim,
  every: number,
  { evaluated, trained, of = 'batches' }: Counted,
): Report | null {
  const work = (evaluated * forwardShare) / trained
  const share = work / (1 + work)
  if (share < muchOfARun) return null
  const between = every === 1 ? 'after every step' : `every ${formatCount(every)} steps`
  const dear = onAccelerator(view)
  const rhythm =
    of === 'samples' ? seldom(every, { evaluated, trained }, effective(view.settings.times)) : null
  return {
    at: kind,
    severity: !dear ? 'hint' : share >= halfOfARun ? 'warning' : 'information',
    message: `Evaluations are about ${Math.round(share * 100)} % of what this run computes: ${formatCount(evaluated)} ${of} (\`${kind.key}\`) ${between}. Look at fewer ${of}, or less often.`,
    saving: {
      fraction: [share / 2, share * 0.9],
      usd: null,
      basis: `a forward pass is a third of the work of a step; assumes that ${of} of both have one size, and that an evaluation a tenth to half as dear tells enough`,
    },
    ...(rhythm === null ? {} : { fixes: [{ set: [{ claim: kind, value: rhythm }] }] }),
  }
}

const halfOfARun = 0.4

const wide = [500, 1000, 2000, 3000, 4000, 5000, 10_000, 20_000, 50_000]

/** Steps between two evaluations that take a tenth of the run, of which a few are left to choose the best model by. */
function seldom(every: number, { evaluated, trained }: Counted, times: number | undefined): number | null {
  // So many steps compute as much as an evaluation.
  const worth = (evaluated * forwardShare * every) / trained
  const wanted = 9 * worth
  const most = times === undefined ? Number.POSITIVE_INFINITY : (every * times) / leastEvaluations
  // With fewer the same would be said of them again.
  const least = worth * (1 / muchOfARun - 1)
  const possible = wide.filter((one) => one > every && one > least && one <= most)
  return possible.find((one) => one >= wanted) ?? possible.at(-1) ?? null
}

const leastEvaluations = 5

/** What goes over data between epochs that has been gone over, or that tells nothing before the end. */
function needlessEvaluation(view: SubjectView<'Operation'>, kind: Claim): Report {
  const data = effective(view.settings.subject)
  const dear = onAccelerator(view)
  const fixes = [{ set: [{ claim: kind, value: null }] }]
  if (data === 'the training data')
    return {
      at: kind,
      severity: dear ? 'information' : 'hint',
      message: `\`${kind.key}\` runs the model over training data again after each epoch: add the metric up in the steps, where the outputs are.`,
      saving: {
        fraction: [0.1, 0.25],
        usd: null,
        basis:
          'a forward pass over the training data is a third of the work of an epoch; assumes that loading does not set the pace',
      },
      fixes,
    }
  if (data === 'previews') {
    const every = effective(view.settings.every) ?? 1
    const passes = formatCount(effective(view.settings.times) ?? 0)
    return {
      at: kind,
      severity: dear ? 'information' : 'hint',
      message: `\`${kind.key}\` runs the model ${passes} times for one preview, ${every === 1 ? 'after each epoch' : `every ${formatCount(every)} epochs`}: draw by 50 steps of a faster sampler, or less often.`,
    }
  }
  if (data === 'the test data')
    return {
      at: kind,
      severity: 'hint',
      message: `\`${kind.key}\` runs after each epoch, beside a validation: the test data is needed once, for the model that is kept.`,
      fixes,
    }
  return {
    at: kind,
    severity: dear ? 'information' : 'hint',
    message: `\`${kind.key}\` is the second pass over the same data after each epoch: compute all metrics in one.`,
    fixes,
  }
}

function severityOf(every: number, times: number | undefined): Severity {
  if (times !== undefined && times > manyEvaluations) return 'warning'
  return every === 1 ? 'warning' : 'information'
}

function messageOf(
  view: SubjectView<'Operation'>,
  kind: Claim,
  every: number,
  times: number | undefined,
  share: boolean,
): string {
  const evaluates = effective(kind) === 'evaluate'
  const what = evaluates ? 'Evaluates' : 'Saves'
  const generates = effective(view.settings.subject) === 'generated text' ? ', generating text each time' : ''
  const counted =
    times === undefined
      ? ''
      : `: ${view.settings.times?.overridable === true ? 'up to ' : ''}${formatCount(times)} ${evaluates ? 'evaluations' : 'checkpoints'} in the run`
  const rhythm = share
    ? `${Math.round(1 / every)} times in each epoch`
    : every === 1
      ? 'in every step'
      : `every ${every} steps`
  const cost = evaluates
    ? 'Training stands still meanwhile.'
    : 'Training stands still while a checkpoint is written, and each one takes storage.'
  return `${what} ${rhythm} (\`${kind.key}\`)${generates}${counted}. ${cost}`
}
