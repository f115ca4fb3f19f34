import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  CodeLensRefreshRequest,
  CodeLensRequest,
  HoverRequest,
  InlayHintRefreshRequest,
  InlayHintRequest,
  type MarkupContent,
} from 'vscode-languageserver-protocol/node'
import { type Client, connect, pullClient } from './client.js'

const whole = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } }

async function lenses(client: Client, path: string) {
  const found = await client.connection.sendRequest(CodeLensRequest.type, {
    textDocument: { uri: client.uri(path) },
  })
  return (found ?? []).map(({ range, command }) => [range.start.line, command!.title])
}

async function hints(client: Client, path: string, range = whole) {
  const textDocument = { uri: client.uri(path) }
  const found = await client.connection.sendRequest(InlayHintRequest.type, { textDocument, range })
  return (found ?? []).map(({ position, label }) => [position.line, position.character, label])
}

describe('money beside the code', () => {
  it('stands behind machines and above jobs', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.yaml', 'first: $3\njob $21\n', 'yaml')
    assert.deepEqual(await hints(client, 'a.yaml'), [
      [0, 9, '$3/h'],
      [1, 7, '$21/h'],
    ])
    assert.deepEqual(await lenses(client, 'a.yaml'), [[1, '$21/h on demand']])
    const { start } = whole
    assert.deepEqual(await hints(client, 'a.yaml', { start, end: { line: 0, character: 5 } }), [
      [0, 9, '$3/h'],
    ])
    await client.stop()
  })

  it('is explained by a hover', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.yaml', 'first: $3\n', 'yaml')
    const at = (character: number) =>
      client.connection.sendRequest(HoverRequest.type, {
        textDocument: { uri: client.uri('a.yaml') },
        position: { line: 0, character },
      })
    assert.equal(((await at(8))!.contents as MarkupContent).value, '**$3** an hour')
    assert.equal(await at(2), null)
    await client.stop()
  })

  it('is switched off by a setting each', async () => {
    const { client } = connect()
    client.settings = { inlayHints: false, hoverPrices: false }
    await client.start(pullClient)
    await client.open('a.yaml', 'job $3\n', 'yaml')
    assert.deepEqual(await hints(client, 'a.yaml'), [])
    assert.deepEqual(await lenses(client, 'a.yaml'), [[0, '$3/h on demand']])
    const hover = await client.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: client.uri('a.yaml') },
      position: { line: 0, character: 5 },
    })
    assert.equal(hover, null)
    await client.stop()
  })

  it('is switched off above jobs', async () => {
    const { client } = connect()
    client.settings = { codeLens: false }
    await client.start(pullClient)
    await client.open('a.yaml', 'job $3\n', 'yaml')
    assert.deepEqual(await lenses(client, 'a.yaml'), [])
    await client.stop()
  })

  it('follows what is typed, and has the editor look again', async () => {
    const { client } = connect()
    const looks: string[] = []
    let looked: () => void
    const both = new Promise<void>((resolve) => {
      looked = () => looks.length >= 2 && resolve()
    })
    client.connection.onRequest(CodeLensRefreshRequest.type, () => {
      looks.push('lens')
      looked()
    })
    client.connection.onRequest(InlayHintRefreshRequest.type, () => {
      looks.push('hint')
      looked()
    })
    const { workspace } = pullClient
    await client.start({
      ...pullClient,
      workspace: { ...workspace, codeLens: { refreshSupport: true }, inlayHint: { refreshSupport: true } },
    })
    await client.open('a.yaml', 'job $3\n', 'yaml')
    await both
    assert.deepEqual(looks.sort(), ['hint', 'lens'])
    await client.change('a.yaml', 'job $4\n')
    assert.deepEqual(await lenses(client, 'a.yaml'), [[0, '$4/h on demand']])
    await client.stop()
  })

  it('is taken back when the linter is switched off', async () => {
    const { client } = connect()
    const looks: number[] = []
    let looked = () => {}
    client.connection.onRequest(CodeLensRefreshRequest.type, () => {
      looks.push(looks.length)
      looked()
    })
    const { workspace } = pullClient
    await client.start({ ...pullClient, workspace: { ...workspace, codeLens: { refreshSupport: true } } })
    const first = new Promise<void>((resolve) => {
      looked = resolve
    })
    await client.open('a.yaml', 'job $3\n', 'yaml')
    await first
    assert.deepEqual(await lenses(client, 'a.yaml'), [[0, '$3/h on demand']])
    const second = new Promise<void>((resolve) => {
      looked = resolve
    })
    client.settings = { enable: false }
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null })
    await second
    assert.deepEqual(await lenses(client, 'a.yaml'), [])
    await client.stop()
  })

  it('is nothing where there is no machine', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    assert.deepEqual(await hints(client, 'a.py'), [])
    assert.deepEqual(await lenses(client, 'a.py'), [])
    await client.stop()
  })
})
