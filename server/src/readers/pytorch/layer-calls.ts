/**
 * Layers of `torch.nn` and their functions, as operations of a tape. Source: torch.nn reference of PyTorch 2.6 (names,
 * order and defaults of arguments).
 */
import { type LayerTape, type Tensor, Unfollowed, type Window } from '../../estimate/layers.js'
import { type Arguments, axes, flag, whole } from './layer-arguments.js'

type Apply = (tape: LayerTape, key: string, x: Tensor, given: Arguments) => Tensor

/** `conv(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode)`. */
function convolution(count: number): Apply {
  return (tape, key, x, given) => {
    const same = given.value('padding', 4) === 'same'
    const valid = given.value('padding', 4) === 'valid'
    const window: Window = {
      kernel: axes(given, 'kernel_size', 2, count),
      stride: axes(given, 'stride', 3, count, 1),
      padding: same ? 'same' : valid ? Array(count).fill(0) : axes(given, 'padding', 4, count, 0),
      dilation: axes(given, 'dilation', 5, count, 1),
    }
    const channels = {
      inputs: whole(given, 'in_channels', 0),
      outputs: whole(given, 'out_channels', 1),
      groups: whole(given, 'groups', 6, 1),
      bias: flag(given, 'bias', 7, true),
    }
    return tape.convolution(key, x, channels, window, null)
  }
}

/** `conv_transpose(in, out, kernel_size, stride, padding, output_padding, groups, bias, dilation)`. */
function transposed(count: number): Apply {
  return (tape, key, x, given) => {
    const window: Window = {
      kernel: axes(given, 'kernel_size', 2, count),
      stride: axes(given, 'stride', 3, count, 1),
      padding: axes(given, 'padding', 4, count, 0),
      dilation: axes(given, 'dilation', 8, count, 1),
    }
    const channels = {
      inputs: whole(given, 'in_channels', 0),
      outputs: whole(given, 'out_channels', 1),
      groups: whole(given, 'groups', 6, 1),
      bias: flag(given, 'bias', 7, true),
    }
    return tape.convolution(key, x, channels, window, {
      outputPadding: axes(given, 'output_padding', 5, count, 0),
    })
  }
}

function pool(count: number, kind: 'max' | 'average'): Apply {
  return (tape, _key, x, given) => {
    const kernel = axes(given, 'kernel_size', 0, count)
    const dilated = kind === 'max'
    const window: Window = {
      kernel,
      stride: given.value('stride', 1) == null ? kernel : axes(given, 'stride', 1, count),
      padding: axes(given, 'padding', 2, count, 0),
      dilation: dilated ? axes(given, 'dilation', 3, count, 1) : Array(count).fill(1),
    }
    return tape.pool(x, window, kind, flag(given, 'ceil_mode', dilated ? 5 : 3, false))
  }
}

function adaptive(count: number, kind: 'max' | 'average'): Apply {
  return (tape, _key, x, given) => {
    const value = given.value('output_size', 0)
    const sizes =
      typeof value === 'number'
        ? Array(count).fill(value)
        : Array.isArray(value) && value.length === count
          ? value
          : null
    if (sizes === null) throw new Unfollowed('output_size is not readable')
    return tape.adaptivePool(x, sizes as (number | null)[], kind)
  }
}

const batchNorm: Apply = (tape, key, x, given) => {
  const channels = whole(given, 'num_features', 0)
  return tape.norm(key, x, flag(given, 'affine', 3, true) ? 2 * channels : 0, 0, false)
}

const instanceNorm: Apply = (tape, key, x, given) => {
  const channels = whole(given, 'num_features', 0)
  const affine = flag(given, 'affine', 3, false)
  // Its weights are repeated for each sample.
  return tape.norm(key, x, affine ? 2 * channels : 0, channels * (affine ? 12 : 8), false)
}

const layerNorm: Apply = (tape, key, x, given) => {
  const value = given.value('normalized_shape', 0)
  const sizes = typeof value === 'number' ? [value] : value
  if (!Array.isArray(sizes) || sizes.some((one) => typeof one !== 'number'))
    throw new Unfollowed('normalized_shape is not readable')
  const elements = (sizes as number[]).reduce((all, one) => all * one, 1)
  return tape.norm(
    key,
    x,
    flag(given, 'elementwise_affine', 2, true) ? 2 * elements : 0,
    (8 * x.storage.elements) / elements,
    true,
  )
}

const groupNorm: Apply = (tape, key, x, given) => {
  const parameters = flag(given, 'affine', 3, true) ? 2 * whole(given, 'num_channels', 1) : 0
  return tape.norm(key, x, parameters, 8 * whole(given, 'num_groups', 0), true)
}

/** `position` of `inplace`; null: there is none. */
function activation(keeps: 'input' | 'output', position: number | null, wide = false): Apply {
  return (tape, _key, x, given) => {
    const inPlace = position !== null && flag(given, 'inplace', position, false)
    return tape.activation(x, keeps, inPlace, wide)
  }
}

/** Whose gradient needs the input even in place: autograd keeps a copy, and nothing is gained. */
const copied: Apply = (tape, _key, x) => tape.activation(x, 'input', false)

const dropout: Apply = (tape, _key, x, given) => (given.value('p', 0) === 0 ? x : tape.dropout(x))

const flatten: Apply = (tape, _key, x, given) =>
  flattened(tape, x, whole(given, 'start_dim', 0, 1), whole(given, 'end_dim', 1, -1))

/** Axes as PyTorch counts them, the batch being axis 0. */
export function flattened(tape: LayerTape, x: Tensor, start: number, end: number): Tensor {
  const [from, to] = [start, end].map((axis) => (axis < 0 ? x.shape.length + axis : axis - 1)) as [
    number,
    number,
  ]
  if (from < 0 || to < from) throw new Unfollowed('sizes that do not fit together')
  const middle = x.shape.slice(from, to + 1).reduce((all, one) => all * one, 1)
  return tape.view(x, [...x.shape.slice(0, from), middle, ...x.shape.slice(to + 1)])
}

const upsample: Apply = (tape, _key, x, given) => {
  const [channels, ...sizes] = x.shape
  const size = given.value('size', 0)
  if (typeof size === 'number') return tape.resized(x, [channels!, ...sizes.map(() => size)])
  if (Array.isArray(size)) return tape.resized(x, [channels!, ...axes(given, 'size', 0, sizes.length)])
  const factors = axes(given, 'scale_factor', 1, sizes.length)
  return tape.resized(x, [channels!, ...sizes.map((one, axis) => Math.floor(one * factors[axis]!))])
}

const same: Apply = (_tape, _key, x) => x

/** Element by element, with the input kept for the gradient. */
const pointwise: Apply = (tape, _key, x) => tape.activation(x, 'input', false)
/** Another tensor of this size, which has no gradient. */
const alike: Apply = (tape, _key, x) => tape.resized(x, x.shape)
/** The border is copied. */
const bordered: Apply = (tape, _key, x, given) => {
  const [channels, ...sizes] = x.shape
  const value = given.value('padding', 0)
  const count = sizes.length
  const all = typeof value === 'number' ? (Array(2 * count).fill(value) as number[]) : value
  if (!Array.isArray(all) || all.length !== 2 * count) throw new Unfollowed('padding is not readable')
  // The last axis comes first.
  const added = sizes.map((_size, axis) => {
    const at = 2 * (count - 1 - axis)
    return Number(all[at]) + Number(all[at + 1])
  })
  return tape.resized(x, [channels!, ...sizes.map((size, axis) => size + added[axis]!)])
}

/** `F.pad(x, [left, right, top, bottom])`: pairs for the last axes, the last one first. */
const padded: Apply = (tape, _key, x, given) => {
  const all = given.value('pad', 0)
  const isRead = Array.isArray(all) && all.every((one) => typeof one === 'number')
  if (!isRead || all.length % 2 !== 0 || all.length > 2 * x.shape.length)
    throw new Unfollowed('pad is not readable')
  if (all.every((one) => one === 0)) return x
  const last = x.shape.length - 1
  const added = (axis: number) =>
    Number(all[2 * (last - axis)] ?? 0) + Number(all[2 * (last - axis) + 1] ?? 0)
  return tape.resized(
    x,
    x.shape.map((size, axis) => size + added(axis)),
  )
}

/** By the name behind `torch.nn.`. */
export const layerCalls: Readonly<Record<string, Apply | undefined>> = {
  Linear: (tape, key, x, given) => {
    if (whole(given, 'in_features', 0) !== x.shape.at(-1))
      throw new Unfollowed('sizes that do not fit together')
    return tape.linear(key, x, whole(given, 'out_features', 1), flag(given, 'bias', 2, true))
  },
  LazyLinear: (tape, key, x, given) =>
    tape.linear(key, x, whole(given, 'out_features', 0), flag(given, 'bias', 1, true)),
  Conv1d: convolution(1),
  Conv2d: convolution(2),
  Conv3d: convolution(3),
  ConvTranspose1d: transposed(1),
  ConvTranspose2d: transposed(2),
  ConvTranspose3d: transposed(3),
  MaxPool1d: pool(1, 'max'),
  MaxPool2d: pool(2, 'max'),
  MaxPool3d: pool(3, 'max'),
  AvgPool1d: pool(1, 'average'),
  AvgPool2d: pool(2, 'average'),
  AvgPool3d: pool(3, 'average'),
  AdaptiveAvgPool1d: adaptive(1, 'average'),
  AdaptiveAvgPool2d: adaptive(2, 'average'),
  AdaptiveAvgPool3d: adaptive(3, 'average'),
  AdaptiveMaxPool1d: adaptive(1, 'max'),
  AdaptiveMaxPool2d: adaptive(2, 'max'),
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  BatchNorm3d: batchNorm,
  InstanceNorm1d: instanceNorm,
  InstanceNorm2d: instanceNorm,
  LayerNorm: layerNorm,
  GroupNorm: groupNorm,
  ReLU: activation('output', 0),
  ReLU6: copied,
  LeakyReLU: activation('input', 1),
  ELU: activation('input', 1),
  SELU: activation('input', 0),
  GELU: activation('input', null),
  SiLU: copied,
  Mish: copied,
  Hardswish: copied,
  Sigmoid: activation('output', null),
  Tanh: activation('output', null),
  Softplus: activation('input', null, true),
  Softmax: activation('output', null, true),
  LogSoftmax: activation('output', null, true),
  Dropout: dropout,
  Dropout1d: dropout,
  Dropout2d: dropout,
  Dropout3d: dropout,
  Flatten: flatten,
  Upsample: upsample,
  Identity: same,
  PReLU: activation('input', null),
  ReflectionPad1d: bordered,
  ReflectionPad2d: bordered,
  ReplicationPad2d: bordered,
  ZeroPad2d: bordered,
  ConstantPad2d: bordered,
}

/** Functions on a tensor that take no layer's name: positions count behind the tensor. */
export const functionCalls: Readonly<Record<string, Apply | undefined>> = {
  relu: activation('output', 0),
  relu_: (tape, _key, x) => tape.activation(x, 'output', true),
  relu6: copied,
  leaky_relu: activation('input', 1),
  elu: activation('input', 1),
  gelu: activation('input', null),
  silu: copied,
  mish: copied,
  sigmoid: activation('output', null),
  tanh: activation('output', null),
  softmax: activation('output', null, true),
  log_softmax: activation('output', null, true),
  dropout,
  dropout2d: dropout,
  max_pool1d: pool(1, 'max'),
  max_pool2d: pool(2, 'max'),
  max_pool3d: pool(3, 'max'),
  avg_pool1d: pool(1, 'average'),
  avg_pool2d: pool(2, 'average'),
  adaptive_avg_pool1d: adaptive(1, 'average'),
  adaptive_avg_pool2d: adaptive(2, 'average'),
  adaptive_max_pool2d: adaptive(2, 'max'),
  interpolate: upsample,
  pad: padded,
  flatten: (tape, _key, x, given) =>
    flattened(tape, x, whole(given, 'start_dim', 0, 0), whole(given, 'end_dim', 1, -1)),
  exp: activation('output', null),
  log: pointwise,
  sqrt: activation('output', null),
  abs: pointwise,
  square: pointwise,
  pow: pointwise,
  clamp: pointwise,
  softplus: pointwise,
  logsigmoid: pointwise,
  randn_like: alike,
  rand_like: alike,
  zeros_like: alike,
  ones_like: alike,
  detach: same,
  clone: alike,
  contiguous: same,
  float: same,
  to: same,
}
