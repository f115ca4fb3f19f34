/** Offsets of the engine as positions of the protocol (lines and UTF-16 columns). */
import { parseTree } from 'jsonc-parser'
import type { Range } from 'vscode-languageserver'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { Location } from '../text/location.js'

/** The text that a finding was made from: later edits do not move it. */
export interface Snapshot {
  /** As the client spells it: the document, or the notebook. */
  uri: string
  /** null: the file is not open; its text is that on disk. */
  version: number | null
  /** The whole file; absent for a notebook that the editor holds as cells. */
  text?: TextDocument
  cells?: { uri: string; version: number; text: TextDocument }[]
  /** Set where `text` is the JSON of a notebook: offsets of its cells are decoded ones. */
  notebook?: boolean
}

export interface Place {
  uri: string
  version: number | null
  range: Range
  /** The cell, where the range is one in the JSON of a notebook: an edit cannot be made there. */
  jsonCell: number | null
}

export function isNotebookPath(path: string): boolean {
  return path.toLowerCase().endsWith('.ipynb')
}

/** JupyterLab shows a notebook to servers as one program, its cells one below the other, under the name of the notebook. */
export function isProgramOfNotebook(path: string, languageId: string): boolean {
  return languageId === 'python' && isNotebookPath(path)
}

export function snapshotOf(uri: string, version: number | null, text: string, path: string): Snapshot {
  const document = TextDocument.create(uri, '', version ?? 0, text)
  return { uri, version, text: document, notebook: isNotebookPath(path) }
}

/** The place of a location, or undefined when the text has no such place (a cell that is gone). */
export function placeOf(snapshot: Snapshot, location: Location): Place | undefined {
  const { cell } = location
  if (snapshot.cells !== undefined) {
    const found = snapshot.cells[cell ?? 0]
    if (found === undefined) return undefined
    return { uri: found.uri, version: found.version, range: rangeIn(found.text, location), jsonCell: null }
  }
  const text = snapshot.text
  if (text === undefined) return undefined
  const { uri, version } = snapshot
  if (cell !== null && snapshot.notebook === true) {
    const [start, end] = jsonOffsets(text.getText(), cell, [location.start, location.end])
    const range = { start: text.positionAt(start!), end: text.positionAt(end!) }
    return { uri, version, range, jsonCell: cell }
  }
  return { uri, version, range: rangeIn(text, location), jsonCell: null }
}

/** The file, or the source of a cell; undefined: there is no such cell. */
export function textOf(snapshot: Snapshot, cell: number | null): TextDocument | undefined {
  if (cell === null) return snapshot.text
  return snapshot.cells === undefined ? cellsOf(snapshot)[cell] : snapshot.cells[cell]?.text
}

/** Lines and columns, 1-based: of the file, or of the cell. Undefined: the text has no such place. */
export function pointOf(
  snapshot: Snapshot,
  { cell, start }: Location,
): { line: number; column: number } | undefined {
  const text = textOf(snapshot, cell)
  if (text === undefined) return undefined
  const { line, character } = text.positionAt(start)
  return { line: line + 1, column: character + 1 }
}

const parsed = new WeakMap<Snapshot, TextDocument[]>()

/** The sources of a notebook that is not open. */
function cellsOf(snapshot: Snapshot): TextDocument[] {
  const known = parsed.get(snapshot)
  if (known !== undefined) return known
  const found: TextDocument[] = []
  try {
    const root = JSON.parse(snapshot.text?.getText() ?? '') as { cells?: { source?: string | string[] }[] }
    for (const { source = '' } of root.cells ?? [])
      found.push(TextDocument.create('', '', 0, [source].flat().join('')))
  } catch {
    // What is no notebook has no cells.
  }
  parsed.set(snapshot, found)
  return found
}

function rangeIn(text: TextDocument, location: { start: number; end: number }): Range {
  return { start: text.positionAt(location.start), end: text.positionAt(location.end) }
}

/** Offsets in the JSON of a notebook for offsets in the decoded source of a cell. */
function jsonOffsets(json: string, cell: number, offsets: number[]): number[] {
  let root: ReturnType<typeof parseTree>
  try {
    root = parseTree(json)
  } catch {
    // Nested deeper than the stack allows.
    return offsets.map(() => 0)
  }
  const cells = root?.children?.find((property) => property.children?.[0]?.value === 'cells')?.children?.[1]
  const source = cells?.children?.[cell]?.children?.find(
    (property) => property.children?.[0]?.value === 'source',
  )?.children?.[1]
  if (source === undefined) return offsets.map(() => 0)
  const lines = source.type === 'array' ? (source.children ?? []) : [source]
  return offsets.map((offset) => {
    let before = 0
    for (const [index, line] of lines.entries()) {
      const value = typeof line.value === 'string' ? line.value : ''
      const last = index === lines.length - 1
      if (offset < before + value.length || last) {
        return line.offset + 1 + writtenLength(json, line.offset + 1, offset - before)
      }
      before += value.length
    }
    return source.offset
  })
}

/** Length in a JSON string, from `start`, of that many decoded characters. */
function writtenLength(json: string, start: number, characters: number): number {
  let at = start
  for (let decoded = 0; decoded < characters && at < json.length; decoded++) {
    if (json[at] === '"') break
    if (json[at] === '\\') at += json[at + 1] === 'u' ? 6 : 2
    else at++
  }
  return at - start
}
