/** How long a run is: "90 epochs", "300k steps", "22B tokens", in steps and samples. */
import type { KnownDataset } from '../catalog/datasets.js'
import type { SizeUnit } from '../catalog/step-costs.js'
import { lookUp } from '../text/records.js'

export interface RunLength {
  amount: number
  unit: 'epochs' | 'steps' | 'tokens' | 'samples'
}

const units: Record<string, RunLength['unit']> = {
  epoch: 'epochs',
  step: 'steps',
  iteration: 'steps',
  iter: 'steps',
  it: 'steps',
  update: 'steps',
  batch: 'steps',
  batche: 'steps',
  token: 'tokens',
  sample: 'samples',
  image: 'samples',
  img: 'samples',
}
const scales: Record<string, number> = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }

/** Null: no length that says how much is computed ('until target quality'). */
export function runLength(text: string): RunLength | null {
  const match = /(\d[\d,_]*(?:\.\d+)?)\s*([kmbt]?)\s*([a-z]+?)s?\b/i.exec(text)
  if (match === null) return null
  const [, number, scale, word] = match as unknown as [string, string, string, string]
  const amount = Number(number.replace(/[,_]/g, '')) * (lookUp(scales, scale.toLowerCase()) ?? 1)
  // '25000 kimg'
  const thousands = /^kim/i.test(word)
  const unit = thousands ? 'samples' : lookUp(units, word.toLowerCase())
  if (unit === undefined || !(amount > 0)) return null
  return { amount: thousands ? amount * 1000 : amount, unit }
}

export interface Work {
  /** Updates of the weights; null: not known without a batch. */
  steps: number | null
  samples: number | null
}

export interface WorkInput {
  length: RunLength
  /** Samples of an epoch; null: not known. */
  samples: number | null
  /** Samples of one update over all devices; null: not known. */
  perStep: number | null
  /** Tokens of one sample; null: it is none of text. */
  tokens: number | null
}

/** What the run computes, or what would make it known. */
export function workOf({
  length,
  samples,
  perStep,
  tokens,
}: WorkInput): Work | { missing: 'batch' | 'samples' | 'tokens' } {
  const { amount, unit } = length
  if (unit === 'steps') {
    if (perStep === null) return { missing: 'batch' }
    return { steps: amount, samples: amount * perStep }
  }
  if (unit === 'epochs' && samples === null) return { missing: 'samples' }
  if (unit === 'tokens' && tokens === null) return { missing: 'tokens' }
  const all = unit === 'epochs' ? amount * samples! : unit === 'tokens' ? amount / tokens! : amount
  if (perStep === null) return { steps: null, samples: all }
  // An epoch ends with a batch that is not full.
  const steps =
    unit === 'epochs' ? Math.ceil(amount * Math.ceil(samples! / perStep)) : Math.ceil(all / perStep)
  return { steps, samples: all }
}

/** Samples of one epoch over a data set: its own, or texts that are cut into pieces of this many tokens. Null: not known. */
export function samplesOf(data: KnownDataset, unit: SizeUnit, size: number | null): number | null {
  if (data.kind === 'lm' && unit === 'tokens' && data.tokens !== null)
    return size === null ? null : Math.ceil(data.tokens / size)
  return data.train
}
