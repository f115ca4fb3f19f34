import { month } from '../../estimate/bill.js'
import { effective } from '../../values/value.js'
import type { Effective, SubjectView } from '../../workload/claim.js'
import { atLeast, type Bound } from '../bounds.js'
import { defineRule, type Report, type RuleOptions, type Saving } from '../rule.js'
import { unless } from '../silence.js'
import {
  acceleratorsPerMachine,
  cardRate,
  fewestPlain,
  hasPlainMachines,
  holdsCluster,
  isPlainPool,
  machinesText,
  plainMachines,
  poolCost,
  poolName,
  rateOf,
  rateText,
  reserved,
  twoDigits,
} from './pool-words.js'

/** Share of the hours in which machines that are always there have nothing to do: an assumption. */
const idle = [0.5, 0.9] as const

export default defineRule({
  name: 'scaling/idle-floor',
  judges: 'Scaling',
  checklist: ['bottleneck/autoscaling-idle', 'waste/scale-down', 'baseline/idle-time', 'cadence/daily'],
  severity: 'warning',
  finds: 'pools of machines that never scale to zero',
  summary: 'A pool of machines never scales to zero.',
  tellsTogether: true,
  check(view, { report, silent, options, today }) {
    const { capacity, fixed, purpose, schedule, taken, zones } = view.settings
    const kept = keptMachines(view)
    const endpoint = kept === undefined ? ofEndpoint(view, options, today) : undefined
    if (endpoint !== undefined) return report(endpoint)
    if (kept === undefined)
      return silent(
        effective(view.settings.resizedBy) !== undefined && (effective(view.settings.initial) ?? 0) > 0
          ? `its minimum is 0, and ${effective(view.settings.resizedBy)} may take its machines away`
          : unless(view, 'minimum', 'it shrinks to nothing'),
      )
    const { claim, floor, stays } = kept
    const plain = acceleratorsPerMachine(view) === undefined
    if (plain && !hasPlainMachines(view)) return silent(plainMachines(view))
    if (plain && effective(fixed) === true && !isPlainPool(view))
      return silent('beside accelerators, a fixed number of machines without any may serve')
    if (plain && floor.value < fewestPlain(view))
      return silent('so few machines without accelerators are needed for the others')
    // Bought ahead: an idle one costs nothing more.
    if (effective(capacity) === 'reserved') return silent(reserved)
    // It goes down at night all the same.
    if (schedule !== undefined) return silent('a schedule shrinks it')
    const copies = Math.max(1, effective(zones) ?? 1)
    const count = floor.value * copies
    const busy = effective(taken) ?? 0
    const isTaken = floor.exact && busy >= count
    if (isTaken && effective(fixed) !== true)
      return silent('services of the project take all of its machines')
    // Machines that services take at all times are not idle, whatever the minimum.
    const free = count - Math.min(busy, count)
    const cost = poolCost(view, count, options, today)
    const usd = rateOf(view, cost)
    const rate = rateText(usd, cost)
    // The bill of the pool is that of all machines up to its maximum.
    const priced =
      usd === null || cost === undefined
        ? cardRate(view, count, options, today)
        : { usd: { low: usd, high: usd }, asOf: cost.price.asOf, region: cost.where }
    const each = copies === 1 ? '' : `, ${floor.value} in each of ${copies} zones`
    const share = `${floor.exact ? '' : 'at least '}${machinesText(view, count)}${each}`
    const always = stays
      ? `${poolName(view)} starts with ${share}, and nothing in the project takes ${count === 1 ? 'it' : 'them'} away again`
      : effective(fixed) === true
        ? `${poolName(view)} always has ${share}, however little there is to do`
        : `${poolName(view)} never shrinks below ${share}, even with no work at all`
    const [least, most] = [(idle[0] * free) / count, (idle[1] * free) / count]
    const saving: Saving = {
      fraction: [least, most],
      usd: priced && {
        range: [twoDigits(least * priced.usd.low), twoDigits(most * priced.usd.high)],
        per: 'hour',
        asOf: priced.asOf,
        region: priced.region,
      },
      basis:
        free === count
          ? 'the machines of the minimum have nothing to do in 50 to 90 % of the hours (an assumption)'
          : `services of the project take ${busy} of its machines; the others have nothing to do in 50 to 90 % of the hours (an assumption)`,
    }
    // A slice of TPUs starts as a whole or not at all.
    const slice = /^TPU/i.test(effective(view.settings.gpuModel) ?? '') && effective(fixed) === true
    // Who names a machine of a cloud buys it there.
    const held = capacity?.state === 'unknown' && usd === null
    // A replica that answers at once needs a machine; one that no load adds to and none takes from is held for all hours alike.
    const answers = effective(purpose) === 'serving' && !(effective(fixed) === true && usd !== null)
    // Who scales the cluster may stand in another project.
    const unsure = slice || answers || held || stays
    report({
      at: claim,
      ...(unsure || plain || isTaken ? { severity: 'information' as const } : {}),
      message: `${always}${rate === '' ? '' : `: ${rate} day and night`}.${isTaken ? ' Services of the project take all of it, so it shrinks only with them.' : ''}`,
      ...(isTaken ? {} : { saving }),
      fixes: stays || (plain && holdsCluster(view)) ? [] : [{ set: [{ claim, value: 0 }] }],
      // How many machines wait is decided once for all clusters.
      ...(plain ? { together: 'processors' } : {}),
    })
  },
})

/** USD a month for replicas that may have nothing to do. */
const dearEndpoint = 100

/** An endpoint whose policy never takes the last replicas away, though it takes others. */
function ofEndpoint(view: SubjectView<'Scaling'>, options: RuleOptions, today: string): Report | undefined {
  const { leastReplicas, mostReplicas, queued, schedule, target } = view.settings
  const count = effective(leastReplicas)
  if (leastReplicas === undefined || count === undefined || count < 1 || schedule !== undefined)
    return undefined
  const most = effective(mostReplicas)
  if (effective(target) !== 'endpoint' || most === undefined || most <= count) return undefined
  if (acceleratorsPerMachine(view) === undefined) return undefined
  const cost = poolCost(view, count, options, today)
  const usd = rateOf(view, cost)
  // What is not priced may be bought in another way.
  if (usd === null || cost === undefined) return undefined
  return {
    at: leastReplicas,
    severity: usd * month >= dearEndpoint ? 'warning' : 'information',
    message: `${poolName(view)} never goes below ${machinesText(view, count)}, even with no request at all: ${rateText(usd, cost)} day and night. ${
      effective(queued) === true
        ? `Its requests wait in a queue, so it can go down to none: ${leastReplicas.key} 0, and a policy that starts a replica when a request waits.`
        : 'Where requests can wait some minutes, an asynchronous endpoint goes down to none.'
    }`,
    saving: {
      fraction: [...idle],
      usd: null,
      basis: 'the replicas of the minimum have nothing to do in 50 to 90 % of the hours (an assumption)',
    },
    fixes: [],
  }
}

interface Kept {
  claim: Effective<number>
  floor: Bound
  /** No minimum holds them: they were made with the pool, and nothing takes them away. */
  stays: boolean
}

/** The machines that are there however little there is to do. A minimum of 0 alone takes none away. */
function keptMachines(view: SubjectView<'Scaling'>): Kept | undefined {
  const { minimum, initial, resizedBy } = view.settings
  const least = atLeast(minimum)
  if (minimum === undefined || least === null || !Number.isFinite(least.value)) return undefined
  if (least.value >= 1) return { claim: minimum, floor: least, stays: false }
  const made = effective(initial)
  const isHeld = acceleratorsPerMachine(view) !== undefined && resizedBy === undefined
  if (initial === undefined || made === undefined || made < 1 || !isHeld) return undefined
  return { claim: initial, floor: { value: made, exact: true, says: String(made) }, stays: true }
}
