/**
 * What SonarQube's Python rules say of files, as SonarLint's language server runs them in an editor that is not connected to a
 * server: `node evidence/sonarlint.mjs JARS FOLDER` prints path, line and rule of each finding as JSON, and whether it is `weak`: information or less.
 *
 * JARS: the folder with `server/sonarlint-ls.jar` and `analyzers/sonarpython.jar`, as in the npm package `coc-sonarlint`. Needs
 * Java 17. It is SonarSource's, under their licence, and no part of this repository.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node'

const [jars, folder] = process.argv.slice(2)
if (!jars || !folder) {
  console.error('usage: node evidence/sonarlint.mjs JARS FOLDER')
  process.exit(2)
}
/** Milliseconds for one file. */
const mostTime = 60_000
const root = resolve(folder)
const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.py'))
  .sort()
if (paths.length === 0) {
  console.log(JSON.stringify({ files: 0, findings: [] }))
  process.exit(0)
}

const server = spawn(
  'java',
  [
    ...['-Xmx1g', '-XX:+UseSerialGC', '-Dsonarlint.telemetry.disabled=true'],
    ...['-jar', join(jars, 'server/sonarlint-ls.jar'), '-stdio'],
    ...['-analyzers', join(jars, 'analyzers/sonarpython.jar')],
  ],
  { stdio: ['pipe', 'pipe', process.env.SONARLINT_LOG ? 'inherit' : 'ignore'] },
)
const client = createProtocolConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
)

/** Answers to what the server asks of its editor. */
const settings = {
  disableTelemetry: true,
  focusOnNewCode: false,
  rules: {},
  output: { showAnalyzerLogs: true, showVerboseLogs: true },
}
client.onRequest('workspace/configuration', ({ items }) =>
  items.map(({ section }) => (section === 'sonarlint' ? settings : null)),
)
const answers = {
  'client/registerCapability': () => null,
  'window/workDoneProgress/create': () => null,
  'workspace/workspaceFolders': () => [{ uri: String(pathToFileURL(root)), name: 'project' }],
  'sonarlint/isIgnoredByScm': () => false,
  'sonarlint/shouldAnalyseFile': () => ({ shouldBeAnalysed: true }),
  'sonarlint/filterOutExcludedFiles': ({ fileUris }) => ({ fileUris }),
  'sonarlint/isOpenInEditor': () => true,
  'sonarlint/canShowMissingRequirementsNotification': () => false,
  'sonarlint/listFilesInFolder': () => ({ foundFiles: [] }),
  'sonarlint/hasJoinedIdeLabs': () => false,
}
for (const [method, answer] of Object.entries(answers)) client.onRequest(method, answer)

let told = () => {}
client.onNotification('textDocument/publishDiagnostics', (given) => told(given))
client.onNotification('window/logMessage', ({ message }) => {
  if (process.env.SONARLINT_LOG) console.error(message)
})
client.listen()

await client.sendRequest('initialize', {
  processId: process.pid,
  rootUri: String(pathToFileURL(root)),
  workspaceFolders: answers['workspace/workspaceFolders'](),
  capabilities: { workspace: { configuration: true, workspaceFolders: true }, textDocument: {} },
  initializationOptions: {
    productKey: 'vscode',
    productName: 'comparison',
    productVersion: '1.0.0',
    workspaceName: 'project',
    firstSecretDetected: false,
    showVerboseLogs: Boolean(process.env.SONARLINT_LOG),
    platform: 'linux',
    architecture: 'x64',
    enableNotebooks: false,
    clientNodePath: process.execPath,
    focusOnNewCode: false,
  },
})
await client.sendNotification('initialized', {})
await client.sendNotification('workspace/didChangeConfiguration', { settings: { sonarlint: settings } })

const findings = []
for (const path of paths) {
  const uri = String(pathToFileURL(join(root, path)))
  const text = readFileSync(join(root, path), 'utf8')
  const answer = new Promise((done) => {
    const timer = setTimeout(() => done(null), mostTime)
    told = (given) => {
      if (given.uri !== uri) return
      clearTimeout(timer)
      done(given.diagnostics)
    }
  })
  await client.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'python', version: 1, text },
  })
  const diagnostics = await answer
  if (diagnostics === null) console.error(`${path}: no answer`)
  for (const { range, code, severity } of diagnostics ?? [])
    findings.push({ path, line: range.start.line + 1, rule: code, weak: severity > 2 })
  await client.sendNotification('textDocument/didClose', { textDocument: { uri } })
}
console.log(JSON.stringify({ files: paths.length, findings }))
// Only the time of a program that somebody waits for is counted.
server.kill()
await new Promise((resolve) => server.on('exit', resolve))
process.exit(0)
