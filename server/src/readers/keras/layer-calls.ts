/** Layers of Keras as operations of a tape. Shapes are as Keras has them: channels last, without the batch. */
import { type LayerTape, type Tensor, Unfollowed, type Window } from '../../estimate/layers.js'
import { type Arguments, axes, whole } from '../pytorch/layer-arguments.js'
import { attempt } from '../pytorch/network-evaluation.js'

type Apply = (tape: LayerTape, key: string, x: Tensor, given: Arguments) => Tensor

/** With channels first, as the tape has them. */
function channelsFirst(tape: LayerTape, x: Tensor, count: number): Tensor {
  if (x.shape.length !== count + 1) throw new Unfollowed('sizes that do not fit together')
  return tape.view(x, [x.shape.at(-1)!, ...x.shape.slice(0, -1)])
}

function channelsLast(tape: LayerTape, x: Tensor): Tensor {
  return tape.view(x, [...x.shape.slice(1), x.shape[0]!])
}

function windowOf(
  given: Arguments,
  count: number,
  at: { kernel: number; stride: number; padding: number },
): Window {
  const padding = given.value('padding', at.padding) ?? 'valid'
  if (padding !== 'same' && padding !== 'valid') throw new Unfollowed('padding is not readable')
  return {
    kernel: axes(given, 'kernel_size', at.kernel, count),
    stride: axes(given, 'strides', at.stride, count, 1),
    padding: padding === 'same' ? 'same' : (Array(count).fill(0) as number[]),
    dilation: axes(given, 'dilation_rate', 99, count, 1),
  }
}

function hasBias(given: Arguments): boolean {
  return given.value('use_bias', 99) !== false
}

function isLeftOut(given: Arguments, position: number): boolean {
  return attempt(() => given.value('activation', position) === undefined) === true
}

/** `activation=` of a layer; one that is not a word (`tf.nn.relu`, a layer) is an operation as well. */
function activated(tape: LayerTape, x: Tensor, given: Arguments, position = 99): Tensor {
  const name = attempt(() => [given.value('activation', position)])?.[0]
  const isNone = name === null || name === 'linear'
  if (isNone || isLeftOut(given, position)) return x
  return tape.activation(x, 'output', false, name === 'softmax')
}

function convolution(count: number): Apply {
  return (tape, key, x, given) => {
    const first = channelsFirst(tape, x, count)
    const channels = {
      inputs: null,
      outputs: whole(given, 'filters', 0),
      groups: whole(given, 'groups', 99, 1),
      bias: hasBias(given),
    }
    const window = windowOf(given, count, { kernel: 1, stride: 2, padding: 3 })
    return activated(tape, channelsLast(tape, tape.convolution(key, first, channels, window, null)), given)
  }
}

function transposed(count: number): Apply {
  return (tape, key, x, given) => {
    const first = channelsFirst(tape, x, count)
    const outputs = whole(given, 'filters', 0)
    const window = windowOf(given, count, { kernel: 1, stride: 2, padding: 3 })
    const channels = { inputs: null, outputs, groups: 1, bias: hasBias(given) }
    const same = window.padding === 'same'
    // `same` gives as many places as there are strides: what is cut off is computed all the same.
    const padding = window.kernel.map((kernel, axis) =>
      same ? Math.floor(Math.max(0, kernel - window.stride[axis]!) / 2) : 0,
    )
    const outputPadding = window.kernel.map((kernel, axis) =>
      same ? window.stride[axis]! - kernel + 2 * padding[axis]! : Math.max(0, window.stride[axis]! - kernel),
    )
    return activated(
      tape,
      channelsLast(tape, tape.convolution(key, first, channels, { ...window, padding }, { outputPadding })),
      given,
    )
  }
}

/** A filter for each channel; `pointwise`: and then a product over the channels. */
function depthwise(pointwise: boolean): Apply {
  return (tape, key, x, given) => {
    const inputs = x.shape.at(-1)!
    const at = pointwise ? { kernel: 1, stride: 2, padding: 3 } : { kernel: 0, stride: 1, padding: 2 }
    const each = whole(given, 'depth_multiplier', 99, 1)
    const channels = {
      inputs: null,
      outputs: inputs * each,
      groups: inputs,
      bias: !pointwise && hasBias(given),
    }
    const window = windowOf(given, 2, at)
    const deep = channelsLast(
      tape,
      tape.convolution(`${key}.0`, channelsFirst(tape, x, 2), channels, window, null),
    )
    const result = pointwise
      ? tape.linear(`${key}.1`, deep, whole(given, 'filters', 0), hasBias(given))
      : deep
    return activated(tape, result, given)
  }
}

function pool(count: number, kind: 'max' | 'average'): Apply {
  return (tape, _key, x, given) => {
    const kernel = axes(given, 'pool_size', 0, count, 2)
    const padding = given.value('padding', 2) ?? 'valid'
    const window: Window = {
      kernel,
      stride: given.value('strides', 1) == null ? kernel : axes(given, 'strides', 1, count, 1),
      padding: padding === 'same' ? 'same' : (Array(count).fill(0) as number[]),
      dilation: Array(count).fill(1) as number[],
    }
    return channelsLast(tape, tape.pool(channelsFirst(tape, x, count), window, kind, false))
  }
}

const overall: Apply = (tape, _key, x, given) => {
  const channels = x.shape.at(-1)!
  const kept = given.value('keepdims', 99) === true
  return tape.resized(x, kept ? [...x.shape.slice(0, -1).map(() => 1), channels] : [channels])
}

/** As the last step of each sequence has it, or all of them. */
function recurrent(gates: number): Apply {
  return (tape, key, x, given) => {
    if (x.shape.length !== 2) throw new Unfollowed('sizes that do not fit together')
    const units = whole(given, 'units', 0)
    const all = given.value('return_sequences', 99) === true
    return tape.recurrent(key, x, { gates, units, all, biases: gates === 3 ? 2 : 1 })
  }
}

function norm(parameters: (channels: number) => number, wide: boolean): Apply {
  return (tape, key, x) => tape.norm(key, x, parameters(x.shape.at(-1)!), 0, wide)
}

const flatten: Apply = (tape, _key, x) => tape.view(x, [x.shape.reduce((all, one) => all * one, 1)])

const same: Apply = (_tape, _key, x) => x

const padded: Apply = (tape, _key, x, given) => {
  const value = given.value('padding', 0) ?? 1
  const count = x.shape.length - 1
  const each = typeof value === 'number' ? Array(count).fill(2 * value) : pairs(value, count)
  return tape.resized(
    x,
    x.shape.map((size, axis) => size + ((each as number[])[axis] ?? 0)),
  )
}

/** `((1, 1), (1, 1))`, `(1, 1)`: what is added to each axis. */
function pairs(value: unknown, count: number): number[] {
  if (!Array.isArray(value) || (count > 1 && value.length !== count))
    throw new Unfollowed('padding is not readable')
  if (count === 1) return [sum(value)]
  return value.map((one) => (Array.isArray(one) ? sum(one) : 2 * Number(one)))
}

function sum(values: readonly unknown[]): number {
  return values.reduce((total: number, one) => total + Number(one), 0)
}

const upsampled: Apply = (tape, _key, x, given) => {
  const count = x.shape.length - 1
  const factors = axes(given, 'size', 0, count, 2)
  return tape.resized(
    x,
    x.shape.map((size, axis) => (axis < count ? size * factors[axis]! : size)),
  )
}

const reshaped: Apply = (tape, _key, x, given) => {
  const shape = given.value('target_shape', 0)
  const sizes = typeof shape === 'number' ? [shape] : shape
  if (!Array.isArray(sizes) || sizes.some((one) => typeof one !== 'number'))
    throw new Unfollowed('target_shape is not readable')
  const fixed = (sizes as number[]).filter((one) => one > 0).reduce((all, one) => all * one, 1)
  return tape.view(
    x,
    (sizes as number[]).map((one) => (one > 0 ? one : x.storage.elements / fixed)),
  )
}

const dropout: Apply = (tape, _key, x) => tape.dropout(x)

/** By the name behind `keras.layers.`. */
export const kerasLayerCalls: Readonly<Record<string, Apply | undefined>> = {
  Dense: (tape, key, x, given) =>
    activated(tape, tape.linear(key, x, whole(given, 'units', 0), hasBias(given)), given, 1),
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  Convolution1D: convolution(1),
  Convolution2D: convolution(2),
  Conv2DTranspose: transposed(2),
  Conv1DTranspose: transposed(1),
  SeparableConv2D: depthwise(true),
  DepthwiseConv2D: depthwise(false),
  MaxPooling1D: pool(1, 'max'),
  MaxPooling2D: pool(2, 'max'),
  MaxPooling3D: pool(3, 'max'),
  MaxPool1D: pool(1, 'max'),
  MaxPool2D: pool(2, 'max'),
  AveragePooling1D: pool(1, 'average'),
  AveragePooling2D: pool(2, 'average'),
  AvgPool2D: pool(2, 'average'),
  GlobalAveragePooling1D: overall,
  GlobalAveragePooling2D: overall,
  GlobalMaxPooling1D: overall,
  GlobalMaxPooling2D: overall,
  GlobalAvgPool2D: overall,
  GlobalMaxPool2D: overall,
  LSTM: recurrent(4),
  GRU: recurrent(3),
  SimpleRNN: recurrent(1),
  Embedding: (tape, key, x, given) =>
    tape.embedding(key, x, whole(given, 'input_dim', 0), whole(given, 'output_dim', 1)),
  // Two of the four are moved along, not trained.
  BatchNormalization: norm((channels) => 2 * channels, false),
  LayerNormalization: norm((channels) => 2 * channels, true),
  Flatten: flatten,
  Reshape: reshaped,
  Dropout: dropout,
  SpatialDropout1D: dropout,
  SpatialDropout2D: dropout,
  GaussianNoise: dropout,
  AlphaDropout: dropout,
  Activation: (tape, _key, x) => tape.activation(x, 'output', false),
  ReLU: (tape, _key, x) => tape.activation(x, 'output', false),
  ELU: (tape, _key, x) => tape.activation(x, 'input', false),
  LeakyReLU: (tape, _key, x) => tape.activation(x, 'input', false),
  PReLU: (tape, _key, x) => tape.activation(x, 'input', false),
  Softmax: (tape, _key, x) => tape.activation(x, 'output', false, true),
  ZeroPadding1D: padded,
  ZeroPadding2D: padded,
  UpSampling1D: upsampled,
  UpSampling2D: upsampled,
  Resizing: (tape, _key, x, given) =>
    tape.resized(x, [whole(given, 'height', 0), whole(given, 'width', 1), x.shape.at(-1)!]),
  RepeatVector: (tape, _key, x, given) => tape.resized(x, [whole(given, 'n', 0), ...x.shape]),
  Rescaling: same,
  Normalization: same,
  RandomFlip: same,
  RandomRotation: same,
  RandomZoom: same,
  RandomContrast: same,
  RandomTranslation: same,
}
