/** A client that sends messages in any order to the real engine: what it is told in the end is what a new server tells. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  CodeActionRequest,
  type Diagnostic,
  ExecuteCommandRequest,
  HoverRequest,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { type Client, connect, pullClient } from '../lsp/client.js'
import { project } from '../robustness/sources.js'
import { type Edit, edited } from './edits.js'

const paths = Object.keys(project).filter((path) => /\.(py|ya?ml|slurm|toml)$/.test(path))

type Message =
  | { kind: 'open' | 'close' | 'save' | 'pull' | 'hover' | 'actions' | 'touch'; file: number; at: number }
  | { kind: 'type'; file: number; at: number; edit: Edit }
  | { kind: 'lint workspace' }
  | { kind: 'wait' }

const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('open', 'close', 'save', 'pull', 'hover', 'actions', 'touch'),
    file: share,
    at: share,
  }),
  fc.record({
    kind: fc.constant('type' as const),
    file: share,
    at: share,
    edit: fc.record({
      kind: fc.constantFrom('delete', 'double', 'insert', 'replace', 'borrow', 'move', 'cut', 'line'),
      file: share,
      at: share,
      count: fc.integer({ min: 1, max: 6 }),
      piece: share,
      to: share,
    }),
  }),
  fc.constant({ kind: 'lint workspace' } as const),
  fc.constant({ kind: 'wait' } as const),
)

function server() {
  const files = new Map(Object.entries(project))
  const bench = connect(project, { createProject: () => openProject(memoryRoot, memoryHost(files)) })
  bench.client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
  return bench.client
}

export const protocol = {
  cases: fc.array(message, { maxLength: 12 }),

  async holds(messages: readonly Message[]): Promise<void> {
    const client = server()
    const open = new Map<string, string>()
    const pending: Promise<unknown>[] = []
    // A request may be refused or overtaken; only the end counts.
    const ask = (request: Promise<unknown>) => pending.push(request.catch(() => undefined))
    await client.start(pullClient)
    for (const each of messages) await send(client, each, open, ask)
    await Promise.all(pending)
    const told = await answers(client, open)
    assert.deepEqual(
      client.logs.all.filter((line) => /failed at|internal|TypeError|RangeError/.test(line)),
      [],
    )
    await client.stop()
    const other = server()
    await other.start(pullClient)
    for (const [path, text] of open) await other.open(path, text)
    assert.deepEqual(told, await answers(other, open))
    await other.stop()
  },
}

async function send(
  client: Client,
  each: Message,
  open: Map<string, string>,
  ask: (request: Promise<unknown>) => void,
): Promise<void> {
  if (each.kind === 'wait') return void (await new Promise((resolve) => setImmediate(resolve)))
  if (each.kind === 'lint workspace')
    return ask(
      client.connection.sendRequest(ExecuteCommandRequest.type, {
        command: 'costlint.lintWorkspace',
        arguments: [],
      }),
    )
  const path = paths[Math.floor(each.file * paths.length)]!
  const text = open.get(path)
  const line = Math.floor(each.at * 60)
  const at = { textDocument: { uri: client.uri(path) }, position: { line, character: 0 } }
  if (each.kind === 'touch') return client.touched(path)
  if (each.kind === 'open') {
    if (text !== undefined) return
    open.set(path, project[path]!)
    return client.open(path, project[path]!, path.endsWith('.py') ? 'python' : 'yaml')
  }
  if (text === undefined) return
  if (each.kind === 'close') {
    open.delete(path)
    return client.close(path)
  }
  if (each.kind === 'save') return client.save(path)
  if (each.kind === 'pull') return ask(client.pull(path))
  if (each.kind === 'hover') return ask(client.connection.sendRequest(HoverRequest.type, at))
  if (each.kind === 'actions')
    return ask(
      client.connection.sendRequest(CodeActionRequest.type, {
        textDocument: at.textDocument,
        range: { start: at.position, end: { line: line + 5, character: 0 } },
        context: { diagnostics: [] },
      }),
    )
  if (each.kind === 'type') {
    const now = edited(text, project['train.py']!, each.edit)
    open.set(path, now)
    return client.change(path, now)
  }
}

async function answers(client: Client, open: ReadonlyMap<string, string>): Promise<[string, Diagnostic[]][]> {
  const told: [string, Diagnostic[]][] = []
  for (const path of [...open.keys()].sort()) told.push([path, (await client.pulled(path)).map(plain)])
  return told
}

/** Data that only the server reads tells one of its states from another. */
function plain({ data: _data, ...diagnostic }: Diagnostic): Diagnostic {
  return diagnostic
}
