import { spotDiscount } from '../../estimate/hourly.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Saving } from '../rule.js'
import { unless } from '../silence.js'
import {
  acceleratorsPerMachine,
  holdsCluster,
  isPlainPool,
  plainMachines,
  poolCost,
  poolName,
  poolsBeside,
  rateText,
} from './pool-words.js'

export default defineRule({
  name: 'scaling/on-demand-pool',
  judges: 'Scaling',
  checklist: ['rightsize/spot'],
  severity: 'information',
  finds: 'pools that buy only on-demand machines',
  summary: 'A pool buys only on-demand machines.',
  tellsTogether: true,
  check(view, { report, silent, options, today }) {
    const { capacity, purpose } = view.settings
    const { notebook, unused } = view.subject.evidence
    if (capacity === undefined || effective(capacity) !== 'on-demand')
      return silent(unless(view, 'capacity', `its capacity is ${effective(capacity)}`))
    const plain = acceleratorsPerMachine(view) === undefined
    if (plain && !isPlainPool(view)) return silent(plainMachines(view))
    // What answers requests must not go away; anything else may, as far as its pool tells.
    if (effective(purpose) === 'serving') return silent('it is for serving')
    if (hasSpotBeside(view)) return silent('another pool of this file has accelerators on spot')
    const cost = poolCost(view, 1, options, today)
    const [onDemand, spot] = [cost?.onDemand ?? null, cost?.spot ?? null]
    if (onDemand !== null && spot !== null && spot >= 0.8 * onDemand)
      return silent('spot capacity costs nearly as much for such machines')
    const type = effective(view.settings.machine)
    const work =
      effective(purpose) === 'training' && !plain
        ? ', for training that can resume from a checkpoint'
        : ', for work that can be interrupted'
    const prices =
      onDemand === null
        ? 'spot machines cost a fraction'
        : spot === null
          ? `at ${rateText(onDemand, cost)} each; spot machines cost a fraction`
          : `at ${rateText(onDemand)} each; on spot it is about ${rateText(spot)}`
    report({
      at: capacity,
      // Whoever tries something out by hand pays for minutes, and for a pool that nothing runs on nobody does; processors cost little.
      ...(notebook || unused === true || plain ? { severity: 'hint' as const } : {}),
      message: `${poolName(view)} buys ${type ?? 'its machines'} on demand only${onDemand === null ? ': ' : ' '}${prices}${work}.`,
      saving: savingOf(onDemand, spot, cost?.price.asOf ?? '', cost?.where ?? ''),
      fixes: [
        {
          set: [{ claim: capacity, value: 'spot' }],
          ...(plain && holdsCluster(view) ? { onlyIf: 'nothing on it has to stay up' } : {}),
        },
      ],
      // Only whoever knows the work on it can say that it may be interrupted.
      ...(plain || effective(purpose) !== 'training' ? { confidence: 'low' as const } : {}),
      ...(plain ? { together: 'processors' } : {}),
    })
  },
})

function savingOf(onDemand: number | null, spot: number | null, asOf: string, region: string): Saving {
  const basis = 'spot against on demand, for each machine; interruptions cost 5 to 10 % of the work'
  if (onDemand === null || spot === null) return { fraction: [...spotDiscount], usd: null, basis }
  const share = (rework: number) => Math.max(0, 1 - (rework * spot) / onDemand)
  const [least, most] = [share(1.1), share(1.05)]
  const money = (part: number) => Math.round(part * onDemand * 100) / 100
  return {
    fraction: [least, most],
    usd: { range: [money(least), money(most)], per: 'hour', each: 'machine', asOf, region },
    basis,
  }
}

/** The same file has a pool of accelerators on spot: whoever wants it can have it. */
function hasSpotBeside(view: SubjectView<'Scaling'>): boolean {
  return poolsBeside(view).some(
    (other) =>
      /^(spot|mixed)$/.test(effective(other.settings.capacity) ?? '') &&
      acceleratorsPerMachine(other) !== undefined,
  )
}
