/**
 * Time of published runs: those of half of the sources set the constants of estimate/step-seconds.ts, those of the other
 * half only check them. Sources count alike, since rows of one table do.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { answer } from '../../server/src/estimate/answer.js'
import type { Interval } from '../../server/src/estimate/network.js'
import { type Question, readQuestion } from '../../server/src/estimate/question.js'

type Row = Record<string, string>

const [header, ...lines] = readFileSync(fileURLToPath(new URL('runs.tsv', import.meta.url)), 'utf8')
  .trimEnd()
  .split('\n')
const columns = header!.split('\t')
const rows = lines.map((line): Row => {
  const cells = line.split('\t')
  return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']))
})

/** FNV-1a. */
function hash(text: string): number {
  let value = 2166136261
  for (const one of text) value = Math.imul(value ^ one.charCodeAt(0), 16777619) >>> 0
  return value
}

function questionOf(row: Row): Question {
  const words = ['dataset', 'size', 'precision', 'method', 'length'].filter((name) => row[name] !== '')
  const counts = ['samples', 'batch', 'devices', 'accumulation'].filter((name) => row[name] !== '')
  return {
    model: row.model!,
    gpu: row.gpu!,
    ...Object.fromEntries(words.map((name) => [name, row[name]!])),
    ...Object.fromEntries(counts.map((name) => [name, Number(row[name])])),
  }
}

interface Check {
  id: string
  source: string
  figure: string
  measured: number
  range: Interval
  inside: boolean
}

const published: [column: string, figure: 'stepSeconds' | 'samplesPerSecond' | 'hours'][] = [
  ['step_seconds', 'stepSeconds'],
  ['samples_per_second', 'samplesPerSecond'],
  ['hours', 'hours'],
]

function checksOf(row: Row): Check[] {
  const read = readQuestion(questionOf(row))
  if ('option' in read) return []
  const found = answer(read, '2026-11-27')
  return published.flatMap(([column, figure]) => {
    const range = found[figure]
    if (row[column] === '' || range === null) return []
    const measured = Number(row[column])
    const inside = range.low <= measured && measured <= range.high
    return [{ id: row.id!, source: row.source!, figure, measured, range, inside }]
  })
}

interface Score {
  checks: number
  sources: number
  inside: number
  insideBySource: number
  /** Median of the high end over the low one. */
  width: number
}

function score(checks: Check[]): Score {
  const bySource = new Map<string, Check[]>()
  for (const one of checks) bySource.set(one.source, [...(bySource.get(one.source) ?? []), one])
  const share = (of: Check[]) => of.filter(({ inside }) => inside).length / of.length
  const widths = checks.map(({ range }) => range.high / range.low).sort((a, b) => a - b)
  const shares = [...bySource.values()].map(share)
  return {
    checks: checks.length,
    sources: bySource.size,
    inside: share(checks),
    insideBySource: shares.reduce((sum, one) => sum + one, 0) / shares.length,
    width: widths[Math.floor(widths.length / 2)]!,
  }
}

const all = rows.flatMap(checksOf)
const half = (fitted: boolean) => all.filter(({ source }) => (hash(source) % 2 === 0) === fitted)

if (process.env.RUNS !== undefined) {
  for (const one of half(process.env.RUNS === 'fitted'))
    console.log(
      one.inside ? '  ' : '**',
      one.id,
      one.figure,
      one.measured,
      one.range.low.toPrecision(3),
      one.range.high.toPrecision(3),
    )
}

describe('time of published runs', () => {
  for (const [name, fitted, bySource] of [
    ['of the sources that set the constants', true, 0.9],
    ['of the other sources', false, 0.75],
  ] as const)
    it(name, () => {
      const { checks, sources, inside, insideBySource, width } = score(half(fitted))
      const said = `${checks} figures of ${sources} sources: ${(100 * inside).toFixed(0)} % inside, ${(100 * insideBySource).toFixed(0)} % by source, ends ${width.toFixed(1)}× apart`
      if (process.env.RUNS !== undefined) console.log(said)
      assert.ok(checks > 100, said)
      assert.ok(inside >= 0.8, said)
      assert.ok(insideBySource >= bySource, said)
      assert.ok(width <= 4, said)
    })
})
