/** Recurrent layers of PyTorch over [steps, features]; the batch is axis 0 and is left out. */
import { type LayerTape, type Tensor, Unfollowed } from '../../estimate/layers.js'
import { type Arguments, whole } from './layer-arguments.js'
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
  // `nonlinearity` of the plain kind comes before them.
  const later = kind === 'RNN' ? 1 : 0
  // Without `batch_first` the axis of the batch is the second.
  if (
    given.value('batch_first', 4 + later) !== true ||
    x.shape.length !== 2 ||
    (kind === 'LSTM' && given.value('proj_size', 7) != null)
  )
    throw new Unfollowed('a recurrent layer whose batch is not the first axis')
  if (whole(given, 'input_size', 0) !== x.shape[1]) throw new Unfollowed('sizes that do not fit together')
  const units = whole(given, 'hidden_size', 1)
  const biases = given.value('bias', 3 + later) === false ? 0 : 2
  const both = given.value('bidirectional', 6 + later) === true
  let states = x
  for (let layer = 0; layer < whole(given, 'num_layers', 2, 1); layer++) {
    const settings = { gates: gatesOf[kind], units, all: true, biases }
    const forward = tape.recurrent(`${key}.${layer}`, states, settings)
    states = both
      ? tape.concatenated([forward, tape.recurrent(`${key}.${layer}.back`, states, settings)], 1)
      : forward
  }
  return [states, kind === 'LSTM' ? [undefined, undefined] : undefined]
}
