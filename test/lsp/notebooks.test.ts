import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  DidChangeNotebookDocumentNotification,
  DidCloseNotebookDocumentNotification,
  DidOpenNotebookDocumentNotification,
  ExecuteCommandRequest,
  type LSPObject,
  NotebookCellKind,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { type Client, connect, folder, pullClient } from './client.js'

const notebook = `${folder}/note.ipynb`
const cell = (name: string) => `vscode-notebook-cell:/work/project/note.ipynb#${name}`

async function openNotebook(
  client: Client,
  texts: Record<string, string>,
  metadata?: LSPObject,
): Promise<void> {
  await client.connection.sendNotification(DidOpenNotebookDocumentNotification.type, {
    notebookDocument: {
      uri: notebook,
      notebookType: 'jupyter-notebook',
      version: 1,
      ...(metadata === undefined ? {} : { metadata }),
      cells: Object.keys(texts).map((name) => ({ kind: NotebookCellKind.Code, document: cell(name) })),
    },
    cellTextDocuments: Object.entries(texts).map(([name, text]) => ({
      uri: cell(name),
      languageId: 'python',
      version: 1,
      text,
    })),
  })
}

describe('notebooks', () => {
  it('pushes the findings of each cell to the cell, even to a client that pulls', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await openNotebook(client, { W0: 'fine\n', W1: 'x\n waste\n' })
    const pushed = await client.push(cell('W1'))
    assert.deepEqual(
      pushed.diagnostics.map(({ range }) => range.start),
      [{ line: 1, character: 1 }],
    )
    assert.equal(pushed.version, 1)
    assert.deepEqual((await client.push(cell('W0'))).diagnostics, [])
    assert.deepEqual(await client.pulled(cell('W1')), [])
    await client.stop()
  })

  it('hands the metadata of the file to the engine, wherever the editor keeps it', async () => {
    const ofFile = { accelerator: 'GPU', colab: { gpuType: 'T4' } }
    for (const metadata of [ofFile, { metadata: ofFile, nbformat: 4 }, { custom: { metadata: ofFile } }]) {
      const { client, projects } = connect()
      await client.start(pullClient)
      await openNotebook(client, { W0: 'waste\n' }, metadata)
      await client.push(cell('W0'))
      assert.deepEqual(projects[0]!.metadata.get('note.ipynb'), ofFile)
      await client.stop()
    }
  })

  it('follows edits, moves and removals of cells', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await openNotebook(client, { W0: 'waste\n', W1: 'loss\n' })
    await client.push(cell('W1'), ({ diagnostics }) => diagnostics[0]?.code === 'fake/loss')
    let from = client.published.all.length
    await client.connection.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri: notebook, version: 2 },
      change: {
        cells: {
          textContent: [{ document: { uri: cell('W1'), version: 2 }, changes: [{ text: 'waste waste\n' }] }],
        },
      },
    })
    const edited = await client.push(cell('W1'), () => true, from)
    assert.deepEqual([edited.version, edited.diagnostics.length], [2, 2])
    from = client.published.all.length
    await client.connection.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri: notebook, version: 3 },
      change: {
        cells: { structure: { array: { start: 0, deleteCount: 1 }, didClose: [{ uri: cell('W0') }] } },
      },
    })
    assert.deepEqual((await client.push(cell('W0'), () => true, from)).diagnostics, [])
    // The other cell is the first one now, and keeps its findings.
    const last = client.published.all.filter(({ uri }) => uri === cell('W1')).at(-1)!
    assert.equal(last.diagnostics.length, 2)
    await client.stop()
  })

  it('takes cells back on close, and gives the closed notebook again after Lint Workspace', async () => {
    const json = JSON.stringify({ cells: [{ cell_type: 'code', source: ['waste\n'] }] })
    const { client } = connect({ 'note.ipynb': json })
    client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
    await client.start(pullClient)
    await client.connection.sendRequest(ExecuteCommandRequest.type, { command: 'costlint.lintWorkspace' })
    await client.push(notebook, ({ diagnostics }) => diagnostics.length === 1)
    let from = client.published.all.length
    await openNotebook(client, { W0: 'waste\n' })
    assert.deepEqual((await client.push(notebook, () => true, from)).diagnostics, [])
    await client.push(cell('W0'), ({ diagnostics }) => diagnostics.length === 1, from)
    from = client.published.all.length
    await client.connection.sendNotification(DidCloseNotebookDocumentNotification.type, {
      notebookDocument: { uri: notebook },
      cellTextDocuments: [{ uri: cell('W0') }],
    })
    assert.deepEqual((await client.push(cell('W0'), () => true, from)).diagnostics, [])
    assert.equal((await client.push(notebook, () => true, from)).diagnostics.length, 1)
    await client.stop()
  })
})
