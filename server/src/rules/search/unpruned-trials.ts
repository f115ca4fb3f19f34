import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { isSilence, type Silence, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import {
  fitsAtOnce,
  formatDuration,
  known,
  leastTrials,
  onlyRepeats,
  repeatsOnly,
  trialCount,
} from './trials.js'

/** Fewer trials are hardly worth comparing: pruners wait for the first five before they stop any. */
const minTrials = 8
/** Shorter trials end before a comparison tells anything. */
const minSteps = 5
/** Fewer boosting rounds take seconds. */
const minRounds = 500
/** From so many trials on they are worth a word even where it is not known how long each takes. */
const several = 20
/** So few trials, of so few epochs each, are a small search. */
const few = { trials: 12, epochs: 15 }
/** Searches that cannot run longer than this cost little, however they spend the time. */
const shortSearch = 3600

export default defineRule({
  name: 'search/unpruned-trials',
  judges: 'Search',
  checklist: ['waste/stop-weak-trials', 'bottleneck/bad-trials'],
  severity: 'warning',
  finds: 'hopeless trials that are trained to the end',
  summary: 'Hopeless trials are trained to the end.',
  tellsTogether: true,

  check(search, { report, silent }) {
    const { earlyTermination, terminationGap } = search.settings
    if (earlyTermination === undefined) return silent(unless(search, 'earlyTermination', ''))
    if (onlyRepeats(search)) return silent(repeatsOnly)
    if (earlyTermination.state === 'unknown') {
      const guess = unsure(search, earlyTermination)
      return isSilence(guess) ? silent(guess) : report(guess)
    }
    const printed = printedOnce(search)
    if (earlyTermination.value !== false) {
      const wrong = printed === null ? byTrainingMetric(search) : { at: earlyTermination, ...printed }
      if (wrong === null) silent('weak trials are stopped')
      else report(wrong)
      return
    }
    // There is nothing yet that weak trials could be told by.
    if (printed !== null) return silent('trials print their metric once, when all is over')
    const joined = effective(terminationGap) === undefined ? reportedSteps(search) : null
    const gap = effective(terminationGap) ?? (joined === null ? undefined : joined.gap)
    if (gap === undefined) {
      const guess = unreported(search, earlyTermination)
      return isSilence(guess) ? silent(guess) : report(guess)
    }
    const counted = trialCount(search)
    const least = counted === undefined ? leastTrials(search) : null
    // Where there are many at least, it matters little how many there are.
    const trials = counted ?? (least !== null && least >= minTrials ? least : counted)
    if (typeof trials === 'number' && trials < minTrials)
      return silent(`the search is small: ${formatCount(trials)} trials`)
    const steps = known(search, 'trialSteps') ?? joined?.steps
    const many = typeof trials === 'number' && trials >= several && search.subject.evidence.small === null
    if (steps !== undefined && isShort(steps, many, known(search, 'unit') === 'job'))
      return silent(
        steps.count === null
          ? `how many ${steps.what} a trial has is not known`
          : `trials are short: ${formatCount(steps.count)} ${steps.what}`,
      )
    // A number of trials that cannot be known, of work that cannot be seen, says nothing.
    if (trials === undefined && steps === undefined)
      return silent(unless(search, ['trialCap', 'trialSteps'], 'the number of trials is not known'))
    if (steps === undefined && fitsAtOnce(search)) return silent('a trial fits its model in one go')
    const limit = plannedLimit(search)
    const finding: Report = {
      at: earlyTermination,
      message: messageOf(trials, counted === undefined, steps, gap, limit),
      severity: severityOf(search, trials, steps, limit, joined?.small ?? smallNetwork(search)),
      confidence: steps === undefined ? 'medium' : 'high',
      fixes: [{ set: [{ claim: earlyTermination, value: true }] }],
    }
    // Within a time limit the same hours are paid for; they try more.
    if (limit === null) {
      finding.saving = {
        fraction: [0.25, 0.5],
        usd: null,
        basis:
          'share of the search that the median rule (25 to 35 %) to successive halving (half and more) saves',
      }
    }
    report(finding)
  },
})

/** Something may stop weak trials, and nothing that is seen does. */
function unsure(search: SubjectView<'Search'>, at: Claim<boolean>): Report | Silence {
  const gap = known(search, 'terminationGap')
  if (gap === undefined) return unless(search, 'earlyTermination', '')
  const trials = trialCount(search) ?? leastTrials(search)
  if (trials === null) return unless(search, 'trialCap', 'the number of trials is not known')
  if (trials < several) return { text: `the search is small: ${formatCount(trials)} trials` }
  return {
    at,
    severity: 'information',
    confidence: 'low',
    message: `Nothing here is seen to stop weak ones among the ${formatCount(trials)} trials: ${gap}.`,
    together: 'unsure',
  }
}

/** Trials could be stopped if their program reports the metric while it trains, of which nothing is known. */
function unreported(search: SubjectView<'Search'>, at: Claim<boolean>): Report | Silence {
  const gap = known(search, 'terminationGapIfReported')
  const metric = known(search, 'metric')
  if (gap === undefined || metric == null)
    return unless(search, 'terminationGap', 'what a trial reports while it trains is not known')
  const trials = trialCount(search)
  if (typeof trials === 'number' && trials < several)
    return { text: `the search is small: ${formatCount(trials)} trials` }
  if (fitsAtOnce(search)) return { text: 'a trial fits its model in one go' }
  const which = typeof trials === 'number' ? `None of the ${formatCount(trials)} trials is` : 'No trial is'
  return {
    at,
    severity: 'information',
    confidence: 'low',
    message: `${which} stopped for being weak: ${gap}. One that reports ${metric === 'default' ? 'its metric' : metric} while it trains could be.`,
    fixes: [{ set: [{ claim: at, value: true }], onlyIf: `trials report ${metric} while they train` }],
    // One habit: who writes one search without it writes the others so, too.
    together: 'unreported',
  }
}

interface TrialSteps {
  what: string
  count: number | null
}

/** `job`: each trial starts a machine of its own, so that few rounds are dear as well. */
function isShort({ what, count }: TrialSteps, many: boolean, job: boolean): boolean {
  if (what !== 'boosting rounds' || job) return count !== null && count < minSteps
  return count === null ? !many : count < minRounds
}

interface Joined {
  gap: string
  steps: TrialSteps
  /** Why a trial is small. */
  small: string | null
}

function isNamed(pattern: string, metric: string): boolean {
  return pattern.endsWith('*') ? metric.startsWith(pattern.slice(0, -1)) : metric === pattern
}

/** A search whose trials are a program of their own: what that program reports while it trains. */
function reportedSteps(search: SubjectView<'Search'>): Joined | null {
  const gap = known(search, 'terminationGapIfReported')
  const metric = known(search, 'metric')
  if (gap === undefined || metric === undefined || metric === null) return null
  for (const { subject, settings } of subjectsOf(search.run, 'Program')) {
    if (subject.location.path !== search.run.script) continue
    const output = known(search, 'stopsByOutput') !== undefined
    const reports = output ? effective(settings.prints) : effective(settings.reports)
    if (reports?.metrics.some((one) => isNamed(one, metric)))
      return { gap, steps: reports, small: subject.evidence.small }
  }
  return null
}

/** How well a trial fits its training data tells nothing of how well it does on others. */
function byTrainingMetric({ settings }: SubjectView<'Search'>): Report | null {
  const { pruningMetric } = settings
  const metric = effective(pruningMetric)
  if (pruningMetric === undefined || metric === undefined) return null
  if (!/^(train(ing)?[-_/ ]|(loss|accuracy|acc)$)/i.test(metric)) return null
  return {
    at: pruningMetric,
    severity: 'information',
    message: `Weak trials are told by \`${metric}\`, a metric of the training data: trials that overfit are trained to the end, and some that would do better on other data are stopped.`,
  }
}

/** What stops weak trials reads the output of their program, which prints the metric when all is over. */
function printedOnce(search: SubjectView<'Search'>): Pick<Report, 'message' | 'severity' | 'related'> | null {
  const by = known(search, 'stopsByOutput')
  const metric = known(search, 'metric')
  const { script } = search.run
  if (by === undefined || metric == null || script === null) return null
  const program = subjectsOf(search.run, 'Program').find(({ subject }) => subject.location.path === script)
  const prints = program?.settings.prints
  if (effective(prints)?.once.includes(metric) !== true) return null
  const name = script.slice(script.lastIndexOf('/') + 1)
  return {
    message: `${by} never stops a trial: it compares what trials print while they train, and ${name} prints ${metric} once, when all is over.`,
    severity: program!.subject.evidence.small === null ? 'warning' : 'information',
    related: [],
  }
}

/** Seconds that the author allows; a service's own limit of weeks is no plan. */
function plannedLimit(search: SubjectView<'Search'>): number | null {
  const claim = search.settings.timeLimit
  return claim?.state === 'known' ? (claim.value ?? null) : null
}

/** That the data are small the bill of the trials says better than their name. */
function smallNetwork({ subject: { evidence } }: SubjectView<'Search'>): string | null {
  return evidence.smallNetwork === true ? evidence.small : null
}

function severityOf(
  search: SubjectView<'Search'>,
  trials: number | null | undefined,
  steps: TrialSteps | undefined,
  limit: number | null,
  small: string | null,
): Severity {
  if (small !== null) return 'information'
  if (trials === undefined || (limit !== null && limit <= shortSearch)) return 'information'
  // How many there will be is decided elsewhere.
  if (trials === null && search.settings.trialCap?.overridable === true) return 'information'
  // Who turns it off for a service's jobs in so many words has decided.
  if (search.settings.earlyTermination!.state === 'known' && known(search, 'unit') === 'job')
    return 'information'
  // What a trial does cannot be seen: only many of them make it likely enough to matter.
  if (steps === undefined) return trials !== null && trials >= 30 ? 'warning' : 'information'
  const little =
    trials !== null &&
    trials <= few.trials &&
    steps.what === 'epochs' &&
    steps.count !== null &&
    steps.count <= few.epochs
  return little || steps.what === 'boosting rounds' ? 'information' : 'warning'
}

function messageOf(
  trials: number | null | undefined,
  atLeast: boolean,
  steps: TrialSteps | undefined,
  gap: string,
  limit: number | null,
): string {
  const which =
    typeof trials === 'number'
      ? `None of the ${atLeast ? 'at least ' : ''}${formatCount(trials)} trials is`
      : 'No trial is'
  const each = steps?.count == null ? '' : ` (up to ${formatCount(steps.count)} ${steps.what} each)`
  const rest =
    limit === null ? '' : ` Within ${formatDuration(limit)}, trials that are stopped make room for others.`
  return `${which} stopped for being weak${each}: ${gap}.${rest}`
}
