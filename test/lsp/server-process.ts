/** The real server as a process of its own, and a client that talks to it over the standard streams. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node'
import { build, commandLine } from '../build.js'
import { Client } from './client.js'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export interface ServerProcess {
  client: Client
  /** The exit code; null: ended by a signal. */
  exited: Promise<number | null>
  /** Sends bytes that need be no message. */
  write(bytes: string): void
  /** Ends what the client would send. */
  hangUp(): void
  kill(): void
}

export function startServerProcess(environment: NodeJS.ProcessEnv = {}): ServerProcess {
  build()
  const server = spawn(process.execPath, [commandLine, 'server', '--stdio'], {
    cwd: repository,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  )
  // What is sent to a server that is gone is lost.
  server.stdin.on('error', () => undefined)
  return {
    client: new Client(connection),
    exited: new Promise((resolve) => server.on('exit', resolve)),
    write: (bytes) => void server.stdin.write(bytes),
    hangUp: () => server.stdin.end(),
    kill: () => server.kill('SIGKILL'),
  }
}
