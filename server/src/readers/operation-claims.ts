/** Writes down one `Operation`: something done in each step, or switched on for a whole run. */
import type { Origin } from '../text/origin.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import type { OperationKind, OperationSettings } from '../workload/resource-kinds.js'
import { debugEffect } from './debug-effects.js'

export interface OperationFacts {
  kind: OperationKind
  place: OperationSettings['place']
  /** As the code calls it: `.item()`, `torch.autograd.set_detect_anomaly`. */
  key: string
  /** What is shown. */
  at: Place
  /** What a change edits. */
  site: Place
  scope: string
  evidence: Evidence
  options?: ClaimOptions
  /** The value that switches it on: who gives it, and where. */
  from?: Origin
  /** `default`: nobody wrote it. */
  byDefault?: boolean
  places?: { what: string; node: { start: number; end: number } }[]
  weight?: OperationSettings['weight']
  realModel?: boolean
  wantedFor?: string | null
  subject?: string | null
  /** The launch that it is a part of, where its command line says so itself. */
  job?: string
  /** Tells operations apart that are shown at one place. */
  apart?: string
}

export function claimOperation(claims: ClaimBuilder, facts: OperationFacts): SubjectBuilder<'Operation'> {
  const { at, site, key } = facts
  const operation = claims.subject(
    'Operation',
    at,
    facts.scope,
    facts.evidence,
    facts.job ?? null,
    facts.apart,
  )
  const { from } = facts
  const given: ClaimOptions =
    from === undefined ? {} : { channel: from.channel, overridable: from.overridable }
  // What the code says is shown where the operation is.
  if (from !== undefined && from.channel !== 'code') given.location = from.location
  const options = { ...facts.options, ...given, site }
  if (facts.byDefault === true) operation.default('kind', key, facts.kind, at, options)
  else operation.known('kind', key, facts.kind, at, options)
  operation.known('place', key, facts.place, at, { site })
  if (facts.places !== undefined) {
    const places = facts.places.map(({ what, node }) => ({ what, location: claims.locate(node) }))
    operation.known('places', key, places, at, { site })
  }
  if (facts.weight !== undefined) operation.known('weight', key, facts.weight, at, { site })
  if (facts.realModel !== undefined) operation.known('realModel', key, facts.realModel, at, { site })
  if (facts.wantedFor != null) operation.known('wantedFor', key, facts.wantedFor, at, { site })
  if (facts.subject != null) operation.known('subject', key, facts.subject, at, { site })
  const effect = facts.kind === 'debug checks' ? debugEffect(key) : null
  if (effect !== null) operation.known('effect', key, effect, at, { site })
  return operation
}
