/** `costlint cost`: the bill by job, what can be saved of it, and how much of it is known. */

import { join, relative } from 'node:path'
import { toPosix } from '../host/node/host.js'
import type { CostEntry } from '../linter.js'
import { isWithin } from '../text/location.js'
import { type Console, exit, UsageError } from './console.js'
import { type CostChange, changesBetween, sumOfChanges } from './cost-change.js'
import { changesMarkdown, changesText } from './cost-change-text.js'
import { csvBill } from './cost-csv.js'
import { markdownBill } from './cost-markdown.js'
import { drawnBill } from './cost-text.js'
import { coverageOf, totalOf } from './cost-total.js'
import type { Engine } from './engine.js'
import type { CostFormat } from './options.js'
import { compareText } from './report.js'
import { atRevision } from './revision.js'
import type { Target } from './roots.js'
import { type SelectionFlags, selected } from './selection.js'

export interface CostFlags extends SelectionFlags {
  format: CostFormat
  /** A git revision: what has changed since is shown. */
  compare?: string
}

export async function showCost(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  { format, compare, ...selection }: CostFlags,
): Promise<number> {
  const entries: CostEntry[] = []
  const before: CostEntry[] = []
  const chosen = await selected(paths, selection, console)
  for (const { path, message } of chosen.missing) console.err(`costlint: ${path}: ${message}\n`)
  for (const target of chosen.targets) {
    const shown = (path: string) => toPosix(relative(console.cwd, join(target.root, path)))
    entries.push(...(await costOf(engine, target, shown)))
    if (compare === undefined) continue
    const old = (root: string) => costOf(engine, { ...target, root }, shown, false)
    before.push(...(await atRevision(target.root, compare, old)))
  }
  entries.sort((a, b) => compareText(a.path, b.path) || a.line - b.line)
  console.out(
    compare === undefined
      ? written(entries, format, console)
      : writtenChanges(changesBetween(before, entries), compare, format, console),
  )
  return entries.some(({ budget }) => budget.length > 0) ? exit.budget : exit.clean
}

async function costOf(
  engine: Engine,
  target: Target,
  display: (path: string) => string,
  cache?: boolean,
): Promise<CostEntry[]> {
  const project = await engine.open(target.root, {
    choice: {},
    explicit: target.paths,
    apart: target.apart ?? [],
    ...(cache === undefined ? {} : { cache }),
  })
  try {
    const within = (path: string) => target.paths.some((each) => isWithin(path, each))
    return (await project.cost())
      .filter(({ path, scripts }) => within(path) || scripts.some(within))
      .map((entry) => ({
        ...entry,
        id: display(entry.id),
        name: entry.scripts.includes(entry.name) ? display(entry.name) : entry.name,
        path: display(entry.path),
        scripts: entry.scripts.map(display),
      }))
  } finally {
    await project.dispose()
  }
}

function writtenChanges(
  changes: readonly CostChange[],
  revision: string,
  format: CostFormat,
  console: Console,
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(
        {
          version: 1,
          revision,
          changes,
          total: { run: sumOfChanges(changes, 'run'), month: sumOfChanges(changes, 'month') },
        },
        null,
        2,
      )}\n`
    case 'markdown':
      return changesMarkdown(changes, revision)
    case 'csv':
      throw new UsageError('--compare: prints full, json or markdown')
    case 'full':
      return changesText(changes, revision, console)
  }
}

function written(entries: readonly CostEntry[], format: CostFormat, console: Console): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ version: 1, jobs: entries, total: totalOf(entries), coverage: coverageOf(entries) }, null, 2)}\n`
    case 'markdown':
      return markdownBill(entries)
    case 'csv':
      return csvBill(entries)
    case 'full':
      return drawnBill(entries, console)
  }
}
