/** How long a loader takes for the samples of a run: training never goes faster than samples come. */
import type { Interval } from './network.js'

/** What one sample costs the process that makes it. */
export type SampleWork = 'memory' | 'light' | 'tokenize' | 'decode'

/**
 * Seconds in one process. `memory`: a row is indexed and joined to its batch; `light`: a small picture or text is converted;
 * `tokenize`: a sentence, or a page, and the tensors that are made of it; `decode`: a file is read and decoded, from a thumbnail to a photograph that is cropped and resized.
 */
const seconds: Record<SampleWork, Interval> = {
  memory: { low: 1e-6, high: 20e-6 },
  light: { low: 20e-6, high: 300e-6 },
  tokenize: { low: 20e-6, high: 3e-3 },
  decode: { low: 0.3e-3, high: 15e-3 },
}

/** Workers that are taken to be there at most where their number is not known. */
const mostWorkers = 16

/** @param workers 0: the training process makes its samples by itself; null: not known */
export function loaderHours(work: SampleWork, workers: number | null, samples: number): Interval {
  const { low, high } = seconds[work]
  return {
    low: (samples * low) / Math.max(1, workers ?? mostWorkers) / 3600,
    high: (samples * high) / Math.max(1, workers ?? 1) / 3600,
  }
}

/**
 * Both together: workers make samples while the accelerator computes, a process without them does one after the other.
 */
export function withLoader(computing: Interval, loading: Interval, workers: number | null): Interval {
  return {
    low: workers === 0 ? computing.low + loading.low : Math.max(computing.low, loading.low),
    high:
      workers === 0 || workers === null
        ? computing.high + loading.high
        : Math.max(computing.high, loading.high),
  }
}
