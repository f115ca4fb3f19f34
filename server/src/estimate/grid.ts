/** The size of a grid, what searching it costs, and what other ways to search would cost. Pure functions. */
import { groupedDigits } from '../text/grouped-digits.js'

/** Beyond this many configurations the exact number no longer matters. */
export const gridCap = 1_000_000_000

/** Anything with a number of values; null: cannot be counted. */
export interface Sized {
  size: number | null
}

export interface GridSize {
  /** Configurations, at most `gridCap`; null where too little is known to name a number. */
  configurations: number | null
  /** True where the real number may be higher. */
  lowerBound: boolean
}

/** One grid: the product of its dimensions. With an unknown dimension, at least two known ones give a lower bound. */
function productSize(dimensions: readonly Sized[]): GridSize {
  let product = 1
  let known = 0
  for (const { size } of dimensions) {
    if (size === null) continue
    known++
    product = Math.min(gridCap, product * size)
  }
  if (known === dimensions.length) return { configurations: product, lowerBound: product === gridCap }
  return known >= 2
    ? { configurations: product, lowerBound: true }
    : { configurations: null, lowerBound: true }
}

/**
 * The sum over grids of the product of their dimensions, times `repeats` (Ray Tune's `num_samples`; null: endless or
 * unknown). No grids: nothing is known.
 */
export function gridSize(grids: readonly (readonly Sized[])[], repeats: number | null = 1): GridSize {
  let sum = 0
  let anyKnown = false
  let lowerBound = repeats === null
  for (const dimensions of grids) {
    const size = productSize(dimensions)
    if (size.configurations === null) lowerBound = true
    else {
      anyKnown = true
      sum += size.configurations
      lowerBound ||= size.lowerBound
    }
  }
  if (!anyKnown) return { configurations: null, lowerBound: true }
  const total = Math.min(gridCap, sum * (repeats ?? 1))
  return { configurations: total, lowerBound: lowerBound || total === gridCap }
}

/** Model fits of a cross-validated search, without the final refit. */
export function fitCount(configurations: number, folds: number): number {
  return Math.min(gridCap, configurations * folds)
}

/**
 * Random draws after which one of the best `share` of all configurations has been tried with this confidence:
 * 59 for the best 5 %, 29 for the best 10 %. Holds for any search space, since it only counts ranks.
 */
export function drawsForBest(share: number, confidence = 0.95): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log(1 - share))
}

/**
 * Cost of successive halving, as a share of running every one of `configurations` to the end: (s + 1) / eta^s with s
 * rounds after the first. 27 configurations, eta 3: 4/27 = 15 %.
 */
export function halvingShare(configurations: number, eta = 3): number {
  let rounds = 0
  let survivors = 1
  while (survivors * eta <= configurations) {
    survivors *= eta
    rounds++
  }
  return (rounds + 1) / survivors
}

/** 12345 as `12,345`. */
export function formatCount(count: number): string {
  return groupedDigits(Math.round(count))
}

/** `4 × 5 × 3`, without the dimensions that have one value; `?` for one that cannot be counted. */
function product(dimensions: readonly Sized[]): string {
  const factors = dimensions.filter((one) => one.size !== 1)
  if (factors.length === 0) return '1'
  return factors.map((one) => (one.size === null ? '?' : formatCount(one.size))).join(' × ')
}

/**
 * How the size came about, for messages: `4 × 5 × 3 = 60`, `3 + 3 × 2 = 9`, `4 × 5 × ? ≥ 20`, `12`. With repeats
 * `3 × 2 × 5 samples = 30`.
 */
export function gridFormula(
  grids: readonly (readonly Sized[])[],
  repeats: { count: number | null; word: string } = { count: 1, word: '' },
): string {
  const size = gridSize(grids, repeats.count)
  const sums = grids.map(product)
  let left = sums.join(' + ')
  if (repeats.count !== null && repeats.count !== 1) {
    left = `${sums.length > 1 ? `(${left})` : left} × ${formatCount(repeats.count)} ${repeats.word}`.trimEnd()
  }
  if (size.configurations === null) return left
  const right = formatCount(size.configurations)
  if (left === right) return right
  return `${left} ${size.lowerBound ? '≥' : '='} ${right}`
}

/** A share as a percentage without false precision: 15 %, 0.4 %. */
export function formatShare(share: number): string {
  const percent = share * 100
  const rounded = percent >= 1 || percent === 0 ? Math.round(percent) : Number(percent.toPrecision(1))
  return `${rounded} %`
}
