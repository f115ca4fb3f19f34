/** A large project: open files are answered while it is being read, and again when it has been. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  CancellationTokenSource,
  type ClientCapabilities,
  ExecuteCommandRequest,
  WorkDoneProgress,
  type WorkDoneProgressBegin,
  WorkDoneProgressCreateRequest,
  type WorkDoneProgressEnd,
  type WorkDoneProgressReport,
} from 'vscode-languageserver-protocol/node'
import { connect, Mailbox, pullClient, pushClient } from './client.js'

type Step = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd

async function large(capabilities: ClientCapabilities, options: Record<string, unknown> = {}) {
  const bench = connect({ 'train.py': 'waste loss\n', 'job.sh': 'loss\n' })
  let release: () => void = () => undefined
  bench.disk.large = true
  bench.disk.gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const steps = new Mailbox<Step>()
  bench.client.connection.onRequest(WorkDoneProgressCreateRequest.type, ({ token }) => {
    bench.client.connection.onProgress(WorkDoneProgress.type, token, (step) => steps.add(step))
  })
  const told = new Mailbox<{ folder: string; progress: unknown }>()
  bench.client.connection.onNotification('costlint/reading', (one) => told.add(one))
  await bench.client.start(capabilities, options)
  return { ...bench, release: () => release(), steps, told }
}

const rules = (diagnostics: { code?: unknown }[]) => diagnostics.map(({ code }) => code)

describe('the open file first', () => {
  it('is pushed, and all findings once the project has been read', async () => {
    const { client, release } = await large(pushClient)
    await client.open('train.py', 'waste loss\n')
    const first = await client.push('train.py')
    assert.deepEqual(rules(first.diagnostics), ['fake/waste'])
    release()
    const all = await client.push('train.py', ({ diagnostics }) => diagnostics.length > 1)
    assert.deepEqual(rules(all.diagnostics), ['fake/waste', 'fake/loss'])
    await client.stop()
  })

  it('is pulled, and a client is asked to pull again', async () => {
    const { client, release } = await large(pullClient)
    await client.open('train.py', 'waste loss\n')
    assert.deepEqual(rules(await client.pulled('train.py')), ['fake/waste'])
    const from = client.refreshes.all.length
    release()
    await client.refreshes.next(() => true, from)
    assert.deepEqual(rules(await client.pulled('train.py')), ['fake/waste', 'fake/loss'])
    await client.stop()
  })

  it('follows what is typed meanwhile', async () => {
    const { client, release } = await large(pushClient)
    await client.open('train.py', 'waste loss\n')
    await client.push('train.py')
    await client.change('train.py', 'waste waste loss\n')
    const typed = await client.push('train.py', ({ diagnostics }) => diagnostics.length === 2)
    assert.deepEqual(rules(typed.diagnostics), ['fake/waste', 'fake/waste'])
    release()
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 3)
    await client.stop()
  })

  it('waits where a client pulls and cannot be asked to do so again', async () => {
    const { diagnostics: _, ...workspace } = pullClient.workspace!
    const { client, release } = await large({ ...pullClient, workspace })
    await client.open('train.py', 'waste loss\n')
    const pulled = client.pulled('train.py')
    release()
    assert.deepEqual(rules(await pulled), ['fake/waste', 'fake/loss'])
    await client.stop()
  })

  it('comes with progress in numbers', async () => {
    const { client, release, steps } = await large(pullClient)
    await client.open('train.py', 'waste\n')
    await client.pulled('train.py')
    const begun = await steps.next(({ kind }) => kind === 'begin')
    assert.deepEqual(begun, {
      kind: 'begin',
      title: 'CostLint',
      percentage: 55,
      message: 'Reading 1,240 of 2,221 files',
      cancellable: false,
    })
    release()
    await steps.next(({ kind }) => kind === 'end')
    await client.logs.next((text) => /^Read [\d,]+ files? of file:.* in \d+ ms$/.test(text))
    await client.stop()
  })

  it('tells a status that counts findings, when it asks to be told', async () => {
    const { client, release, told } = await large(pullClient, { readingProgress: true })
    await client.open('train.py', 'waste\n')
    await client.pulled('train.py')
    await told.next(({ progress }) => JSON.stringify(progress) === '{"done":1240,"total":2221}')
    assert.equal(
      told.all.some(({ progress }) => progress === null),
      false,
    )
    release()
    await told.next(({ progress }) => progress === null)
    await client.stop()
    const silent = await large(pullClient)
    await silent.client.open('train.py', 'waste loss\n')
    await silent.client.pulled('train.py')
    silent.release()
    await silent.client.refreshes.next(() => true)
    assert.deepEqual(silent.told.all, [])
    await silent.client.stop()
  })

  it('is read once, also for Lint Workspace', async () => {
    const { client, projects, release, told } = await large(pushClient, { readingProgress: true })
    await client.open('train.py', 'waste loss\n')
    await client.push('train.py')
    const linted = client.connection.sendRequest(ExecuteCommandRequest.type, {
      command: 'costlint.lintWorkspace',
      arguments: [],
    })
    await client.change('train.py', 'waste waste loss\n')
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 2)
    release()
    assert.deepEqual(await linted, { folders: 1, files: 2, findings: 4, hints: 0 })
    assert.equal(projects[0]!.lints.filter((paths) => paths?.length === 0).length, 1)
    assert.equal(told.all.filter(({ progress }) => progress === null).length, 1)
    await client.stop()
  })

  it('can be called off where nothing is open', async () => {
    const { client, told } = await large(pushClient, { readingProgress: true })
    const source = new CancellationTokenSource()
    const params = { command: 'costlint.lintWorkspace', arguments: [] }
    const linted = client.connection.sendRequest(ExecuteCommandRequest.type, params, source.token)
    await told.next(({ progress }) => progress !== null)
    source.cancel()
    await assert.rejects(linted, { message: 'Called off' })
    await told.next(({ progress }) => progress === null)
    await client.stop()
  })
})
