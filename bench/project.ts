/** How fast the whole engine is on any folders, and how its cost grows. Prints Markdown tables. See README.md. */
import '../server/src/host/node/compile-later.js'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { grammarFiles } from '../server/src/host/node/grammar-files.js'
import { createNodeHost } from '../server/src/host/node/host.js'
import { openProject } from '../server/src/project/workspace.js'
import { loadGrammars } from '../server/src/syntax/parser.js'
import { writeLargeFolder } from './large-folder.js'
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
  /** The same where the command was given before, and where one module has changed since. */
  warm: number
  changed: number
  /** The same of a process that does nothing but parse all Python files on one thread. */
  bare: number
  /** The same of ruff, in WebAssembly and with its own choice of rules, on these files. */
  ruff: number
  /** Peak resident memory. */
  kibibytes: number
}

/** The engine without the command line, and with nothing that is kept: how much it reads, and how much memory it takes. */
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
    warm: 0,
    changed: 0,
    bare: 0,
    ruff: 0,
    kibibytes: maxRSS,
  }
}

/** Milliseconds of processor time of a check, with the start of the process. `place`: where it keeps what it keeps. */
function checkTime(folder: string, place: string, ...options: string[]): number {
  const tell = join(place, 'tell.cjs')
  const told = join(place, 'told')
  writeFileSync(
    tell,
    `if(require('node:worker_threads').isMainThread)process.on('exit',()=>{const{user,system}=process.cpuUsage();require('node:fs').writeFileSync(${JSON.stringify(told)},String((user+system)/1000))})`,
  )
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const args = ['--require', tell, cli, 'check', '.', '--output-format', 'json', ...options]
  const { status } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, XDG_CACHE_HOME: place, COSTLINT_CACHE_DIR: join(place, 'answers') },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  if (status !== 0 && status !== 1) throw new Error(`a check of ${folder} ended with ${status}`)
  return Number(readFileSync(told, 'utf8'))
}

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function modulesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === '.git' ? [] : modulesBelow(path)
    return entry.isFile() && entry.name.endsWith('.py') ? [path] : []
  })
}

/** Parses all Python files below a folder, one after the other. @returns milliseconds of processor time */
async function parseAll(folder: string): Promise<number> {
  const grammars = await loadGrammars(await grammarFiles(), ['python'])
  for (const path of modulesBelow(folder))
    grammars.parse('python', readFileSync(path, 'utf8'), () => undefined)
  return processorTime()
}

/** The same with ruff. */
function checkAll(folder: string): number {
  // Its WebAssembly lies beside it, so it is not bundled.
  const ruff: typeof import('@astral-sh/ruff-wasm-nodejs') = createRequire(import.meta.url)(
    '@astral-sh/ruff-wasm-nodejs',
  )
  const workspace = new ruff.Workspace(ruff.Workspace.defaultSettings(), ruff.PositionEncoding.Utf16)
  for (const path of modulesBelow(folder)) workspace.check(readFileSync(path, 'utf8'))
  return processorTime()
}

function inProcess<T>(question: string, ...given: string[]): T {
  const script = fileURLToPath(import.meta.url)
  const child = spawnSync(process.execPath, [script, question, ...given], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) throw new Error(`${question} ${given.join(' ')} ended with ${child.status}`)
  return JSON.parse(child.stdout) as T
}

function inTemporary<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'costlint-bench-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * One round on a copy, each measurement in a process of its own, close together so that all meet the same machine.
 * `turn`: which module is changed.
 */
function round(original: string, turn: number): Measured {
  return inTemporary((place) => {
    const folder = join(place, 'project')
    cpSync(original, folder, { recursive: true, filter: (path) => !/\/\.(git|costlint_cache)$/.test(path) })
    writeFileSync(join(folder, 'costlint.toml'), '')
    const engine = inProcess<Measured>('--measure', folder)
    // Leaves its answers, and the compiled code that a run after the first finds.
    checkTime(folder, place)
    const cold = checkTime(folder, place, '--no-cache')
    const bare = inProcess<number>('--parse', folder)
    const ruff = inProcess<number>('--ruff', folder)
    const warm = checkTime(folder, place)
    const modules = modulesBelow(folder).sort()
    appendFileSync(modules[(turn * 37 + 11) % modules.length]!, '\nchanged = 1\n')
    return { ...engine, processor: cold, bare, ruff, warm, changed: checkTime(folder, place) }
  })
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!
}

function medianRun(folder: string, runs: number): Measured {
  const all = Array.from({ length: runs }, (_, turn) => round(folder, turn))
  const made = { ...all[0]! }
  for (const key of Object.keys(made) as (keyof Measured)[]) made[key] = median(all.map((one) => one[key]))
  return made
}

/** The exponent with which cost grows with size: the slope of a line through their logarithms. */
function exponent(points: readonly (readonly [number, number])[]): number {
  const [xs, ys] = [0, 1].map((at) => points.map((point) => Math.log(point[at]!)))
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [mean(xs!), mean(ys!)]
  const above = xs!.reduce((total, one, index) => total + (one - x) * (ys![index]! - y), 0)
  return above / xs!.reduce((total, one) => total + (one - x) ** 2, 0)
}

/** Processor time and peak memory on made-up folders of several sizes, cold. */
function growth(runs: number): void {
  const sizes = [1_000, 10_000, 30_000]
  const rows = sizes.map((files) =>
    inTemporary((folder) => {
      writeLargeFolder(folder, files, 1_000)
      const all = Array.from({ length: runs }, () => inProcess<Measured>('--measure', folder))
      const kibibytes = median(all.map((one) => one.kibibytes))
      return { files, processor: median(all.map((one) => one.processor)), kibibytes }
    }),
  )
  console.log(
    markdownTable(
      ['files', 'processor s', 'peak MB'],
      rows.map(({ files, processor, kibibytes }) => [
        grouped(files),
        (processor / 1000).toFixed(1),
        grouped((kibibytes * 1024) / 1e6),
      ]),
    ),
  )
  console.log(
    `\nexponent ${exponent(rows.map(({ files, processor }) => [files, processor] as const)).toFixed(2)}`,
  )
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
} else if (args[0] === '--ruff') {
  process.stdout.write(JSON.stringify(checkAll(args[1]!)))
} else {
  const at = args.indexOf('--runs')
  const runs = at < 0 ? 5 : Number(args.splice(at, 2)[1])
  const grows = args.includes('--growth')
  if (grows) args.splice(args.indexOf('--growth'), 1)
  if ((args.length === 0 && !grows) || !Number.isInteger(runs) || runs < 1) {
    console.error('usage: npm run bench -- [--growth] FOLDER… [--runs 5]')
    process.exit(2)
  }
  const rows = args.map((folder): [string, Measured] => [
    basename(realpathSync(folder)),
    medianRun(folder, runs),
  ])
  if (rows.length > 1) rows.push(['together', sum(rows.map(([, row]) => row))])
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2)
  const header = [
    ...['folder', 'files seen', 'read', 'lines read', 'MB read', 'findings', 'wall s', 'peak MB'],
    ...['cold s', 'warm s', 'one changed s', 'ruff s', 'parse alone s'],
    ...['cold ÷ parse', 'warm ÷ parse', 'changed ÷ parse', 'ruff ÷ parse'],
  ]
  const table = rows.map(([name, row]) => [
    name,
    ...[row.files, row.parsed, row.linesParsed].map(grouped),
    megabytes(row.bytesParsed),
    grouped(row.findings),
    seconds(row.milliseconds),
    grouped((row.kibibytes * 1024) / 1e6),
    ...[row.processor, row.warm, row.changed, row.ruff, row.bare].map(seconds),
    ...[row.processor, row.warm, row.changed, row.ruff].map((one) => (one / row.bare).toFixed(2)),
  ])
  console.log(
    `${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, medians of ${runs}\n`,
  )
  if (rows.length > 0) console.log(`${markdownTable(header, table)}\n`)
  if (grows) growth(runs)
}
