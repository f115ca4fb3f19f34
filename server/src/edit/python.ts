/** Turns all writes to one Python text into edits that fit together. */
import type { PythonTree } from '../syntax/python-ast.js'
import { grouped } from '../text/grouped.js'
import {
  type FragmentEdit,
  indentation,
  isRefusal,
  lineBreak,
  lineStart,
  orderEdits,
  refuse,
  withLineBreak,
} from './fragment-edit.js'
import { fittedStatement, widthLimit } from './line-width.js'
import { appendEdits, type CallWrite, callEdits } from './python-call.js'
import { findExpr } from './python-find.js'
import { indentationUnit, insertEdits, planWrap, removeEdits, type Wrap } from './python-statement.js'
import { inQuotesOf } from './quotes.js'
import type { PythonWrite, Refusal } from './write.js'

type Removal = Extract<PythonWrite, { kind: 'remove statement' }>

/** `extra`: edits for imports; they move with the lines that a wrap moves. The result is in order. */
export function pythonEdits(
  text: string,
  tree: PythonTree,
  asked: readonly PythonWrite[],
  extra: readonly FragmentEdit[] = [],
): FragmentEdit[] | Refusal {
  const writes = inQuotesOf(text, asked)
  const unit = indentationUnit(tree, text)
  const edits: FragmentEdit[] = [...extra]
  /** Insertions next to a wrapped block that stay outside it. */
  const outside = new Set<FragmentEdit>()
  const wraps: Wrap[] = []
  for (const write of writes) {
    if (write.kind !== 'wrap block') continue
    const wrap = planWrap(text, tree, write, unit)
    if (isRefusal(wrap)) return wrap
    if (wraps.some((other) => wrap.start < other.end && other.start < wrap.end)) {
      return refuse('two changes of this fix would wrap the same lines')
    }
    wraps.push(wrap)
  }

  for (const [, group] of grouped(
    writes.filter(isCallWrite),
    (write) => `${write.call.start}:${write.call.end}`,
  )) {
    const call = findExpr(tree, group[0]!.call, 'call')
    if (!call) return refuse('the call is no longer there')
    const result = callEdits(text, call, group, unit)
    if (isRefusal(result)) return result
    edits.push(...result)
  }
  const appends = writes.filter((write) => write.kind === 'append item')
  for (const [, group] of grouped(appends, (write) => `${write.list.start}:${write.list.end}`)) {
    const display = findExpr(tree, group[0]!.list, 'list', 'tuple', 'set', 'dict')
    if (!display) return refuse('the list is no longer there')
    const result = appendEdits(
      text,
      display,
      group.map((write) => write.value),
      unit,
    )
    if (isRefusal(result)) return result
    edits.push(...result)
  }

  // Behind nested statements that end together, the inner insertion comes first.
  const insertions = writes.filter((write) => write.kind === 'insert lines')
  const byDepth = [...insertions].sort((a, b) =>
    a.where === 'after' && b.where === 'after' ? b.statement.start - a.statement.start : 0,
  )
  for (const write of byDepth) {
    const result = insertEdits(text, tree, write, unit)
    if (isRefusal(result)) return result
    edits.push(...result)
    const { where, statement } = write
    const beside = wraps.some((wrap) =>
      where === 'before'
        ? wrap.firstStatement.start === statement.start && wrap.firstStatement.end === statement.end
        : // Behind the last wrapped statement, or behind a statement that holds the wrap and ends with it.
          wrap.lastStatement.end === statement.end && statement.start <= wrap.lastStatement.start,
    )
    for (const edit of result) {
      if (!beside) continue
      outside.add(edit)
      if (where !== 'before') continue
      // Anchored at the start of the line, the lines come before the header of the wrap.
      const indent = indentation(text, edit.start)
      edit.text = indent + edit.text.slice(0, edit.text.length - indent.length)
      edit.start = edit.end = lineStart(text, edit.start)
    }
  }

  const removed = removeEdits(
    text,
    tree,
    writes.filter((write): write is Removal & PythonWrite => write.kind === 'remove statement'),
  )
  if (isRefusal(removed)) return removed
  edits.push(...removed)
  for (const write of writes) {
    if (write.kind !== 'replace') continue
    if (write.range.start < 0 || write.range.end > text.length) return refuse('the code is no longer there')
    edits.push({
      start: write.range.start,
      end: write.range.end,
      text: withLineBreak(write.text, lineBreak(text)),
    })
  }
  return orderEdits(carryOut(text, wraps, edits, outside, unit))
}

/** Adds the edits of the wraps; what other edits write on new lines moves right with the lines around it. */
function carryOut(
  text: string,
  wraps: readonly Wrap[],
  edits: FragmentEdit[],
  outside: ReadonlySet<FragmentEdit>,
  unit: string,
): FragmentEdit[] {
  const all: FragmentEdit[] = edits.filter((edit) => outside.has(edit))
  const eol = lineBreak(text)
  for (const wrap of wraps) {
    const indent = indentation(text, wrap.start)
    const header = wrap.header.trimEnd().endsWith(':') ? wrap.header.trim() : `${wrap.header.trim()}:`
    const lines = fittedStatement(header, { indent, unit, limit: widthLimit(text) })
    all.push({ start: wrap.start, end: wrap.start, text: indent + lines.join(eol) + eol })
    for (const { start, end } of wrap.headers) all.push({ start, end, text: '' })
    for (const line of wrap.lines) {
      if (edits.some((edit) => swallows(text, edit, line))) continue
      all.push({ start: line, end: line, text: unit })
    }
  }
  for (const edit of edits) {
    if (outside.has(edit)) continue
    const wrap = wraps.find((candidate) => edit.start >= candidate.start && edit.start <= candidate.end)
    all.push(wrap ? { ...edit, text: edit.text.replace(/\n(?!\r?\n)/g, `\n${unit}`) } : edit)
  }
  return all
}

/** True where the edit replaces the start of the line, so that indenting it would double or misplace white space. */
function swallows(text: string, edit: FragmentEdit, line: number): boolean {
  if (edit.end <= line || edit.start > line) return false
  if (edit.start < line) return true
  return edit.text === '' && (edit.end === text.length || text[edit.end - 1] === '\n')
}

function isCallWrite(write: PythonWrite): write is CallWrite {
  return 'call' in write
}
