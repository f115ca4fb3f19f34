/** What TOML and HCL have in common: lines `name = value`, and values that end where their line does. */
import { indentation, lineBreak, lineEnd, lineStart } from './fragment-edit.js'

export interface Assignment {
  /** The keys on the left, unquoted. */
  names: string[]
  keyStart: number
  equals: number
  valueStart: number
  valueEnd: number
}

/**
 * Where the value at `at` ends: at its line break, at a comment, or at a bracket or comma that closes what is around
 * it. Strings of one and several lines, brackets and heredocs are skipped. -1: it never ends.
 */
export function valueEnd(text: string, at: number, language: 'toml' | 'hcl'): number {
  let depth = 0
  let i = at
  let end = at
  while (i < text.length) {
    const c = text[i]!
    if (c === '\n' && depth === 0) return end
    if (c === '#' || (language === 'hcl' && c === '/' && text[i + 1] === '/')) {
      if (depth === 0) return end
      i = lineEnd(text, i)
      continue
    }
    if (language === 'hcl' && c === '/' && text[i + 1] === '*') {
      const close = text.indexOf('*/', i + 2)
      if (close < 0) return -1
      if (depth === 0) return end
      i = close + 2
      continue
    }
    if (c === '"' || (c === "'" && language === 'toml')) {
      i = stringEnd(text, i, language)
      if (i < 0) return -1
      end = i
      continue
    }
    if (c === '<' && language === 'hcl' && /^<<[-~]?[A-Za-z_]/.test(text.slice(i, i + 4))) {
      i = heredocEnd(text, i)
      if (i < 0) return -1
      end = i
      continue
    }
    if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c) && --depth < 0) return end
    else if (c === ',' && depth === 0) return end
    i++
    if (!/\s/.test(c)) end = i
  }
  return depth > 0 ? -1 : end
}

/** Interpolations hold strings that hold interpolations; deeper than this is not configuration. */
const deepest = 50

function stringEnd(text: string, at: number, language: 'toml' | 'hcl', depth = 0): number {
  const quote = text[at]!
  const triple = language === 'toml' && text.startsWith(quote.repeat(3), at)
  let i = at + (triple ? 3 : 1)
  while (i < text.length) {
    const c = text[i]!
    if (c === '\\' && quote === '"') i += 2
    else if (language === 'hcl' && (c === '$' || c === '%') && text[i + 1] === c && text[i + 2] === '{')
      i += 3
    else if (language === 'hcl' && (c === '$' || c === '%') && text[i + 1] === '{') {
      i = depth < deepest ? interpolationEnd(text, i + 1, depth + 1) : -1
      if (i < 0) return -1
    } else if (triple && text.startsWith(quote.repeat(3), i)) {
      // Up to two quotes may stand directly before the closing ones.
      let end = i + 3
      while (end < i + 5 && text[end] === quote) end++
      return end
    } else if (!triple && c === quote) return i + 1
    else if (!triple && c === '\n') return -1
    else i++
  }
  return -1
}

function interpolationEnd(text: string, open: number, depth: number): number {
  let braces = 0
  let i = open
  while (i < text.length) {
    const c = text[i]!
    if (c === '{') braces++
    else if (c === '}' && --braces === 0) return i + 1
    else if (c === '"') {
      i = stringEnd(text, i, 'hcl', depth)
      if (i < 0) return -1
      continue
    }
    i++
  }
  return -1
}

function heredocEnd(text: string, at: number): number {
  const word = /^<<[-~]?(\w+)/.exec(text.slice(at, at + 100))
  if (!word) return -1
  const closing = new RegExp(`^[ \\t]*${word[1]}[ \\t]*\\r?$`, 'm')
  const from = lineEnd(text, at)
  const found = closing.exec(text.slice(from))
  return found ? from + found.index + found[0].trimEnd().length : -1
}

/** A new line's text, with its `=` under those of the lines above where these are aligned. */
export function assignmentLine(
  text: string,
  name: string,
  value: string,
  above: readonly Assignment[],
  indent: string,
): string {
  const last = above[above.length - 1]
  let padded = name
  if (last) {
    const column = last.equals - lineStart(text, last.equals)
    const gap = /[ \t]*$/.exec(text.slice(last.keyStart, last.equals))![0].length
    const group = joined(text, above)
    const isAligned =
      gap > 1 ||
      (group.length > 1 && group.every((one) => one.equals - lineStart(text, one.equals) === column))
    const width = column - 1 - indentation(text, last.keyStart).length
    if (isAligned && name.length <= width) padded = name.padEnd(width)
    if (gap === 0) return `${indent}${name}=${value}`
  }
  return `${indent}${padded} = ${value}`
}

/** The last assignments that stand on lines directly below each other. */
function joined(text: string, above: readonly Assignment[]): Assignment[] {
  let first = above.length - 1
  while (first > 0) {
    const between = text.slice(above[first - 1]!.valueEnd, above[first]!.keyStart)
    if ((between.match(/\n/g) ?? []).length !== 1) break
    first--
  }
  return above.slice(first)
}

/** A value of TOML or HCL on one line; undefined where the language has no such value. */
export function inlineValue(value: unknown, language: 'toml' | 'hcl'): string | undefined {
  if (typeof value === 'string') {
    const spelled = JSON.stringify(value).replace(/\u007f/g, '\\u007f')
    return language === 'hcl' ? spelled.replace(/([$%])\{/g, '$1$1{') : spelled
  }
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (value === null || value === undefined) return language === 'hcl' ? 'null' : undefined
  if (Array.isArray(value)) {
    const items = value.map((item) => inlineValue(item, language))
    return items.includes(undefined) ? undefined : `[${items.join(', ')}]`
  }
  if (typeof value !== 'object') return undefined
  const entries = Object.entries(value).map(([key, item]) => {
    const spelled = inlineValue(item, language)
    return spelled === undefined ? undefined : `${bareKey(key)} = ${spelled}`
  })
  if (entries.includes(undefined)) return undefined
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

export function bareKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key)
}

/** Where lines are added behind the last character of something: behind the end of its line. */
export function below(
  text: string,
  offset: number,
  line: string,
): { start: number; end: number; text: string } {
  const at = lineEnd(text, offset)
  return { start: at, end: at, text: lineBreak(text) + line }
}
