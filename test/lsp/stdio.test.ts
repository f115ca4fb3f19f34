import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, it } from 'mocha'
import {
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  ExecuteCommandRequest,
  ExitNotification,
  HoverRequest,
  ShutdownRequest,
  type TextDocumentEdit,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { type Client, pullClient, pushClient } from './client.js'
import { repository, type ServerProcess, startServerProcess } from './server-process.js'

const grid = 'search/grid-search'

/** The real server over the standard streams, as any editor starts it. */
describe('the server as a process', function () {
  this.timeout(60_000)
  let folder: string
  let server: ServerProcess
  let client: Client

  const uri = (name: string) => `${pathToFileURL(folder)}/${name}`
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'costlint-lsp-'))
    cpSync(join(repository, 'test/vscode/fixture'), folder, { recursive: true })
    server = startServerProcess()
    client = server.client
  })

  afterEach(() => {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('answers pulls, fixes, hovers, and ends when told to', async () => {
    await client.start(pullClient, {}, [String(pathToFileURL(folder))])
    const search = uri('search.py')
    await client.open(search, text('search.py'))
    const found = (await client.pulled(search)).filter(({ code }) => code === grid)
    assert.equal(found.length, 1)
    assert.match(found[0]!.message as string, /Grid of 4 × 5 × 3 = 60 configurations × 5 folds = 300 fits/)
    assert.deepEqual(found[0]!.range.start, { line: 12, character: 9 })

    const actions = (await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: search },
      range: found[0]!.range,
      context: { diagnostics: found, only: ['quickfix'] },
    })) as CodeAction[]
    const preferred = actions.find(({ isPreferred }) => isPreferred)
    assert.ok(preferred, JSON.stringify(actions.map(({ title }) => title)))
    const { edit } = await client.connection.sendRequest(CodeActionResolveRequest.type, preferred)
    const edits = (edit!.documentChanges as TextDocumentEdit[])[0]!.edits as {
      range: never
      newText: string
    }[]
    const fixed = TextDocument.applyEdits(TextDocument.create('', '', 1, text('search.py')), edits)
    await client.change(search, fixed)
    const after = await client.pulled(search)
    assert.deepEqual(
      after.filter(({ code }) => code === grid),
      [],
    )

    await client.change(search, text('search.py'))
    const hover = await client.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: search },
      position: found[0]!.range.start,
    })
    assert.match(JSON.stringify(hover), /Grid of 4 × 5 × 3/)

    await client.connection.sendRequest(ShutdownRequest.type)
    await client.connection.sendNotification(ExitNotification.type)
    assert.equal(await server.exited, 0)
  })

  it('pushes to a client that only listens, and follows its edits', async () => {
    await client.start(pushClient, {}, [String(pathToFileURL(folder))])
    const search = uri('search.py')
    await client.open(search, text('search.py'))
    await client.push(search, ({ diagnostics }) => diagnostics.some(({ code }) => code === grid))
    await client.change(search, '# 😀\n', {
      start: { line: 0, character: 0 },
      end: { line: 0, character: 0 },
    })
    await client.push(
      search,
      ({ version, diagnostics }) => version === 2 && diagnostics.some(({ range }) => range.start.line === 13),
    )
    const values = { start: { line: 9, character: 20 }, end: { line: 9, character: 40 } }
    await client.change(search, '[100]', values)
    await client.push(
      search,
      ({ version, diagnostics }) =>
        version === 3 && !diagnostics.some(({ message }) => String(message).includes('4 × 5 × 3')),
    )
  })

  it('reads a notebook that JupyterLab shows as one program under its own name', async () => {
    // jupyter-lsp writes the program there, too, where it is no notebook.
    mkdirSync(join(folder, '.virtual_documents'))
    writeFileSync(join(folder, '.virtual_documents', 'tune.ipynb'), text('search.py'))
    await client.start(pushClient, {}, [String(pathToFileURL(join(folder, '.virtual_documents')))])
    const shown = uri('.virtual_documents/tune.ipynb')
    await client.open(shown, text('search.py'))
    const pushed = await client.push(shown, ({ diagnostics }) =>
      diagnostics.some(({ code }) => code === grid),
    )
    assert.equal(pushed.diagnostics.find(({ code }) => code === grid)?.range.start.line, 12)
    const actions = (await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: shown },
      range: pushed.diagnostics[0]!.range,
      context: { diagnostics: pushed.diagnostics, only: ['quickfix'] },
    })) as CodeAction[]
    assert.ok(actions.some(({ title }) => title.includes('HalvingGridSearchCV')))
  })

  it('says of a script what its job file lets it say, and asks to be pulled again when that changes', async () => {
    await client.start(pullClient, {}, [String(pathToFileURL(folder))])
    const train = uri('train.py')
    const job = uri('jobs/train.slurm')
    await client.open(train, text('train.py'))
    const messages = async () => (await client.pulled(train)).map(({ message }) => String(message)).join('\n')
    assert.match(await messages(), /A100/)
    await client.open(job, text('jobs/train.slurm'), 'shellscript')
    const before = client.refreshes.all.length
    await client.change(job, text('jobs/train.slurm').replace('a100', 'v100'))
    await client.refreshes.next(() => true, before)
    assert.match(await messages(), /V100/)
  })

  it('lints the workspace', async () => {
    client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
    await client.start(pullClient, {}, [String(pathToFileURL(folder))])
    await client.connection.sendRequest(ExecuteCommandRequest.type, { command: 'costlint.lintWorkspace' })
    const closed = await client.push(uri('closed.py'))
    assert.ok(closed.diagnostics.some(({ code }) => code === grid))
    await client.push(uri('tune.ipynb'), ({ diagnostics }) => diagnostics.length > 0)
  })

  it('ends with its client', async () => {
    await client.start(pullClient, {}, [String(pathToFileURL(folder))])
    server.hangUp()
    assert.notEqual(await server.exited, null)
  })
})
