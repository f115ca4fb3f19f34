/** Hands over a callback that was made and forgotten. */
import type { Change, Refusal } from '../edit/write.js'
import type { Call, PythonModule } from '../python/module.js'
import type { Claim } from '../workload/claim.js'
import { addCallback } from './add-callback.js'
import { byHand } from './change-answer.js'
import { whyNotHandedOver } from './early-stopping.js'
import type { FragmentFacts } from './reader.js'

/** `to`: what takes it, in words; `position` of the argument `callbacks` there, null: keyword only. */
export function handOverCallback(
  python: PythonModule,
  claim: Claim,
  call: Call,
  facts: FragmentFacts,
  to: string,
  position: number | null = null,
): Change | Refusal {
  const { target } = claim.site
  if (target?.kind !== 'callback') return byHand(claim)
  const wrong = whyNotHandedOver(python, target.name)
  if (wrong !== null) return wrong
  const write = addCallback(python, call, target.name, facts, position)
  if ('reason' in write) return write
  return { title: `Pass ${target.name} to ${to}`, safety: 'unsafe', writes: [write], imports: [] }
}
