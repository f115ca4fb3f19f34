/** What networks compute of which only the layers are counted, not what they do to a sample: bounds. */
import type { CountedLayers } from '../text/counted-layers.js'
import { type Interval, keptByOperations, type Network, thin } from './network.js'

/** Sizes of samples where nothing tells them: steps of a series or words, edges of pictures and of volumes. */
const usual: Record<number, Interval> = {
  0: { low: 16, high: 512 },
  1: { low: 64, high: 4096 },
  2: { low: 32, high: 256 },
  3: { low: 32, high: 128 },
}
/** Steps of recurrent layers behind or beside convolutions: words of a caption, columns of a line of text. */
const steps: Interval = { low: 8, high: 64 }

const fewSteps = 32

/**
 * Shares of what is counted: order and padding of convolutions are not followed, neither are products of attention. Of
 * measured networks (test/estimate/counted-network.test.ts) 0.7 to 1.05 was counted.
 */
const spread: Interval = { low: 0.7, high: 1.5 }
/** Sizes that are not known count as large ones; layers that are made nobody knows how often may be few or many. */
const guess = 0.1
const repeated: Interval = { low: 1 / 3, high: 3 }

/** Operations of ten make a block: product, norm and activation of each layer; a block of a transformer has six matrices. */
const blocksOfLayer = { other: 0.3, attends: 1 / 6 }

/** @param all one of them is trained, or all are; at least one */
export function countedNetwork(name: string, all: readonly CountedLayers[]): Network {
  const axes = Math.max(...all.map(({ places }) => places?.axes ?? 0))
  const sequential = all.some(({ attends, recurrent }) => attends || recurrent)
  const attends = axes === 0 && all.some((one) => one.attends)
  const forward = (size: number): Interval => {
    const each = all.map((one) => operations(one, size, axes))
    return {
      low: Math.min(...each.map(({ low }) => low)),
      high: each.reduce((total, { high }) => total + high, 0),
    }
  }
  const parameters = all.reduce((total, one) => total + one.parameters, 0)
  const networkClass = attends ? 'transformer' : 'conv'
  const few = networkClass === 'conv' && parameters < thin.parameters ? thin.kept : 1
  const rows = axes === 0 && !sequential
  return {
    name,
    networkClass,
    parameters,
    unit: axes >= 2 || rows ? 'pixels' : 'tokens',
    usualSize: rows ? 1 : null,
    assumedSize: rows ? null : usual[axes]!,
    assumptions: [
      ...(all.some(({ guessed }) => guessed) ? ['sizes of some layers are not known'] : []),
      ...(all.some(({ repeats }) => repeats) ? ['how often some layers are made is not known'] : []),
    ],
    forward,
    kept: (size, bits) =>
      (forward(size).low / 1e9) * keptByOperations[networkClass] * few * (bits === 16 ? 1 : 2),
    layers: Math.max(...all.map(blocksOf)),
    layersOfSample: 0,
    model: null,
  }
}

function blocksOf({ layers, attends, recurrent = 0, parameters }: CountedLayers): number {
  // Steps follow each other, each an operation of its own.
  const stepwise = Math.ceil((layers * recurrent) / Math.max(1, parameters))
  return layers * (attends ? blocksOfLayer.attends : blocksOfLayer.other) + (stepwise * fewSteps) / 10
}

function operations(one: CountedLayers, size: number, axes: number): Interval {
  const { parameters, recurrent = 0, convolved = 0, places, attends } = one
  const plain = parameters - recurrent - convolved
  const moved = places === undefined ? 0 : places.weights * size ** places.axes
  const words = places === undefined ? size : Math.max(1, (size * places.left) ** places.axes)
  const run = axes === 0 ? { low: size, high: size } : steps
  // Layers behind recurrent ones are applied to the last step, or to all of them.
  const low = 2 * (moved + plain * (attends ? words : 1) + recurrent * run.low)
  const high = 2 * (moved + plain * (attends ? words : recurrent > 0 ? run.high : 1) + recurrent * run.high)
  const exact = places === undefined && !attends
  const of = (part: number, factor: number): number => 1 - part + part * factor
  const repeats = one.repeats ?? 0
  return {
    low: low * of(guessedPart(one), guess) * (exact ? 1 : spread.low) * of(repeats, repeated.low),
    high: high * (exact ? 1 : spread.high) * of(repeats, repeated.high),
  }
}

/** Of the weights, or of those of its convolutions, the larger part that has sizes which are not known. */
function guessedPart({ guessed, guesses, parameters, convolved = 0 }: CountedLayers): number {
  if (guessed !== true) return 0
  if (guesses === undefined || parameters <= 0) return 1
  const ofConvolutions = convolved > 0 ? guesses.convolved / convolved : 0
  return Math.min(1, Math.max(guesses.parameters / parameters, ofConvolutions))
}
