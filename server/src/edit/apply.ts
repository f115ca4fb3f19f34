/**
 * From a change to edits of files. Every edit is checked against the file: it stays inside one cell, and what it
 * replaces stands in the file as the unit says.
 */
import type { PythonTree } from '../syntax/python-ast.js'
import { writeNotebook } from '../text/notebook.js'
import type { SourceFile } from '../text/source-file.js'
import { locate, type Segment, type Unit } from '../text/unit.js'
import { hclEdits } from './hcl.js'
import { resolveImports } from './imports.js'
import { jsonEdits } from './json.js'
import { pythonEdits } from './python.js'
import { shellEdits } from './shell.js'
import { tomlEdits } from './toml.js'
import { applyUnitEdits, isRefusal, orderEdits, refuse, type UnitEdit } from './unit-edit.js'
import type {
  Change,
  ConfigurationWrite,
  Import,
  PythonWrite,
  Refusal,
  ShellWrite,
  TextEdit,
  Write,
} from './write.js'
import { yamlEdits } from './yaml.js'

/** A file that a change may edit. */
export interface EditableFile {
  source: SourceFile
  /** What was parsed of each unit, in the order of the units. */
  trees: readonly { python?: PythonTree }[]
}

/** The edits that carry out a change, by file, cell and place; or why it cannot be carried out. */
export function editsFor(
  change: Change,
  files: (path: string) => EditableFile | undefined,
): TextEdit[] | Refusal {
  const edits: TextEdit[] = []
  for (const [path, work] of workByFile(change)) {
    const file = files(path)
    if (!file) return refuse(`${path} cannot be read`)
    for (const [index, { writes, imports }] of work) {
      const unit = file.source.units[index]
      if (!unit) return refuse(`${path} has changed`)
      const unitEdits = editUnit(unit, file.trees[index]?.python, writes, imports)
      if (isRefusal(unitEdits)) return unitEdits
      const ordered = orderEdits(unitEdits)
      if (isRefusal(ordered)) return ordered
      for (const edit of ordered) {
        const placed = place(file.source, unit, edit)
        if (isRefusal(placed)) return placed
        edits.push(placed)
      }
    }
  }
  edits.sort(byPlace)
  for (const [i, edit] of edits.entries()) {
    const before = edits[i - 1]
    if (before && sameText(before, edit) && edit.location.start < before.location.end) {
      return refuse('two changes of this fix would edit the same text')
    }
  }
  return edits
}

interface UnitWork {
  writes: Write[]
  imports: Import[]
}

function workByFile(change: Change): Map<string, Map<number, UnitWork>> {
  const files = new Map<string, Map<number, UnitWork>>()
  const workOf = (path: string, unit: number): UnitWork => {
    const units = files.get(path) ?? new Map<number, UnitWork>()
    files.set(path, units)
    const work = units.get(unit) ?? { writes: [], imports: [] }
    units.set(unit, work)
    return work
  }
  const seen = new Set<string>()
  for (const write of change.writes) {
    // Two wishes of one fix may ask for the same thing.
    const key = JSON.stringify(write)
    if (seen.has(key)) continue
    seen.add(key)
    workOf(write.path, unitOf(write)).writes.push(write)
  }
  for (const wanted of change.imports) workOf(wanted.path, wanted.unit).imports.push(wanted)
  return files
}

/** The range that a write to Python names. */
function rangeOf(write: PythonWrite) {
  switch (write.kind) {
    case 'append item':
      return write.list
    case 'wrap block':
      return { unit: write.first.unit, start: write.first.start, end: write.last.end }
    case 'insert lines':
    case 'remove statement':
      return write.statement
    case 'replace':
      return write.range
    default:
      return write.call
  }
}

function unitOf(write: Write): number {
  return 'unit' in write ? write.unit : rangeOf(write).unit
}

function isPython(write: Write): write is PythonWrite & { path: string } {
  return !('unit' in write)
}

function editUnit(
  unit: Unit,
  tree: PythonTree | undefined,
  writes: readonly Write[],
  imports: readonly Import[],
): UnitEdit[] | Refusal {
  const words = imports.length > 0 ? [] : writes.filter(isReplacedText)
  if (words.length > 0 && words.length === writes.length) return shellEdits(unit.text, words)
  if (unit.language === 'python') {
    if (!tree) return refuse('the file cannot be parsed')
    if (!writes.every(isPython)) return refuse('the change is not one of Python code')
    for (const write of writes) {
      const { start, end } = rangeOf(write)
      if (cellsOf(unit, start, end) > 1) return refuse('the change would reach over a cell boundary')
    }
    const before = Math.min(unit.text.length, ...writes.map((write) => rangeOf(write).start))
    const imported = resolveImports(tree, unit, imports, before)
    return isRefusal(imported) ? imported : pythonEdits(unit.text, tree, writes, imported)
  }
  if (imports.length > 0) return refuse('the file is not Python code')
  if (unit.language === 'shell') {
    const shell = writes.filter(isShell)
    return shell.length === writes.length
      ? shellEdits(unit.text, shell)
      : refuse('the change is not one of a shell script')
  }
  const configuration = writes.filter(isConfiguration)
  if (configuration.length < writes.length) return refuse('the change is not one of a configuration file')
  switch (unit.language) {
    case 'yaml':
      return yamlEdits(unit.text, configuration)
    case 'json':
      return jsonEdits(unit.text, configuration)
    case 'toml':
      return tomlEdits(unit.text, configuration)
    case 'hcl':
      return hclEdits(unit.text, configuration)
    default:
      return refuse(`changes of ${unit.language} files are not supported`)
  }
}

function isShell(write: Write): write is ShellWrite & { path: string } {
  return write.kind === 'set directive' || write.kind === 'replace text'
}

/** Means the same in every language. */
function isReplacedText(write: Write): write is Write & { kind: 'replace text' } {
  return write.kind === 'replace text'
}

function isConfiguration(write: Write): write is ConfigurationWrite & { path: string } {
  return write.kind === 'set key' || write.kind === 'remove key'
}

function cellsOf(unit: Unit, start: number, end: number): number {
  const cells = new Set<number | null>()
  for (const segment of unit.segments) {
    if (segment.start < end && segment.end > start) cells.add(segment.cell)
  }
  return cells.size
}

/** Puts an edit of a unit into its file. */
function place(source: SourceFile, unit: Unit, edit: UnitEdit): TextEdit | Refusal {
  const { start, end } = edit
  if (cellsOf(unit, start, end) > 1) return refuse('the change would reach over a cell boundary')
  const location = locate(source.path, unit, edit)
  const text = source.parts.find((part) => part.cell === location.cell)?.text
  if (text === undefined) return refuse('the file has changed')
  if (text.slice(location.start, location.end) !== unit.text.slice(start, end)) {
    return refuse('the change would touch code that is not Python or is written differently in the file')
  }
  return { location, newText: hosted(edit, unit, text) }
}

/**
 * New lines of text that stands indented in another file (a script in a YAML block, a heredoc) get the indentation
 * that its lines have there.
 */
function hosted(edit: UnitEdit, unit: Unit, text: string): string {
  if (!edit.text.includes('\n') || unit.origin === 'file' || unit.origin === 'notebook') return edit.text
  const segment = segmentOf(unit, edit.start)
  if (!segment) return edit.text
  const line = text.lastIndexOf('\n', segment.source - 1) + 1
  const lead = text.slice(line, segment.source)
  const isIndent = lead.trim() === '' && (segment.start === 0 || unit.text[segment.start - 1] === '\n')
  return isIndent ? edit.text.replace(/\n(?=[^\r\n]|$)/g, `\n${lead}`) : edit.text
}

function segmentOf(unit: Unit, offset: number): Segment | undefined {
  let found: Segment | undefined
  for (const segment of unit.segments) {
    if (segment.start > offset) break
    found = segment
  }
  return found ?? unit.segments[0]
}

/** The file's text after the edits (those of one file); undefined where it is a notebook without a JSON of its own. */
export function applyEdits(source: SourceFile, edits: readonly TextEdit[]): string | undefined {
  const byCell = new Map<number | null, UnitEdit[]>()
  for (const { location, newText } of [...edits].sort(byPlace)) {
    const edit = { start: location.start, end: location.end, text: newText }
    const list = byCell.get(location.cell)
    if (list) list.push(edit)
    else byCell.set(location.cell, [edit])
  }
  if (!source.notebook) return applyUnitEdits(source.text, byCell.get(null) ?? [])
  if (source.text === '') return undefined
  const cells = new Map<number, string>()
  for (const [cell, list] of byCell) {
    const part = source.parts.find((one) => one.cell === cell)
    if (cell === null || !part) return undefined
    cells.set(cell, applyUnitEdits(part.text, list))
  }
  return writeNotebook(source.text, cells)
}

function sameText(a: TextEdit, b: TextEdit): boolean {
  return a.location.path === b.location.path && a.location.cell === b.location.cell
}

function byPlace(a: TextEdit, b: TextEdit): number {
  const one = a.location
  const two = b.location
  if (one.path !== two.path) return one.path < two.path ? -1 : 1
  return (one.cell ?? -1) - (two.cell ?? -1) || one.start - two.start || one.end - two.end
}
