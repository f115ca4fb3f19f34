/** From opening a script in a folder of tens of thousands of files to its findings, cold. See README.md. */
import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  createProtocolConnection,
  DidOpenTextDocumentNotification,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node'
import { opened, writeLargeFolder } from './large-folder.js'
import { memoryOf, processorTimeOf } from './process.js'
import { grouped, markdownTable, percentile } from './table.js'

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`)
  const value = at < 0 ? fallback : Number(process.argv[at + 1])
  if (Number.isInteger(value) && value > 0) return value
  console.error('usage: npm run bench:open -- [--files 60000] [--runs 5] [--whole]')
  process.exit(2)
}

interface Run {
  /** Milliseconds from the message that opens the script to its first and its final findings. */
  first: number
  findings: number
  /** Milliseconds of processor time that the server has used by then, its start included. */
  processor: number
  whole: number
  megabytes: number
}

/** One server that knows nothing yet. `whole`: wait until the whole folder has been read. */
async function run(folder: string, text: string, whole: boolean): Promise<Run> {
  // The bundle lies in .tmp/open/.
  const script = fileURLToPath(new URL('../../dist/server.js', import.meta.url))
  const { COSTLINT_CACHE_DIR: _, ...env } = process.env
  const server = spawn(process.execPath, [script, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  )
  const uri = pathToFileURL(join(folder, opened)).href
  let began = 0
  const result: Run = { first: 0, findings: 0, processor: 0, whole: 0, megabytes: 0 }
  const done = new Promise<void>((resolve) => {
    let isRead = false
    connection.onNotification('costlint/reading', ({ progress }: { progress: unknown }) => {
      isRead ||= progress === null
    })
    connection.onNotification(PublishDiagnosticsNotification.type, ({ uri: other, diagnostics }) => {
      if (other !== uri || diagnostics.length === 0) return
      if (result.first === 0) {
        result.first = performance.now() - began
        result.findings = diagnostics.length
        result.processor = processorTimeOf(server.pid!)
        if (!whole) resolve()
      }
      if (!isRead) return
      result.whole = performance.now() - began
      resolve()
    })
  })
  connection.listen()
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'bench' }],
    // A client that cannot pull, so that findings are pushed.
    capabilities: { textDocument: { publishDiagnostics: { versionSupport: true } } },
    initializationOptions: { readingProgress: true },
  })
  await connection.sendNotification(InitializedNotification.type, {})
  began = performance.now()
  await connection.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'python', version: 1, text },
  })
  await done
  result.megabytes = memoryOf(server.pid!, 'VmHWM')
  connection.dispose()
  server.kill()
  return result
}

const files = option('files', 60_000)
const runs = option('runs', 5)
const whole = process.argv.includes('--whole')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'costlint-open-')))
try {
  const text = writeLargeFolder(folder, files)
  const all: Run[] = []
  for (let count = 0; count < runs; count++) all.push(await run(folder, text, false))
  const last = whole ? await run(folder, text, true) : undefined
  const first = all.map((one) => one.first)
  const median = percentile(first, 0.5)
  console.log(`${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}\n`)
  const header = ['files', 'findings', 'first ms, median', 'longest ms', 'processor ms', 'peak MB then']
  const row = [
    grouped(files),
    String(all[0]!.findings),
    median.toFixed(0),
    Math.max(...first).toFixed(0),
    percentile(
      all.map((one) => one.processor),
      0.5,
    ).toFixed(0),
    percentile(
      all.map((one) => one.megabytes),
      0.5,
    ).toFixed(0),
  ]
  if (last !== undefined) {
    header.push('all read s', 'first ÷ all', 'peak MB')
    row.push((last.whole / 1000).toFixed(1), (last.first / last.whole).toFixed(3), last.megabytes.toFixed(0))
  }
  console.log(markdownTable(header, [row]))
} finally {
  rmSync(folder, { recursive: true })
}
