import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { ReportData } from '../../server/src/report/data.js'
import { type Client, connect, folder, pullClient } from './client.js'

const notebook = JSON.stringify({ cells: [{ source: 'x' }, { source: ['a = 1\n', '  waste\n'] }] })
const files = { 'a.py': 'fine\nwaste note\n', 'n.ipynb': notebook }

function overview(client: Client): Promise<ReportData> {
  return client.connection.sendRequest<ReportData>('costlint/overview')
}

const places = ({ findings }: ReportData) =>
  findings.map(({ rule, uri, cell, line, column }) => [
    rule,
    uri!.replace(`${folder}/`, ''),
    cell,
    line,
    column,
  ])

describe('the overview of a workspace', () => {
  it('tells every finding with its place, also in cells of closed notebooks, and pushes none', async () => {
    const { client } = connect(files)
    await client.start(pullClient)
    const data = await overview(client)
    assert.deepEqual(places(data).sort(), [
      ['fake/note', 'a.py', null, 2, 7],
      ['fake/waste', 'a.py', null, 2, 1],
      ['fake/waste', 'n.ipynb', 1, 2, 3],
    ])
    assert.equal(data.findings.find(({ rule }) => rule === 'fake/note')!.severity, 'hint')
    assert.equal(data.findings[0]!.saving, '30–50 %')
    assert.equal(data.title, 'project')
    assert.deepEqual(client.published.all, [])
    await client.stop()
  })

  it('sees what is typed, and tells our own extension when it has changed', async () => {
    const { client } = connect(files)
    let told: () => void = () => undefined
    const change = new Promise<void>((resolve) => {
      told = resolve
    })
    client.connection.onNotification('costlint/changed', () => told())
    await client.start(pullClient, { commandLinks: true })
    await client.open('a.py', 'waste waste waste\n')
    await change
    assert.equal((await overview(client)).findings.filter(({ path }) => path === 'a.py').length, 3)
    await client.stop()
  })

  it('previews fixes as diffs, and writes none', async () => {
    const { client } = connect(files)
    await client.start(pullClient)
    const preview = (query: object) => client.connection.sendRequest<string>('costlint/preview', query)
    const own = '--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n fine\n-waste note\n+gain gain\n'
    assert.equal(await preview({ path: 'a.py' }), own)
    assert.equal(
      await preview({}),
      `${own}--- a/n.ipynb, cell 1\t\n+++ b/n.ipynb, cell 1\t\n@@ -1,2 +1,2 @@\n a = 1\n-  waste\n+  gain\n`,
    )
    assert.match(await preview({ rule: 'fake/note' }), /-waste note\n\+waste gain\n/)
    await client.stop()
  })

  it('estimates a run that no file describes', async () => {
    const { client } = connect(files)
    await client.start(pullClient)
    const estimate = (question: object) =>
      client.connection.sendRequest<string>('costlint/estimate', question)
    const run = {
      model: 'ResNet-50',
      dataset: 'ImageNet-1k',
      size: '224',
      batch: 256,
      gpu: 'A100-80GB',
      length: '90 epochs',
    }
    const { hours, usd } = (await estimate(run)) as unknown as Record<string, { low: number; high: number }>
    assert.ok(hours!.low > 0 && hours!.high >= hours!.low && usd!.low > 0)
    assert.match(
      JSON.stringify(await estimate({ model: 'NoSuchNet-3' })),
      /model: .*NoSuchNet-3.* is not understood/,
    )
    await client.stop()
  })

  it('leaves out hints that are switched off', async () => {
    const { client } = connect(files)
    client.settings = { showHints: false }
    await client.start(pullClient)
    assert.deepEqual(
      (await overview(client)).findings.map(({ rule }) => rule),
      ['fake/waste', 'fake/waste'],
    )
    await client.stop()
  })

  it('becomes a page whose links open places, and Markdown', async () => {
    const { client } = connect(files)
    await client.start(pullClient)
    const query = { format: 'html', nonce: 'abc', revealCommand: 'x.reveal', section: 'bill' }
    const html = await client.connection.sendRequest<string>('costlint/report', query)
    const [, encoded] = /href="command:x\.reveal\?([^"]+)"/.exec(html)!
    const [place] = JSON.parse(decodeURIComponent(encoded!)) as { uri: string }[]
    assert.ok(place!.uri.startsWith(`${folder}/`))
    assert.match(html, /getElementById\('bill'\)/)
    const attack = { ...query, section: "');alert(1)//" }
    assert.doesNotMatch(await client.connection.sendRequest<string>('costlint/report', attack), /alert/)
    const markdown = await client.connection.sendRequest<string>('costlint/report', { format: 'markdown' })
    assert.match(markdown, /2 findings and 1 hint in 2 of 2 files/)
    await client.stop()
  })

  it('shows a broken configuration of a folder in which nothing is open', async () => {
    const { client } = connect({ 'costlint.toml': 'wrong\n' })
    await client.start(pullClient)
    await overview(client)
    assert.equal((await client.push('costlint.toml')).diagnostics[0]!.message, 'unknown key "wrong"')
    await client.stop()
  })
})
