/** Reports that several machines have written, as one. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Billed } from '../estimate/total.js'
import { define, lookUp } from '../text/records.js'
import { type Console, exit, UsageError } from './console.js'
import { coverageOf, totalOf } from './cost-total.js'
import { compareText } from './report.js'
import { writeFileWhole } from './write-file.js'

type Json = Readonly<Record<string, unknown>>

/** What a file holds. */
type Part =
  | { kind: 'sarif'; log: Json }
  | { kind: 'json'; report: Json }
  | { kind: 'jsonl'; lines: string[]; summaries: Json[] }
  | { kind: 'bill'; jobs: Billed[] }

export async function merge(
  console: Console,
  files: readonly string[],
  outputFile: string | undefined,
): Promise<number> {
  const parts: Part[] = []
  for (const file of files) {
    const part = partOf(file, await textOf(resolve(console.cwd, file), file))
    const first = parts[0] ?? part
    if (first.kind !== part.kind)
      throw new UsageError(`${file} is ${words[part.kind]}, ${files[0]} is ${words[first.kind]}`)
    parts.push(part)
  }
  const text = merged(parts)
  if (outputFile === undefined) console.out(text)
  else await writeFileWhole(resolve(console.cwd, outputFile), text, outputFile)
  return exit.clean
}

const words = {
  sarif: 'a SARIF log',
  json: 'a report in JSON',
  jsonl: 'a report in JSON lines',
  bill: 'a bill in JSON',
}

async function textOf(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function partOf(file: string, text: string): Part {
  const whole = parsed(text)
  if (whole !== undefined) {
    if (whole.version === '2.1.0' && Array.isArray(whole.runs)) return { kind: 'sarif', log: whole }
    if (whole.version === 1 && Array.isArray(whole.findings)) return { kind: 'json', report: whole }
    if (whole.version === 1 && Array.isArray(whole.jobs)) {
      const jobs = whole.jobs.filter(isBilled)
      if (jobs.length === whole.jobs.length) return { kind: 'bill', jobs }
    }
  }
  const lines = text.split('\n').filter((line) => line !== '')
  const last = parsed(lines.at(-1) ?? '')
  // A machine that was stopped has not come to the summary: what it found would be taken for all.
  if (last?.kind === 'summary') return { kind: 'jsonl', lines: lines.slice(0, -1), summaries: [last] }
  throw new UsageError(`${file} is no whole report of costlint: sarif, json, jsonl, or a bill in JSON`)
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBilled(value: unknown): value is Billed {
  return isObject(value) && (value.per === 'run' || value.per === 'month') && typeof value.state === 'string'
}

function merged(parts: readonly Part[]): string {
  const print = (value: object) => `${JSON.stringify(value, null, 2)}\n`
  switch (parts[0]!.kind) {
    case 'sarif':
      return print(sarif(parts.flatMap((part) => (part.kind === 'sarif' ? [part.log] : []))))
    case 'json': {
      const reports = parts.flatMap((part) => (part.kind === 'json' ? [part.report] : []))
      return print({
        ...reports[0],
        findings: reports.flatMap((report) => list(report.findings)).sort(byPlace),
        errors: reports.flatMap((report) => list(report.errors)).sort(byPlace),
        summary: summary(reports.map((report) => object(report.summary))),
      })
    }
    case 'jsonl': {
      const own = parts.flatMap((part) => (part.kind === 'jsonl' ? [part] : []))
      const summaries = own.flatMap((part) => part.summaries)
      const end = { ...summaries[0], ...summary(summaries) }
      return [...own.flatMap(({ lines }) => lines), JSON.stringify(end)].map((line) => `${line}\n`).join('')
    }
    case 'bill': {
      const jobs = parts.flatMap((part) => (part.kind === 'bill' ? part.jobs : []))
      return print({ version: 1, jobs, total: totalOf(jobs), coverage: coverageOf(jobs) })
    }
  }
}

const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const object = (value: unknown): Json => (isObject(value) ? value : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Findings of one path stay in their order. */
function byPlace(a: Json, b: Json): number {
  return compareText(text(a.path), text(b.path))
}

function summary(parts: readonly Json[]): Json {
  const sum = (key: string) => parts.reduce((total, part) => total + number(lookUp(part, key)), 0)
  const baselines = parts.flatMap((part) => (isObject(part.baseline) ? [part.baseline] : []))
  const costs = parts.map((part) => object(part.cost))
  return {
    files: sum('files'),
    filesLinted: sum('filesLinted'),
    bySeverity: counts(parts.map((part) => object(part.bySeverity))),
    ...(baselines.length === 0
      ? {}
      : {
          baseline: {
            name: [...new Set(baselines.map(({ name }) => text(name)))].join(', '),
            known: baselines.reduce((total, each) => total + number(each.known), 0),
            stale: baselines.flatMap(({ stale }) => list(stale)),
          },
        }),
    cost: {
      total: {
        run: totals(costs.map((cost) => object(cost.total).run)),
        month: totals(costs.map((cost) => object(cost.total).month)),
      },
      coverage: {
        entries: costs.reduce((total, cost) => total + number(object(cost.coverage).entries), 0),
        byState: counts(costs.map((cost) => object(object(cost.coverage).byState))),
      },
    },
    byRule: Object.fromEntries(
      Object.entries(counts(parts.map((part) => object(part.byRule)))).sort(([a], [b]) => compareText(a, b)),
    ),
  }
}

/** Numbers by name, added up. */
function counts(parts: readonly Json[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const part of parts)
    for (const [key, value] of Object.entries(part))
      define(total, key, (lookUp(total, key) ?? 0) + number(value))
  return total
}

/** Sums of money; null: nothing is priced. */
function totals(parts: readonly unknown[]): Json | null {
  const priced = parts.filter(isObject)
  if (priced.length === 0) return null
  const ends = (key: 'usd' | 'saving', end: 'low' | 'high') =>
    priced.reduce((total, part) => total + number(object(lookUp(part, key))[end]), 0)
  const isOpen = priced.some((part) => object(part.usd).high === null)
  return {
    usd: { low: ends('usd', 'low'), high: isOpen ? null : ends('usd', 'high') },
    saving: { low: ends('saving', 'low'), high: ends('saving', 'high') },
    entries: priced.reduce((total, part) => total + number(part.entries), 0),
  }
}

/** One run of the tool, as services of code scanning want it. */
function sarif(logs: readonly Json[]): Json {
  const runs = logs.flatMap((log) => list(log.runs))
  const driverOf = (run: Json) => object(object(run.tool).driver)
  const rules = new Map<string, Json>()
  for (const run of runs) for (const rule of list(driverOf(run).rules)) rules.set(text(rule.id), rule)
  const ids = [...rules.keys()].sort()
  const [first] = runs
  if (first === undefined) return logs[0]!
  return {
    ...logs[0],
    runs: [
      {
        ...first,
        tool: { driver: { ...driverOf(first), rules: ids.map((id) => rules.get(id)) } },
        invocations: runs.flatMap((run) => list(run.invocations)),
        results: runs.flatMap((run) =>
          list(run.results).map((result) => ({ ...result, ruleIndex: ids.indexOf(text(result.ruleId)) })),
        ),
      },
    ],
  }
}
