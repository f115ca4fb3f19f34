/** Edits of one call's arguments, of its callee, and of list, tuple and set displays. */
import type { CallExpr, Collection, DictExpr } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'
import { type BracketedList, insertItems, type LineWidth, removeItems, skipTrivia } from './bracketed-list.js'
import {
  type FragmentEdit,
  indentation,
  lineBreak,
  lineEnd,
  lineStart,
  refuse,
  withLineBreak,
} from './fragment-edit.js'
import { widthLimit } from './line-width.js'
import { closingBracket } from './python-lexis.js'
import type { PythonWrite, Refusal } from './write.js'

export type CallWrite = Extract<PythonWrite, { call: unknown }>

/** Where the keyword of an argument stands, and its value with all its parentheses. */
interface Keyword {
  index: number
  name: Span
  value: Span
}

/**
 * The list between two brackets. Nodes may leave out the parentheses around an item, so its extent is what stands
 * between the commas. Null where the text is not what the tree says.
 */
function listBetween(
  text: string,
  open: number,
  close: number,
  nodes: readonly Span[],
): BracketedList | null {
  const items: Span[] = []
  let from = open + 1
  for (const [i, node] of nodes.entries()) {
    const start = skipTrivia(text, from, close)
    if (start > node.start) return null
    let end = node.end
    const limit = nodes[i + 1]?.start ?? close
    for (;;) {
      const at = skipTrivia(text, end, limit)
      if (at >= limit || text[at] !== ')') break
      end = at + 1
    }
    items.push({ start, end })
    const at = skipTrivia(text, end, limit)
    if (at < limit && text[at] === ',') from = at + 1
    else if (i + 1 < nodes.length) return null
    else from = end
  }
  if (skipTrivia(text, from, close) !== close) return null
  return { text, open, close, items, comment: '#', trailingComma: true }
}

function openingParenthesis(text: string, call: CallExpr): number {
  let at = call.callee.end
  for (;;) {
    at = skipTrivia(text, at, call.end)
    if (text[at] !== ')') break
    at++
  }
  return at < call.end && text[at] === '(' ? at : -1
}

function keywordAt(text: string, list: BracketedList, index: number, name: string): Keyword | null {
  const item = list.items[index]!
  if (!text.startsWith(name, item.start)) return null
  const end = item.start + name.length
  const equals = skipTrivia(text, end, item.end)
  if (text[equals] !== '=') return null
  const value = skipTrivia(text, equals + 1, item.end)
  return { index, name: { start: item.start, end }, value: { start: value, end: item.end } }
}

/** All writes to one call at once, so that they agree on its commas. */
export function callEdits(
  text: string,
  call: CallExpr,
  writes: readonly CallWrite[],
  unit: string,
): FragmentEdit[] | Refusal {
  const edits: FragmentEdit[] = []
  const renames = new Map<string, string>()
  const sets = new Map<string, string>()
  const removals = new Set<string>()
  let callee: string | null = null
  for (const write of writes) {
    if (write.kind === 'rename callee') {
      if (callee !== null && callee !== write.to)
        return refuse('two changes rename the same call differently')
      callee = write.to
    } else if (write.kind === 'set keyword') {
      const value = withLineBreak(write.value, lineBreak(text))
      if ((sets.get(write.name) ?? value) !== value)
        return refuse(`two changes set ${write.name} differently`)
      sets.set(write.name, value)
    } else if (write.kind === 'remove keyword') removals.add(write.name)
    else {
      if ((renames.get(write.name) ?? write.to) !== write.to)
        return refuse(`two changes rename ${write.name}`)
      renames.set(write.name, write.to)
    }
  }
  if (callee !== null) edits.push({ start: call.callee.start, end: call.callee.end, text: callee })
  if (renames.size + sets.size + removals.size === 0) return edits

  const open = openingParenthesis(text, call)
  const close = call.end - 1
  if (open < 0 || text[close] !== ')') return refuse('the argument list of the call cannot be read')
  const only = call.args.length === 1 ? call.args[0]! : null
  if (only && only.value.type === 'comprehension' && only.value.kind === 'generator' && only.name === null) {
    const { start, end } = only.value
    if (text[start] !== '(' || closingBracket(text, start, end) !== end - 1) return bareGenerator()
  }
  const found = listBetween(text, open, close, call.args)
  if (found === null) return refuse('the argument list of the call cannot be read')
  const list: BracketedList = found

  /** Keywords by the name that they have after all renames. */
  const keywords = new Map<string, Keyword>()
  for (const [i, argument] of call.args.entries()) {
    if (argument.name === null) continue
    const keyword = keywordAt(text, list, i, argument.name)
    if (keyword === null) return refuse(`the argument ${argument.name} cannot be read`)
    const to = renames.get(argument.name)
    const name = to ?? argument.name
    if (keywords.has(name)) return refuse(`${name} is given already`)
    keywords.set(name, keyword)
    if (to !== undefined) {
      edits.push({ ...keyword.name, text: to })
      renames.delete(argument.name)
      // A change may speak of the keyword under either of its names.
      if (sets.has(argument.name) && !sets.has(to)) {
        sets.set(to, sets.get(argument.name)!)
        sets.delete(argument.name)
      }
    }
  }
  for (const name of renames.keys()) return refuse(`${name} is not given as a keyword`)

  const removed = new Set<number>()
  for (const name of removals) {
    const keyword = keywords.get(name)
    if (!keyword) return refuse(`${name} is not given as a keyword`)
    if (sets.has(name)) return refuse(`two changes set and remove ${name}`)
    removed.add(keyword.index)
  }
  const spaced = [...keywords.values()].filter(({ name, value }) => name.end + 1 < value.start).length
  const equals = spaced > keywords.size / 2 ? ' = ' : '='
  const added: string[] = []
  for (const [name, value] of sets) {
    const keyword = keywords.get(name)
    if (keyword) edits.push({ ...keyword.value, text: inLines(text, keyword.value, value, unit) })
    else added.push(`${name}${equals}${value}`)
  }
  // A new keyword takes the place of a removed one: the layout stays, and commas need no care.
  for (const index of [...removed].sort((a, b) => a - b)) {
    const instead = added.shift()
    if (instead === undefined) break
    edits.push({ ...list.items[index]!, text: instead })
    removed.delete(index)
  }
  edits.push(...removeItems(list, removed))
  let index = call.args.length
  while (index > 0 && call.args[index - 1]!.star === 2) index--
  const at = index === 0 ? open : list.items[index - 1]!.end
  edits.push(...insertItems(list, added, index, unit, widthAt(text, at, edits)))
  return edits

  /** `f(x for x in y)`: the generator needs parentheses of its own before another argument may follow. */
  function bareGenerator(): FragmentEdit[] | Refusal {
    for (const name of [...renames.keys(), ...removals]) return refuse(`${name} is not given as a keyword`)
    const joined = [...sets].map(([name, value]) => `, ${name}=${value}`).join('')
    return [
      ...edits,
      { start: open + 1, end: open + 1, text: '(' },
      { start: close, end: close, text: `)${joined}` },
    ]
  }
}

/** Adds items at the end of a display. */
export function appendEdits(
  text: string,
  display: Collection | DictExpr,
  values: readonly string[],
  unit: string,
): FragmentEdit[] | Refusal {
  const close = display.end - 1
  const bracketed =
    '([{'.includes(text[display.start]!) && closingBracket(text, display.start, display.end) === close
  const clean = values.map((value) => withLineBreak(value, lineBreak(text)))
  if (!bracketed) {
    if (display.type !== 'tuple') return refuse('the list cannot be read')
    const comma = text[close] === ','
    const joined = clean.map((value) => (comma ? ` ${value},` : `, ${value}`)).join('')
    return [{ start: display.end, end: display.end, text: joined }]
  }
  const items = display.type === 'dict' ? display.entries : display.items
  const list = listBetween(text, display.start, close, items)
  if (list === null) return refuse('the list cannot be read')
  if (display.type === 'tuple' && items.length === 0 && clean.length === 1) clean[0] += ','
  return insertItems(list, clean, list.items.length, unit, widthAt(text, list.items.at(-1)?.end ?? close, []))
}

/** A list that is written in place of another value gets lines of its own where its line would be too long. */
function inLines(text: string, old: Span, value: string, unit: string): string {
  const { limit } = widthAt(text, old.start, [])
  const start = lineStart(text, old.start)
  const end = lineEnd(text, old.end)
  const width = end - start - (old.end - old.start) + value.length
  const last = /^\)+$/.test(text.slice(old.end, end).trim())
  if (width <= limit || value.includes('\n') || !/^\[.*\]$/.test(value) || !last) return value
  const eol = lineBreak(text)
  const indent = indentation(text, old.start)
  return `[${eol}${indent}${unit}${value.slice(1, -1)}${eol}${indent}]`
}

/** How wide the line of an offset may get, and what other edits add to it. */
function widthAt(text: string, at: number, edits: readonly FragmentEdit[]): LineWidth {
  const start = lineStart(text, at)
  const end = lineEnd(text, at)
  const grown = edits
    .filter((edit) => edit.start >= start && edit.end <= end)
    .reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0)
  return { limit: widthLimit(text), grown }
}
