/** What a worker thread runs: one backend, asked by messages. */
import { parentPort } from 'node:worker_threads'
import { SharedStrings } from '../../text/shared-strings.js'
import { createAnalyzer, LocalBackend } from '../backend.js'
import type { WorkerReply, WorkerRequest } from '../pool.js'
import { ReceivedSummaries } from '../shared-summaries.js'
import { Collecting } from './collect.js'
import { createNodeHost } from './host.js'

const port = parentPort
if (port === null) throw new Error('worker.ts runs only as a worker thread')

const host = createNodeHost()
const summaries = new ReceivedSummaries()
const strings = new SharedStrings()
let backend: LocalBackend | null = null
let collecting: Collecting | null = null

async function answer(request: WorkerRequest): Promise<unknown> {
  collecting?.betweenFiles()
  if (request.kind === 'start') {
    if (request.isShort) collecting = new Collecting()
    backend = new LocalBackend(request.root, host, await createAnalyzer(host))
    return null
  }
  if (backend === null) throw new Error('the worker was not started')
  if (request.kind === 'load') return backend.load(request.path, request.force, request.versions)
  if (request.kind === 'read') {
    summaries.end(request.ended)
    return backend.read(request.path, summaries.surroundings(request.surroundings))
  }
  if (request.kind === 'summarise') {
    summaries.end(request.ended)
    return backend.summarise(request.path, summaries.record(request.imported), request.versions, request.use)
  }
  backend.forget(request.path)
  return null
}

port.on('message', (request: WorkerRequest) => {
  answer(strings.share(request)).then(
    (result) => port.postMessage({ id: request.id, result } satisfies WorkerReply),
    (error: unknown) => {
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
      port.postMessage({ id: request.id, failure } satisfies WorkerReply)
    },
  )
})
