/** How long a run is: "90 epochs", "300k steps", "22B tokens", in steps and samples. */
import type { KnownDataset } from '../catalog/datasets.js'
import type { SizeUnit } from '../catalog/step-costs.js'
import { lookUp } from '../text/records.js'

export interface RunLength {
  amount: number
  unit: 'epochs' | 'steps' | 'tokens' | 'samples'
  /** What follows in another unit: '30 epochs + 100 steps'. */
  rest?: RunLength
}

const units: Record<string, RunLength['unit']> = {
  epoch: 'epochs',
  ep: 'epochs',
  e: 'epochs',
  pass: 'epochs',
  step: 'steps',
  iteration: 'steps',
  iter: 'steps',
  it: 'steps',
  update: 'steps',
  batch: 'steps',
  token: 'tokens',
  tok: 'tokens',
  sample: 'samples',
  example: 'samples',
  sequence: 'samples',
  image: 'samples',
  img: 'samples',
}
const scales: Record<string, number> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  million: 1e6,
  b: 1e9,
  bn: 1e9,
  billion: 1e9,
  t: 1e12,
  trillion: 1e12,
}
/** Words that may stand between a number and what it counts. */
const qualities = /^(global|training|train|optimi[sz]er|gradient|weight)$/

function unitOf(word: string): RunLength['unit'] | undefined {
  return (
    lookUp(units, word) ?? lookUp(units, word.replace(/e?s$/, '')) ?? lookUp(units, word.replace(/s$/, ''))
  )
}

const words: Record<string, string> = {
  one: '1',
  two: '2',
  three: '3',
  five: '5',
  ten: '10',
  half: '0.5',
  per: '1',
}

/** Null: no length that says how much is computed ('until target quality'). */
export function runLength(text: string): RunLength | null {
  if (text.length > 200) return null
  const figures = text.replace(
    /\b(one|two|three|five|ten|half|per)\b(?:\s+(?:an?|full|of))*/gi,
    (_, word: string) => lookUp(words, word.toLowerCase())!,
  )
  const plain = figures
    // '50 000 steps', '10^5 steps', 'epochs=3', 'max_steps: 1000', '5 folds of 10 epochs'
    .replace(/(?<=\d) (?=\d{3}\b)/g, '')
    .replace(/\b10\^(\d{1,2})\b/g, '1e$1')
    .replace(
      /\b(?:max|num|total|n)?[-_ ]?(?:train(?:ing)?[-_ ])?(epoch|step|iteration|iter|update)s?\s*[=:]?\s+?(\d[\d,_.]*k?)\s*$/i,
      ' $2 $1s',
    )
    .replace(
      /\b(?:max|num|total|n)?[-_ ]?(?:train(?:ing)?[-_ ])?(epoch|step|iteration|iter|update)s?\s*[=:]\s*(\d[\d,_.]*k?)\b/gi,
      ' $2 $1s',
    )
    .replace(/\b\d{1,2}[- ]folds?\b/gi, ' ')
  return together(plain) ?? single(plain) ?? bare(plain) ?? alone(plain)
}

/** Tables have columns of epochs, up to a thousand, or of steps, whose heads their cells do not repeat. */
export function alone(text: string): RunLength | null {
  const match = /^\W*(\d[\d,]*)\W*$/.exec(text)
  const amount = match === null ? 0 : Number(match[1]!.replaceAll(',', ''))
  if (amount > 0 && amount <= 1000) return { amount, unit: 'epochs' }
  return amount >= 5000 && amount < 1e9 ? { amount, unit: 'steps' } : null
}

/** '7038 + 1563 steps', 'phase 1: 7038 steps, phase 2: 1563 steps', '800 epochs + 100 epochs'. Null: one phase. */
function together(text: string): RunLength | null {
  if (!/\+|\bphase|\bthen\b/i.test(text)) return null
  const parts = text.replace(/\bphase\s*\d\s*:?/gi, ' ').split(/\+|,\s|;|\bthen\b|\band\b/i)
  const last = single(parts.at(-1)!)
  const lengths = parts.map((part) => {
    const number = /^\s*[\d,_.]+[km]?\s*$/i.test(part)
    return single(number && last !== null ? `${part.trim()} ${last.unit}` : part)
  })
  const all = lengths.filter((one) => one !== null)
  if (all.length < 2) return null
  const amounts = new Map<RunLength['unit'], number>()
  for (const { amount, unit } of all) amounts.set(unit, (amounts.get(unit) ?? 0) + amount)
  return [...amounts].reduceRight<RunLength | null>(
    (rest, [unit, amount]) => ({ amount, unit, ...(rest === null ? {} : { rest }) }),
    null,
  )
}

/** '160k', as tables count steps; '1.4T', as they count tokens. */
function bare(text: string): RunLength | null {
  const match = /^\W*(\d+(?:\.\d+)?)\s?([kbt])\W*$/i.exec(text)
  if (match === null) return null
  const scale = match[2]!.toLowerCase()
  return { amount: Number(match[1]) * lookUp(scales, scale)!, unit: scale === 'k' ? 'steps' : 'tokens' }
}

function single(text: string): RunLength | null {
  const match = /(\d[\d,_]*(?:\.\d+)?(?:e\+?\d+)?)[\s~-]*([a-z]+)(?:\s+([a-z]+))?(?:\s+([a-z]+))?/i.exec(text)
  if (match === null) return null
  const number = Number(match[1]!.replace(/[,_]/g, ''))
  const said = match.slice(2).flatMap((word) => (word === undefined ? [] : [word.toLowerCase()]))
  const scaled = lookUp(scales, said[0]!)
  const counted = (scaled === undefined ? said : said.slice(1)).filter((word) => !qualities.test(word))
  let unit = counted[0] === undefined ? undefined : unitOf(counted[0])
  let scale = scaled ?? 1
  // '25000 kimg'
  const glued = counted[0]?.[0]
  if (unit === undefined && scaled === undefined && glued !== undefined) {
    unit = unitOf(counted[0]!.slice(1))
    scale = lookUp(scales, glued) ?? 0
  }
  const amount = number * scale
  return unit === undefined || !(amount > 0 && amount < 1e18) ? null : { amount, unit }
}

const hoursOf: Record<string, number> = {
  min: 1 / 60,
  minute: 1 / 60,
  h: 1,
  hr: 1,
  hour: 1,
  d: 24,
  day: 24,
  week: 168,
}

/** How long by the clock: '2 days', '36 h', '1 day 12 hours'. Null: that is not what is said. */
export function clockHours(text: string): number | null {
  if (!/^\W*(\d+(\.\d+)?\s?-?(min(ute)?|hr?|hour|d|day|week)s?\W*(and\W*)?)+$/i.test(text)) return null
  let hours = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s?-?([a-z]+)/gi)) {
    const word = unit!.toLowerCase()
    hours += Number(amount) * (lookUp(hoursOf, word) ?? lookUp(hoursOf, word.replace(/s$/, '')) ?? 0)
  }
  return hours > 0 && hours < 1e6 ? hours : null
}

/** Epochs of COCO in Detectron's schedule '1x': 90,000 steps of 16 pictures. */
const epochsOfSchedule = 12

/** '1x', '3x schedule', 'mask_rcnn_R_50_FPN_3x', as detectors are trained. Null: nothing of the kind is said. */
export function detectionSchedule(text: string): RunLength | null {
  const times = /(?:^|[\s_-])(\d{1,2}(?:\.\d+)?)\s?x(?![a-z\d])/i.exec(text)
  const amount = times === null ? 0 : Number(times[1]) * epochsOfSchedule
  return amount > 0 ? { amount, unit: 'epochs' } : null
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
export function workOf(input: WorkInput): Work | { missing: 'batch' | 'samples' | 'tokens' } {
  const work = workOfUnit(input)
  const { rest: other } = input.length
  if (other === undefined || 'missing' in work) return work
  const rest = workOf({ ...input, length: other })
  if ('missing' in rest) return rest
  const sum = (a: number | null, b: number | null) => (a === null || b === null ? null : a + b)
  return { steps: sum(work.steps, rest.steps), samples: sum(work.samples, rest.samples) }
}

function workOfUnit({
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
