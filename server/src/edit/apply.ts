/**
 * From a change to edits of files. Every edit is checked against the file: it stays inside one cell, and what it
 * replaces stands in the file as the fragment says.
 */
import type { PythonTree } from '../syntax/python-ast.js'
import { writeNotebook } from '../text/notebook.js'
import type { SourceFile } from '../text/source-file.js'
import { locate, type Segment, type SourceFragment } from '../text/source-fragment.js'
import { applyFragmentEdits, type FragmentEdit, isRefusal, orderEdits, refuse } from './fragment-edit.js'
import { hclEdits } from './hcl.js'
import { resolveImports } from './imports.js'
import { iniEdits } from './ini.js'
import { jsonEdits } from './json.js'
import { pythonEdits } from './python.js'
import { shellEdits } from './shell.js'
import { tomlEdits } from './toml.js'
import { namesLeftUnused } from './unused-imports.js'
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
  /** What was parsed of each fragment, in the order of the fragments. */
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
      const fragment = file.source.fragments[index]
      if (!fragment) return refuse(`${path} has changed`)
      const fragmentEdits = editFragment(fragment, file.trees[index]?.python, writes, imports)
      if (isRefusal(fragmentEdits)) return fragmentEdits
      const ordered = orderEdits(fragmentEdits)
      if (isRefusal(ordered)) return ordered
      for (const edit of ordered) {
        const placed = place(file.source, fragment, edit)
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

interface FragmentWork {
  writes: Write[]
  imports: Import[]
}

function workByFile(change: Change): Map<string, Map<number, FragmentWork>> {
  const files = new Map<string, Map<number, FragmentWork>>()
  const workOf = (path: string, fragment: number): FragmentWork => {
    const fragments = files.get(path) ?? new Map<number, FragmentWork>()
    files.set(path, fragments)
    const work = fragments.get(fragment) ?? { writes: [], imports: [] }
    fragments.set(fragment, work)
    return work
  }
  const seen = new Set<string>()
  for (const write of change.writes) {
    // Two wishes of one fix may ask for the same thing.
    const key = JSON.stringify(write)
    if (seen.has(key)) continue
    seen.add(key)
    workOf(write.path, fragmentOfFile(write)).writes.push(write)
  }
  for (const wanted of change.imports) workOf(wanted.path, wanted.fragment).imports.push(wanted)
  return files
}

/** The range that a write to Python names. */
function rangeOf(write: PythonWrite) {
  switch (write.kind) {
    case 'append item':
      return write.list
    case 'wrap block':
      return { fragment: write.first.fragment, start: write.first.start, end: write.last.end }
    case 'insert lines':
    case 'remove statement':
      return write.statement
    case 'replace':
      return write.range
    default:
      return write.call
  }
}

function fragmentOfFile(write: Write): number {
  return 'fragment' in write ? write.fragment : rangeOf(write).fragment
}

function isPython(write: Write): write is PythonWrite & { path: string } {
  return !('fragment' in write)
}

function editFragment(
  fragment: SourceFragment,
  tree: PythonTree | undefined,
  writes: readonly Write[],
  imports: readonly Import[],
): FragmentEdit[] | Refusal {
  const words = imports.length > 0 ? [] : writes.filter(isReplacedText)
  if (words.length > 0 && words.length === writes.length) return shellEdits(fragment.text, words)
  if (fragment.language === 'python') {
    if (!tree) return refuse('the file cannot be parsed')
    if (!writes.every(isPython)) return refuse('the change is not one of Python code')
    for (const write of writes) {
      const { start, end } = rangeOf(write)
      if (cellsOf(fragment, start, end) > 1) return refuse('the change would reach over a cell boundary')
    }
    const uses = {
      start: Math.min(fragment.text.length, ...writes.map((write) => rangeOf(write).start)),
      end: Math.max(0, ...writes.map((write) => rangeOf(write).end)),
    }
    const own = pythonEdits(fragment.text, tree, writes)
    if (isRefusal(own)) return own
    const unused = namesLeftUnused(fragment.text, tree, own)
    const imported = resolveImports(tree, fragment, imports, uses, unused)
    return isRefusal(imported) ? imported : pythonEdits(fragment.text, tree, writes, imported)
  }
  if (imports.length > 0) return refuse('the file is not Python code')
  if (fragment.language === 'shell') {
    const shell = writes.filter(isShell)
    return shell.length === writes.length
      ? shellEdits(fragment.text, shell)
      : refuse('the change is not one of a shell script')
  }
  const configuration = writes.filter(isConfiguration)
  if (configuration.length < writes.length) return refuse('the change is not one of a configuration file')
  switch (fragment.language) {
    case 'yaml':
      return yamlEdits(fragment.text, configuration)
    case 'json':
      return jsonEdits(fragment.text, configuration)
    case 'toml':
      return tomlEdits(fragment.text, configuration)
    case 'hcl':
      return hclEdits(fragment.text, configuration)
    case 'ini':
      return iniEdits(fragment.text, configuration)
    default:
      return refuse(`changes of ${fragment.language} files are not supported`)
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

function cellsOf(fragment: SourceFragment, start: number, end: number): number {
  const cells = new Set<number | null>()
  for (const segment of fragment.segments) {
    if (segment.start < end && segment.end > start) cells.add(segment.cell)
  }
  return cells.size
}

/** Puts an edit of a fragment into its file. */
function place(source: SourceFile, fragment: SourceFragment, edit: FragmentEdit): TextEdit | Refusal {
  const { start, end } = edit
  if (cellsOf(fragment, start, end) > 1) return refuse('the change would reach over a cell boundary')
  const location = locate(source.path, fragment, edit)
  const text = source.parts.find((part) => part.cell === location.cell)?.text
  if (text === undefined) return refuse('the file has changed')
  if (text.slice(location.start, location.end) !== fragment.text.slice(start, end)) {
    return refuse('the change would touch code that is not Python or is written differently in the file')
  }
  return { location, newText: hosted(edit, fragment, text) }
}

/**
 * New lines of text that stands indented in another file (a script in a YAML block, a heredoc) get the indentation
 * that its lines have there.
 */
function hosted(edit: FragmentEdit, fragment: SourceFragment, text: string): string {
  if (!edit.text.includes('\n') || fragment.origin === 'file' || fragment.origin === 'notebook')
    return edit.text
  const line = fragment.text.lastIndexOf('\n', edit.start - 1) + 1
  const lead = leadOf(fragment, line, text)
  if (lead === null || lead.trim() !== '') return edit.text
  // A blank line has no indentation that new lines could follow.
  const isBlank = /^[ \t]*(\r?\n|$)/.test(fragment.text.slice(line))
  const full = /^[^\S\n]*\S/m.exec(fragment.text)
  const indent = isBlank && full !== null ? leadOf(fragment, full.index, text) : null
  if (indent !== null && edit.start === line && indent.trim() === '' && lead.length < indent.length)
    return indent + edit.text.replace(/\n(?=[^\r\n])/g, `\n${indent}`)
  return edit.text.replace(/\n(?=[^\r\n]|$)/g, `\n${lead}`)
}

/** What stands in the file before a line of the fragment; null: the line has no place of its own. */
function leadOf(fragment: SourceFragment, line: number, text: string): string | null {
  const segment = segmentOf(fragment, line)
  if (segment === undefined || line > segment.end) return null
  const start = segment.source + line - segment.start
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
}

function segmentOf(fragment: SourceFragment, offset: number): Segment | undefined {
  let found: Segment | undefined
  for (const segment of fragment.segments) {
    if (segment.start > offset) break
    found = segment
  }
  return found ?? fragment.segments[0]
}

/** The file's text after the edits (those of one file); undefined where it is a notebook without a JSON of its own. */
export function applyEdits(source: SourceFile, edits: readonly TextEdit[]): string | undefined {
  const byCell = new Map<number | null, FragmentEdit[]>()
  for (const { location, newText } of [...edits].sort(byPlace)) {
    const edit = { start: location.start, end: location.end, text: newText }
    const list = byCell.get(location.cell)
    if (list) list.push(edit)
    else byCell.set(location.cell, [edit])
  }
  if (!source.notebook) return applyFragmentEdits(source.text, byCell.get(null) ?? [])
  if (source.text === '') return undefined
  const cells = new Map<number, string>()
  for (const [cell, list] of byCell) {
    const part = source.parts.find((one) => one.cell === cell)
    if (cell === null || !part) return undefined
    cells.set(cell, applyFragmentEdits(part.text, list))
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
