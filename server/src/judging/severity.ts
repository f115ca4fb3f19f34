/** How severe a finding is: the rule's own word, lowered by evidence, decided by money where the bill is known. */
import type { Bill, OpenInterval } from '../estimate/bill.js'
import { isLarge } from '../rules/network-size.js'
import type { MoneyThresholds, Report, Rule, Saving, Severity } from '../rules/rule.js'
import { isViewOf, subjectsAround, subjectsOf } from '../rules/subject-view.js'
import type { Location } from '../text/location.js'
import { effective } from '../values/value.js'
import type { Claim, SubjectView } from '../workload/claim.js'
import { isMultiplied, takesManyDevices } from './multiplied.js'
import { countsLoader } from './program-hours.js'
import { countsFits } from './search-times.js'
import { isTry } from './tries.js'

const order: Severity[] = ['hint', 'information', 'warning', 'error']

export function lower(a: Severity, b: Severity): Severity {
  return order.indexOf(a) < order.indexOf(b) ? a : b
}

export function moreSevere(a: Severity, b: Severity): boolean {
  return order.indexOf(a) > order.indexOf(b)
}

function oneStepDown(severity: Severity): Severity {
  return severity === 'error' ? severity : order[Math.max(0, order.indexOf(severity) - 1)]!
}

/** Families about the conduct of a training: a small one can waste little, whatever the rule. */
const aboutTraining = new Set(['lifecycle', 'observability'])
const aboutAccelerators = new Set(['precision', 'training', 'data'])
/** Families about how single steps are written. */
const inSteps = new Set(['training', 'data'])

/** Families whose waste is a share of what the run costs, also where a rule does not say which. */
const withinRun = new Set(['precision', 'training', 'distributed', 'search', 'observability'])

/** Hours that nobody sits beside. */
const longNotebook = 0.5

/** Folders of what is no longer used, or kept in case: programs there are hardly run again. */
const retired =
  /(^|\/)(deprecated|legacy|old|archived?|obsolete|attic|failed|unused|backups?|bak)([_-][^/]*)?\//i
/** What may be there and be paid for, whatever its file is called. */
const standing = new Set(['Compute', 'Scaling', 'Serving', 'Storage'])

export function isClaim(at: Claim | Location): at is Claim {
  return 'setting' in at
}

function familyOf({ name }: Rule): string {
  return name.slice(0, name.indexOf('/'))
}

/** USD that a finding wastes per run, or per month; null: the bill is not known. */
export function wasteOf(
  rule: Rule,
  view: SubjectView,
  saving: Saving | undefined,
  bill: Bill,
): OpenInterval | null {
  const { usd, limitOnly } = bill
  if (usd === null || !isBounded(rule, view, bill)) return null
  const most = mostOf(view, bill)
  if (saving === undefined) return isOfRun(rule, limitOnly) ? { low: 0, high: most } : null
  const [low, high] = saving.fraction
  return { low: low * usd.low, high: most === null ? null : high * most }
}

function mostOf({ subject }: SubjectView, { usd, usdAtMost }: Bill): number | null {
  const once = usdAtMost === undefined ? usd!.high : usdAtMost
  return once === null ? null : once * (subject.evidence.notebook ? again : 1)
}

/** What it most likely costs in all; null: not known. */
function costOf(view: SubjectView, bill: Bill): number | null {
  return bill.usd === null ? null : likely({ low: bill.usd.low, high: mostOf(view, bill) })
}

/**
 * All of which it wastes a part most likely costs less than anybody need be warned of, whatever the part. What is a fault rather than a
 * habit (an error by the rule's own word) is worth it unless it surely costs less.
 */
function isCheap(rule: Rule, view: SubjectView, bill: Bill, money: MoneyThresholds): boolean {
  if (rule.severity === 'error' || bill.usd === null || bill.per !== 'run' || bill.limitOnly) return false
  // Nobody knows how often a notebook is run.
  if (view.subject.evidence.notebook) return false
  const most = mostOf(view, bill)
  return most !== null && most < money.error && costOf(view, bill)! < money.information
}

/** How many samples there are is not known: a million of them would most likely cost less than anybody need be warned of. */
function isCheapWhateverSize(rule: Rule, view: SubjectView, bill: Bill, money: MoneyThresholds): boolean {
  const usd = bill.ofSamples?.usd
  if (
    !isViewOf(view, 'Training') ||
    view.settings.rounds !== undefined ||
    rule.severity === 'error' ||
    bill.usd !== null ||
    usd == null
  )
    return false
  return usd.high !== null && (likely(usd) * manySamples) / bill.ofSamples!.samples < money.warning
}

const manySamples = 1e6

/** The bill holds the time that is wasted: of fits, and of steps that wait for data, only where they were counted or measured. */
function isBounded(rule: Rule, view: SubjectView, { measured }: Bill): boolean {
  if (rule.beyondBill === true || (isOfFits(view) && !countsFits(view.run))) return false
  if (familyOf(rule) !== 'data') return true
  return measured === true && isOfLoading(view)
}

/** What was measured holds the time in which steps waited for samples. */
function isOfLoading(view: SubjectView): boolean {
  return isViewOf(view, 'InputPipeline') || isViewOf(view, 'Preprocessing')
}

/** How long steps wait for this loader is an assumption in the bill: enough for a level, and too little to hide what it wastes. */
function countsWaits(rule: Rule, view: SubjectView): boolean {
  return familyOf(rule) === 'data' && isViewOf(view, 'InputPipeline') && countsLoader(view)
}

/** A run bounds what it wastes, though the rule says no share. A limit tells nothing of the run that is lost. */
function isOfRun(rule: Rule, limitOnly: boolean): boolean {
  return withinRun.has(familyOf(rule)) || (rule.losesRun === true && !limitOnly)
}

/** Times that what stands in a notebook is run in all, at most. An assumption. */
const again = 20

function isOfFits(view: SubjectView): boolean {
  return isViewOf(view, 'Search') && effective(view.settings.unit) === 'fit'
}

export function severityOf(
  rule: Rule,
  view: SubjectView,
  report: Report,
  wasted: OpenInterval | null,
  { hours, limitOnly, per }: Bill,
  own: Bill,
  money: MoneyThresholds,
): Severity {
  const { evidence, kind, location } = view.subject
  const waste = evidence.notebook ? withoutGuess(wasted, money) : wasted
  const family = familyOf(rule)
  let severity = report.severity === undefined ? rule.severity : lower(report.severity, rule.severity)
  if (report.cents === true && !isWorthDollars(view, waste, money)) severity = 'hint'
  if (report.dear === true && severity === 'information') severity = 'warning'
  // Where the bill says how much it is, nobody need guess from names that it is little.
  const stake = waste === null ? null : report.saving === undefined ? costOf(view, own) : likely(waste)
  const guessed = stake === null || stake < money.warning
  const multiplied = guessed && evidence.small !== null && isMultiplied(view)
  if (guessed && evidence.small !== null) {
    // How fast data come, and when a run ends, does not depend on the network.
    if (evidence.smallNetwork === true) {
      if (family === 'precision' || family === 'training') severity = lower(severity, 'information')
    }
    // Small samples do not make little of a large network that goes through them again and again.
    else if (aboutAccelerators.has(family) ? !trainsLarge(view) : family === 'search' && !multiplied)
      // Nobody knows how large the network is that is trained on it; in a notebook somebody tries things out.
      severity =
        (evidence.notebook && inSteps.has(family)) || (!multiplied && isMinor(rule, severity))
          ? 'hint'
          : lower(severity, 'information')
    else if (aboutTraining.has(family) && !multiplied) severity = oneStepDown(severity)
  } else if (evidence.notebook && family === 'lifecycle') {
    // Who works in a notebook sees how it goes; what its outputs tell to take long is worth knowing all the same.
    const long = hours !== null && !limitOnly && hours.low >= longNotebook
    if (!(long && severity === 'information')) severity = oneStepDown(severity)
  }
  const negligible = evidence.negligible !== undefined && !(evidence.negligibleOnce === true && multiplied)
  if (guessed && (negligible || onlyTriesOut(view, report))) severity = 'hint'
  if (waste === null && isOfRun(rule, limitOnly) && takesMinutes(view, hours, limitOnly)) severity = 'hint'
  if (waste !== null) severity = byMoney(severity, waste, money, canBeRaised(rule, report), per)
  if ((waste !== null || countsWaits(rule, view)) && isCheap(rule, view, own, money))
    severity = lower(severity, 'information')
  if (family === 'lifecycle' && isCheapWhateverSize(rule, view, own, money))
    severity = lower(severity, 'information')
  if (retired.test(location.path))
    severity =
      standing.has(kind) || evidence.role === 'job' || isStarted(view) ? oneStepDown(severity) : 'hint'
  if (evidence.uncalled !== undefined) severity = lower(severity, uncalled(view, severity))
  if (isClaim(report.at) && report.at.reasoned === true) severity = 'hint'
  if (isClaim(report.at) && report.at.overridable) severity = lower(severity, 'information')
  // Whoever starts it decides whether an accelerator is there to be wasted.
  if (evidence.processorByDefault === true && aboutAccelerators.has(family))
    severity = lower(severity, 'information')
  return severity
}

/** Worth a word where much is trained: by the rule, or in how this one step is written. */
function isMinor(rule: Rule, severity: Severity): boolean {
  return rule.severity === 'information' || (familyOf(rule) === 'training' && severity === 'information')
}

/** How often a notebook is run is assumed: enough to tell that something is next to nothing, and no more. */
function withoutGuess(waste: OpenInterval | null, money: MoneyThresholds): OpenInterval | null {
  const { high } = waste ?? { high: null }
  return waste === null || high === null || high < money.information ? waste : { ...waste, high: null }
}

/** On processors, as is known of the run: so many times of it are less than a dollar. */
function takesMinutes({ subject }: SubjectView, hours: Bill['hours'], limitOnly: boolean): boolean {
  const { accelerator } = subject.evidence
  const onProcessors = accelerator === 'none' || accelerator === 'cpu'
  return onProcessors && !limitOnly && hours !== null && hours.high !== null && hours.high < longNotebook
}

/** Of what mostly costs cents: the bill says so, or the devices and passes that are known. */
function isWorthDollars(view: SubjectView, waste: OpenInterval | null, money: MoneyThresholds): boolean {
  return (waste !== null && likely(waste) >= money.information) || takesManyDevices(view)
}

/** Passes of a large network over small data that take hours. */
const manyPasses = 30

function trainsLarge(view: SubjectView): boolean {
  const trainings = isViewOf(view, 'Training') ? [view] : subjectsAround(view.run, 'Training')
  return trainings.some((one) => isLarge(one) && (effective(one.settings.epochs) ?? 0) >= manyPasses)
}

/** By what lies elsewhere, and is in use. */
function isStarted({ run: { job } }: SubjectView): boolean {
  return job.launch !== null && !retired.test(job.launch.location.path)
}

/**
 * It is started to see whether it starts, as a launch (`sbatch submit_smoke.sh`, `--run-name smoke_b9`) or the name of the program
 * tells (`train_dummy.py`, `overfit_small_batch.py`). What hangs is dear all the same.
 */
function onlyTriesOut(
  { run: { job, script }, subject: { kind, location, evidence } }: SubjectView,
  { at }: Report,
): boolean {
  if (standing.has(kind)) return false
  // `conf/debug/debug.yaml` sets it for the program.
  const set = isClaim(at) ? at.location.path : ''
  if (evidence.role !== 'job' && [location.path, script ?? '', set].some(isTry)) return true
  const { launch } = job
  if (launch === null) return false
  const names = [launch.location.path, ...Object.values(launch.flags).map(({ value }) => String(value))]
  return names.some((name) => trial.test(name))
}

const trial = /(^|[/_.-])(smoke|sanity[-_]?check|dry[-_]?run)([-_]?test)?([/_.-]|$)/i

/**
 * What never runs costs nothing. One of several trainings or searches may be the next that somebody puts in; where the program has no
 * other, it is what somebody calls.
 */
function uncalled(view: SubjectView, severity: Severity): Severity {
  const kind = view.subject.kind
  if (kind !== 'Training' && kind !== 'Search') return 'hint'
  const others: SubjectView[] = subjectsOf(view.run, kind)
  return others.some(({ subject }) => subject.evidence.uncalled === undefined)
    ? oneStepDown(severity)
    : lower(severity, 'information')
}

/** Between the ends, where both are known: prices and speeds that are assumed multiply. */
export function likely({ low, high }: OpenInterval): number {
  return high === null ? low : Math.sqrt(low * high)
}

/** The rule did not lower it for this case. */
function canBeRaised(rule: Rule, { severity, confidence }: Report): boolean {
  return (severity === undefined || severity === rule.severity) && confidence !== 'low'
}

/** What surely costs little is quieter; what surely costs much is louder, unless the rule has its doubts. */
function byMoney(
  severity: Severity,
  { low, high }: OpenInterval,
  money: MoneyThresholds,
  raise: boolean,
  per: Bill['per'],
): Severity {
  if (high !== null && high < money.information) return 'hint'
  if (high !== null && high < money.warning) return lower(severity, 'information')
  if (!raise) return severity
  // How much of what is always on is idle is an assumption.
  if (low >= money.error && severity === 'warning' && per === 'run') return 'error'
  return low >= money.warning && severity === 'information' ? 'warning' : severity
}

/** From nothing to most of it: that says that nobody knows. */
export function saysNothing({ fraction: [low, high] }: Saving): boolean {
  return low === 0 && high > 0.5
}
