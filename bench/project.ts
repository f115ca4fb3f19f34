/** How fast the whole engine is on any folders. Prints a Markdown table. See README.md. */
import '../server/src/host/node/compile-later.js'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { grammarFiles } from '../server/src/host/node/grammar-files.js'
import { createNodeHost } from '../server/src/host/node/host.js'
import { openProject } from '../server/src/project/workspace.js'
import { loadGrammars } from '../server/src/syntax/parser.js'
import { grouped, markdownTable } from './table.js'

interface Measured {
  files: number
  parsed: number
  lines: number
  bytes: number
  linesParsed: number
  bytesParsed: number
  findings: number
  /** Since the start of the process. */
  milliseconds: number
  /** Milliseconds of processor time of all threads. */
  processor: number
  /** The same of a process that does nothing but parse all Python files on one thread. */
  bare: number
  /** Peak resident memory. */
  kibibytes: number
}

async function measure(folder: string): Promise<Measured> {
  const project = await openProject(realpathSync(folder), createNodeHost(), {})
  const result = await project.lint()
  const milliseconds = performance.now()
  const { maxRSS } = process.resourceUsage()
  const processor = processorTime()
  await project.dispose()
  const { volume } = result
  if (volume === undefined) throw new Error('the engine does not say how much it read')
  return {
    files: result.files,
    parsed: result.filesLinted,
    lines: volume.lines,
    bytes: volume.bytes,
    linesParsed: volume.linesLinted,
    bytesParsed: volume.bytesLinted,
    findings: result.findings.length,
    milliseconds,
    processor,
    bare: 0,
    kibibytes: maxRSS,
  }
}

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Parses all Python files below a folder, one after the other. @returns milliseconds of processor time */
async function parseAll(folder: string): Promise<number> {
  const grammars = await loadGrammars(await grammarFiles(), ['python'])
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== '.git') visit(join(path, entry.name))
      else if (entry.isFile() && entry.name.endsWith('.py'))
        grammars.parse('python', readFileSync(join(path, entry.name), 'utf8'), () => undefined)
    }
  }
  visit(folder)
  return processorTime()
}

function inProcess<T>(question: string, folder: string): T {
  const script = fileURLToPath(import.meta.url)
  const child = spawnSync(process.execPath, [script, question, folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) throw new Error(`the run on ${folder} ended with ${child.status}`)
  return JSON.parse(child.stdout) as T
}

/** The median of several runs, each in a process of its own; each is followed by a bare parse, so that both meet the same machine. */
function medianRun(folder: string, runs: number): Measured {
  const all = Array.from({ length: runs }, () => ({
    ...inProcess<Measured>('--measure', folder),
    bare: inProcess<number>('--parse', folder),
  }))
  const middle = (values: number[]) => values.sort((a, b) => a - b)[(runs - 1) >> 1]!
  return {
    ...all.sort((a, b) => a.milliseconds - b.milliseconds)[(runs - 1) >> 1]!,
    processor: middle(all.map((one) => one.processor)),
    bare: middle(all.map((one) => one.bare)),
  }
}

function sum(rows: readonly Measured[]): Measured {
  const total = { ...rows[0]! }
  for (const row of rows.slice(1)) {
    for (const key of Object.keys(total) as (keyof Measured)[]) {
      total[key] = key === 'kibibytes' ? Math.max(total[key], row[key]) : total[key] + row[key]
    }
  }
  return total
}

const args = process.argv.slice(2)
if (args[0] === '--measure') {
  process.stdout.write(JSON.stringify(await measure(args[1]!)))
} else if (args[0] === '--parse') {
  process.stdout.write(JSON.stringify(await parseAll(args[1]!)))
} else {
  const at = args.indexOf('--runs')
  const runs = at < 0 ? 5 : Number(args.splice(at, 2)[1])
  if (args.length === 0 || !Number.isInteger(runs) || runs < 1) {
    console.error('usage: npm run bench -- FOLDER… [--runs 5]')
    process.exit(2)
  }
  const rows = args.map((folder): [string, Measured] => [
    basename(realpathSync(folder)),
    medianRun(folder, runs),
  ])
  if (rows.length > 1) rows.push(['together', sum(rows.map(([, row]) => row))])
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
  const header = [
    'folder',
    'files seen',
    'parsed',
    'lines',
    'lines parsed',
    'MB',
    'MB parsed',
    'findings',
    'wall s',
    'processor s',
    'parse alone s',
    'ratio',
    'lines/s',
    'parsed lines/s',
    'peak MB',
  ]
  const table = rows.map(([name, row]) => {
    const seconds = row.milliseconds / 1000
    return [
      name,
      grouped(row.files),
      grouped(row.parsed),
      grouped(row.lines),
      grouped(row.linesParsed),
      megabytes(row.bytes),
      megabytes(row.bytesParsed),
      grouped(row.findings),
      seconds.toFixed(2),
      (row.processor / 1000).toFixed(2),
      (row.bare / 1000).toFixed(2),
      (row.processor / row.bare).toFixed(1),
      grouped(row.lines / seconds),
      grouped(row.linesParsed / seconds),
      grouped((row.kibibytes * 1024) / 1e6),
    ]
  })
  console.log(
    `${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, median of ${runs}\n`,
  )
  console.log(markdownTable(header, table))
}
