import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { ShowDocumentRequest, ShowMessageRequest } from 'vscode-languageserver-protocol/node'
import { connect, folder, Mailbox, pullClient } from './client.js'

const showing = { ...pullClient, window: { ...pullClient.window, showDocument: { support: true } } }

async function started(files: Record<string, string>) {
  const bench = connect(files)
  const { client } = bench
  const messages = new Mailbox<string>()
  const documents = new Mailbox<{ uri: string; line: number | undefined }>()
  const problems = new Mailbox<unknown>()
  client.connection.onRequest(ShowMessageRequest.type, ({ message, actions }) => {
    messages.add(message)
    return actions?.[0] ?? null
  })
  client.connection.onRequest(ShowDocumentRequest.type, ({ uri, selection }) => {
    documents.add({ uri, line: selection?.start.line })
    return { success: true }
  })
  client.connection.onNotification('costlint/configuration', (params) => problems.add(params))
  await client.start(showing, { commandLinks: true })
  return { ...bench, messages, documents, problems }
}

describe('a broken configuration file', () => {
  const files = { 'costlint.toml': 'fine\nwrong\n', 'a.py': 'waste\n' }

  it('shows its problem although it is closed, until it is mended', async () => {
    const { client, disk } = await started(files)
    await client.open('a.py', 'waste\n')
    const { diagnostics } = await client.push('costlint.toml')
    assert.deepEqual(
      diagnostics.map(({ message, severity, range }) => [
        message,
        severity,
        range.start.line,
        range.end.character,
      ]),
      [['unknown key "wrong"', 1, 1, 5]],
    )
    disk.files.set('costlint.toml', 'fine\n')
    await client.touched('costlint.toml')
    await client.push('costlint.toml', (published) => published.diagnostics.length === 0)
    await client.stop()
  })

  it('is told once, and opens at the line', async () => {
    const { client, messages, documents, problems } = await started(files)
    await client.open('a.py', 'waste\n')
    await documents.next(() => true)
    assert.deepEqual(documents.all, [{ uri: `${folder}/costlint.toml`, line: 1 }])
    await client.change('a.py', 'waste waste\n')
    await client.pulled('a.py')
    assert.deepEqual(messages.all, ['CostLint: costlint.toml, line 2: unknown key "wrong"'])
    assert.deepEqual(problems.all, [
      { folder, problems: [{ uri: `${folder}/costlint.toml`, line: 2, message: 'unknown key "wrong"' }] },
    ])
    await client.stop()
  })

  it('has its problem served with its text where it is open', async () => {
    const { client } = await started({ 'a.py': '' })
    await client.open('costlint.toml', 'wrong\n', 'toml')
    assert.deepEqual(
      (await client.pulled('costlint.toml')).map(({ message }) => message),
      ['unknown key "wrong"'],
    )
    await client.stop()
  })
})

describe('the log', () => {
  it('says what runs, on which folders, with which configuration, settings and times', async () => {
    const { client } = connect({ 'pyproject.toml': '[tool.costlint]\n', 'a.py': 'waste\n' })
    client.settings = { ignore: ['a/b'] }
    await client.start(pullClient)
    await client.logs.next((text) => text === 'CostLint 0.0.0-test on a test')
    const told = `Folder ${folder}: configuration in pyproject.toml; settings ignore = ["a/b"]`
    await client.logs.next((text) => text === told)
    await client.open('a.py', 'waste\n')
    await client.logs.next((text) => /^Linted 1 open file of file:.* in 0 ms$/.test(text))
    await client.stop()
  })
})
