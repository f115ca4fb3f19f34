/** What is always there and costs by the month: services, machines that people work on, pools, endpoints. */
import { type Bill, serviceBill } from '../estimate/bill.js'
import { type Rate, rateOf } from '../estimate/rate.js'
import { servingRequest } from '../rules/machine-request.js'
import type { RuleOptions } from '../rules/rule.js'
import { poolRequest } from '../rules/scaling/pool-words.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'

/** A notebook on a machine that is there while somebody works in it. */
export function isSession({ subject, settings, run }: SubjectView<'Compute'>): boolean {
  return effective(settings.interactive) === true && run.script === subject.location.path
}

/** A service, or a machine that people work on by hand. */
export function isAlwaysOn(compute: SubjectView<'Compute'>): boolean {
  const { settings } = compute
  if (isSession(compute) || typeof effective(settings.idleStop) === 'number') return false
  return effective(settings.service) === true || effective(settings.interactive) === true
}

/**
 * A month of a machine that nothing ends: at most that of one that is rented for a training, since somebody waits for its end or its
 * program may end it.
 */
export function machineBill({ settings }: SubjectView<'Compute'>, rate: Rate | { missing: string }): Bill {
  const rented = effective(settings.trains) === true || effective(settings.gpuCloud) !== undefined
  const forRun = rented && effective(settings.interactive) !== true
  return serviceBill({
    rate,
    replicas: { low: forRun ? 0 : 1, high: 1 },
    share: 1,
    assumptions: forRun ? ['a whole month where neither its program nor anybody ends it'] : [],
  })
}

/** In how many zones a pool has as many machines as its sizes say. */
export function zonesOf({ zones }: SubjectView<'Scaling'>['settings']): number {
  return Math.max(1, effective(zones) ?? 1)
}

export function poolBill(view: SubjectView<'Scaling'>, options: RuleOptions, today: string): Bill {
  const { settings } = view
  const capacity = effective(settings.capacity)
  const rate =
    capacity === 'reserved'
      ? { missing: 'what its reserved capacity costs, which is agreed or paid ahead' }
      : rateOf(poolRequest(view), capacity === 'spot', options.prices, today)
  // Sizes count for each zone.
  const zones = zonesOf(settings)
  const minimum = effective(settings.minimum)
  const maximum = effective(settings.maximum)
  const most = effective(settings.fixed) === true ? minimum : maximum
  return serviceBill({
    rate,
    replicas:
      minimum === undefined
        ? { missing: 'how many machines it keeps' }
        : { low: minimum * zones, high: most == null ? null : most * zones },
    share: 1,
    assumptions: capacity === 'mixed' ? ['all of it on demand'] : [],
  })
}

export function endpointBill(view: SubjectView<'Serving'>, options: RuleOptions, today: string): Bill {
  const { settings } = view
  const least = effective(settings.minReplicas)
  const autoscaled = effective(settings.autoscaled) === true
  return serviceBill({
    rate: rateOf(servingRequest(view), undefined, options.prices, today),
    replicas: { low: least ?? 1, high: autoscaled ? null : (least ?? 1) },
    share: 1,
    assumptions: least === undefined ? ['one replica is assumed'] : [],
  })
}
