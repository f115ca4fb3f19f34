/** How fast the whole engine is on any folders. Prints a Markdown table. See README.md. */
import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNodeHost } from '../server/src/project/node/host.js'
import { openProject } from '../server/src/project/workspace.js'
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
  /** Peak resident memory. */
  kibibytes: number
}

async function measure(folder: string): Promise<Measured> {
  const project = await openProject(realpathSync(folder), createNodeHost(), {})
  const result = await project.lint()
  const milliseconds = performance.now()
  const { maxRSS } = process.resourceUsage()
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
    kibibytes: maxRSS,
  }
}

/** The median of several runs, each in a process of its own. */
function medianRun(folder: string, runs: number): Measured {
  const all = Array.from({ length: runs }, () => {
    const script = fileURLToPath(import.meta.url)
    const child = spawnSync(process.execPath, [script, '--measure', folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.status !== 0) throw new Error(`the run on ${folder} ended with ${child.status}`)
    return JSON.parse(child.stdout) as Measured
  })
  return all.sort((a, b) => a.milliseconds - b.milliseconds)[(runs - 1) >> 1]!
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
} else {
  const at = args.indexOf('--runs')
  const runs = at < 0 ? 3 : Number(args.splice(at, 2)[1])
  if (args.length === 0 || !Number.isInteger(runs) || runs < 1) {
    console.error('usage: npm run bench -- FOLDER… [--runs 3]')
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
