/** How often a Job starts its pods again, and what it does not start again. */
import { at, items, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, orDefault, orUnknown } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
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
  const given = convert(nodeValue(at(spec, key), place, compute.locator, { site: place }), asQuotedNumber)
  const because = 'a patch of another manifest'
  compute.say('retries', key, isPatch ? orUnknown(given, because) : orDefault(given, defaultBackoff))
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
