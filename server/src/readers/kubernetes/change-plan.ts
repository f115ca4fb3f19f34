/**
 * Changes that are laid out when the manifest is read, since only then it is known at which level a kind of object
 * keeps its keys. They travel with the claim's site.
 */
import { at } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { ChangeTarget, PlannedChange } from '../../text/change-target.js'
import type { Json } from '../../text/json.js'
import type { Origin, Place } from '../../text/origin.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { mountSharedMemory } from './container-limits.js'

export type Keys = (string | number)[]

export type Planned = PlannedChange | Refusal

/** The document of an object that no manifest holds. */
export const notWritten = Number.MAX_SAFE_INTEGER

/** `place` with the change that its claim may be asked for. `keys`: from the top of the document. */
export function planned(place: Place, document: number, keys: Keys, plan: Planned): Place {
  return { start: place.start, end: place.end, document, keys, target: targetOf(plan) }
}

/** The value with the change that its claim may be asked for. */
export function withPlan<V extends Origin>(value: V, document: number, keys: Keys, plan: Planned): V {
  return { ...value, site: { ...value.site, document, keys, target: targetOf(plan) } }
}

function targetOf(plan: Planned): ChangeTarget {
  return 'reason' in plan ? { kind: 'refused', reason: plan.reason } : { kind: 'plan', plan }
}

export function carryOut(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { target, document, keys, fragment } = claim.site
  if (target?.kind === 'container' && keys !== undefined) return mountShared(claim, target.index, keys, facts)
  if (target?.kind !== 'plan' || document === undefined || keys === undefined) return byHand(claim)
  if (document === notWritten) return { reason: 'change it in the blocks of the resource' }
  const { plan } = target
  if (value === 0 && plan.notZero !== undefined) return { reason: plan.notZero }
  const root = at(facts.config?.documents[document]?.root, ...keys)
  if (root === undefined || root.kind !== 'map') return { reason: 'the manifest has changed' }
  const writes = plan.writes.map((one): Write => {
    const wanted = one.value === undefined ? (value as Json) : filledIn(one.value, value)
    return {
      kind: 'set key',
      path: facts.path,
      fragment,
      document,
      keys: [...keys, ...one.path],
      value: asWritten(at(root, ...one.path), wanted),
      ...(one.after === undefined ? {} : { after: one.after }),
    }
  })
  const freed = value === 0 ? (plan.withZero ?? []) : []
  if (freed.some((path) => at(root, ...path) === undefined))
    return { reason: 'the nodes are chosen elsewhere in the manifest: choose others with it' }
  const removed = freed.map(
    (path): Write => ({ kind: 'remove key', path: facts.path, fragment, document, keys: [...keys, ...path] }),
  )
  writes.push(...removed)
  const title =
    plan.title
      .replaceAll('{value} GPU', value === 0 ? 'no GPU' : `${value} GPU`)
      .replaceAll('{value}', String(value))
      .replaceAll('{hours}', String(Number(value) / 3600)) + named(removed)
  return { title, safety: plan.safety ?? 'unsafe', writes, imports: [] }
}

/** ` and remove nodeSelector`; '' where nothing goes with it. */
export function named(removed: readonly Write[]): string {
  const keys = removed.flatMap((one) => ('keys' in one ? [String(one.keys.at(-1))] : []))
  return keys.length === 0 ? '' : ` and remove ${[...new Set(keys)].join(', ')}`
}

/** `{value}` in a text stands for the value that the rule asks for. */
function filledIn(planned: Json, value: unknown): Json {
  return typeof planned === 'string' ? planned.replaceAll('{value}', String(value)) : planned
}

function mountShared(claim: Claim, index: number, keys: Keys, facts: FragmentFacts): Change | Refusal {
  const { document = 0, fragment } = claim.site
  const pod = at(facts.config?.documents[document]?.root, ...keys)
  if (pod === undefined || pod.kind !== 'map') return { reason: 'the manifest has changed' }
  return mountSharedMemory(pod, index, (path, value) => ({
    kind: 'set key',
    path: facts.path,
    fragment,
    document,
    keys: [...keys, ...path],
    value,
  }))
}

/** `"4"` stays a string: some templates and older tools insist on it. */
function asWritten(before: ConfigNode | undefined, value: Json): Json {
  const quoted = before?.kind === 'scalar' && typeof before.value === 'string'
  return quoted && typeof value === 'number' ? String(value) : value
}
