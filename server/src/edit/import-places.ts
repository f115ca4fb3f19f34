/** Where in a file a new import goes. */

import { installedPackages, standardLibrary } from '../python/packages.js'
import type { FunctionDef, Import as ImportStmt, PythonTree, Stmt } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { endsLine, lineBreak, lineEnd, lineStart, nextLine, startsLine } from './fragment-edit.js'
import type { Import } from './write.js'

export function topLevelPackage(module: string): string {
  const dot = module.indexOf('.')
  return dot < 0 ? module : module.slice(0, dot)
}

/** Where a line with an import goes. */
export interface Place {
  at: number
  /** Behind the line that ends at `at`, or before the line that starts there. */
  after: boolean
  /** A blank line where the import opens a block of its own. */
  gap: string
}

/** The imports of the module's own block that a new line may join, in order. */
export function anchors(tree: PythonTree, fragment: SourceFragment, before: number): ImportStmt[] {
  const found: ImportStmt[] = []
  for (const statement of tree.body) {
    if (statement.start >= before) break
    if (statement.type !== 'import' || statement.end > before) continue
    if (startsLine(fragment.text, statement.start) && endsLine(fragment.text, statement.end))
      found.push(statement)
  }
  return found
}

/**
 * The function around all uses whose code brings its own imports, as one does that is packed by itself and run elsewhere:
 * it begins with at least two of them, or with one where a decorator sends it off. Null: the uses share no such function.
 */
export function functionWithImports(tree: PythonTree, uses: Span): FunctionDef | null {
  const around = tree.body.find((one) => one.start <= uses.start && uses.end <= one.end)
  if (around?.type !== 'function') return null
  const begin = around.body.findIndex((one) => !isText(one))
  const own = around.body.slice(Math.max(0, begin), Math.max(0, begin) + 2)
  const enough = around.decorators.length > 0 ? own.slice(0, 1) : own.length === 2 ? own : []
  return enough.length > 0 && enough.every(({ type, end }) => type === 'import' && end <= uses.start)
    ? around
    : null
}

function isText(statement: Stmt): boolean {
  return statement.type === 'expr' && statement.value.type === 'constant'
}

/** The blanks in front of the statements of the block that the place is in. */
export function indentationAt(text: string, { at }: Place): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, at), lineEnd(text, at)))![0]
}

function modulesOf(statement: ImportStmt): string[] {
  if (!statement.from) return statement.names.map(({ name }) => name)
  return statement.level === 0 && statement.module !== null ? [statement.module] : []
}

function isFuture(statement: Stmt): boolean {
  return statement.type === 'import' && statement.from && statement.module === '__future__'
}

export function placeFor(
  tree: PythonTree,
  fragment: SourceFragment,
  wanted: Import,
  before: number,
): Place | null {
  const { text } = fragment
  const root = topLevelPackage(wanted.module)
  const own = (statement: ImportStmt) =>
    modulesOf(statement).some((module) => topLevelPackage(module) === root)
  if (wanted.first) {
    const cell = fragment.origin === 'notebook' ? startOfCell(fragment, before) : 0
    const first =
      tree.body.find((one) => one.start >= cell && one.start < before && importsPackage(one, own)) ??
      tree.body.find((one) => importsPackage(one, own))
    if (first && first.start < before && startsLine(text, first.start)) {
      return { at: lineStart(text, first.start), after: false, gap: '' }
    }
  }
  const all = anchors(tree, fragment, before)
  const related = all.filter(own).at(-1)
  const last = related ?? all.at(-1)
  if (related === undefined && last !== undefined) {
    const grouped = placeInGroup(text, all, groupOf(root), wanted)
    if (grouped !== null) return grouped
  }
  if (last) {
    const next = tree.body[tree.body.indexOf(last) + 1]
    const gap = isFuture(last) && next?.type !== 'import' ? lineBreak(text) : ''
    return { at: lineEnd(text, last.end), after: true, gap }
  }
  return fragment.origin === 'notebook' ? topOfCell(tree, fragment, before) : topOfFile(tree, text)
}

/** Imports of the standard library come before those of packages, and these before the project's own, as isort has it. */
type Group = 0 | 1 | 2 | 3

function groupOf(root: string): Group {
  if (root === '__future__') return 0
  if (standardLibrary.has(root)) return 1
  return installedPackages.has(root) ? 2 : 3
}

/** Behind the imports of its own group, else behind those before it or in front of those after it; null: anywhere. */
function placeInGroup(text: string, all: readonly ImportStmt[], group: Group, wanted: Import): Place | null {
  const groups = all.map((statement): Group => {
    const [module] = modulesOf(statement)
    return module === undefined ? 3 : groupOf(topLevelPackage(module))
  })
  const eol = lineBreak(text)
  const own = groups.lastIndexOf(group)
  if (own >= 0) return placeAmong(text, all.slice(groups.indexOf(group), own + 1), wanted)
  if (group === 3 || groups.every((one) => one < group)) return null
  const earlier = groups.reduce((last, one, index) => (one > 0 && one < group ? index : last), -1)
  if (earlier >= 0) {
    const at = lineEnd(text, all[earlier]!.end)
    const next = nextLine(text, at)
    return { at, after: true, gap: text.slice(next, lineEnd(text, next)).trim() === '' ? eol : '' }
  }
  const later = all[groups.findIndex((one) => one > group)]!
  return { at: lineStart(text, later.start), after: false, gap: eol }
}

/** Where the imports of a group are sorted, the new one keeps their order; else it goes behind them. */
function placeAmong(text: string, group: readonly ImportStmt[], wanted: Import): Place {
  const keyOf = (from: boolean, module: string) => ({ from, module: module.toLowerCase() })
  const keys = group.map((one) => keyOf(one.from, one.from ? (one.module ?? '') : one.names[0]!.name))
  const isBefore = (a: ReturnType<typeof keyOf>, b: ReturnType<typeof keyOf>, mixed: boolean) =>
    !mixed && a.from !== b.from ? b.from : a.module <= b.module
  const end: Place = { at: lineEnd(text, group.at(-1)!.end), after: true, gap: '' }
  // `import a` before `from b import c`, or all by the name of their module.
  const mixed = [false, true].find((one) =>
    keys.every((key, i) => i === 0 || isBefore(keys[i - 1]!, key, one)),
  )
  if (mixed === undefined) return end
  const key = keyOf(wanted.name !== null, wanted.module)
  const later = keys.findIndex((one) => !isBefore(one, key, mixed))
  if (later < 0) return end
  return later === 0
    ? { at: lineStart(text, group[0]!.start), after: false, gap: '' }
    : { at: lineEnd(text, group[later - 1]!.end), after: true, gap: '' }
}

/** True for an import of the package and for a guarded one (`try: import …`). */
function importsPackage(statement: Stmt, own: (statement: ImportStmt) => boolean): boolean {
  if (statement.type === 'import') return own(statement)
  return statement.type === 'try' && statement.body.some((inner) => inner.type === 'import' && own(inner))
}

function startOfCell(fragment: SourceFragment, offset: number): number {
  let start = 0
  let cell: number | null | undefined
  for (const segment of fragment.segments) {
    if (segment.start > offset) break
    if (segment.cell !== cell) start = segment.start
    cell = segment.cell
  }
  return start
}

/** Before the first statement of the cell that uses the name. */
function topOfCell(tree: PythonTree, fragment: SourceFragment, before: number): Place | null {
  const cellStart = startOfCell(fragment, before)
  const first = tree.body.find((statement) => statement.start >= cellStart && statement.start <= before)
  if (!first || !startsLine(fragment.text, first.start)) return null
  return { at: lineStart(fragment.text, first.start), after: false, gap: lineBreak(fragment.text) }
}

/** Behind what must come first: a docstring; else the shebang, the coding line and a leading block of comments. */
function topOfFile(tree: PythonTree, text: string): Place {
  const first = tree.body[0]
  const eol = lineBreak(text)
  if (first?.type === 'expr' && first.value.type === 'constant' && typeof first.value.value === 'string') {
    const at = lineEnd(text, first.end)
    if (endsLine(text, first.end)) return { at, after: true, gap: eol }
  }
  let at = 0
  let paragraph = 0
  while (at < text.length) {
    const end = lineEnd(text, at)
    const line = text.slice(at, end).trim()
    const next = text.startsWith('\r\n', end) ? end + 2 : Math.min(text.length, end + 1)
    if (line === '') paragraph = next
    else if (!line.startsWith('#')) break
    else if (line.startsWith('#!') || /coding[:=]/.test(line) || /^# ?(?:%%|\/\/\/)/.test(line))
      paragraph = next
    at = next
  }
  const start = at >= text.length ? text.length : paragraph
  // A comment directly above the first statement belongs to it.
  const blankFollows = text.slice(start, lineEnd(text, start)).trim() === ''
  return { at: start, after: false, gap: blankFollows ? '' : eol }
}
