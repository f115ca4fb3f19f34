/** From a keystroke to published findings, over the standard streams of the built server. See README.md. */
import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node'
import { opened as openedPath, writeLargeFolder } from './large-folder.js'
import { memoryOf, processorTimeOf } from './process.js'
import { markdownTable, percentile } from './table.js'

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`)
  const value = at < 0 ? fallback : Number(process.argv[at + 1])
  if (Number.isInteger(value) && value > 0) return value
  console.error('usage: npm run bench:server -- [--lines 1000] [--files 600] [--keystrokes 200]')
  process.exit(2)
}

const lines = option('lines', 1000)
const files = option('files', 600)
const keystrokes = option('keystrokes', 200)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'costlint-bench-')))
const text = writeLargeFolder(folder, files, lines)
const uri = pathToFileURL(join(folder, openedPath)).href

// The bundle lies in .tmp/server/.
const script = fileURLToPath(new URL('../../dist/server.js', import.meta.url))
const server = spawn(process.execPath, [script, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
const connection = createProtocolConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
)
let arrived: (published: PublishDiagnosticsParams) => void = () => {}
connection.onNotification(PublishDiagnosticsNotification.type, (published) => arrived(published))
connection.listen()

/** Findings of this version of the document, whenever they come. */
function published(version: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no findings for version ${version} after 20 s`)), 20_000)
    arrived = (each) => {
      if (each.uri !== uri || each.version !== version) return
      clearTimeout(late)
      resolve(each.diagnostics.length)
    }
  })
}

// A client that cannot pull, so that findings are pushed.
await connection.sendRequest(InitializeRequest.type, {
  processId: process.pid,
  rootUri: pathToFileURL(folder).href,
  workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'bench' }],
  capabilities: { textDocument: { publishDiagnostics: { versionSupport: true } } },
})
await connection.sendNotification(InitializedNotification.type, {})
const opened = published(1)
await connection.sendNotification(DidOpenTextDocumentNotification.type, {
  textDocument: { uri, languageId: 'python', version: 1, text },
})
const findings = await opened

// Types a statement into the training loop, letter by letter, and takes it back; what stands there is half-typed
// code most of the time, as it is in life.
const typed = '; total_loss = criterion(outputs, targets.to(device, non_blocking=True)).mean()'
const row = text.split('\n').findIndex((line) => line.includes('optimizer.zero_grad()'))
const times: number[] = []
let version = 1
/** The first keystrokes warm the server up. */
const warm = Math.min(100, keystrokes >> 1)
let before = Number.NaN
let processorBefore = Number.NaN
for (let count = 0; count < keystrokes; count++) {
  const step = count % (2 * typed.length)
  const column = step < typed.length ? step : 2 * typed.length - step - 1
  const inserted = step < typed.length ? typed[column]! : ''
  const line = text.split('\n')[row]!.length
  version++
  const answer = published(version)
  const began = performance.now()
  await connection.sendNotification(DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version },
    contentChanges: [
      {
        range: {
          start: { line: row, character: line + column },
          end: { line: row, character: line + column + (inserted === '' ? 1 : 0) },
        },
        text: inserted,
      },
    ],
  })
  await answer
  if (count >= warm) times.push(performance.now() - began)
  else if (count === warm - 1) {
    before = memoryOf(server.pid!, 'VmRSS')
    processorBefore = processorTimeOf(server.pid!)
  }
}
const after = memoryOf(server.pid!, 'VmRSS')
const processor = (processorTimeOf(server.pid!) - processorBefore) / times.length
connection.dispose()
server.kill()
rmSync(folder, { recursive: true })

console.log(`${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}\n`)
console.log(
  markdownTable(
    [
      'script',
      'files',
      'findings',
      'keystrokes',
      'median ms',
      'p95 ms',
      'longest ms',
      'processor ms each',
      'MB before',
      'MB after',
    ],
    [
      [
        `${text.split('\n').length} lines`,
        String(files),
        String(findings),
        String(times.length),
        percentile(times, 0.5).toFixed(1),
        percentile(times, 0.95).toFixed(1),
        Math.max(...times).toFixed(1),
        processor.toFixed(1),
        before.toFixed(0),
        after.toFixed(0),
      ],
    ],
  ),
)
