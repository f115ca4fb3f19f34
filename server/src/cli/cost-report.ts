/** `costlint report`: what can be saved, the bill, the largest grids and the memory of GPUs, as a page or as Markdown. */

import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { readable, toPosix } from '../host/node/host.js'
import { version } from '../host/node/version.js'
import { collectReport, type Places, type ReportSource } from '../report/collect.js'
import type { ReportPlace } from '../report/data.js'
import { holdsHistory, withHistory } from '../report/history.js'
import { htmlReport } from '../report/html.js'
import { markdownReport } from '../report/markdown.js'
import { isWithin } from '../text/location.js'
import { type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'
import type { ReportFormat } from './options.js'
import { type Target, targets } from './roots.js'
import { Texts } from './texts.js'
import { writeFileWhole } from './write-file.js'

export interface ReportFlags {
  format: ReportFormat
  /** Written there; absent: printed. */
  outputFile?: string
  /** Reports that were written before. */
  earlier: string[]
}

export async function writeReport(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  { format, outputFile, earlier }: ReportFlags,
): Promise<number> {
  const before = await earlierReports(console, earlier, outputFile)
  const sources: { source: ReportSource; places: Places }[] = []
  const roots: string[] = []
  for (const target of await targets(paths, console.cwd)) {
    roots.push(basename(target.root))
    sources.push(await sourceOf(engine, console, target))
  }
  const title = [...new Set(roots)].join(', ')
  const titled = { title, version, date: new Date().toISOString().slice(0, 10) }
  const data = withHistory(await collectReport(sources, titled), before)
  const home = outputFile === undefined ? console.cwd : dirname(resolve(console.cwd, outputFile))
  // A link from a file that is written; what is printed may be read anywhere.
  const link =
    outputFile === undefined
      ? () => null
      : ({ path, line, cell }: ReportPlace) => {
          const target = toPosix(relative(home, resolve(console.cwd, path)))
          const escaped = target.split('/').map(encodeURIComponent).join('/')
          return cell === null ? `${escaped}#L${line}` : escaped
        }
  const text = format === 'html' ? htmlReport(data, { link }) : markdownReport(data, { link })
  if (outputFile === undefined) console.out(text)
  else {
    await writeFileWhole(resolve(console.cwd, outputFile), text, outputFile)
    console.err(`costlint: wrote ${outputFile}\n`)
  }
  return exit.clean
}

/** Rejects where one that is named is none. What is written over is an earlier report too, if it is one. */
async function earlierReports(
  console: Console,
  named: readonly string[],
  outputFile: string | undefined,
): Promise<string[]> {
  const texts: string[] = []
  for (const name of named) {
    let text: string
    try {
      text = await readFile(resolve(console.cwd, name), 'utf8')
    } catch (error) {
      throw new UsageError(`--earlier: ${name} ${readable(error).message}`)
    }
    if (!holdsHistory(text)) throw new UsageError(`--earlier: ${name} is no report of CostLint`)
    texts.push(text)
  }
  if (outputFile !== undefined)
    texts.push(await readFile(resolve(console.cwd, outputFile), 'utf8').catch(() => ''))
  return texts
}

async function sourceOf(
  engine: Engine,
  console: Console,
  { root, paths, apart }: Target,
): Promise<{ source: ReportSource; places: Places }> {
  const project = await engine.open(root, { choice: {}, explicit: paths, apart: apart ?? [] })
  try {
    const within = (path: string) => paths.some((each) => isWithin(path, each))
    const display = (path: string) => toPosix(relative(console.cwd, join(root, path))) || '.'
    const texts = new Texts(root, engine)
    const result = await project.lint({
      ...(paths.includes('') ? {} : { paths: [...paths] }),
      signal: console.signal,
    })
    const costs = (await project.cost(result.findings)).filter(
      ({ path, scripts }) => within(path) || scripts.some(within),
    )
    const source: ReportSource = {
      findings: result.findings,
      costs: costs.map((one) => ({
        ...one,
        name: one.scripts.includes(one.name) ? display(one.name) : one.name,
      })),
      searches: project.searches().filter(({ location }) => within(location.path)),
      memory: (await project.estimates()).filter(({ path }) => within(path)),
      files: result.files,
      filesLinted: result.filesLinted,
    }
    // Looked up now: afterwards the project is gone.
    const found = new Map<object, ReportPlace>()
    for (const location of [
      ...source.findings.map((one) => one.location),
      ...source.searches.map((one) => one.location),
    ]) {
      const { start } = await texts.range(location)
      found.set(location, { path: display(location.path), cell: location.cell, ...start })
    }
    const places: Places = {
      at: async (location) => found.get(location),
      line: (path, cell, line) => ({ path: display(path), cell, line, column: 1 }),
    }
    return { source, places }
  } finally {
    await project.dispose()
  }
}
