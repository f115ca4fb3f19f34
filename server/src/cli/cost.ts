/** `costlint cost`: the bill by job, what can be saved of it, and how much of it is known. */
import { join, relative } from 'node:path'
import type { CostEntry } from '../linter.js'
import { toPosix } from '../project/node/host.js'
import { type Console, exit } from './console.js'
import { csvBill } from './cost-csv.js'
import { markdownBill } from './cost-markdown.js'
import { drawnBill } from './cost-text.js'
import { coverageOf, totalOf } from './cost-total.js'
import type { Engine } from './engine.js'
import type { CostFormat } from './options.js'
import { compareText } from './report.js'
import { type Target, targets } from './roots.js'

export interface CostFlags {
  format: CostFormat
}

export async function showCost(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  { format }: CostFlags,
): Promise<number> {
  const entries: CostEntry[] = []
  for (const target of await targets(paths, console.cwd))
    entries.push(...(await costOf(engine, target, console.cwd)))
  entries.sort((a, b) => compareText(a.path, b.path) || a.line - b.line)
  console.out(written(entries, format, console))
  return exit.clean
}

async function costOf(engine: Engine, target: Target, cwd: string): Promise<CostEntry[]> {
  const project = await engine.open(target.root, {
    choice: {},
    explicit: target.paths,
    apart: target.apart ?? [],
  })
  try {
    const display = (path: string) => toPosix(relative(cwd, join(target.root, path)))
    const within = (path: string) =>
      target.paths.some((each) => each === '' || path === each || path.startsWith(`${each}/`))
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
