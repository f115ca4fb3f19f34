import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { connect, folder, pullClient, pushClient } from './client.js'

describe('diagnostics for a client that pulls', () => {
  it('declares what it does', async () => {
    const { client } = connect()
    await client.start(pullClient)
    assert.deepEqual(client.initialized.capabilities.diagnosticProvider, {
      identifier: 'costlint',
      interFileDependencies: true,
      workspaceDiagnostics: false,
    })
    await client.stop()
  })

  it('answers with range, severity, code, link and saves the rest for later', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'x = "😀"; waste\nloss maybe note\n')
    const items = await client.pulled('a.py')
    assert.deepEqual(
      items.map(({ range, severity, code }) => [range.start.line, range.start.character, severity, code]),
      [
        [0, 10, 2, 'fake/waste'],
        [1, 0, 1, 'fake/loss'],
        [1, 5, 3, 'fake/maybe'],
        [1, 11, 4, 'fake/note'],
      ],
    )
    assert.equal(items[0]!.source, 'costlint')
    assert.match(items[0]!.codeDescription!.href, /docs\/rules\/fake\/waste\.md$/)
    await client.stop()
  })

  it('says unchanged for the same text, and everything again for a new one', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    const first = await client.pull('a.py')
    assert.equal(first.kind, 'full')
    const second = await client.pull('a.py', first.resultId)
    assert.deepEqual(second, { kind: 'unchanged', resultId: first.resultId })
    await client.change('a.py', '\n', { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } })
    const third = await client.pull('a.py', first.resultId)
    assert.equal(third.kind, 'full')
    assert.equal(third.kind === 'full' && third.items[0]!.range.start.line, 1)
    await client.stop()
  })

  it('has an open file asked for again when another file changes what it says', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    await client.open('job.sh', 'run a.py\n', 'shellscript')
    assert.equal((await client.pulled('a.py')).length, 1)
    await client.change('job.sh', '# covers: a.py\n')
    await client.refreshes.next(() => true)
    assert.deepEqual(await client.pulled('a.py'), [])
    await client.stop()
  })

  it('has an open file asked for again when a linked file changes on disk', async () => {
    const { client, disk } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    assert.equal((await client.pulled('a.py')).length, 1)
    disk.files.set('job.sh', '# covers: a.py\n')
    await client.touched('job.sh', 1)
    await client.refreshes.next(() => true)
    assert.deepEqual(await client.pulled('a.py'), [])
    await client.stop()
  })

  it('does not push what is pulled', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    await client.pulled('a.py')
    await client.change('a.py', 'waste waste\n')
    assert.equal((await client.pulled('a.py')).length, 2)
    assert.deepEqual(client.published.all, [])
    await client.stop()
  })

  it('points at the file that launches the script', async () => {
    const { client } = connect({ 'my job.sh': 'line\nlaunches: a.py\n' })
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    const [item] = await client.pulled('a.py')
    assert.deepEqual(item!.relatedInformation, [
      {
        location: {
          uri: `${folder}/my%20job.sh`,
          range: { start: { line: 0, character: 0 }, end: { line: 0, character: 4 } },
        },
        message: 'launched here',
      },
    ])
    await client.stop()
  })

  it('lints an untitled document', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('untitled:Untitled-1', 'waste\n')
    assert.equal((await client.pulled('untitled:Untitled-1')).length, 1)
    await client.stop()
  })

  it('understands other spellings of the folder', async () => {
    const { client, projects } = connect()
    await client.start(pullClient, {}, ['file:///C:/My%20Code'])
    await client.open('file:///c%3A/My%20Code/sub/a.py', 'waste\n')
    assert.equal((await client.pulled('file:///c%3A/My%20Code/sub/a.py')).length, 1)
    assert.deepEqual(
      projects.map(({ root }) => root),
      ['file:///C:/My%20Code'],
    )
    assert.ok(projects[0]!.lints.some((paths) => paths?.includes('sub/a.py')))
    await client.stop()
  })
})

describe('diagnostics for a client that only listens', () => {
  it('does not offer to be pulled', async () => {
    const { client } = connect()
    await client.start(pushClient)
    assert.equal(client.initialized.capabilities.diagnosticProvider, undefined)
    await client.stop()
  })

  it('pushes on open and on change, and takes back on close', async () => {
    const { client } = connect()
    await client.start(pushClient)
    await client.open('a.py', 'waste\n')
    const opened = await client.push('a.py')
    assert.deepEqual([opened.version, opened.diagnostics.length], [1, 1])
    assert.equal(opened.diagnostics[0]!.codeDescription, undefined)
    assert.equal(opened.diagnostics[0]!.relatedInformation, undefined)
    await client.change('a.py', 'fine\n')
    const changed = await client.push('a.py', ({ version }) => version === 2)
    assert.deepEqual(changed.diagnostics, [])
    await client.change('a.py', 'waste loss\n')
    await client.push('a.py', ({ version }) => version === 3)
    const from = client.published.all.length
    await client.close('a.py')
    assert.deepEqual((await client.push('a.py', () => true, from)).diagnostics, [])
    await client.stop()
  })

  it('takes back what documents show that are closed in one go, also while they are judged', async () => {
    const { client, projects } = connect()
    await client.start(pushClient)
    await client.open('a.py', 'waste\n')
    await client.open('b.py', 'waste\n')
    await client.push('b.py', ({ diagnostics }) => diagnostics.length === 1)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await new Promise<void>((resolve) => {
      projects[0]!.seen = async () => {
        resolve()
        await held
      }
      void client.change('a.py', 'waste waste\n')
    })
    projects[0]!.seen = undefined
    await client.close('a.py')
    await client.close('b.py')
    await client.connection.sendRequest('costlint/rules')
    release()
    await client.open('later.py', 'waste\n')
    await client.push('later.py', ({ diagnostics }) => diagnostics.length === 1)
    for (const path of ['/a.py', '/b.py'])
      assert.deepEqual(client.published.all.filter(({ uri }) => uri.endsWith(path)).at(-1)?.diagnostics, [])
    await client.stop()
  })

  it('pushes an open file again when a linked one changes', async () => {
    const { client } = connect()
    await client.start(pushClient)
    await client.open('a.py', 'waste\n')
    await client.push('a.py', ({ diagnostics }) => diagnostics.length === 1)
    await client.open('job.sh', '# covers: a.py\n', 'shellscript')
    await client.push('a.py', ({ diagnostics }) => diagnostics.length === 0)
    await client.stop()
  })

  it('takes settings from the initialization options and from notifications', async () => {
    const { client } = connect()
    await client.start(pushClient, { settings: { ignore: ['fake/loss'], showHints: false } })
    await client.open('a.py', 'waste loss note\n')
    const first = await client.push('a.py')
    assert.deepEqual(
      first.diagnostics.map(({ code }) => code),
      ['fake/waste'],
    )
    await client.connection.sendNotification('workspace/didChangeConfiguration', {
      settings: { costlint: { ignore: [], showHints: true } },
    })
    await client.push('a.py', ({ diagnostics }) => diagnostics.length === 3)
    await client.stop()
  })
})

describe('when the engine fails', () => {
  it('logs an exception once and goes on', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'explode waste\n')
    assert.deepEqual(await client.pulled('a.py'), [])
    assert.match(await client.logs.next((text) => text.includes('exploded')), /linting/)
    await client.change('a.py', 'explode again\n')
    await client.pulled('a.py')
    await client.change('a.py', 'waste\n')
    assert.equal((await client.pulled('a.py')).length, 1)
    assert.equal(client.logs.all.filter((text) => text.includes('exploded')).length, 1)
    await client.stop()
  })

  it('logs the fault of a rule and keeps the other findings', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'broken rule, waste\n')
    assert.equal((await client.pulled('a.py')).length, 1)
    await client.logs.next((text) => text.includes('a rule broke in a.py'))
    await client.stop()
  })

  it('logs a project that cannot be opened', async () => {
    let tries = 0
    const { client } = connect(
      {},
      {
        createProject: () => {
          tries++
          throw new Error('no such folder')
        },
      },
    )
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    assert.deepEqual(await client.pulled('a.py'), [])
    await client.logs.next((text) => text.includes('no such folder'))
    await client.change('a.py', 'waste waste\n')
    assert.deepEqual(await client.pulled('a.py'), [])
    assert.ok(tries >= 2)
    await client.stop()
  })

  it('explains nothing when the pages of the rules cannot be read, and logs why', async () => {
    const { client } = connect({}, { rulePages: () => Promise.reject(new Error('no pages')) })
    await client.start(pullClient)
    assert.equal(await client.connection.sendRequest('costlint/explain', { rule: 'fake/waste' }), null)
    await client.logs.next((text) => text.includes('no pages'))
    await client.stop()
  })
})
