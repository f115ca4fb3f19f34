/** Manifests of Kubernetes that Python code holds as dictionaries: `{"apiVersion": "batch/v1", …}`, read as JSON. */
import type { Piece } from './fragment.js'
import type { Embedded } from './magics.js'
import { assignmentsIn, expressionText, fieldsFilled } from './python-manifests.js'
import { lookUp } from './records.js'

const opening = /\{\s{0,200}["']apiVersion["']\s*:/g
/** Each of them costs a parse. */
const most = 20
const longest = 50_000
/** Characters of objects that cannot be read: they may lie inside one another. */
const mostUnread = 200_000
const token =
  /\s+|#[^\n]*|[{}[\],:]|([rRuUfF]?)("""|'''|["'])|-?\d[\d_.]*(?=\s*[,\]}#\n])|\b(?:True|False|None)\b(?=\s*[,\]}#\n])/y
const words: Record<string, string> = { True: 'true', False: 'false', None: 'null' }

export function manifestObjectsIn(text: string): Embedded[] {
  if (!text.includes('apiVersion')) return []
  const found: Embedded[] = []
  let values: ReadonlyMap<string, string | null> | undefined
  let unread = 0
  opening.lastIndex = 0
  while (found.length < most && unread < mostUnread) {
    const match = opening.exec(text)
    if (match === null) break
    values ??= assignmentsIn(text)
    const object = new ObjectText(text, values)
    const pieces = object.read(match.index)
    if (pieces === null) {
      unread += object.length
      continue
    }
    opening.lastIndex = pieces.at(-1)!.end
    if (
      /"kind":/.test(
        pieces
          .map((one) => one.text)
          .join('')
          .replace(/\s+/g, ''),
      )
    )
      found.push({ language: 'json', origin: 'heredoc', target: 'manifest.json', pieces })
  }
  return found
}

class ObjectText {
  private readonly pieces: Piece[] = []

  /** Of what was read of it. */
  get length(): number {
    return (this.pieces.at(-1)?.end ?? 0) - (this.pieces[0]?.start ?? 0)
  }

  constructor(
    private readonly text: string,
    private readonly values: ReadonlyMap<string, string | null>,
  ) {}

  /** The object that begins here; null: part of it stands elsewhere. */
  read(start: number): Piece[] | null {
    let depth = 0
    let at = start
    while (at < this.text.length && at - start < longest) {
      token.lastIndex = at
      const match = token.exec(this.text)
      const whole = match?.[0] ?? ''
      if (match === null) {
        // `**defaults`: more than can be read stands there.
        if (this.text.startsWith('**', at)) return null
        const end = this.expressionEnd(at)
        if (end === at) return null
        this.put(expressionText(this.text.slice(at, end), this.values), at, end, true)
        at = end
      } else if (match[2] !== undefined) {
        const end = this.strings(at, match[1]!, match[2])
        if (end === null) return null
        at = end
      } else {
        const end = at + whole.length
        this.put(
          lookUp(words, whole) ?? (whole[0] === '#' ? ' '.repeat(whole.length) : whole),
          at,
          end,
          false,
        )
        if (whole === '{' || whole === '[') depth++
        else if ((whole === '}' || whole === ']') && --depth === 0) return this.pieces
        at = end
      }
    }
    return null
  }

  private put(text: string, start: number, end: number, isQuoted: boolean): void {
    this.pieces.push({ text: isQuoted ? JSON.stringify(text) : text, start, end })
  }

  /** One text, of all strings that stand side by side. */
  private strings(start: number, prefix: string, quote: string): number | null {
    const behind = start + prefix.length + quote.length
    const close = this.text.indexOf(quote, behind)
    if (close < 0) return null
    const content = this.text.slice(behind, close)
    const end = close + quote.length
    if (content.includes('\\') || (quote.length === 1 && content.includes('\n'))) return null
    const next = /^\s*(?:\\\n\s*)?(?=[rRuUfF]?["'])/.exec(this.text.slice(end, end + 200))
    // What is calculated with a text, or asked of it, is another one.
    if (next === null && !/^\s*[,\]}:#]/.test(this.text.slice(end, end + 200))) {
      const stop = this.expressionEnd(start)
      this.put(expressionText(this.text.slice(start, stop), this.values), start, stop, true)
      return stop
    }
    const isFormatted = /f/i.test(prefix)
    if (next === null && !isFormatted && quote.length === 1 && prefix === '' && !/["\t]/.test(content)) {
      this.put('"', start, behind, false)
      this.put(content, behind, close, false)
      this.put('"', close, end, false)
      return end
    }
    let joined = isFormatted ? fieldsFilled(content, this.values) : content
    let stop = end
    for (let part = next; part !== null; ) {
      const from = stop + part[0].length
      const [all, own = '', mark = ''] =
        /^([rRuUfF]?)("""|'''|["'])/.exec(this.text.slice(from, from + 4)) ?? []
      const last = all === undefined ? -1 : this.text.indexOf(mark, from + all.length)
      if (last < 0) return null
      const inner = this.text.slice(from + all!.length, last)
      if (inner.includes('\\')) return null
      joined += /f/i.test(own) ? fieldsFilled(inner, this.values) : inner
      stop = last + mark.length
      part = /^\s*(?:\\\n\s*)?(?=[rRuUfF]?["'])/.exec(this.text.slice(stop, stop + 200))
    }
    this.put(joined, start, stop, true)
    return stop
  }

  /** Behind an expression: at the comma, colon or bracket that ends it. */
  private expressionEnd(start: number): number {
    let depth = 0
    for (let at = start; at < this.text.length && at - start < 2_000; at++) {
      const char = this.text[at]!
      if (char === '"' || char === "'") {
        const close = this.text.indexOf(char, at + 1)
        if (close < 0) return start
        at = close
      } else if ('([{'.includes(char)) depth++
      else if (')]}'.includes(char) && --depth < 0) return at
      else if (depth === 0 && (char === ',' || char === ':')) return at
    }
    return start
  }
}
