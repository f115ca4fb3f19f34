/** Boosted trees: rounds that are always run to the end. */

import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { Report, Severity } from '../rule.js'

/** Rounds from which on stopping early is worth the trouble. */
const leastRounds = 500
/** Rounds that are many even for a learning rate of 0.1 and more. */
const manyRounds = 1000
const quickRate = 0.1
/** Share of the rounds after the best one. An assumption. */
const after: [number, number] = [0.2, 0.6]

export function boostingReport(view: SubjectView<'Training'>, rounds: number): Report | null {
  const { earlyStopping } = view.settings
  if (earlyStopping === undefined || rounds < leastRounds) return null
  const patience = Math.min(100, Math.max(20, Math.round(rounds / 100) * 2))
  return {
    at: earlyStopping,
    severity: severityOf(view, rounds),
    message: messageOf(view, rounds),
    saving: {
      fraction: after,
      usd: null,
      basis: 'assumes that the best round comes after 40 to 80 % of them; your validation curve tells',
    },
    fixes: [{ set: [{ claim: earlyStopping, value: { patience } }] }],
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

function messageOf({ settings }: SubjectView<'Training'>, rounds: number): string {
  const count = formatCount(rounds)
  const byDefault = settings.rounds?.state === 'default' ? `, the default of \`${settings.rounds.key}\`,` : ''
  const key = settings.earlyStopping!.key
  if (effective(settings.validation) === true)
    return `Up to ${count} boosting rounds${byDefault} with validation, but nothing ends the run when the metric stops improving: \`${key}\` is not used.`
  return `All ${count} boosting rounds${byDefault} are run: \`${key}\` on held-out data would end them where the metric stops improving.`
}
