/** The machine that a step of a pipeline asks for, as readers of every orchestrator claim it. */
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { idAt } from '../job-in-code.js'

export interface StepMachine {
  /** Part of the identity of the job: 'flyte'. */
  engine: string
  /** The word of the library that the claims are made from. */
  key: string
  nameKey?: string
  provider: ComputeSettings['provider']
  name: string
  scope: string
  place: Place
  evidence: Evidence
  /** What tells it from another at the same place. */
  apart?: string
}

/** It asks for a GPU; which machines there are, and on what terms, the platform decides. */
export function claimStepMachine(
  claims: ClaimBuilder,
  { engine, key, nameKey = key, provider, name, scope, place, evidence, apart }: StepMachine,
): SubjectBuilder<'Compute'> {
  const job = idAt(claims, engine, place)
  const compute = claims.subject('Compute', place, scope, { ...evidence, accelerator: 'gpu' }, job, apart)
  compute.known('provider', key, provider, place)
  compute.known('name', nameKey, name, place)
  compute.known('service', key, false, place)
  compute.known('trials', key, false, place)
  compute.known('choosesCapacity', key, false, place)
  return compute
}
