/** What the editor has open: files, and notebooks as cells. */

import type { Connection, NotebookDocument } from 'vscode-languageserver'
import { NotebookDocuments, TextDocuments } from 'vscode-languageserver'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { CellText } from '../linter.js'
import type { Json } from '../text/json.js'
import { isNotebookPath, isProgramOfNotebook, type Snapshot } from './places.js'
import { canonical } from './uri.js'

/** The language of an entry that the editor holds as cells. */
export const notebookLanguage = 'jupyter-notebook'

/** A file or a notebook that is open. */
export interface OpenEntry {
  uri: string
  kind: 'file' | 'notebook'
  languageId: string
}

export interface DocumentEvents {
  opened(entry: OpenEntry): void
  changed(entry: OpenEntry): void
  saved(entry: OpenEntry): void
  closed(entry: OpenEntry): void
}

export interface OpenContent {
  snapshot: Snapshot
  content: string | CellText[]
  /** Of a notebook, as its file has it. */
  metadata?: Record<string, Json>
}

export class OpenDocuments {
  private readonly files = new TextDocuments(TextDocument)
  private readonly notebooks = new NotebookDocuments(TextDocument)
  private readonly entries = new Map<string, OpenEntry>()

  constructor(private readonly events: DocumentEvents) {
    this.files.onDidOpen(({ document }) => {
      this.open({ uri: document.uri, kind: 'file', languageId: document.languageId })
    })
    this.files.onDidChangeContent(({ document }) => {
      // The first "change" is the opening itself.
      if (this.firstChange.delete(document.uri)) return
      this.on(document.uri, (entry) => this.events.changed(entry))
    })
    this.files.onDidSave(({ document }) => this.on(document.uri, (entry) => this.events.saved(entry)))
    this.files.onDidClose(({ document }) => this.close(document.uri))
    this.notebooks.onDidOpen((notebook) => {
      this.open({ uri: notebook.uri, kind: 'notebook', languageId: notebookLanguage })
    })
    this.notebooks.onDidChange(({ notebookDocument }) => {
      this.on(notebookDocument.uri, (entry) => this.events.changed(entry))
    })
    this.notebooks.onDidSave((notebook) => this.on(notebook.uri, (entry) => this.events.saved(entry)))
    this.notebooks.onDidClose((notebook) => this.close(notebook.uri))
  }

  private readonly firstChange = new Set<string>()

  listen(connection: Connection): void {
    this.files.listen(connection)
    this.notebooks.listen(connection)
  }

  private open(entry: OpenEntry): void {
    if (entry.kind === 'file') this.firstChange.add(entry.uri)
    this.entries.set(canonical(entry.uri), entry)
    this.events.opened(entry)
  }

  private on(uri: string, then: (entry: OpenEntry) => void): void {
    const entry = this.entries.get(canonical(uri))
    if (entry !== undefined) then(entry)
  }

  private close(uri: string): void {
    const entry = this.entries.get(canonical(uri))
    this.firstChange.delete(uri)
    if (entry === undefined) return
    this.entries.delete(canonical(uri))
    this.events.closed(entry)
  }

  all(): OpenEntry[] {
    return [...this.entries.values()]
  }

  /** The file or notebook of a document or a cell. */
  find(uri: string): { entry: OpenEntry; cell: boolean } | undefined {
    const notebook = this.notebooks.findNotebookDocumentForCell(uri)
    if (notebook !== undefined) {
      const entry = this.entries.get(canonical(notebook.uri))
      return entry && { entry, cell: true }
    }
    const entry = this.entries.get(canonical(uri))
    return entry && { entry, cell: false }
  }

  /** The text of a file or a cell, as it is now. */
  text(uri: string): TextDocument | undefined {
    return this.files.get(uri) ?? this.notebooks.cellTextDocuments.get(uri)
  }

  /** The present text of an entry, kept from later edits, and what the engine is given. */
  read(entry: OpenEntry): OpenContent | undefined {
    if (entry.kind === 'file') {
      const document = this.files.get(entry.uri)
      if (document === undefined) return undefined
      const text = copy(document)
      const { uri, version, languageId } = document
      const path = canonical(uri)
      const notebook = isNotebookPath(path) && !isProgramOfNotebook(path, languageId)
      return {
        snapshot: { uri, version, text, notebook },
        content: text.getText(),
      }
    }
    const notebook = this.notebooks.getNotebookDocument(entry.uri)
    return notebook && this.readCells(notebook)
  }

  private readCells(notebook: NotebookDocument): OpenContent {
    const cells: NonNullable<Snapshot['cells']> = []
    const content: CellText[] = []
    for (const cell of notebook.cells) {
      const document = this.notebooks.getCellTextDocument(cell)
      // Kept in place even when the client forgot its text: the engine counts cells.
      const text =
        document === undefined ? TextDocument.create(cell.document, 'python', 0, '') : copy(document)
      cells.push({ uri: cell.document, version: text.version, text })
      content.push({
        kind: cell.kind === 1 ? 'markdown' : 'code',
        language: text.languageId,
        text: text.getText(),
      })
    }
    const snapshot = { uri: notebook.uri, version: notebook.version, cells }
    return { snapshot, content, metadata: metadataOf(notebook) }
  }
}

function copy(document: TextDocument): TextDocument {
  return TextDocument.create(document.uri, document.languageId, document.version, document.getText())
}

/** Editors put the metadata of the file below a key of their own: VS Code 'metadata', before 1.88 'custom.metadata'. */
function metadataOf(notebook: NotebookDocument): Record<string, Json> {
  const whole = asTable(notebook.metadata)
  return asTable(whole.metadata ?? asTable(whole.custom).metadata ?? whole)
}

function asTable(value: unknown): Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, Json>)
    : {}
}
