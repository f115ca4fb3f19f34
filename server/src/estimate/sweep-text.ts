/** Search spaces that are written as text: Hydra's override grammar, job arrays of batch schedulers. */
import { define } from '../text/records.js'
import { rangeSize } from './dimension.js'

export interface Choices {
  /** Number of values; null: cannot be counted (a glob, a continuous interval). */
  size: number | null
  /** The values as written, where they are listed. */
  values: string[] | null
}

const unknownChoices: Choices = { size: null, values: null }

/** Splits at commas outside brackets and quotes; null where those do not close. */
function splitTop(text: string): string[] | null {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === "'" || c === '"') quote = c
    else if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) depth--
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim())
      from = i + 1
    }
    if (depth < 0) return null
  }
  if (depth !== 0 || quote !== '') return null
  parts.push(text.slice(from).trim())
  return parts
}

/**
 * The values that a Hydra override sweeps over: `0.1,0.01`, `choice(a,b)`, `range(16,65,16)`. One value where nothing
 * is swept. Wrappers that only order or tag the sweep are looked through.
 */
export function hydraChoices(override: string): Choices {
  let text = override.trim()
  // Each turn takes one wrapper off; the bound keeps hostile nesting cheap.
  for (let turn = 0; turn < 8; turn++) {
    const parts = splitTop(text)
    if (parts === null) return unknownChoices
    if (parts.length > 1) return { size: parts.length, values: parts }
    const call = /^(\w+)\((.*)\)$/s.exec(text)
    if (!call) return { size: 1, values: [text] }
    const given = splitTop(call[2]!)
    if (given === null) return unknownChoices
    switch (call[1]) {
      case 'choice':
        return { size: given.length, values: given }
      case 'range':
        return hydraRange(given)
      case 'sort':
      case 'shuffle':
      case 'tag': {
        const inner = given.filter((one) => !/^(reverse|tags)\s*=/.test(one))
        const sweep = call[1] === 'tag' ? inner.slice(-1) : inner
        text = sweep.map((one) => one.replace(/^(list|sweep)\s*=\s*/, '')).join(',')
        break
      }
      default:
        return unknownChoices
    }
  }
  return unknownChoices
}

function hydraRange(given: string[]): Choices {
  const names = ['start', 'stop', 'step']
  const found: Record<string, number> = {}
  for (const [index, one] of given.entries()) {
    const named = /^(start|stop|step)\s*=\s*(.+)$/.exec(one)
    const name = named ? named[1]! : names[index]
    const value = Number(named ? named[2]! : one)
    if (name === undefined || !Number.isFinite(value)) return unknownChoices
    define(found, name, value)
  }
  // As in Python, one number alone is the stop.
  const alone = found.stop === undefined
  const stop = alone ? found.start : found.stop
  if (stop === undefined) return unknownChoices
  const start = alone ? 0 : (found.start ?? 0)
  return { size: rangeSize(start, stop, found.step ?? 1), values: null }
}

export interface ArrayJob {
  tasks: number
  /** Tasks that run at once; null: as many as the cluster lets. */
  parallel: number | null
}

/** Sanity bound on indices; schedulers allow a few million at most. */
const maxIndex = 10_000_000

/**
 * A job array: SLURM's `--array=0-99%10`, `1,3,5-9:2`, PBS's `-J 1-100:2`, LSF's `name[1-100]%5`. Null where it cannot be
 * read.
 */
export function arraySize(text: string): ArrayJob | null {
  const parts = /^(?:[\w.-]*\[([^\]]+)\]|([^%\]]+))(?:%(\d+))?$/.exec(text.trim())
  if (!parts) return null
  const ranges: [number, number, number][] = []
  for (const item of (parts[1] ?? parts[2]!).split(',')) {
    const range = /^\s*(\d+)(?:-(\d+)(?::(\d+))?)?\s*$/.exec(item)
    if (!range) return null
    const first = Number(range[1])
    const last = range[2] === undefined ? first : Number(range[2])
    const step = range[3] === undefined ? 1 : Number(range[3])
    if (step === 0 || last < first || last > maxIndex) return null
    ranges.push([first, last, step])
  }
  const counted = ranges.reduce((sum, [first, last, step]) => sum + Math.floor((last - first) / step) + 1, 0)
  const parallel = parts[3] === undefined || Number(parts[3]) === 0 ? null : Number(parts[3])
  // One index named twice runs once; counting them one by one is only worth it for arrays that people write by hand.
  if (ranges.length === 1 || counted > 100_000) return { tasks: counted, parallel }
  const indices = new Set<number>()
  for (const [first, last, step] of ranges) for (let i = first; i <= last; i += step) indices.add(i)
  return { tasks: indices.size, parallel }
}

/** SLURM's name for it. */
export const slurmArraySize = arraySize
