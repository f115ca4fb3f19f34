/**
 * Templates inside other languages: Helm and Jinja in YAML, `${…}` in values. What stands in them is decided outside
 * the file, so it is masked before parsing and everything that it touches is unknown.
 */

import type { Span } from '../text/location.js'
import { define, lookUp } from '../text/records.js'
import { lowerBound } from '../text/sorted.js'

/**
 * Stands for every masked character that belongs to a value. A private-use character: legal in YAML and in shell
 * words, and absent from real files.
 */
export const filler = '\uE000'

export interface Masked {
  /** Same length as the original, same line breaks. */
  text: string
  /** Every template expression, in order. */
  spans: Span[]
  /** Offsets of expressions that stand alone on their lines and write something there (`{{ include … }}`), in order. */
  emissions: number[]
}

/** True for a string whose value the file alone does not give: `{{ … }}`, `{% … %}`, `${…}`. */
export function isTemplate(text: string): boolean {
  return /\{\{|\{%|\$\{|\$\[\[/.test(text)
}

/**
 * `{{job.start_time.iso_date}}`, `{{tasks.prepare.values.path}}`: what Databricks fills in when a job runs. The value is
 * not known, but the file is what it says.
 */
const runReference = /\{\{\s*(?:job|tasks?|run|workspace|backfill)\.[\w.[\]'"-]+\s*\}\}/g

export function withoutRunReferences(text: string): string {
  return text.includes('{{') ? text.replace(runReference, '') : text
}

export function isRunReference(expression: string): boolean {
  return withoutRunReferences(expression) === ''
}

// Longer than any expression people write, short enough that a stray `{{` does not swallow a file.
const longest = 4000

const control =
  /^\{%[-+~]?\s*(?!include|import|extends)|^\{#|^\{\{-?\s*(?:\/\*|if\b|else\b|end\b|range\b|with\b|define\b|block\b|fail\b|break\b|continue\b|\$\w+\s*:?=)/

/** Template expressions of a text, in order and apart from each other. */
function templateSpans(text: string): Span[] {
  const spans: Span[] = []
  const closers: Record<string, string> = { '{': '}}', '%': '%}', '#': '#}' }
  // Where each closer stands next, so that unclosed openers do not search the rest of the text again and again.
  const next: Record<string, number> = { '{': -1, '%': -1, '#': -1 }
  let from = 0
  for (;;) {
    const open = text.indexOf('{', from)
    if (open === -1) return spans
    from = open + 1
    const second = text[open + 1] ?? ''
    const closer = lookUp(closers, second)
    if (closer === undefined) continue
    // `${#array[@]}` is bash.
    if (second === '#' && text[open - 1] === '$') continue
    if (lookUp(next, second)! < open + 2) {
      const found = text.indexOf(closer, open + 2)
      define(next, second, found === -1 ? Number.POSITIVE_INFINITY : found)
    }
    const close = lookUp(next, second)!
    if (close - open > longest) continue
    if (second === '#' && text.slice(open, close).includes('\n')) continue
    let end = close + 2
    // `{{ {"a": {}} }}`: the last of a run of braces closes.
    if (second === '{') while (text[end] === '}') end++
    const start = text[open - 1] === '$' && second === '{' ? open - 1 : open
    spans.push({ start, end })
    from = end
  }
}

/**
 * Replaces template expressions at equal length: by blanks where they fill whole lines, so that block scalars and maps
 * around them stay readable, and by `filler` elsewhere.
 */
export function maskTemplates(text: string): Masked {
  if (!/\{[{%#]/.test(text)) return { text, spans: [], emissions: [] }
  const spans = templateSpans(text)
  const emissions: number[] = []
  const pieces: string[] = []
  let copied = 0
  let index = 0
  while (index < spans.length) {
    // A group: expressions with nothing but blanks between them.
    let last = index
    while (last + 1 < spans.length && /^[ \t]*$/.test(text.slice(spans[last]!.end, spans[last + 1]!.start)))
      last++
    const lineStart = text.lastIndexOf('\n', spans[index]!.start - 1) + 1
    let lineEnd = text.indexOf('\n', spans[last]!.end)
    if (lineEnd === -1) lineEnd = text.length
    const whole =
      text.slice(lineStart, spans[index]!.start).trim() === '' &&
      text.slice(spans[last]!.end, lineEnd).trim() === ''
    for (; index <= last; index++) {
      const span = spans[index]!
      const source = text.slice(span.start, span.end)
      if (whole && !control.test(source)) emissions.push(span.start)
      pieces.push(text.slice(copied, span.start), source.replace(/[^\r\n]/g, whole ? ' ' : filler))
      copied = span.end
    }
  }
  pieces.push(text.slice(copied))
  return { text: pieces.join(''), spans, emissions }
}

/** True when a template expression reaches into `[start, end)`. */
export function touches(spans: Span[], start: number, end: number): boolean {
  const index = lowerBound(spans, (span) => span.end <= start)
  return index < spans.length && spans[index]!.start < end
}

/** The first of the sorted offsets that lies in `[start, end)` and is not left out. */
export function firstOffset(
  offsets: number[],
  start: number,
  end: number,
  without?: ReadonlySet<number>,
): number | undefined {
  let index = lowerBound(offsets, (offset) => offset < start)
  while (without?.has(offsets[index]!) === true) index++
  const found = offsets[index]
  return found !== undefined && found < end ? found : undefined
}

/** Puts the template expressions of `[start, end)` back into a value that was parsed from the masked text. */
export function unmask(value: string, original: string, masked: Masked, start: number, end: number): string {
  if (!value.includes(filler)) return value
  const kept: string[] = []
  const index = lowerBound(masked.spans, (span) => span.end <= start)
  for (let i = index; i < masked.spans.length && masked.spans[i]!.start < end; i++) {
    const span = masked.spans[i]!
    for (let offset = span.start; offset < span.end; offset++) {
      if (masked.text[offset] === filler) kept.push(original[offset]!)
    }
  }
  let used = 0
  return value.replace(/\uE000/g, () => kept[used++] ?? '')
}
