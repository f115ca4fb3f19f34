/** Questions about launches that readers and rules ask alike. */
import type { Launch } from './claim.js'

/** One process on each node, with nothing set up for others: `python train.py`, or that as the one task of `srun`. */
export function startsPlainly({ launcher, everyNode, processes }: Launch): boolean {
  return processes === 1 && (launcher === 'python' || everyNode === true)
}
