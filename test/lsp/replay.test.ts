import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, it } from 'mocha'
import {
  type Diagnostic,
  DidChangeNotebookDocumentNotification,
  DidOpenNotebookDocumentNotification,
  NotebookCellKind,
} from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { Finding } from '../../server/src/finding.js'
import { problemText } from '../../server/src/report/message.js'
import { commandLine } from '../build.js'
import { ownCache } from '../cli/folder.js'
import { type Client, pullClient } from './client.js'
import { repository, type ServerProcess, startServerProcess } from './server-process.js'

const execute = promisify(execFile)

/** Numbers from 0 to 1 that are the same in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

interface Row {
  path: string
  cell: number | null
  rule: string
  severity: string
  message: string
  start: string
  end: string
}

/** A text that is open in the editor: a file, or a cell of a notebook. */
interface Text {
  path: string
  cell: number | null
  uri: string
  document: TextDocument
}

interface NotebookJson {
  cells: { cell_type: string; source: string | string[] }[]
}

describe('the server and the command line', function () {
  this.timeout(120_000)
  let folder: string
  let server: ServerProcess
  let client: Client
  let texts: Text[]
  const notebooks = new Map<string, NotebookJson>()

  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'costlint-replay-')))
    cpSync(join(repository, 'examples'), folder, { recursive: true })
    server = startServerProcess()
    client = server.client
    texts = []
    notebooks.clear()
    await client.start(pullClient, {}, [String(pathToFileURL(folder))])
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((one) => one.isFile() && !one.name.endsWith('.md'))) {
      const path = join(entry.parentPath, entry.name).slice(folder.length + 1)
      if (path.endsWith('.ipynb')) await openNotebook(path)
      else await openFile(path)
    }
  })

  afterEach(() => {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  async function openFile(path: string): Promise<void> {
    const uri = `${pathToFileURL(folder)}/${path}`
    const document = TextDocument.create(uri, 'python', 1, readFileSync(join(folder, path), 'utf8'))
    texts.push({ path, cell: null, uri, document })
    await client.open(uri, document.getText(), path.endsWith('.py') ? 'python' : 'plaintext')
  }

  async function openNotebook(path: string): Promise<void> {
    const json = JSON.parse(readFileSync(join(folder, path), 'utf8')) as NotebookJson
    notebooks.set(path, json)
    const own: Text[] = []
    for (const [cell, { cell_type, source }] of json.cells.entries()) {
      if (cell_type !== 'code') continue
      const uri = `vscode-notebook-cell:${folder}/${path}#W${cell}`
      own.push({ path, cell, uri, document: TextDocument.create(uri, 'python', 1, [source].flat().join('')) })
    }
    texts.push(...own)
    await client.connection.sendNotification(DidOpenNotebookDocumentNotification.type, {
      notebookDocument: {
        uri: `${pathToFileURL(folder)}/${path}`,
        notebookType: 'jupyter-notebook',
        version: 1,
        cells: own.map(({ uri }) => ({ kind: NotebookCellKind.Code, document: uri })),
      },
      cellTextDocuments: own.map(({ uri, document }) => ({
        uri,
        languageId: 'python',
        version: 1,
        text: document.getText(),
      })),
    })
  }

  async function change(text: Text, start: number, end: number, newText: string): Promise<void> {
    const { document, uri } = text
    const range = { start: document.positionAt(start), end: document.positionAt(end) }
    const version = document.version + 1
    TextDocument.update(document, [{ range, text: newText }], version)
    if (text.cell === null) return client.change(uri, newText, range)
    await client.connection.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri: `${pathToFileURL(folder)}/${text.path}`, version },
      change: {
        cells: { textContent: [{ document: { uri, version }, changes: [{ range, text: newText }] }] },
      },
    })
  }

  /** One edit somewhere: a line goes, a line comes twice, a line of another file comes in, a piece of a line goes. */
  async function edit(next: () => number): Promise<void> {
    const pick = <T>(list: T[]): T => list[Math.floor(next() * list.length)]!
    const text = pick(texts)
    const content = text.document.getText()
    const line = Math.floor(next() * text.document.lineCount)
    const start = text.document.offsetAt({ line, character: 0 })
    const end = text.document.offsetAt({ line: line + 1, character: 0 })
    const kind = next()
    if (kind < 0.3) return change(text, start, end, '')
    if (kind < 0.5) return change(text, start, start, content.slice(start, end))
    if (kind < 0.8) {
      const other = pick(texts).document.getText().split('\n')
      return change(text, start, start, `${pick(other)}\n`)
    }
    const middle = start + Math.floor(next() * (end - start))
    return change(text, middle, Math.min(end, middle + 5), next() < 0.5 ? '' : '😀(')
  }

  function save(): void {
    for (const { path, cell, document } of texts) {
      const notebook = notebooks.get(path)
      if (notebook === undefined || cell === null) writeFileSync(join(folder, path), document.getText())
      else notebook.cells[cell]!.source = document.getText()
    }
    for (const [path, notebook] of notebooks)
      writeFileSync(join(folder, path), JSON.stringify(notebook, null, 1))
  }

  async function fromCommandLine(): Promise<Row[]> {
    const options = ['check', '.', '--output-format', 'json', '--show-hints', '--fail-on', 'never']
    const { stdout } = await execute(process.execPath, [commandLine, ...options], {
      env: { ...process.env, ...ownCache },
      cwd: folder,
      maxBuffer: 1e8,
    })
    const { findings } = JSON.parse(stdout) as {
      findings: (Row &
        Pick<Finding, 'saving'> & {
          range: Record<'start' | 'end', { line: number; column: number }>
        })[]
    }
    return findings.map(({ path, cell, rule, severity, message, saving, range }) => ({
      ...{ path, cell, rule, severity, message: problemText({ message, saving }) },
      start: `${range.start.line}:${range.start.column}`,
      end: `${range.end.line}:${range.end.column}`,
    }))
  }

  async function fromServer(): Promise<Row[]> {
    const rows: Row[] = []
    // The answer to a pull comes after the cells of the same state were pushed, or asks for that state itself.
    for (const text of texts.filter(({ cell }) => cell === null)) {
      rows.push(...(await client.pulled(text.uri)).map((diagnostic) => row(text, diagnostic)))
    }
    for (const text of texts.filter(({ cell }) => cell !== null)) {
      const { version } = text.document
      const { diagnostics } = await settled(text.uri, version)
      rows.push(...diagnostics.map((diagnostic) => row(text, diagnostic)))
    }
    return rows
  }

  /** What was pushed last for a cell. All of a state is pushed before anything that is asked for later is answered. */
  async function settled(uri: string, version: number) {
    await client.push(uri, (one) => one.version === version)
    await client.pulled(texts.find(({ cell }) => cell === null)!.uri)
    return client.published.all.filter((one) => one.uri === uri).at(-1)!
  }

  function row({ path, cell, document }: Text, diagnostic: Diagnostic): Row {
    const point = ({ line, character }: Diagnostic['range']['start']) => {
      const before = document.getText({ start: { line, character: 0 }, end: { line, character } })
      return `${line + 1}:${[...before].length + 1}`
    }
    const severity = ['error', 'warning', 'information', 'hint'][diagnostic.severity! - 1]!
    const { start, end } = diagnostic.range
    return {
      ...{ path, cell, rule: String(diagnostic.code), severity, message: String(diagnostic.message) },
      start: point(start),
      end: point(end),
    }
  }

  const sorted = (rows: Row[]) => rows.map((one) => JSON.stringify(one)).sort()

  async function compare(): Promise<number> {
    save()
    const expected = sorted(await fromCommandLine())
    assert.deepEqual(sorted(await fromServer()), expected)
    return expected.length
  }

  for (const [seed, edits] of [0, 15, 40, 80].entries()) {
    it(`say the same after ${edits} edits, and after they are taken back`, async () => {
      const next = random(seed)
      const originals = texts.map(({ document }) => document.getText())
      for (let count = 0; count < edits; count++) {
        await edit(next)
        // Now and then the state in between is asked for, as an editor does while one types.
        if (next() < 0.3) await client.pull(texts.find(({ cell }) => cell === null)!.uri)
      }
      await compare()
      for (const [index, text] of texts.entries()) {
        const { length } = text.document.getText()
        await change(text, 0, length, originals[index]!)
      }
      assert.ok((await compare()) >= 5, 'the examples have findings')
    })
  }
})
