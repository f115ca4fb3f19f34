/**
 * Published runs and what the estimates say of them. The tables stand in test/estimate; the sources of half of the runs,
 * chosen by a hash, set constants, those of the other half only check them. Tables that were collected later set none.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Interval } from '../../server/src/estimate/network.js'
import { type Question, type ReadQuestion, readQuestion } from '../../server/src/estimate/question.js'
import { memoryOfQuestion } from '../../server/src/estimate/question-memory.js'
import { type Lack, runHours } from '../../server/src/estimate/run-hours.js'

type Row = Readonly<Record<string, string>>

/** A published figure and its estimate. */
export interface Check {
  id: string
  source: string
  family: string
  /** Constants were set by its source. */
  fitted: boolean
  measured: number
  range: Interval
  /** What is expected; for time the middle of the range. */
  expected: number
}

export interface TimeCheck extends Check {
  figure: 'stepSeconds' | 'samplesPerSecond' | 'hours'
}

/** A published figure without an estimate. */
export interface Unanswered {
  id: string
  /** What lacks: a lack of the time, 'model', or an option that is not understood. */
  lack: string
  model: string
}

export interface Answers<Of extends Check> {
  checks: Of[]
  unanswered: Unanswered[]
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 2166136261
  for (const one of text) value = Math.imul(value ^ one.charCodeAt(0), 16777619) >>> 0
  return value
}

function setsConstants(source: string): boolean {
  return hash(source) % 2 === 0
}

function rowsOf(root: string, name: string): Row[] {
  const [header, ...lines] = readFileSync(join(root, 'test/estimate', name), 'utf8')
    .trimEnd()
    .split('\n')
  const columns = header!.split('\t')
  return lines.map((line) => {
    const cells = line.split('\t')
    return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']))
  })
}

function questionOf(row: Row, gpu: string): Question {
  const words = ['dataset', 'size', 'precision', 'optimizer', 'method', 'length']
  const counts = ['samples', 'batch', 'devices', 'accumulation']
  const given = (names: string[]) => names.filter((name) => (row[name] ?? '') !== '')
  return {
    model: row.model!,
    gpu,
    ...Object.fromEntries(given(words).map((name) => [name, row[name]!])),
    ...Object.fromEntries(given(counts).map((name) => [name, Number(row[name])])),
  }
}

export const families = [
  'convolutional networks',
  'vision transformers',
  'detection',
  'diffusion',
  'speech',
  'texts: encoders, translation',
  'language models, all weights',
  'language models, adapters',
]

function familyOf({ network, named, method }: ReadQuestion): string {
  if (network?.unit === 'seconds') return 'speech'
  switch (network?.networkClass) {
    case 'conv':
    case 'video':
    case undefined:
      return 'convolutional networks'
    case 'detector':
      return 'detection'
    case 'diffusion':
    case 'dit':
      return 'diffusion'
    case 'transformer':
      if (network?.unit === 'pixels') return 'vision transformers'
      if (named.model?.kind !== 'causal-lm') return 'texts: encoders, translation'
      return method.adapters ? 'language models, adapters' : 'language models, all weights'
  }
}

/** Two runs of torchvision's detectors set what detectors keep. */
const setsMemory = /^tv-/

/** Which tables: those of the first collection, or what was collected when the constants stood. */
export type Collection = 'first' | 'later'

const prefix: Record<Collection, string> = { first: '', later: 'later-' }

/** Bytes. */
export function memoryChecks(root: string, collection: Collection = 'first'): Answers<Check> {
  const checks: Check[] = []
  const unanswered: Unanswered[] = []
  for (const row of rowsOf(root, `${prefix[collection]}memory-runs.tsv`)) {
    const { id, source, model } = row as { id: string; source: string; model: string }
    const read = readQuestion(questionOf(row, row.gpu || 'A100'))
    const found = 'option' in read ? { missing: read.option } : memoryOfQuestion(read)
    if ('option' in read || 'missing' in found) {
      const lack = 'missing' in found ? found.missing : ''
      unanswered.push({ id, model, lack })
      continue
    }
    const { low, expected, high } = found
    checks.push({
      id,
      source,
      family: familyOf(read),
      fitted: collection === 'first' && (setsConstants(source) || setsMemory.test(id)),
      measured: Number(row.peak_gb) * (row.unit === 'MiB' ? 2 ** 20 : 2 ** 30),
      range: { low, high },
      expected,
    })
  }
  return { checks, unanswered }
}

const figures = [
  ['step_seconds', 'stepSeconds'],
  ['samples_per_second', 'samplesPerSecond'],
  ['hours', 'hours'],
] as const

/** Seconds, samples per second and hours. */
export function timeChecks(root: string, collection: Collection = 'first'): Answers<TimeCheck> {
  const checks: TimeCheck[] = []
  const unanswered: Unanswered[] = []
  for (const row of rowsOf(root, `${prefix[collection]}runs.tsv`)) {
    const { id, source, model } = row as { id: string; source: string; model: string }
    const read = readQuestion(questionOf(row, row.gpu!))
    if ('option' in read) {
      unanswered.push({ id, model, lack: read.option })
      continue
    }
    const { speed, hours, lacks } = runHours(read)
    const found = {
      stepSeconds: speed?.step ?? null,
      samplesPerSecond: speed?.samplesPerSecond ?? null,
      hours,
    }
    for (const [column, figure] of figures) {
      if (row[column] === '') continue
      const range = found[figure]
      if (range === null) unanswered.push({ id, model, lack: lackOf(figure, lacks) })
      else
        checks.push({
          id,
          source,
          family: familyOf(read),
          fitted: collection === 'first' && setsConstants(source),
          figure,
          measured: Number(row[column]),
          range,
          expected: Math.sqrt(range.low * range.high),
        })
    }
  }
  return { checks, unanswered }
}

function lackOf(figure: TimeCheck['figure'], lacks: Lack[]): string {
  const [first] = lacks
  // A speed is known, and the batch of a step is not.
  return figure === 'stepSeconds' && (first === undefined || first === 'length')
    ? 'batch'
    : (first ?? 'batch')
}

export interface Score {
  figures: number
  sources: number
  /** Shares that lie in the range: of all figures, and with each source counted alike, since rows of one table are. */
  inside: number
  insideBySource: number
  /** Median of the high end over the low one. */
  width: number
  /** Mean distance of what is expected, as a share of what was measured. */
  error: number
}

export function isInside({ measured, range }: Check): boolean {
  return range.low <= measured && measured <= range.high
}

export function errorOf({ measured, expected }: Check): number {
  return expected / measured - 1
}

export function score(checks: readonly Check[]): Score {
  const bySource = new Map<string, Check[]>()
  for (const one of checks) bySource.set(one.source, [...(bySource.get(one.source) ?? []), one])
  const share = (of: readonly Check[]) => of.filter(isInside).length / of.length
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
  const widths = checks.map(({ range }) => range.high / range.low).sort((a, b) => a - b)
  return {
    figures: checks.length,
    sources: bySource.size,
    inside: share(checks),
    insideBySource: mean([...bySource.values()].map(share)),
    width: widths[Math.floor(widths.length / 2)] ?? 1,
    error: mean(checks.map((one) => Math.abs(errorOf(one)))),
  }
}
