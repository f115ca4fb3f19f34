/** `[budget]`: jobs and services that cost more than they may, run on machines that are not allowed, or that nobody owns. */
import type { Bill, OpenInterval } from '../estimate/bill.js'
import { roughUsd } from '../estimate/hourly.js'
import type { Budget } from '../host/configuration-file.js'
import { budgetRule } from '../host/own-rules.js'
import { matchesWildcard } from '../host/wildcard.js'
import type { Judgement } from '../linking/runs.js'
import type { Severity } from '../rules/rule.js'
import { isViewOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import { type Bills, billKey } from './bill.js'
import type { Draft } from './judge.js'

export function budgetDrafts(judgements: readonly Judgement[], bills: Bills, budget: Budget): Draft[] {
  if (Object.values(budget).every((limit) => limit === undefined)) return []
  return judgements.flatMap(({ runs }) => {
    const view = runs[0]!
    if (view.subject.evidence.role === 'test') return []
    if (isViewOf(view, 'Compute')) return view.subject.job === null ? [] : ofJob(view, bills, budget)
    if (isViewOf(view, 'Scaling') || isViewOf(view, 'Serving')) return ofService(view, bills, budget)
    return []
  })
}

function ofJob(view: SubjectView<'Compute'>, bills: Bills, budget: Budget): Draft[] {
  const { settings } = view
  const machine = effective(settings.instanceType)
  const card = effective(settings.gpuModel)
  const untagged = budget.tags === true && effective(settings.tagged) === false
  return [
    ...overLimit(view, bills.ofRun(view.run), budget),
    ...notAllowed(view, [machine, card], budget),
    ...(untagged
      ? [draft(view, 'error', 'It carries no tags or labels, and `[budget] tags` asks for them.')]
      : []),
  ]
}

function ofService(
  view: SubjectView<'Scaling'> | SubjectView<'Serving'>,
  bills: Bills,
  budget: Budget,
): Draft[] {
  const { machine, gpuModel } = view.settings
  return [
    ...overLimit(view, bills.ofService(view), budget),
    ...notAllowed(view, [effective(machine), effective(gpuModel)], budget),
  ]
}

function overLimit(view: SubjectView, bill: Bill, budget: Budget): Draft[] {
  const { usd, per, limitOnly } = bill
  const limit = per === 'run' ? budget.perRun : budget.perMonth
  if (limit === undefined || usd === null) return []
  const key = per === 'run' ? 'usd-per-run' : 'usd-per-month'
  const allowed = `${roughUsd(limit)} that \`[budget] ${key}\` allows`
  if (usd.low > limit)
    return [draft(view, 'error', `A ${per} costs ${amount(usd)}, more than the ${allowed}.`)]
  if (limitOnly || usd.high === null || usd.high <= limit) return []
  return [draft(view, 'warning', `A ${per} may cost more than the ${allowed}: ${amount(usd)}.`)]
}

function amount({ low, high }: OpenInterval): string {
  if (high === null) return `${roughUsd(low)} or more`
  const [from, to] = [roughUsd(low), roughUsd(high)]
  return from === to ? from : `${from}–${to.slice(1)}`
}

/** One of the names of a machine must match one of the patterns; a machine that nobody names is let through. */
function notAllowed(
  view: SubjectView,
  names: readonly (string | undefined)[],
  { machines }: Budget,
): Draft[] {
  const given = names.flatMap((name) => name ?? [])
  if (machines === undefined || given.length === 0) return []
  if (given.some((name) => machines.some((pattern) => matchesWildcard(pattern, name)))) return []
  return [
    draft(
      view,
      'error',
      `${given[0]} is not among the machines that \`[budget] machines\` allows: ${machines.join(', ')}.`,
    ),
  ]
}

function draft(view: SubjectView, severity: Severity, message: string): Draft {
  const { subject, run } = view
  const service = subject.kind === 'Scaling' || subject.kind === 'Serving'
  return {
    rule: budgetRule,
    reader: subject.reader,
    severity,
    confidence: 'high',
    message,
    location: subject.location,
    checklist: [],
    saving: null,
    billed: service ? subject.id : billKey(run),
    related: [],
    requests: [],
    scope: subject.scope,
    subject: subject.id,
    run,
  }
}
