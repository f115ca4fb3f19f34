/**
 * The language server on Node, started by loading this module: over inter-process messages for VS Code
 * (`--node-ipc`), over the standard streams for every other editor.
 */
import { readFile } from 'node:fs/promises'
import {
  type Connection,
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node'
import { namedCache } from '../host/node/answer-folder.js'
import { createNodeHost } from '../host/node/host.js'
import { readRulePages } from '../host/node/rule-pages.js'
import { version } from '../host/node/version.js'
import { openProject } from '../linter.js'
import { decode } from '../text/decode.js'
import type { Environment } from './environment.js'
import { Lifecycle } from './lifecycle.js'
import { withoutDisk } from './no-disk.js'
import { startServer } from './server.js'
import { filePath } from './uri.js'

const transports = ['--node-ipc', '--stdio', '--socket', '--pipe']
if (!process.argv.some((argument) => transports.some((one) => argument.startsWith(one)))) {
  process.argv.push('--stdio')
}

let pages: ReturnType<typeof readRulePages> | undefined

const environment: Environment = {
  version,
  platform: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  rulePages: () => (pages ??= readRulePages()),

  createProject(folder, choice) {
    // An editor has a place of its own for this; without one nothing is written.
    const host = createNodeHost({ cacheFor: namedCache })
    if (folder === null) return openProject('/', withoutDisk(host.grammarSource), { choice, explicit: [] })
    const root = filePath(folder)
    if (root === undefined) throw new Error(`only folders on disk can be linted, not ${folder}`)
    return openProject(root, host, { choice, explicit: [] })
  },

  async readText(uri) {
    const path = filePath(uri)
    if (path === undefined) return undefined
    const decoded = decode(await readFile(path))
    return 'text' in decoded ? decoded.text : undefined
  },

  schedule(milliseconds, callback) {
    if (milliseconds <= 0) {
      const immediate = setImmediate(callback)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },

  now: () => performance.now(),
}

const lifecycle = new Lifecycle()
const options = { messageStrategy: lifecycle }

/** Over the standard streams a client that sends no message any more, or what is none, ends the server. */
function overStreams(): Connection {
  const reader = new StreamMessageReader(process.stdin)
  const made = createConnection(
    ProposedFeatures.all,
    reader,
    new StreamMessageWriter(process.stdout),
    options,
  )
  // Nothing but messages may stand in the output.
  console.log = (...all: unknown[]) => made.console.log(all.join(' '))
  const end = () => process.exit(lifecycle.isDown ? 0 : 1)
  process.stdin.on('end', end).on('close', end)
  reader.onError((error) => {
    // Behind a body that is no JSON the next header follows; behind a header that is none nobody knows where one is.
    if (error instanceof SyntaxError) return
    process.stderr.write(`costlint server: ${error.message.split('\n')[0]}\n`)
    process.exit(1)
  })
  return made
}

const connection = process.argv.includes('--stdio')
  ? overStreams()
  : createConnection(ProposedFeatures.all, options)
lifecycle.listenOn(connection)
startServer(connection, environment)
connection.listen()
