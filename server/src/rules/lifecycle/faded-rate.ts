/** Epochs that a run goes on for with a learning rate of next to nothing. */
import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { atMost } from '../bounds.js'
import type { Report } from '../rule.js'
import { onAccelerator } from '../training/operation.js'

/** So few of them, or so small a part of the run, may settle what was learned last. */
const fewEpochs = 10
const smallPart = 0.25

/** Null: the rate lasts for the run, or nobody knows. */
export function fadedReport(view: SubjectView<'Training'>): Report | null {
  const { settings, subject } = view
  const { epochs, rateFadesAfter } = settings
  const [whole, after] = [atMost(epochs), effective(rateFadesAfter)]
  if (rateFadesAfter === undefined || after === undefined || whole === null || !whole.exact) return null
  const total = whole.value
  const rest = total - after
  if (rest < fewEpochs || rest < smallPart * total) return null
  const certain = rest >= total / 2 && epochs?.overridable !== true && subject.evidence.small === null
  const dear = onAccelerator(view)
  return {
    at: rateFadesAfter,
    severity: certain && dear ? 'warning' : dear ? 'information' : 'hint',
    message: `${formatCount(rest)} of ${formatCount(total)} epochs train next to nothing: after ${formatCount(after)} of them \`${rateFadesAfter.key}\` has lowered the learning rate to a 10,000th. Lower it more slowly, or end the run there.`,
    saving: {
      fraction: [(0.8 * rest) / total, rest / total],
      usd: null,
      basis: 'the epochs after the schedule has lowered the learning rate to a 10,000th of its first value',
    },
  }
}
