/** Sets and removes keys in TOML text. */
import { type Assignment, assignmentLine, bareKey, below, inlineValue, valueEnd } from './assignments.js'
import {
  endsLine,
  type FragmentEdit,
  indentation,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  refuse,
  startsLine,
} from './fragment-edit.js'
import { inSequence } from './sequence.js'
import type { ConfigurationWrite, Refusal } from './write.js'

interface Table {
  /** Keys of the header; tables of an array carry their index behind their name. */
  path: (string | number)[]
  /** Start of the header's line; 0 for the keys before the first header. */
  start: number
  headerEnd: number
  assignments: Assignment[]
}

export function tomlEdits(text: string, writes: readonly ConfigurationWrite[]): FragmentEdit[] | Refusal {
  return inSequence(text, writes, edit)
}

function edit(text: string, write: ConfigurationWrite): FragmentEdit[] | Refusal {
  const tables = scan(text)
  if (tables === null) return refuse('the file is not valid TOML')
  const { keys } = write
  for (const table of tables) {
    for (const assignment of table.assignments) {
      const path = [...table.path, ...assignment.names]
      if (!isPrefix(path, keys)) continue
      if (path.length < keys.length) return refuse(`${path.join('.')} is written on one line`)
      if (!endsLine(text, assignment.valueEnd)) return refuse('other text follows the value')
      if (write.kind === 'remove key') {
        return [
          { start: lineStart(text, assignment.keyStart), end: nextLine(text, assignment.valueEnd), text: '' },
        ]
      }
      const value = inlineValue(write.value, 'toml')
      if (value === undefined) return refuse('TOML has no such value')
      return [{ start: assignment.valueStart, end: assignment.valueEnd, text: value }]
    }
  }
  if (write.kind === 'remove key') return refuse(`${keys.join('.')} is not there`)
  if (tables.some((table) => isPrefix(keys, table.path))) return refuse(`${keys.join('.')} is a table`)
  const value = inlineValue(write.value, 'toml')
  if (value === undefined) return refuse('TOML has no such value')
  const parent = keys.slice(0, -1)
  const name = bareKey(String(keys[keys.length - 1]))
  const table = tables.find((one) => one.path.length === parent.length && isPrefix(one.path, parent))
  if (table) return addTo(text, table, name, value, write.after, write.comment)
  if (parent.some((key) => typeof key === 'number')) return refuse('the table is not there')
  const eol = lineBreak(text)
  const lead = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol
  const header = `[${parent.map((key) => bareKey(String(key))).join('.')}]`
  const code = `${lead}${header}${eol}${name} = ${value}${comment(write.comment)}${eol}`
  return [{ start: text.length, end: text.length, text: code }]
}

function addTo(
  text: string,
  table: Table,
  name: string,
  value: string,
  after: string | undefined,
  note: string | undefined,
): FragmentEdit[] {
  const index = table.assignments.findIndex(({ names }) => names.length === 1 && names[0] === after)
  const above = index < 0 ? table.assignments : table.assignments.slice(0, index + 1)
  const last = above[above.length - 1]
  if (last) {
    const line = assignmentLine(text, name, value, above, indentation(text, last.keyStart))
    return [below(text, last.valueEnd, line + comment(note))]
  }
  const line = `${name} = ${value}${comment(note)}`
  if (table.headerEnd > 0) return [below(text, table.headerEnd, line)]
  // Keys of the document stand before the first table, behind the comments at the top.
  let at = 0
  while (at < text.length && text.slice(at, lineEnd(text, at)).trim().startsWith('#')) at = nextLine(text, at)
  const eol = lineBreak(text)
  const lead = at > 0 && text[at - 1] !== '\n' ? eol : ''
  const gap = text.slice(at).trim() === '' || text.slice(at, lineEnd(text, at)).trim() === '' ? '' : eol
  return [{ start: at, end: at, text: lead + line + eol + gap }]
}

function comment(note: string | undefined): string {
  return note ? `  # ${note.replace(/^#\s*/, '')}` : ''
}

function isPrefix(path: readonly (string | number)[], keys: readonly (string | number)[]): boolean {
  return path.length <= keys.length && path.every((key, i) => String(key) === String(keys[i]))
}

/** Tables with their lines, in order; null where a line is not TOML. */
function scan(text: string): Table[] | null {
  const tables: Table[] = [{ path: [], start: 0, headerEnd: 0, assignments: [] }]
  /** Number of tables so far in each array. */
  const counts = new Map<string, number>()
  let at = 0
  while (at < text.length) {
    const start = at + /^[ \t]*/.exec(text.slice(at, at + 1000))![0].length
    const end = lineEnd(text, start)
    const c = text[start]
    if (start >= end || c === '#') {
      at = nextLine(text, start)
    } else if (c === '[') {
      const header = readKeys(text, start + (text[start + 1] === '[' ? 2 : 1))
      const isArray = text[start + 1] === '['
      const close = isArray ? ']]' : ']'
      if (!header || !text.startsWith(close, header.end) || !endsLine(text, header.end + close.length))
        return null
      const path = withIndices(header.keys, counts)
      if (isArray) {
        const key = JSON.stringify(path)
        const count = counts.get(key) ?? 0
        counts.set(key, count + 1)
        path.push(count)
      }
      tables.push({ path, start, headerEnd: header.end + close.length, assignments: [] })
      at = nextLine(text, start)
    } else {
      const key = readKeys(text, start)
      if (!key || text[key.end] !== '=' || !startsLine(text, start)) return null
      const valueStart = key.end + 1 + /^[ \t]*/.exec(text.slice(key.end + 1, key.end + 1000))![0].length
      const stop = valueEnd(text, valueStart, 'toml')
      if (stop <= valueStart || !endsLine(text, stop)) return null
      tables[tables.length - 1]!.assignments.push({
        names: key.keys,
        keyStart: start,
        equals: key.end,
        valueStart,
        valueEnd: stop,
      })
      at = nextLine(text, stop)
    }
  }
  return tables
}

/** `[a.b]` below `[[a]]` belongs to the last table of the array. */
function withIndices(keys: readonly string[], counts: ReadonlyMap<string, number>): (string | number)[] {
  const path: (string | number)[] = []
  for (const [i, key] of keys.entries()) {
    path.push(key)
    const count = counts.get(JSON.stringify(path))
    if (count !== undefined && i < keys.length - 1) path.push(count - 1)
  }
  return path
}

/** Keys with dots between them; `end` is behind them and the white space that follows. */
function readKeys(text: string, from: number): { keys: string[]; end: number } | null {
  const keys: string[] = []
  let at = from
  for (;;) {
    const part = /^[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*/.exec(
      text.slice(at, at + 1000),
    )
    if (!part) return null
    keys.push(part[1] ?? part[3] ?? unescaped(part[2]!))
    at += part[0].length
    if (text[at] !== '.') return { keys, end: at }
    at++
  }
}

function unescaped(body: string): string {
  try {
    return JSON.parse(`"${body}"`) as string
  } catch {
    return body
  }
}
