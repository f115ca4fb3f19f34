import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { atLeast, atMost, type Bound } from '../bounds.js'
import { defineRule, type FixRequest, type Report, type Severity } from '../rule.js'
import { notTraining, unless } from '../silence.js'
import { betterDirection } from './metric-direction.js'

/** As for a run without early stopping. An assumption. */
const after: [number, number] = [0.1, 0.4]

export default defineRule({
  name: 'lifecycle/ineffective-early-stopping',
  judges: 'Training',
  checklist: ['waste/stop-weak-trials', 'bottleneck/bad-trials'],
  severity: 'error',
  finds: 'early stopping that cannot act: too much patience, a metric that is never computed',
  summary: 'Early stopping that cannot act, or follows the wrong direction, costs what it was meant to save.',
  supersedes: ['lifecycle/no-early-stopping'],
  check(view, { report, silent, options }) {
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const found =
      gap(view, options.lifecycle.minEpochs) ??
      (effective(view.settings.earlyStopping) === true
        ? (wrongDirection(view) ??
          neverReported(view) ??
          neverComputed(view) ??
          neverPatientEnough(view, options.lifecycle.minEpochs) ??
          byTraining(view, options.lifecycle.minEpochs))
        : null)
    if (found === null) return silent(unless(view, 'earlyStopping', noFault(view)))
    report({
      severity: 'warning',
      ...found,
      saving: {
        fraction: after,
        usd: null,
        basis: 'assumes that the best epoch comes after 60 to 90 % of the run; your validation curve tells',
      },
    })
  },
})

function noFault({ settings }: SubjectView<'Training'>): string {
  return effective(settings.earlyStopping) === true
    ? 'nothing that is known keeps early stopping from acting'
    : 'early stopping is not used'
}

type Found = Report | null

/** A short run has little to save. */
function severityFor(epochs: number, minEpochs: number): Severity {
  if (epochs < minEpochs / 4) return 'hint'
  return epochs < minEpochs ? 'information' : 'warning'
}

function gap({ settings }: SubjectView<'Training'>, minEpochs: number): Found {
  const claim = settings.stoppingGap
  const why = effective(claim)
  if (claim === undefined || why === undefined) return null
  const epochs = effective(settings.epochs)
  return {
    at: claim,
    severity: epochs === undefined ? 'warning' : severityFor(epochs, minEpochs),
    message: `Early stopping cannot act: ${why}.`,
    fixes: setTo(claim, null),
  }
}

function wrongDirection({ settings }: SubjectView<'Training'>): Found {
  const metric = effective(settings.stopMetric)
  const direction = settings.stopDirection
  const taken = effective(direction)
  if (metric === undefined || direction === undefined || taken === undefined) return null
  const better = betterDirection(metric, direction.state !== 'default')
  if (better === null || better === taken) return null
  const how =
    direction.state === 'default'
      ? `\`${direction.key}\` is left at its default, so`
      : `\`${direction.key}\` is wrong:`
  const verbs = taken === 'lower' ? ['falls', 'rise'] : ['rises', 'fall']
  return {
    at: direction,
    severity: 'error',
    message: `${how} early stopping waits until \`${metric}\` ${verbs[0]}, though a good run makes it ${verbs[1]}: the run ends after its patience, however well it goes.`,
    fixes: setTo(direction, better),
  }
}

function neverReported({ settings }: SubjectView<'Training'>): Found {
  const metric = settings.stopMetric
  const name = effective(metric)
  const reported = effective(settings.reportedMetrics)
  if (metric === undefined || name === undefined || reported === undefined) return null
  if (reported.some((one) => name === one || name.startsWith(`${one}_`) || name.startsWith(`${one}/`)))
    return null
  return {
    at: metric,
    severity: 'error',
    message: `Early stopping watches \`${name}\`, which is never reported (${list(reported)} ${reported.length === 1 ? 'is' : 'are'}): the run ends with an error after its first epoch.`,
  }
}

function neverComputed({ settings }: SubjectView<'Training'>): Found {
  const metric = settings.stopMetric
  const name = effective(metric)
  if (metric === undefined || name === undefined || effective(settings.validation) !== false) return null
  if (!/^(val|valid|validation|eval)[_/]/i.test(name)) return null
  return {
    at: metric,
    message: `Early stopping watches \`${name}\`, but nothing validates in this run, so it never acts.`,
  }
}

/** A network goes on fitting the data that it trains on long after it has stopped getting better on others. */
function byTraining({ settings }: SubjectView<'Training'>, minEpochs: number): Found {
  const { stopMetric, stopsByTraining, validation } = settings
  const name = effective(stopMetric)
  if (stopMetric === undefined || name === undefined || effective(stopsByTraining) !== true) return null
  const whole = atMost(settings.epochs)
  if (effective(validation) !== true || effective(settings.openEnded) !== undefined) return null
  if (whole !== null && whole.value < minEpochs) return null
  const monitor = effective(settings.monitor)?.name
  const other = monitor === undefined || monitor === name ? 'a metric of validation' : `\`${monitor}\``
  return {
    at: stopMetric,
    severity: 'information',
    message: `Early stopping watches \`${name}\`, which is computed on training data and goes on getting better when validation no longer does: watch ${other}.`,
    fixes: monitor === undefined || monitor === name ? [] : setTo(stopMetric, monitor),
  }
}

function neverPatientEnough({ settings }: SubjectView<'Training'>, minEpochs: number): Found {
  const patience = settings.patience
  const waiting = atLeast(patience)
  const start = settings.stopStart
  const rounds = settings.rounds
  const run = lengthOf(settings)
  if (run === null) return null
  const { length, whole } = run
  const total = whole.value
  const unit = rounds === undefined ? 'epochs' : 'rounds'
  // Pretrained weights reach their best in fewer epochs.
  const least = effective(settings.fineTuning) === true ? minEpochs / 2 : minEpochs
  const short = length === settings.epochs ? severityFor(total, least) : 'warning'
  const severity = length.overridable && short === 'warning' ? 'information' : short
  const first = effective(start) ?? 0
  if (start !== undefined && first >= total) {
    return {
      at: start,
      severity,
      message: `Early stopping begins after epoch ${formatCount(first)}, but the run has only ${whole.says}: it never acts.`,
    }
  }
  if (patience === undefined || waiting === null) return null
  // Patience counts validations.
  const every = effective(settings.validatedEvery) ?? 1
  const waits = waiting.value * every
  const says =
    every === 1
      ? waiting.says
      : `${waiting.says} validations, one in ${formatCount(every)} epochs: ${formatCount(waits)}`
  const exact = waiting.exact && whole.exact
  const fewer = Math.max(1, Math.floor(usualPatience(total, unit) / every))
  // The first epoch is always the best so far.
  const never = waits >= total || (waits >= 1 && waits + 1 >= total)
  if (exact && !never && isMuch(waits, total) && waits > usualPatience(total, unit))
    return {
      at: patience,
      severity: lower(short),
      message: `Early stopping waits for ${every === 1 ? formatCount(waits) : says} of ${formatCount(total)} ${unit} without improvement: it can save ${formatCount(total - waits - 1)} at most.`,
      fixes: total < 5 ? [] : setTo(patience, fewer),
    }
  if (!never) return null
  const behind = waits < total ? ' after the first' : ''
  return {
    at: patience,
    severity,
    message: `Early stopping waits for ${says} ${waits === 1 ? unit.slice(0, -1) : unit} without improvement${behind}, but the run has only ${whole.says}: it never acts.`,
    fixes: total < 5 || !exact || fewer >= waiting.value ? [] : setTo(patience, fewer),
  }
}

/** What ends the run. Each epoch has a step at least, so the steps of a run bound its epochs. */
function lengthOf({
  rounds,
  epochs,
  maxSteps,
}: SubjectView<'Training'>['settings']): { length: Claim; whole: Bound } | null {
  const length = rounds ?? epochs
  const whole = atMost(length)
  const steps = effective(maxSteps) ?? null
  if (rounds === undefined && maxSteps !== undefined && steps !== null && steps < (whole?.value ?? Infinity))
    return { length: maxSteps, whole: { value: steps, exact: false, says: `${formatCount(steps)} steps` } }
  return length === undefined || whole === null ? null : { length, whole }
}

/** A patience of this share of the run hardly ever acts; where it is so many epochs, it costs much where it does. */
const mostOfARun = 0.5
const muchOfARun = { share: 0.33, epochs: 40 }

function isMuch(waits: number, total: number): boolean {
  return waits >= mostOfARun * total || (waits >= muchOfARun.epochs && waits >= muchOfARun.share * total)
}

/** Where it could act, but seldom will, there is less to save. */
function lower(severity: Severity): Severity {
  return severity === 'warning' ? 'information' : 'hint'
}

function usualPatience(total: number, unit: 'epochs' | 'rounds'): number {
  return Math.max(Math.min(unit === 'epochs' ? 3 : 20, total - 1), Math.floor(total / 10))
}

function list(names: string[]): string {
  const shown = names.slice(0, 3).map((name) => `\`${name}\``)
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ')
}

function setTo(claim: Claim, value: unknown): FixRequest[] {
  return [{ set: [{ claim, value }] }]
}
