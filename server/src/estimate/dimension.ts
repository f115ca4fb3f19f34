/**
 * How many values one dimension of a search space has. Pure functions on numbers that a reader has folded; a result
 * of null means that the dimension is continuous or cannot be counted. Every count is a whole number of 0 or more.
 */
import type { Json } from '../text/json.js'

/** Forgives the rounding of steps such as 0.1 that have no exact binary form. */
const tolerance = 1e-9

function whole(count: number): number | null {
  return Number.isFinite(count) ? Math.max(0, Math.round(count)) : null
}

/** Values that differ: a repeated value is trained again, but it is no further choice. */
export function distinctCount(values: readonly Json[]): number {
  return new Set(values.map((value) => JSON.stringify(value))).size
}

/** Python's `range(start, stop, step)`: `stop` is left out. */
export function rangeSize(start: number, stop: number, step = 1): number | null {
  return step === 0 ? null : whole(Math.ceil((stop - start) / step))
}

/** Both ends included, in steps: Optuna's `suggest_*(step=…)`, W&B's `q_uniform`, KerasTuner's `Int(step=…)`. */
export function quantisedSize(min: number, max: number, step: number): number | null {
  return step > 0 ? whole(Math.floor((max - min) / step + tolerance) + 1) : null
}

/** All integers from `min` to `max`, both included. */
export function integerSize(min: number, max: number): number | null {
  return quantisedSize(Math.ceil(min), Math.floor(max), 1)
}

/** Katib's `feasibleSpace` of a `double`: without a step it is continuous. */
export function katibDoubleSize(min: number, max: number, step?: number | null): number | null {
  return step === undefined || step === null ? null : quantisedSize(min, max, step)
}

/** Katib's `feasibleSpace` of an `int`: without a step every integer counts. */
export function katibIntSize(min: number, max: number, step?: number | null): number | null {
  return quantisedSize(min, max, step ?? 1)
}

/** KerasTuner's `Int` and `Float` in a grid search: without a step it tries ten evenly spaced points. */
export function kerasTunerSize(min: number, max: number, step: number | null): number | null {
  return step === null ? 10 : quantisedSize(min, max, step)
}
