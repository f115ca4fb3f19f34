/** Edits of whole statements: wrap, insert beside, remove. */
import type { PythonTree, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import {
  endsLine,
  type FragmentEdit,
  indentation,
  isBlankLine,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  refuse,
  startsLine,
  wholeLines,
} from './fragment-edit.js'
import { fittedStatement, widthLimit } from './line-width.js'
import { type BlockPlace, findStatement } from './python-find.js'
import { stringSpans } from './python-lexis.js'
import type { PythonRange, PythonWrite, Refusal } from './write.js'

const sharedLine = 'the statement shares its line with other code'
const notFound = 'the statement is no longer there'

/** Where a statement begins with its decorators. */
function statementStart(text: string, statement: Stmt): number {
  if (statement.type !== 'function' && statement.type !== 'class') return statement.start
  const first = statement.decorators[0]
  if (!first || first.start > statement.start) return statement.start
  const at = text.lastIndexOf('@', first.start)
  return at < 0 ? statement.start : Math.min(at, statement.start)
}

function isElif(text: string, at: number): boolean {
  return /^elif\b/.test(text.slice(at, at + 5))
}

/** True where the lines of the statement hold nothing else. */
function hasOwnLines(text: string, start: number, end: number): boolean {
  if (!startsLine(text, start) || !endsLine(text, end)) return false
  const line = lineStart(text, start)
  if (line === 0) return true
  const previous = lineEnd(text, lineStart(text, line - 1))
  return text[previous - 1] !== '\\'
}

/** How much further right most blocks with lines of their own stand than the statement that holds them; of equals the first. */
function usualIndentation(tree: PythonTree, text: string): string | null {
  const steps = new Map<string, number>()
  const stack: Stmt[][] = [tree.body]
  while (stack.length > 0) {
    const inner: Stmt[][] = []
    for (const statement of stack.pop()!) {
      for (const block of blocksOf(statement)) {
        const first = block[0]
        if (!first) continue
        inner.push(block)
        if (!startsLine(text, statementStart(text, first))) continue
        const indent = indentation(text, first.start)
        const base = indentation(text, statement.start)
        if (indent.length <= base.length || !indent.startsWith(base)) continue
        const step = indent.slice(base.length)
        steps.set(step, (steps.get(step) ?? 0) + 1)
      }
    }
    stack.push(...inner.reverse())
  }
  let usual: string | null = null
  for (const [step, count] of steps) if (usual === null || count > steps.get(usual)!) usual = step
  return usual
}

/** One step of indentation, as the file has it; four spaces where nothing is indented. */
export function indentationUnit(tree: PythonTree, text: string): string {
  return usualIndentation(tree, text) ?? '    '
}

/** Lines from a reader (indented by four spaces) with the file's indentation. */
function adapt(line: string, unit: string): string {
  const spaces = line.length - line.trimStart().length
  return unit.repeat(Math.floor(spaces / 4)) + ' '.repeat(spaces % 4) + line.trim()
}

export interface Wrap {
  /** From the start of the first line to the end of the last one. */
  start: number
  end: number
  firstStatement: PythonRange
  lastStatement: PythonRange
  /** Starts of the lines that move right. */
  lines: number[]
  /** Headers inside that say the same, whose bodies stay where they are. */
  headers: Span[]
  header: string
}

const cellMarker = /^# ?(?:%%|In\[|COMMAND -{5,})/m

export function planWrap(
  text: string,
  tree: PythonTree,
  write: Extract<PythonWrite, { kind: 'wrap block' }>,
  unit: string,
): Wrap | Refusal {
  const first = findStatement(tree, write.first)
  const last = findStatement(tree, write.last)
  if (!first || !last || first.block !== last.block || first.index > last.index) return refuse(notFound)
  const from = statementStart(text, first.block[first.index]!)
  const to = last.block[last.index]!.end
  if (!hasOwnLines(text, from, to)) return refuse(sharedLine)
  if (isElif(text, from)) return refuse('an elif branch cannot be wrapped')
  const start = lineStart(text, from)
  const end = lineEnd(text, to)
  if (cellMarker.test(text.slice(start, end))) return refuse('the block reaches over a cell boundary')
  const strings = stringSpans(text, start, end)
  const absorbed = (write.absorbs ?? []).map((range) => findStatement(tree, range))
  const bodies: Span[] = []
  const headers: Span[] = []
  for (const place of absorbed) {
    const inner = place?.block[place.index]
    const body = inner?.type === 'with' ? inner.body : []
    if (inner === undefined || body.length === 0) return refuse(notFound)
    const bodyStart = lineStart(text, statementStart(text, body[0]!))
    if (indentation(text, bodyStart) !== indentation(text, inner.start) + unit) return refuse(sharedLine)
    headers.push({ start: lineStart(text, inner.start), end: bodyStart })
    bodies.push({ start: lineStart(text, inner.start), end: inner.end })
  }
  const lines: number[] = []
  let string = 0
  for (let line = start; line < end; line = nextLine(text, line)) {
    while (string < strings.length && strings[string]!.end <= line) string++
    const inside = string < strings.length && strings[string]!.start < line
    const kept = bodies.some((body) => body.start <= line && line < body.end)
    if (!inside && !kept && text.slice(line, lineEnd(text, line)).trim() !== '') lines.push(line)
  }
  const { first: firstStatement, last: lastStatement, header } = write
  return { start, end, firstStatement, lastStatement, lines, headers, header }
}

export function insertEdits(
  text: string,
  tree: PythonTree,
  write: Extract<PythonWrite, { kind: 'insert lines' }>,
  unit: string,
): FragmentEdit[] | Refusal {
  const place = findStatement(tree, write.statement)
  if (!place) return refuse(notFound)
  const statement = place.block[place.index]!
  const start = statementStart(text, statement)
  if (!startsLine(text, start) || isElif(text, start)) return refuse(sharedLine)
  const eol = lineBreak(text)
  const indent = indentation(text, start)
  const limit = widthLimit(text)
  const lines = write.lines.flatMap((line) => {
    if (line.trim() === '') return ['']
    const code = adapt(line, unit)
    const inner = code.slice(0, code.length - code.trimStart().length)
    const fitted = fittedStatement(code.trim(), { indent: indent + inner, unit, limit })
    return fitted.map((one, i) => (i === 0 ? inner + one : one.slice(indent.length)))
  })
  if (write.where === 'before') {
    if (!hasOwnLines(text, start, lineEnd(text, start))) return refuse(sharedLine)
    const joined = lines.map((line, i) => (i === 0 || line === '' ? line : indent + line)).join(eol)
    return [{ start, end: start, text: `${joined}${eol}${indent}` }]
  }
  if (!hasOwnLines(text, start, statement.end)) return refuse(sharedLine)
  const at = behindComments(text, lineEnd(text, statement.end), indent)
  return [
    { start: at, end: at, text: lines.map((line) => eol + (line === '' ? '' : indent + line)).join('') },
  ]
}

/** Comments at the end of a block stay in it: the lines come behind those that stand further in. */
function behindComments(text: string, end: number, indent: string): number {
  let at = end
  for (
    let line = nextLine(text, at), last = at;
    line > last && line < text.length;
    last = line, line = nextLine(text, line)
  ) {
    const stop = lineEnd(text, line)
    if (text.slice(line, stop).trim() === '') continue
    if (!/^#/.test(text.slice(line, stop).trim()) || indentation(text, line).length <= indent.length) break
    at = stop
  }
  return at
}

/** The statement whose block this is. */
function ownerOf(statements: Stmt[], block: Stmt[]): BlockPlace | null {
  for (const [index, statement] of statements.entries()) {
    for (const inner of blocksOf(statement)) {
      if (inner === block) return { block: statements, index }
      const owner = ownerOf(inner, block)
      if (owner !== null) return owner
    }
  }
  return null
}

/** A statement that does nothing more without what stands in this block of it: all of it can go. */
function endsWith(owner: Stmt, block: Stmt[], text: string): boolean {
  if (owner.type === 'try')
    return block === owner.body && owner.orelse.length === 0 && owner.finally.length === 0
  if (owner.type !== 'if' || owner.orelse.length > 0 || isElif(text, owner.start)) return false
  return !text.slice(owner.test.start, owner.test.end).replaceAll('.is_available()', '').includes('(')
}

/** All removals at once: what a block was the whole of goes with it, and any other block that loses all its statements keeps `pass`. */
export function removeEdits(
  text: string,
  tree: PythonTree,
  writes: readonly Extract<PythonWrite, { kind: 'remove statement' }>[],
): FragmentEdit[] | Refusal {
  const byBlock = new Map<Stmt[], Set<number>>()
  const remove = (place: BlockPlace): void => {
    const known = byBlock.get(place.block)
    if (known) known.add(place.index)
    else byBlock.set(place.block, new Set([place.index]))
  }
  for (const write of writes) {
    const place: BlockPlace | null = findStatement(tree, write.statement)
    if (!place) return refuse(notFound)
    remove(place)
  }
  // `if torch.cuda.is_available():`, or a `try` without anything to do, goes along.
  for (const [block, indices] of byBlock) {
    const owner = indices.size === block.length ? ownerOf(tree.body, block) : null
    const only = owner?.block[owner.index]
    if (owner === null || only === undefined || !endsWith(only, block, text)) continue
    byBlock.delete(block)
    remove(owner)
  }
  const edits: FragmentEdit[] = []
  for (const [block, indices] of byBlock) {
    let keepPass = block !== tree.body && indices.size === block.length
    for (const index of [...indices].sort((a, b) => a - b)) {
      const statement = block[index]!
      const start = statementStart(text, statement)
      if (isElif(text, start)) return refuse('an elif branch cannot be removed')
      if (keepPass) {
        edits.push({ start, end: statement.end, text: 'pass' })
        keepPass = false
        continue
      }
      if (!hasOwnLines(text, start, statement.end)) return refuse(sharedLine)
      const end = nextLine(text, statement.end)
      const line = withOwnComment(lineStart(text, start), end, index === 0 && block !== tree.body)
      const alone =
        index === 0 && block !== tree.body && !/^[ \t]*#/.test(text.slice(lineStart(text, line - 1)))
      if (alone && end < text.length && isBlankLine(text, end))
        edits.push({ start: line, end: nextLine(text, end), text: '' })
      else edits.push(wholeLines(text, line, end))
    }
  }
  return edits

  /** Where the comment above starts that speaks of nothing else: both stand between blank lines. */
  function withOwnComment(line: number, end: number, opens: boolean): number {
    if (end < text.length && !isBlankLine(text, end)) return line
    let top = line
    while (top > 0) {
      const above = lineStart(text, top - 1)
      const comment = text.slice(above, lineEnd(text, above)).trim()
      if (comment === '' || (opens && top < line && comment.endsWith(':'))) return top
      // Code that is commented out, and what tools read.
      if (!/^# ?[A-Za-z]/.test(comment) || /[=(]|^#.*\b(noqa|type:|In\[|COMMAND)/.test(comment)) return line
      top = above
    }
    return line
  }
}
