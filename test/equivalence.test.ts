/** The command line and the language server say the same of the same bytes, after whatever was typed in between. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, before, beforeEach, describe, it } from 'mocha'
import {
  createProtocolConnection,
  DidChangeNotebookDocumentNotification,
  DidChangeTextDocumentNotification,
  DidOpenNotebookDocumentNotification,
  NotebookCellKind,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver-protocol/node'
import { build, commandLine } from './build.js'
import { Folder } from './cli/folder.js'
import { Client, pullClient } from './lsp/client.js'
import { diagnosticLine, findingLines, languages, Open, strange } from './lsp/open-text.js'
import { damage } from './robustness/damage.js'
import { Random } from './robustness/random.js'
import { project } from './robustness/sources.js'

const root = fileURLToPath(new URL('../', import.meta.url))

describe('the command line and the language server', function () {
  this.timeout(180_000)
  let folder: Folder
  let saved: Folder
  let server: ChildProcess
  let client: Client
  let texts: Map<string, Open>
  let cells: Open[]
  let notebookVersion = 1

  const uri = (path: string) => `${pathToFileURL(folder.path)}/${path}`

  before(build)
  beforeEach(async () => {
    folder = new Folder()
    saved = new Folder()
    folder.write(project)
    server = spawn(process.execPath, [commandLine, 'server', '--stdio'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    client = new Client(
      createProtocolConnection(
        new StreamMessageReader(server.stdout!),
        new StreamMessageWriter(server.stdin!),
      ),
    )
    await client.start(pullClient, {}, [String(pathToFileURL(folder.path))])
    await openAll()
  })

  afterEach(() => {
    server.kill('SIGKILL')
    folder.remove()
    saved.remove()
  })

  async function openAll(): Promise<void> {
    texts = new Map()
    for (const [path, text] of Object.entries(project)) {
      if (path.endsWith('.ipynb')) continue
      const language = languages[path.split('.').at(-1)!]!
      texts.set(path, new Open(uri(path), language, text))
      await client.open(uri(path), text, language)
    }
    const json = JSON.parse(project['notes.ipynb']!) as { cells: { cell_type: string; source: string[] }[] }
    cells = json.cells.map(({ cell_type, source }, index) => {
      const language = cell_type === 'code' ? 'python' : 'markdown'
      return new Open(
        `vscode-notebook-cell:${new URL(uri('notes.ipynb')).pathname}#W${index}`,
        language,
        source.join(''),
      )
    })
    await client.connection.sendNotification(DidOpenNotebookDocumentNotification.type, {
      notebookDocument: {
        uri: uri('notes.ipynb'),
        notebookType: 'jupyter-notebook',
        version: 1,
        cells: cells.map(({ uri: document, document: { languageId } }) => ({
          kind: languageId === 'markdown' ? NotebookCellKind.Markup : NotebookCellKind.Code,
          document,
        })),
      },
      cellTextDocuments: cells.map(({ uri: cell, document: { languageId }, text }) => ({
        uri: cell,
        languageId,
        version: 1,
        text,
      })),
    })
  }

  async function changeText(open: Open, contentChanges: TextDocumentContentChangeEvent[]): Promise<void> {
    await client.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: open.uri, version: open.document.version },
      contentChanges,
    })
  }

  async function changeCell(open: Open, changes: TextDocumentContentChangeEvent[]): Promise<void> {
    await client.connection.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri: uri('notes.ipynb'), version: ++notebookVersion },
      change: {
        cells: { textContent: [{ document: { uri: open.uri, version: open.document.version }, changes }] },
      },
    })
  }

  /** One thing that a user does: types, undoes everything, changes two places at once. */
  async function act(random: Random): Promise<void> {
    const all = [...texts.values(), ...cells]
    const open = random.pick(all)
    const changes: TextDocumentContentChangeEvent[] = []
    if (random.below(4) === 0) changes.push(open.edit(open.original))
    else {
      for (let times = 1 + random.below(3); times > 0; times--)
        changes.push(open.edit(damage(open.text, random.pick(all).original, random, strange)))
    }
    await (cells.includes(open) ? changeCell(open, changes) : changeText(open, changes))
  }

  async function fromServer(): Promise<string[]> {
    const found: string[] = []
    for (const [path, open] of texts)
      for (const one of await client.pulled(open.uri)) {
        // What is wrong with a configuration file stands in `errors` at the command line.
        if (one.code !== undefined) found.push(diagnosticLine(path, null, one))
      }
    // Cells are pushed. With a new version each of them is told again, whatever else has changed.
    for (const open of cells) await changeCell(open, [open.edit(`${open.text} `), open.edit(open.text)])
    for (const [index, open] of cells.entries()) {
      if (open.document.languageId === 'markdown') continue
      const { diagnostics } = await client.push(open.uri, ({ version }) => version === open.document.version)
      for (const one of diagnostics) found.push(diagnosticLine('notes.ipynb', index, one))
    }
    return found.sort()
  }

  async function fromCommandLine(): Promise<string[]> {
    saved.write(Object.fromEntries([...texts].map(([path, { text }]) => [path, text])))
    const json = JSON.parse(project['notes.ipynb']!)
    cells.forEach(({ text }, index) => {
      json.cells[index].source = text
    })
    saved.write({ 'notes.ipynb': JSON.stringify(json) })
    const { stdout, stderr, code } = await saved.run(commandLine, [
      'check',
      '--output-format',
      'json',
      '--show-hints',
    ])
    assert.ok(code === 0 || code === 1 || /configuration error/.test(stderr), stderr)
    assert.doesNotMatch(stderr, /internal error/)
    return findingLines(stdout, saved.path)
  }

  it('agree before anything is typed', async () => {
    const found = await fromServer()
    assert.deepEqual(await fromCommandLine(), found)
    const paths = new Set(found.map((one) => one.split(' ')[0]))
    for (const path of ['train.py', 'notes.ipynb', 'job.slurm'])
      assert.ok(paths.has(path), `nothing in ${path}`)
  })

  for (const seed of [1, 2]) {
    it(`agree after random edits (${seed})`, async () => {
      const random = new Random(seed)
      for (let round = 0; round < 4; round++) {
        for (let times = 4 + random.below(8); times > 0; times--) {
          await act(random)
          // Sometimes the server has to answer in between, from a state that is soon gone.
          if (random.below(3) === 0)
            void client.pull(random.pick([...texts.values()]).uri).catch(() => undefined)
        }
        assert.deepEqual(await fromServer(), await fromCommandLine(), `round ${round}`)
      }
    })
  }
})
