/** Questions about launches that readers and rules ask alike. */
import type { Launch } from './claim.js'

/** One process on each node, with nothing set up for others: `python train.py`, or that as the one task of `srun`. */
export function startsPlainly({ launcher, everyNode, processes }: Launch): boolean {
  return processes === 1 && (launcher === 'python' || everyNode === true)
}

/** Launchers that tell each process its rank, also where there is one. */
const ranked = new Set(['torchrun', 'torch.distributed.launch', 'deepspeed', 'composer'])

/** Each process knows its rank, so that a library which would take all devices takes the one of its rank. */
export function givesRanks({ launcher, perDevice, processes }: Launch): boolean {
  return perDevice === true && (ranked.has(launcher) || (processes !== null && processes !== 1))
}

/** Its environment says which of several processes it is, as a launcher would. */
export function knowsRank({ environment }: Launch): boolean {
  return environment.WORLD_SIZE !== undefined || environment.LOCAL_RANK !== undefined
}
