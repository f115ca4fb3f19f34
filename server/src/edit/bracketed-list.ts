/**
 * Adds items to and removes items from anything written `open item, item close`: call arguments, Python displays,
 * flow collections in YAML, JSON objects and arrays. Copies the layout that is there.
 */
import type { Span } from '../text/location.js'
import type { FragmentEdit } from './fragment-edit.js'
import {
  endsLine,
  indentation,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  startsLine,
} from './fragment-edit.js'
import { fittedValue, type Layout } from './line-width.js'

export interface BracketedList {
  text: string
  /** Offsets of the two brackets themselves. */
  open: number
  close: number
  /** The items in order, without the commas. */
  items: Span[]
  comment: '#' | '//'
  /** Whether a comma may follow the last item. */
  trailingComma: boolean
}

/** The first offset at or after `from` that is neither white space, comment nor line continuation. */
export function skipTrivia(text: string, from: number, to: number, comment: '#' | '//' = '#'): number {
  let i = from
  while (i < to) {
    const c = text[i]!
    if (c === ' ' || c === '\t' || c === '\n' || c === '\r' || c === '\f' || (c === '\\' && comment === '#'))
      i++
    else if (text.startsWith(comment, i)) i = Math.min(to, lineEnd(text, i))
    else if (comment === '//' && text.startsWith('/*', i)) {
      const end = text.indexOf('*/', i + 2)
      i = end < 0 ? to : Math.min(to, end + 2)
    } else break
  }
  return i
}

/** Offset of the comma behind item `index`, or -1. */
function commaAfter(list: BracketedList, index: number): number {
  const to = list.items[index + 1]?.start ?? list.close
  const at = skipTrivia(list.text, list.items[index]!.end, to, list.comment)
  return at < to && list.text[at] === ',' ? at : -1
}

function hasComment(list: BracketedList, from: number, to: number): boolean {
  const gap = list.text.slice(from, to)
  return gap.includes(list.comment) || (list.comment === '//' && gap.includes('/*'))
}

function isMultiline(list: BracketedList): boolean {
  return list.text.slice(list.open, list.close).includes('\n')
}

/** True where every item has lines of its own; the first may share the line of the bracket when others follow. */
function onePerLine(list: BracketedList): boolean {
  if (!isMultiline(list)) return false
  return list.items.every(
    (item, i) => (i === 0 && list.items.length > 1) || startsLine(list.text, item.start),
  )
}

/** The two items before this place have lines of their own, whatever shares the first line. */
function followsLines({ text, items }: BracketedList, index: number): boolean {
  const [first, second] = [items[index - 2], items[index - 1]]
  if (first === undefined || second === undefined) return false
  return startsLine(text, first.start) && startsLine(text, second.start)
}

/** True where the list mostly puts nothing behind its commas: `[1,2]`. */
function isCompact(list: BracketedList): boolean {
  let lead = 0
  for (let i = 0; i + 1 < list.items.length; i++)
    lead += commaAfter(list, i) + 1 === list.items[i + 1]!.start ? 1 : -1
  return lead > 0
}

function insertIntoEmpty(list: BracketedList, values: string[], unit: string): FragmentEdit[] {
  const { text, open, close } = list
  const inside = text.slice(open + 1, close)
  if (inside.includes('\n') && startsLine(text, close)) {
    const at = lineStart(text, close)
    const indent = indentation(text, close) + unit
    const lines = values.map(
      (value, i) =>
        indent + value + (list.trailingComma || i < values.length - 1 ? ',' : '') + lineBreak(text),
    )
    return [{ start: at, end: at, text: lines.join('') }]
  }
  const padding = inside === ' ' && text[open] === '{' ? ' ' : ''
  if (inside.trim() === '')
    return [{ start: open + 1, end: close, text: padding + values.join(', ') + padding }]
  return [{ start: close, end: close, text: values.join(', ') }]
}

/** How wide the lines of a file may get. */
export interface LineWidth {
  limit: number
  /** What other edits add to the line that the new items join. */
  grown: number
}

/**
 * Inserts items before item `index` (the number of items: at the end). `unit`: one step of indentation. With a `width`, a line
 * that would get too long is broken.
 */
export function insertItems(
  list: BracketedList,
  values: string[],
  index: number,
  unit: string,
  width?: LineWidth,
): FragmentEdit[] {
  if (values.length === 0) return []
  if (width !== undefined && (onePerLine(list) || followsLines(list, index))) {
    const layout = {
      indent: indentation(list.text, (list.items.at(-1) ?? { start: list.close }).start),
      unit,
      limit: width.limit,
    }
    return joinItems(
      list,
      values.map((value) => onLines(list.text, value, layout)),
      index,
      unit,
    )
  }
  const edits = joinItems(list, values, index, unit)
  if (width === undefined || values.some((value) => value.includes('\n'))) return edits
  const { text, open, close, items } = list
  const at = items.length === 0 ? close : index === 0 ? items[0]!.start : items[index - 1]!.end
  const added = edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), width.grown)
  const lineOf = lineStart(text, at)
  if (lineEnd(text, at) - lineOf + added <= width.limit || hasComment(list, open, close)) return edits
  const eol = lineBreak(text)
  if (!isMultiline(list)) return isRoomy(list) ? exploded(list, values, index, unit, width) : edits
  // The new items get a line of their own at the end of several.
  const last = items.at(-1)
  if (last === undefined || index < items.length) return edits
  if (isHugged(list)) return exploded(list, values, index, unit, width)
  const lead = indentation(text, last.start)
  const indent = startsLine(text, items[0]!.start) || !lineHoldsOpening() ? lead : column()
  const comma = commaAfter(list, index - 1)
  const code = values.join(', ')
  const end = comma >= 0 ? comma + 1 : last.end
  return [{ start: end, end, text: `${comma >= 0 ? '' : ','}${eol}${indent}${code}${comma >= 0 ? ',' : ''}` }]

  function lineHoldsOpening(): boolean {
    return lineStart(text, last!.start) === lineStart(text, open)
  }
  function column(): string {
    return ' '.repeat(items[0]!.start - lineStart(text, items[0]!.start))
  }
}

/** `keyword=value` on a line of its own, in several where it is too long for one. */
function onLines(text: string, item: string, layout: Layout): string {
  const lead = /^\w+ ?= ?/.exec(item)?.[0]
  return lead === undefined ? item : fittedValue(lead, item.slice(lead.length), layout).join(lineBreak(text))
}

/** All items share one line between those of the brackets. */
function isHugged({ text, open, close, items }: BracketedList): boolean {
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined) return false
  const line = lineStart(text, first.start)
  const apart = startsLine(text, first.start) && startsLine(text, close)
  return apart && line === lineStart(text, last.end) && lineStart(text, open) < line
}

/** A list on one line that gets a line for its items; one for each of them, where that is too short still. */
function exploded(
  list: BracketedList,
  values: string[],
  index: number,
  unit: string,
  width: LineWidth,
): FragmentEdit[] {
  const { text, open, close, items } = list
  const eol = lineBreak(text)
  const outer = indentation(text, open)
  const inner = outer + unit
  const texts = items.map(({ start, end }) => text.slice(start, end))
  texts.splice(index, 0, ...values)
  const total = inner.length + texts.join(', ').length + width.grown
  const ownLines = total > width.limit
  const layout = { indent: inner, unit, limit: width.limit }
  const added = ownLines ? values.map((value) => onLines(text, value, layout)) : values
  const between = ownLines ? `,${eol}${inner}` : ', '
  const edits: FragmentEdit[] = []
  let from = open + 1
  let lead = `${eol}${inner}`
  for (let i = 0; i <= items.length; i++) {
    if (i === index) {
      lead += added.join(between)
      if (i < items.length) lead += between
    }
    const item = items[i]
    if (item === undefined) break
    edits.push({ start: from, end: item.start, text: lead })
    from = item.end
    lead = i + 1 < items.length || index === items.length ? between : ''
  }
  const comma = list.trailingComma && ownLines && !/^\*/.test(texts.at(-1)!) ? ',' : ''
  edits.push({ start: from, end: close, text: `${lead}${comma}${eol}${outer}` })
  return edits
}

/** True where the list is what its line is about: lines of its own would not tear up the code around it. */
function isRoomy({ text, open, close }: BracketedList): boolean {
  const rest = text.slice(close + 1, lineEnd(text, close))
  const depth = unclosed(text.slice(lineStart(text, open), open))
  // `fit(x, callbacks=[a, b])`: the last list of a call.
  if (depth > 0 && (text[open] !== '[' || depth > 1)) return false
  return depth > 0 ? /^\s*\)+\s*(#.*)?$/.test(rest) : !/[([{]/.test(rest.replace(/\(\)|#.*$/g, ''))
}

function unclosed(code: string): number {
  let depth = 0
  for (const c of code.replace(/'[^']*'|"[^"]*"/g, '')) {
    if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) depth--
  }
  return depth
}

function joinItems(list: BracketedList, values: string[], index: number, unit: string): FragmentEdit[] {
  const { text, items, close } = list
  if (items.length === 0) return insertIntoEmpty(list, values, unit)
  const eol = lineBreak(text)
  const ownLines = onePerLine(list) || followsLines(list, index)
  const space = isCompact(list) ? '' : ' '

  if (index === 0) {
    const at = items[0]!.start
    const between = ownLines && startsLine(text, at) ? eol + indentation(text, at) : space
    return [{ start: at, end: at, text: values.map((value) => `${value},${between}`).join('') }]
  }

  const before = items[index - 1]!
  const comma = commaAfter(list, index - 1)
  const model = items[index] && startsLine(text, items[index].start) ? items[index].start : before.start
  const indent = indentation(text, model)
  if (comma >= 0) {
    const behind = comma + 1
    if (!ownLines) {
      // `(a,)` is a tuple of one: with a second item the comma has no work left.
      const keepsComma = index < items.length || items.length > 1 || text[list.open] !== '(' || close > behind
      const joined = values.map((value) => `${space}${value}`).join(',') + (keepsComma ? ',' : '')
      return [{ start: behind, end: behind, text: joined }]
    }
    const at = endsLine(text, behind, list.comment) ? lineEnd(text, behind) : behind
    return [{ start: at, end: at, text: values.map((value) => `${eol}${indent}${value},`).join('') }]
  }
  if (!ownLines) {
    return [{ start: before.end, end: before.end, text: values.map((value) => `,${space}${value}`).join('') }]
  }
  const at = endsLine(text, before.end, list.comment) ? lineEnd(text, before.end) : before.end
  return [
    { start: before.end, end: before.end, text: ',' },
    { start: at, end: at, text: values.map((value) => `${eol}${indent}${value}`).join(',') },
  ]
}

/** Removes the items with these indices, each with its comma and, where it has one, its line. */
export function removeItems(list: BracketedList, indices: Set<number>): FragmentEdit[] {
  const { text, items, open, close } = list
  if (items.length > 0 && indices.size === items.length && !hasComment(list, open + 1, close)) {
    return [{ start: open + 1, end: close, text: '' }]
  }
  const edits: FragmentEdit[] = []
  for (let i = 0; i < items.length; i++) {
    if (!indices.has(i)) continue
    let last = i
    while (indices.has(last + 1)) last++
    removeRun(list, i, last, edits)
    i = last
  }
  return edits

  function removeRun(run: BracketedList, from: number, to: number, out: FragmentEdit[]): void {
    const first = run.items[from]!
    const final = run.items[to]!
    const following = run.items[to + 1]
    const comma = commaAfter(run, to)
    const end = comma >= 0 ? comma + 1 : final.end
    const previousComma = from > 0 ? commaAfter(run, from - 1) : -1
    if (startsLine(text, first.start) && endsLine(text, end, run.comment)) {
      out.push({ start: lineStart(text, first.start), end: nextLine(text, end), text: '' })
      if (!following && comma < 0 && previousComma >= 0) {
        out.push({ start: previousComma, end: previousComma + 1, text: '' })
      }
    } else if (following) {
      const clean = !hasComment(run, final.end, following.start)
      out.push({ start: first.start, end: clean ? following.start : end, text: '' })
    } else if (from === 0) {
      out.push({ start: first.start, end, text: '' })
    } else if (!hasComment(run, run.items[from - 1]!.end, first.start)) {
      out.push({ start: run.items[from - 1]!.end, end: final.end, text: '' })
    } else {
      if (previousComma >= 0) out.push({ start: previousComma, end: previousComma + 1, text: '' })
      out.push({ start: first.start, end: final.end, text: '' })
    }
  }
}
