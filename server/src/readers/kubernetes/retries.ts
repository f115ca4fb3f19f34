/** How often a Job starts its pods again, and what it does not start again. */
import { at, items, number, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'

/** `.spec.backoffLimit` of batch/v1 where it is not given (Kubernetes API reference, Job). */
const defaultBackoff = 6

export function claimRetries(
  compute: SubjectBuilder<'Compute'>,
  spec: ConfigNode | undefined,
  place: Place,
  isPatch: boolean,
): void {
  // Each index of an indexed Job has a limit of its own.
  const key = at(spec, 'backoffLimitPerIndex') === undefined ? 'backoffLimit' : 'backoffLimitPerIndex'
  const given = at(spec, key)
  if (given === undefined) {
    if (isPatch) compute.unknown('retries', key, 'a patch of another manifest', place)
    else compute.default('retries', key, defaultBackoff, place)
  } else {
    const count = number(given)
    const at: Place = { start: given.start, end: given.end }
    if (count === undefined) compute.unknown('retries', key, 'template', at, { site: place })
    else compute.known('retries', key, count, at, { site: place })
  }
  const policy = at(spec, 'podFailurePolicy')
  if (policy === undefined) return
  const filters =
    policy.kind === 'unknown' ||
    items(at(policy, 'rules')).some((rule) => /^Fail(Job|Index)$/.test(text(at(rule, 'action')) ?? ''))
  if (filters)
    compute.known('retryFilter', 'podFailurePolicy', 'podFailurePolicy', {
      start: policy.start,
      end: policy.end,
    })
}
