/** `srun` outside of a batch script, and `sbatch --wrap`, ask for machines by themselves. */
import type { Directive } from '../../config/shell-facts.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import { asDirectives } from './step-request.js'

/** A batch job of its own, wherever its command stands. */
export function isSubmitted({ chain }: LaunchParts): boolean {
  return chain.includes('sbatch')
}

const ofAllocations = new Set(['partition', 'account', 'qos', 'time'])

/**
 * Options of an `srun` that makes an allocation of its own, in the form of directives; null for a step inside one.
 * Inside an allocation nobody names the partition or the account again, nor how long it lasts.
 */
export function srunOptions(parts: LaunchParts): Directive[] | null {
  if (isSubmitted(parts)) return asDirectives(parts)
  if (!parts.chain.includes('srun') || !parts.launcherComplete) return null
  const names = Object.keys(parts.launcherFlags)
  if (!names.some((name) => ofAllocations.has(name))) return null
  return asDirectives(parts)
}
