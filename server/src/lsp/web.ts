/** The language server in a web worker. */
import {
  BrowserMessageReader,
  BrowserMessageWriter,
  createConnection,
  ProposedFeatures,
} from 'vscode-languageserver/browser'
import { openProject } from '../linter.js'
import { decode } from '../text/decode.js'
import type { Environment } from './environment.js'
import type { RulePages } from './explain.js'
import { Lifecycle } from './lifecycle.js'
import { withoutDisk } from './no-disk.js'
import { startServer } from './server.js'
import { createWebHost, grammarSource } from './web-host.js'

/** Put in by the build. */
declare const COSTLINT_VERSION: string
declare const self: DedicatedWorkerGlobalScope

const lifecycle = new Lifecycle()
const connection = createConnection(
  ProposedFeatures.all,
  new BrowserMessageReader(self),
  new BrowserMessageWriter(self),
  { messageStrategy: lifecycle },
)
lifecycle.listenOn(connection)

let pages: Promise<RulePages> | undefined

const environment: Environment = {
  version: COSTLINT_VERSION,
  platform: 'a web worker',
  rulePages: () => (pages ??= connection.sendRequest('costlint/host/pages')),

  createProject(folder, choice) {
    const host =
      folder === null
        ? withoutDisk(() => grammarSource(connection))
        : createWebHost(connection, folder.replace(/\/$/, ''))
    return openProject(folder?.replace(/\/$/, '') ?? '/', host, { choice, explicit: [] })
  },

  async readText(uri) {
    const bytes = await connection.sendRequest<Uint8Array>('costlint/host/read', { root: uri, path: '' })
    const decoded = decode(bytes)
    return 'text' in decoded ? decoded.text : undefined
  },

  schedule(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },

  now: () => performance.now(),
}

startServer(connection, environment)
connection.listen()
