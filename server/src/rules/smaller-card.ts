/** Other kinds of GPU, where a job asks for a kind and gets the machine that goes with it. */
import { allGpus, type Gpu } from '../catalog/gpus.js'
import { hourlyCost, type MachineRequest } from '../estimate/hourly.js'
import type { TrainingSetup } from '../estimate/memory.js'
import type { Fleet } from './oversized-training.js'
import type { RuleOptions } from './rule.js'
import { type CheaperMachine, fitsOn, slowdownOf } from './smaller-machine.js'

export interface CheaperCard extends Omit<CheaperMachine, 'type' | 'machine'> {
  card: Gpu
}

/**
 * The kind of GPU on which the step of all `devices` fits and that does the same work for least, at a price of at most `usd` per hour
 * for all of them; undefined: none is offered.
 */
export function cheaperCard(
  { card: now, perNode }: Fleet,
  request: MachineRequest,
  { usd, devices, setup, fp8 }: { usd: number; devices: number; setup: TrainingSetup; fp8: boolean },
  options: RuleOptions,
): CheaperCard | undefined {
  const found: CheaperCard[] = []
  for (const card of allGpus()) {
    if (card.vendor !== 'nvidia' || card.memoryGB === null || card.name === now.name) continue
    // Older cards lack formats that the program may use.
    if (now.formats.has('bf16') && !card.formats.has('bf16')) continue
    if (fp8 && !card.formats.has('fp8')) continue
    if (!fitsOn(devices, { devices, setup }, card, card.memoryGB)) continue
    const onDemand = hourlyCost(
      { ...request, gpus: perNode, gpuModel: card.name },
      options.prices,
      '',
    )?.onDemand
    if (onDemand == null || onDemand >= usd) continue
    const slowdown = slowdownOf(now, card, setup, setup)
    if (slowdown !== null) found.push({ card, onDemand, slowdown })
  }
  return found.sort((a, b) => a.onDemand * a.slowdown!.step - b.onDemand * b.slowdown!.step)[0]
}
