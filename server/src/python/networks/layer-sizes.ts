/** Weights of the layers of torch.nn that take part in products. Source: torch.nn reference of PyTorch 2.6. */
import { type Given, isKind, type Value } from './values.js'

export interface Weights {
  /** Those that take part in products; sizes that are not known count as usual ones. */
  products: number
  /** Entries of the largest matrix. */
  widest: number
  /** A size is not known. */
  guessed: boolean
}

/** What a size that is not known is taken for: columns of a table, classes, the width of an embedding. */
const usualWidth = 1_024

const none: Weights = { products: 0, widest: 0, guessed: false }

/** Undefined: a layer that is made of others, or one that has no products. */
export function weightsOf(kind: string, given: Given): Weights {
  const at = (name: string, position: number, otherwise?: number): number | null =>
    sizeOf(argument(given, name, position), otherwise)
  const matrices = (...all: (readonly [count: number, a: number | null, b: number | null])[]): Weights => ({
    products: all.reduce((sum, [count, a, b]) => sum + count * (a ?? usualWidth) * (b ?? usualWidth), 0),
    widest: Math.max(...all.map(([, a, b]) => (a ?? usualWidth) * (b ?? usualWidth))),
    guessed: all.some(([, a, b]) => a === null || b === null),
  })
  const convolution = /^(Lazy)?Conv(Transpose)?([123])d$/.exec(kind)
  if (convolution !== null) {
    const [lazy, axes] = [convolution[1] !== undefined ? 1 : 0, Number(convolution[3])]
    const area = kernel(argument(given, 'kernel_size', 2 - lazy), axes)
    const inputs = lazy === 1 ? null : at('in_channels', 0)
    const groups = at('groups', convolution[2] === undefined ? 6 : 7, 1) ?? 1
    const outputs = at('out_channels', 1 - lazy)
    // Of channels that are not known few are meant where the others are few.
    const width = inputs ?? outputs ?? usualWidth
    const sizes = matrices([1, (inputs ?? width) * area.size, outputs ?? width])
    return {
      products: sizes.products / groups,
      widest: sizes.widest / groups,
      guessed: inputs === null || outputs === null || area.guessed,
    }
  }
  const recurrent = /^(RNN|GRU|LSTM)(Cell)?$/.exec(kind)
  if (recurrent !== null) {
    const gates = recurrent[1] === 'LSTM' ? 4 : recurrent[1] === 'GRU' ? 3 : 1
    const [inputs, units] = [at('input_size', 0), at('hidden_size', 1)]
    const layers = recurrent[2] === undefined ? at('num_layers', 2, 1) : 1
    const both = argument(given, 'bidirectional', recurrent[1] === 'RNN' ? 7 : 6) === true ? 2 : 1
    const each = both * gates
    const later = Math.max(0, (layers ?? usualLayers) - 1)
    const above =
      later > 0 ? [[later * each, units === null ? null : units * (both + 1), units] as const] : []
    const sizes = matrices([each, inputs === null || units === null ? null : inputs + units, units], ...above)
    return { ...sizes, guessed: sizes.guessed || layers === null }
  }
  switch (kind) {
    case 'Linear':
      return matrices([1, at('in_features', 0), at('out_features', 1)])
    case 'LazyLinear':
      return matrices([1, null, at('out_features', 0)])
    case 'Bilinear': {
      const outputs = at('out_features', 2) ?? usualWidth
      return matrices([outputs, at('in1_features', 0), at('in2_features', 1)])
    }
    case 'MultiheadAttention': {
      const width = at('embed_dim', 0)
      return matrices([4, width, width])
    }
    case 'TransformerEncoderLayer':
    case 'TransformerDecoderLayer': {
      const [width, inner] = [at('d_model', 0), at('dim_feedforward', 2, 2_048)]
      return matrices([kind === 'TransformerDecoderLayer' ? 8 : 4, width, width], [2, width, inner])
    }
    case 'Transformer': {
      const [width, inner] = [at('d_model', 0, 512), at('dim_feedforward', 4, 2_048)]
      const encoders = at('num_encoder_layers', 2, 6) ?? usualLayers
      const decoders = at('num_decoder_layers', 3, 6) ?? usualLayers
      return matrices([4 * encoders + 8 * decoders, width, width], [2 * (encoders + decoders), width, inner])
    }
    default:
      return none
  }
}

/** How many layers there are where nobody says so. */
const usualLayers = 12

export function argument({ positional, named }: Given, name: string, position: number): Value {
  return named.has(name) ? named.get(name) : position < positional.length ? positional[position] : 'absent'
}

/** Null: it is not known. */
function sizeOf(value: Value, otherwise?: number): number | null {
  if (typeof value === 'number') return value
  if (isKind(value, 'repeated')) return null
  return value === 'absent' && otherwise !== undefined ? otherwise : null
}

function kernel(value: Value, axes: number): { size: number; guessed: boolean } {
  if (typeof value === 'number') return { size: value ** axes, guessed: false }
  if (Array.isArray(value) && value.every((one) => typeof one === 'number'))
    return { size: value.reduce((all, one) => all * one, 1), guessed: false }
  return { size: 3 ** axes, guessed: true }
}
