/** Boosted trees: rounds that are always run to the end. */

import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { Bound } from '../bounds.js'
import type { Report, Severity } from '../rule.js'
import { subjectsOf } from '../subject-view.js'

/** Rounds from which on stopping early is worth the trouble. */
const leastRounds = 500
/** The same where a search pays for them in each of its trials. */
const leastInSearch = 300
/** Rounds that are many even for a learning rate of 0.1 and more. */
const manyRounds = 1000
const quickRate = 0.1
/** Share of the rounds after the best one. An assumption. */
const after: [number, number] = [0.2, 0.6]

export function boostingReport(view: SubjectView<'Training'>, bound: Bound): Report | null {
  const rounds = bound.value
  const { earlyStopping } = view.settings
  const many = subjectsOf(view.run, 'Search').length > 0 ? leastInSearch : leastRounds
  if (earlyStopping === undefined || rounds < many) return null
  const watched = effective(view.settings.validation) === true
  const patience = Math.min(100, Math.max(20, Math.round(rounds / 100) * 2))
  return {
    at: earlyStopping,
    severity: severityOf(view, rounds),
    message: messageOf(view, bound),
    saving: {
      fraction: after,
      usd: null,
      basis: 'assumes that the best round comes after 40 to 80 % of them; your validation curve tells',
    },
    // Folds of a search hold no data out for it.
    fixes: watched || bound.exact ? [{ set: [{ claim: earlyStopping, value: { patience } }] }] : [],
  }
}

function severityOf({ settings }: SubjectView<'Training'>, rounds: number): Severity {
  const count = settings.rounds
  if (count?.state !== 'known' || count.overridable) return 'information'
  const rate = effective(settings.learningRate)
  const many = rounds >= manyRounds
  if (!many && (rate === undefined || rate >= quickRate)) return 'information'
  // Without data to watch, early stopping needs a split first; some hold a share out by themselves.
  const watched = effective(settings.validation) === true
  return watched || (many && effective(settings.heldOutData) === true) ? 'warning' : 'information'
}

function messageOf({ settings }: SubjectView<'Training'>, { value, exact }: Bound): string {
  const count = formatCount(value)
  const byDefault = settings.rounds?.state === 'default' ? `, the default of \`${settings.rounds.key}\`,` : ''
  const key = settings.earlyStopping!.key
  if (effective(settings.validation) === true)
    return `Up to ${count} boosting rounds${byDefault} with validation, but nothing ends the run when the metric stops improving: \`${key}\` is not used.`
  if (!exact)
    return `Up to ${count} boosting rounds, all of which are run: \`${key}\` on held-out data would end them where the metric stops improving.`
  return `All ${count} boosting rounds${byDefault} are run: \`${key}\` on held-out data would end them where the metric stops improving.`
}
