/** How large a table is that lies in a file as text: rows and columns of CSV, rows of JSON lines. */
import { parsedJson } from '../text/json.js'

export interface TableSize {
  rows: number
  /** Null: rows of JSON have no columns. */
  columns: number | null
}

const newline = 10
const quote = 34
const [blank, tab, carriageReturn] = [32, 9, 13]

/** Null: it is no such file, or not one that can be counted. */
export function tableSize(path: string, bytes: Uint8Array): TableSize | null {
  if (bytes.length === 0 || bytes.subarray(0, 4_000).includes(0)) return null
  const kind = /\.([a-z]+)$/.exec(path.toLowerCase())?.[1]
  switch (kind) {
    case 'csv':
    case 'tsv':
      return csvSize(bytes)
    case 'txt':
    case 'jsonl':
    case 'ndjson':
      return { rows: filledLines(bytes), columns: null }
    case 'json':
      return jsonSize(bytes)
  }
  return null
}

/** Bytes of a JSON text that is parsed as a whole. */
const largestJson = 16_000_000

function jsonSize(bytes: Uint8Array): TableSize | null {
  const decoder = new TextDecoder()
  const end = bytes.indexOf(newline)
  const first = decoder.decode(bytes.subarray(0, end < 0 ? bytes.length : end)).trim()
  if (first.startsWith('{')) {
    // Lines of JSON, whatever the file is called; one object over several lines is something else.
    return parsedJson(first) === undefined ? null : { rows: filledLines(bytes), columns: null }
  }
  if (bytes.length > largestJson) return null
  const whole = parsedJson(decoder.decode(bytes))
  return Array.isArray(whole) ? { rows: whole.length, columns: null } : null
}

function filledLines(bytes: Uint8Array): number {
  let [lines, filled] = [0, false]
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === newline) {
      if (filled) lines++
      filled = false
    } else if (byte !== blank && byte !== tab && byte !== carriageReturn) filled = true
  }
  return filled ? lines + 1 : lines
}

const separators = [',', ';', '\t', '|'].map((one) => one.charCodeAt(0))

/** The first line names the columns; a line end within quotes is part of a cell. */
function csvSize(bytes: Uint8Array): TableSize | null {
  const counts = separators.map(() => 0)
  let [records, filled, isQuoted] = [0, false, false]
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === quote) {
      isQuoted = !isQuoted
      filled = true
    } else if (byte === newline && !isQuoted) {
      if (filled) records++
      filled = false
    } else if (byte !== carriageReturn) {
      filled = true
      const separator = records === 0 && !isQuoted ? separators.indexOf(byte) : -1
      if (separator >= 0) counts[separator]!++
    }
  }
  if (filled) records++
  // A quote that is never closed is a letter like any other: there is no telling where rows end.
  if (isQuoted || records < 2) return null
  return { rows: records - 1, columns: 1 + Math.max(...counts) }
}

/** Several files that make one table; null: one of them cannot be counted. */
export function together(sizes: readonly (TableSize | null)[]): TableSize | null {
  const read = sizes.flatMap((one) => one ?? [])
  const [first] = read
  if (first === undefined || read.length < sizes.length) return null
  return { rows: read.reduce((total, { rows }) => total + rows, 0), columns: first.columns }
}
