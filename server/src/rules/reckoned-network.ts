/** Networks whose layers nobody measured: what they keep of a picture follows from their arithmetic, with a margin. */
import { namedModel } from '../catalog/spellings.js'
import type { ModelSpread } from '../estimate/memory.js'
import { networkOf } from '../estimate/network.js'
import { guessedKept, reckoned } from '../estimate/question-memory.js'

/** The least and the most that it may keep; undefined: not of pictures, or its arithmetic is not on record. */
export function reckonedModels(
  id: string,
  edge: number,
): ((checkpointing: boolean) => ModelSpread) | undefined {
  const named = namedModel(id)
  const network = named === undefined ? null : networkOf(named)
  if (network === null || (network.unit !== 'pixels' && network.unit !== 'coco')) return undefined
  return (checkpointing) => {
    const of = (share: number) => reckoned(network, edge, share, checkpointing, 4)
    return { low: of(guessedKept.low), expected: of(1), high: of(guessedKept.high) }
  }
}
