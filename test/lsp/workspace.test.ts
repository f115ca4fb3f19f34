import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  CancellationTokenSource,
  DidChangeWorkspaceFoldersNotification,
  ExecuteCommandRequest,
  WorkDoneProgress,
  WorkDoneProgressCancelNotification,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { type Client, connect, folder, Mailbox, pullClient, pushClient } from './client.js'
import type { FakeProject } from './fake-project.js'

const files = {
  'train.py': 'waste\n',
  'sub/other one.py': '\nloss loss\n',
  'clean.py': 'fine\n',
}

function lint(
  client: Client,
  token?: CancellationTokenSource['token'],
  workDoneToken?: string,
): Promise<unknown> {
  const params = { command: 'costlint.lintWorkspace', arguments: [], workDoneToken }
  return client.connection.sendRequest(ExecuteCommandRequest.type, params, token)
}

/** Lints the workspace for a client that does not care for progress. */
async function started(capabilities = pullClient, given: Record<string, string> = files) {
  const bench = connect(given)
  bench.client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
  await bench.client.start(capabilities)
  return bench
}

/** Holds the next lint back when it has seen the texts. */
function heldLint(project: FakeProject): { begun: Promise<void>; release: () => void } {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const begun = new Promise<void>((resolve) => {
    project.seen = async () => {
      project.seen = undefined
      resolve()
      await held
    }
  })
  return { begun, release: () => release() }
}

describe('Lint Workspace', () => {
  it('pushes the findings of closed files and counts them', async () => {
    const { client } = await started()
    assert.deepEqual(await lint(client), { folders: 1, files: 2, findings: 3, hints: 0 })
    assert.equal((await client.push('train.py')).diagnostics.length, 1)
    const other = await client.push('sub/other%20one.py')
    assert.deepEqual(
      other.diagnostics.map(({ range }) => range.start),
      [
        { line: 1, character: 0 },
        { line: 1, character: 5 },
      ],
    )
    assert.equal(
      client.published.all.some(({ uri }) => uri.endsWith('clean.py')),
      false,
    )
    await client.stop()
  })

  it('leaves open files to the client that pulls them', async () => {
    const { client } = await started()
    await client.open('train.py', 'waste waste\n')
    assert.equal((await client.pulled('train.py')).length, 2)
    assert.deepEqual(await lint(client), { folders: 1, files: 2, findings: 4, hints: 0 })
    assert.equal(
      client.published.all.some(({ uri }) => uri.endsWith('train.py')),
      false,
    )
    await client.stop()
  })

  it('withdraws when the file opens, gives again when it closes', async () => {
    const { client } = await started()
    await lint(client)
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 1)
    let from = client.published.all.length
    await client.open('train.py', files['train.py'])
    assert.deepEqual((await client.push('train.py', () => true, from)).diagnostics, [])
    assert.equal((await client.pulled('train.py')).length, 1)
    from = client.published.all.length
    await client.close('train.py')
    assert.equal((await client.push('train.py', () => true, from)).diagnostics.length, 1)
    await client.stop()
  })

  it('keeps what a push-only client shows for an open file, and gives the closed one again', async () => {
    const { client } = await started(pushClient)
    await lint(client)
    await client.push('train.py')
    await client.open('train.py', 'waste waste\n')
    await client.push('train.py', ({ version, diagnostics }) => version === 1 && diagnostics.length === 2)
    const from = client.published.all.length
    await client.close('train.py')
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 1, from)
    await client.stop()
  })

  it('renews a closed file that changes on disk, or goes', async () => {
    const { client, disk } = await started()
    await lint(client)
    await client.push('train.py')
    let from = client.published.all.length
    disk.files.set('train.py', 'waste waste waste\n')
    await client.touched('train.py')
    assert.equal((await client.push('train.py', () => true, from)).diagnostics.length, 3)
    from = client.published.all.length
    disk.files.delete('train.py')
    await client.touched('train.py', 3)
    assert.deepEqual((await client.push('train.py', () => true, from)).diagnostics, [])
    await client.stop()
  })

  it('renews the closed relatives of a file that is typed in', async () => {
    const { client } = await started()
    await client.open('job.sh', 'nothing\n', 'shellscript')
    await lint(client)
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 1)
    let from = client.published.all.length
    await client.change('job.sh', '# covers: train.py\n')
    assert.deepEqual((await client.push('train.py', () => true, from)).diagnostics, [])
    from = client.published.all.length
    await client.change('job.sh', 'nothing\n')
    assert.equal((await client.push('train.py', () => true, from)).diagnostics.length, 1)
    await client.stop()
  })

  it('renews a closed file that changes while the workspace is linted for the first time', async () => {
    const { client, disk, projects } = await started()
    await client.open('open.py', 'fine\n')
    await client.pulled('open.py')
    const lint_ = heldLint(projects[0]!)
    const done = lint(client)
    await lint_.begun
    disk.files.set('train.py', 'waste waste waste\n')
    await client.touched('train.py')
    // The answer shows that the server knows of the change.
    await client.connection.sendRequest('costlint/rules')
    lint_.release()
    await done
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 3)
    await client.stop()
  })

  it('shows what was found out last, whichever is told first', async () => {
    let hold: Promise<void> | undefined
    const read = new Mailbox<string>()
    const { client, projects } = connect(
      { ...files, 'job.sh': 'launches: train.py\n' },
      {
        readText: async (uri) => {
          read.add(uri)
          await hold
          return 'waste\n'
        },
      },
    )
    client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
    await client.start(pushClient)
    await client.open('open.py', 'waste waste\n')
    await client.push('open.py', ({ diagnostics }) => diagnostics.length === 2)
    let release = () => {}
    hold = new Promise((resolve) => {
      release = resolve
    })
    const from = read.all.length
    const done = lint(client)
    // The closed findings are being placed.
    await read.next((uri) => uri.endsWith('other%20one.py'), from)
    await client.change('open.py', 'waste\n')
    await new Promise<void>((resolve) => {
      projects[0]!.seen = async () => resolve()
    })
    await client.connection.sendRequest('costlint/rules')
    release()
    await done
    await client.push('open.py', ({ diagnostics }) => diagnostics.length === 1)
    const last = client.published.all.filter(({ uri }) => uri.endsWith('/open.py')).at(-1)
    assert.equal(last?.diagnostics.length, 1)
    await client.stop()
  })

  it('takes everything along when a folder is removed from disk', async () => {
    const { client, disk } = await started()
    await lint(client)
    await client.push('sub/other%20one.py', ({ diagnostics }) => diagnostics.length === 2)
    const from = client.published.all.length
    disk.files.delete('sub/other one.py')
    await client.touched('sub', 3)
    assert.deepEqual((await client.push('sub/other%20one.py', () => true, from)).diagnostics, [])
    await client.stop()
  })

  it('lints everything again when the configuration changes', async () => {
    const { client } = await started()
    await lint(client)
    await client.push('sub/other%20one.py', ({ diagnostics }) => diagnostics.length === 2)
    const from = client.published.all.length
    client.settings = { ignore: ['fake/loss'] }
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null })
    assert.deepEqual((await client.push('sub/other%20one.py', () => true, from)).diagnostics, [])
    await client.stop()
  })

  it('withdraws everything when the linter is switched off', async () => {
    const { client } = await started()
    await client.open('open.py', 'waste\n')
    assert.equal((await client.pulled('open.py')).length, 1)
    await lint(client)
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 1)
    const from = client.published.all.length
    client.settings = { enable: false }
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null })
    assert.deepEqual((await client.push('train.py', () => true, from)).diagnostics, [])
    assert.deepEqual(await client.pulled('open.py'), [])
    await client.stop()
  })

  it('places the findings of a closed notebook in its JSON', async () => {
    const cells = [
      { cell_type: 'markdown', source: ['text'] },
      { cell_type: 'code', source: ['a = "q"\n', 'x = "\\t" # waste\n'] },
    ]
    const json = JSON.stringify({ cells, nbformat: 4 }, null, 1)
    const { client } = await started(pullClient, { 'note.ipynb': json })
    await lint(client)
    const { diagnostics } = await client.push('note.ipynb')
    assert.equal(diagnostics.length, 1)
    assert.match(diagnostics[0]!.message as string, /^Cell 1: Save 30–50 %: waste found$/)
    const { start, end } = diagnostics[0]!.range
    assert.equal(json.split('\n')[start.line]!.slice(start.character, end.character), 'waste')
    await client.stop()
  })

  it('reports progress on the token of the request and ends it', async () => {
    const { client } = await started()
    const kinds: string[] = []
    client.connection.onProgress(WorkDoneProgress.type, 'mine', ({ kind }) => {
      kinds.push(kind)
    })
    await lint(client, undefined, 'mine')
    assert.equal(kinds[0], 'begin')
    assert.equal(kinds.at(-1), 'end')
    assert.ok(kinds.includes('report'))
    await client.stop()
  })

  it('creates progress of its own, and stops when that is called off', async () => {
    const { client, projects } = connect(files)
    await client.start(pullClient)
    await client.open('a.py', 'fine\n')
    await client.pulled('a.py')
    const begun = new Promise<string>((resolve) => {
      client.connection.onRequest(WorkDoneProgressCreateRequest.type, ({ token }) => {
        client.connection.onProgress(WorkDoneProgress.type, token, ({ kind }) => {
          if (kind === 'begin') resolve(token as string)
        })
      })
    })
    let release = () => {}
    projects[0]!.gate = new Promise((resolve) => {
      release = resolve
    })
    const answer = lint(client)
    const token = await begun
    await client.connection.sendNotification(WorkDoneProgressCancelNotification.type, { token })
    // Anything that the server answers comes after what it was sent before.
    await client.connection.sendRequest('costlint/rules')
    release()
    await assert.rejects(answer, /Called off/)
    assert.deepEqual(client.published.all, [])
    await client.stop()
  })

  it('stops when the request is called off', async () => {
    const { client, projects } = await started()
    await client.open('a.py', 'fine\n')
    await client.pulled('a.py')
    let release = () => {}
    projects[0]!.gate = new Promise((resolve) => {
      release = resolve
    })
    const source = new CancellationTokenSource()
    const answer = lint(client, source.token)
    await client.connection.sendRequest('costlint/rules')
    source.cancel()
    await client.connection.sendRequest('costlint/rules')
    release()
    await assert.rejects(answer, /Called off/)
    assert.deepEqual(client.published.all, [])
    await client.stop()
  })
})

describe('workspace folders', () => {
  it('gives each folder a project, and drops it with its findings', async () => {
    const { client, projects } = await started()
    await lint(client)
    await client.push('train.py', ({ diagnostics }) => diagnostics.length === 1)
    const from = client.published.all.length
    await client.connection.sendNotification(DidChangeWorkspaceFoldersNotification.type, {
      event: {
        added: [{ uri: 'file:///work/second', name: 'second' }],
        removed: [{ uri: folder, name: 'project' }],
      },
    })
    assert.deepEqual((await client.push('train.py', () => true, from)).diagnostics, [])
    assert.equal(projects[0]!.disposed, true)
    await client.open('file:///work/second/a.py', 'waste\n')
    assert.equal((await client.pulled('file:///work/second/a.py')).length, 1)
    assert.equal(projects.at(-1)!.root, 'file:///work/second')
    await client.stop()
  })

  it('moves an open document into the folder that now holds it', async () => {
    const { client, projects } = await started()
    await client.open('file:///work/second/a.py', 'waste\n')
    await client.pulled('file:///work/second/a.py')
    assert.ok(projects.some(({ root, lints }) => root === '' && lints.length > 0))
    await client.connection.sendNotification(DidChangeWorkspaceFoldersNotification.type, {
      event: { added: [{ uri: 'file:///work/second', name: 'second' }], removed: [] },
    })
    assert.equal((await client.pulled('file:///work/second/a.py')).length, 1)
    assert.equal(projects.at(-1)!.root, 'file:///work/second')
    assert.deepEqual(projects.at(-1)!.lints.at(-1), ['a.py'])
    await client.stop()
  })

  it('reports a file in nested folders once', async () => {
    const bench = connect(files)
    const { client } = bench
    client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
    await client.start(pullClient, {}, [folder, `${folder}/sub`])
    bench.disk.files.delete('train.py')
    await lint(client)
    const pushed = client.published.all.filter(({ uri }) => uri.endsWith('one.py'))
    assert.equal(pushed.filter(({ uri }) => uri === `${folder}/sub/other%20one.py`).length, 0)
    await client.stop()
  })

  it('watches the files that matter below each folder', async () => {
    const { client } = await started()
    const { registrations } = await client.registrations.next(({ registrations: list }) =>
      list.some(({ method }) => method === 'workspace/didChangeWatchedFiles'),
    )
    const options = registrations[0]!.registerOptions as {
      watchers: { globPattern: { baseUri: string; pattern: string } }[]
    }
    assert.ok(options.watchers.every(({ globPattern }) => globPattern.baseUri === folder))
    assert.ok(options.watchers.some(({ globPattern }) => globPattern.pattern.includes('slurm')))
    await client.stop()
  })
})

describe('the checklist of a folder', () => {
  const ask = (client: Client, params: object) =>
    client.connection.sendRequest('costlint/checklist', params) as Promise<{ markdown: string } | null>

  it('is made anew, and brought up to date from the document that is there', async () => {
    const { client } = await started()
    const first = await ask(client, { folder })
    assert.match(first!.markdown, /^# Cost checklist\n[\s\S]*- \[train\.py:1\]\(train\.py#L1\) /)
    const noted = first!.markdown.replace('# Cost checklist', '# Ours')
    await client.open('train.py', 'fine\n')
    const second = await ask(client, { before: noted })
    assert.match(second!.markdown, /^# Ours\n/)
    assert.doesNotMatch(second!.markdown, /\[train\.py:1\]/)
    await client.stop()
  })

  it('is refused for another document and for a folder that nobody opened', async () => {
    const { client } = await started()
    assert.equal(await ask(client, { before: '# Mine\n' }), null)
    assert.equal(await ask(client, { folder: 'file:///elsewhere' }), null)
    await client.stop()
  })
})
