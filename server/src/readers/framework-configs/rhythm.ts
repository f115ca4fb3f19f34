/** How often a framework config has its training evaluate and save, where that is every few steps. */
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'
import { changeFrameworkConfig } from './change.js'
import { type FrameworkConfig, FrameworkConfigClaims } from './framework-config.js'

/** More steps than this between two evaluations or checkpoints are no burden. */
const often = 50

/** `steps`: of the whole run; null: how many it has is not known. */
export function claimRhythms(
  frameworkConfig: FrameworkConfig,
  claims: ClaimBuilder,
  evidence: Evidence,
  keys: { evaluate?: string; save?: string; steps: number | null },
): void {
  for (const kind of ['evaluate', 'save'] as const) {
    const key = keys[kind]
    const every = key === undefined ? undefined : frameworkConfig.number(key)
    // Below one it is a share of the run.
    if (key === undefined || every === undefined || every < 1 || every > often) continue
    const operation = FrameworkConfigClaims.subject('Operation', frameworkConfig, claims, key, evidence)
    operation.known('kind', [key], kind)
    operation.known('place', [key], 'step')
    operation.known('every', [key], every)
    if (keys.steps !== null) operation.known('times', [key], Math.floor(keys.steps / every))
  }
}

/** Early stopping counts evaluations: with fewer of them its patience lasts longer, so that is for a person to weigh. */
export function changeRhythm(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const waits = /^[ \t]*"?early_stopping_(patience|steps)"?[ \t]*:/m.test(facts.fragment.text)
  return changeFrameworkConfig(claim, Number(value), facts, { safety: waits ? 'display' : 'unsafe' })
}
