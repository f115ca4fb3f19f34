/** Recurrent layers of PyTorch over [steps, features]; the batch is axis 0 and is left out. */
import { type LayerTape, type Tensor, Unfollowed } from '../../estimate/layers.js'
import type { Arguments } from './layer-calls.js'
import type { Value } from './network-values.js'

const gatesOf = { LSTM: 4, GRU: 3, RNN: 1 }

/** What it gives back: the states of all steps; those of the last one, which are not followed. */
export function recurrent(
  tape: LayerTape,
  key: string,
  x: Tensor,
  kind: keyof typeof gatesOf,
  given: Arguments,
): Value {
  const size = (name: string, position: number, otherwise?: number): number => {
    const value = given.value(name, position) ?? otherwise
    if (typeof value !== 'number') throw new Unfollowed(`${name} is not readable`)
    return value
  }
  // Without `batch_first` the axis of the batch is the second.
  if (given.value('batch_first', 4) !== true || x.shape.length !== 2 || given.value('proj_size', 7) != null)
    throw new Unfollowed('a recurrent layer whose batch is not the first axis')
  if (size('input_size', 0) !== x.shape[1]) throw new Unfollowed('sizes that do not fit together')
  const units = size('hidden_size', 1)
  const both = given.value('bidirectional', 6) === true
  let states = x
  for (let layer = 0; layer < size('num_layers', 2, 1); layer++) {
    const settings = { gates: gatesOf[kind], units, all: true, biases: 2 }
    const forward = tape.recurrent(`${key}.${layer}`, states, settings)
    states = both
      ? tape.concatenated([forward, tape.recurrent(`${key}.${layer}.back`, states, settings)], 1)
      : forward
  }
  return [states, kind === 'LSTM' ? [undefined, undefined] : undefined]
}
