import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import {
  CodeActionResolveRequest,
  HoverRequest,
  InitializeRequest,
  ShutdownRequest,
} from 'vscode-languageserver-protocol/node'
import { pullClient } from './client.js'
import { type ServerProcess, startServerProcess } from './server-process.js'

const hover = { textDocument: { uri: 'file:///a.py' }, position: { line: 0, character: 0 } }
const initialize = { processId: null, rootUri: null, capabilities: {} }

describe('the life of a server', function () {
  this.timeout(60_000)
  let server: ServerProcess

  const ask = (type: { method: string }, params: unknown) =>
    server.client.connection.sendRequest<unknown>(type.method, params)

  beforeEach(() => {
    server = startServerProcess()
  })
  afterEach(() => server.kill())

  it('begins with initialize: what is asked before is refused', async () => {
    await assert.rejects(ask(HoverRequest.type, hover), { code: -32002 })
    await server.client.start(pullClient, {}, [])
    assert.equal(await ask(HoverRequest.type, hover), null)
  })

  it('has one initialize', async () => {
    await server.client.start(pullClient, {}, [])
    await assert.rejects(ask(InitializeRequest.type, initialize), { code: -32600 })
    assert.equal(await ask(HoverRequest.type, hover), null)
  })

  it('is over after shutdown', async () => {
    await server.client.start(pullClient, {}, [])
    await server.client.connection.sendRequest(ShutdownRequest.type)
    await assert.rejects(ask(HoverRequest.type, hover), { code: -32600 })
    await assert.rejects(ask(InitializeRequest.type, initialize), { code: -32600 })
    server.hangUp()
    assert.equal(await server.exited, 0)
  })

  for (const header of ['Content-Length: x\r\n\r\n', 'no header\r\n\r\n', 'Content-Type: a\r\n\r\n'])
    it(`ends at a header that is none: ${JSON.stringify(header)}`, async () => {
      server.write(header)
      assert.equal(await server.exited, 1)
    })

  it('goes on behind a body that is no JSON', async () => {
    server.write('Content-Length: 5\r\n\r\n{"a":')
    await server.client.start(pullClient, {}, [])
    assert.equal(await ask(HoverRequest.type, hover), null)
  })

  it('refuses actions that it has not listed', async () => {
    await server.client.start(pullClient, {}, [])
    const data = { uri: 'file:///etc/passwd', version: 1 }
    for (const forged of [
      '__proto__',
      5,
      data,
      { ...data, do: 'constructor' },
      { ...data, do: 'fix', version: null },
    ])
      await assert.rejects(ask(CodeActionResolveRequest.type, { title: 'x', data: forged }), { code: -32602 })
  })
})
