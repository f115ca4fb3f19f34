/**
 * Comments that silence findings: `costlint: ignore[rule, family/*] -- reason` on any line of the statement or on its
 * own above it, `costlint: ignore` for every rule, `costlint: ignore-file[…]` for the whole file. The same in every
 * language that has comments.
 */
import type { TextEdit } from '../edit/write.js'
import type { Location, Span } from '../text/location.js'
import { locate, type SourceFragment } from '../text/source-fragment.js'

export interface Suppression {
  /** Null: every rule. */
  selectors: string[] | null
  /** True: the whole file. */
  file: boolean
  reason: string | null
  /** What is wrong with the comment: it then silences nothing. */
  malformed: string | null
  /** The directive, without what else the comment says. */
  location: Location
  text: string
  /** A finding that starts in one of these ranges is silenced; unused for `file`. */
  covers: Location[]
  removal: TextEdit
  /** Between the brackets, where there are any. */
  list: Location | null
  /**
   * A word that is no directive, or the empty place where its colon is missing. `standsAlone`: nothing follows but what may
   * follow a directive. Absent: all is well.
   */
  word?: { text: string; location: Location; standsAlone: boolean }
}

interface Comment extends Span {
  text: string
}

const directive =
  /costlint\s*:\s*(ignore-file|ignore)(?![\w-])[ \t]*(?:\[([^\]\n]*)(\])?)?((?:[ \t]*--(?:(?!\s#\s|\*\/).)*)?)/

/** Looks like a directive: the name, a colon and a word; or one of the usual words without the colon. */
const lookalike =
  /^[\s#/*;<!-]*costlint(?:(\s*:)[ \t]*([\w-]*)|([ \t]+)(?:ignore-file|ignore|disable|noqa)(?![\w-])(?=[ \t]*(?:\[|--|$)))/

/** The suppressions of one fragment. `statements`: sorted, not overlapping (see `statements.ts`). */
export function readSuppressions(
  path: string,
  fragment: SourceFragment,
  comments: readonly Comment[],
  statements: readonly Span[],
): Suppression[] {
  const found: Suppression[] = []
  let lines: Lines | undefined
  for (const comment of comments) {
    if (!comment.text.includes('costlint')) continue
    const match = directive.exec(comment.text)
    const place = (start: number, end: number) => locate(path, fragment, { start, end })
    if (match === null) {
      const odd = lookalike.exec(comment.text)
      if (odd === null) continue
      lines ??= new Lines(fragment.text, comments)
      found.push(withoutEffect(fragment, comment, odd, lines, place))
      continue
    }
    lines ??= new Lines(fragment.text, comments)
    const [text, kind, list, closed, tail] = match
    const start = comment.start + match.index
    const end = start + text.trimEnd().length
    const listStart = list === undefined ? -1 : start + text.indexOf('[') + 1
    const names = list
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    const file = kind === 'ignore-file'
    found.push({
      selectors: names ?? null,
      file,
      reason: tail?.replace(/^\s*--\s*/, '').trim() || null,
      malformed:
        list !== undefined && closed === undefined
          ? 'the closing bracket of the rule list is missing'
          : names?.length === 0
            ? 'the list of rules is empty'
            : null,
      location: place(start, end),
      text: text.trimEnd(),
      covers: file ? [] : covered(comment, statements, lines).map((span) => place(span.start, span.end)),
      removal: removal(fragment, comment, match.index, text.length, lines, place),
      list: list === undefined || closed === undefined ? null : place(listStart, listStart + list.length),
    })
  }
  return found
}

function withoutEffect(
  fragment: SourceFragment,
  comment: Comment,
  [text, colon, word]: RegExpExecArray,
  lines: Lines,
  place: (start: number, end: number) => Location,
): Suppression {
  const index = text.indexOf('costlint')
  const start = comment.start + index
  const end = comment.start + text.length
  const after = start + 'costlint'.length
  return {
    selectors: null,
    file: false,
    reason: null,
    malformed:
      colon === undefined
        ? 'a colon is missing behind "costlint"'
        : word === ''
          ? 'it names no directive; there are ignore and ignore-file'
          : `"${word}" is no directive; there are ignore and ignore-file`,
    location: place(start, end),
    text: text.slice(index),
    covers: [],
    removal: removal(fragment, comment, index, text.length - index, lines, place),
    list: null,
    ...(colon === undefined
      ? { word: { text: '', location: place(after, after), standsAlone: true } }
      : word === ''
        ? {}
        : {
            word: {
              text: word!,
              location: place(end - word!.length, end),
              standsAlone: /^[ \t]*(?:\[|--|\*\/|-->|$)/.test(comment.text.slice(text.length)),
            },
          }),
  }
}

/** Line starts, and which lines hold nothing but a comment. */
class Lines {
  private readonly starts: number[] = [0]
  private readonly commentLines = new Set<number>()

  constructor(
    readonly text: string,
    comments: readonly Comment[],
  ) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1)
    for (const comment of comments) {
      if (this.isAlone(comment)) {
        for (let line = this.of(comment.start); line <= this.of(comment.end); line++)
          this.commentLines.add(line)
      }
    }
  }

  of(offset: number): number {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  start(line: number): number {
    return this.starts[line] ?? this.text.length
  }

  /** Without the line break. */
  end(line: number): number {
    let end = this.starts[line + 1] === undefined ? this.text.length : this.starts[line + 1]! - 1
    if (this.text[end - 1] === '\r' && end > this.start(line)) end--
    return end
  }

  isAlone(comment: Span): boolean {
    const before = this.text.slice(this.start(this.of(comment.start)), comment.start)
    const after = this.text.slice(comment.end, this.end(this.of(comment.end)))
    return before.trim() === '' && after.trim() === ''
  }

  /** The first line below a block of comments, when code stands there. */
  codeBelow(line: number): number | undefined {
    let below = line + 1
    while (this.commentLines.has(below)) below++
    if (below >= this.starts.length) return undefined
    return this.text.slice(this.start(below), this.end(below)).trim() === '' ? undefined : below
  }
}

function covered(comment: Comment, statements: readonly Span[], lines: Lines): Span[] {
  const within = statements[lastStartingAt(statements, comment.start)]
  if (within !== undefined && within.start <= comment.start && comment.end <= within.end) return [within]
  const line = lines.isAlone(comment) ? lines.codeBelow(lines.of(comment.end)) : lines.of(comment.start)
  if (line === undefined) return []
  const whole = { start: lines.start(line), end: lines.end(line) }
  const spans = [whole]
  // Statements that begin above and end on this line, and all that begin on it.
  for (let index = lastStartingAt(statements, whole.end); index >= 0; index--) {
    const statement = statements[index]!
    if (statement.end < whole.start) break
    if (statement.start < whole.start || statement.end > whole.end) spans.push(statement)
  }
  return spans
}

function lastStartingAt(statements: readonly Span[], offset: number): number {
  let low = -1
  let high = statements.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (statements[middle]!.start <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Takes the directive away, and with it the comment and the line that would be left empty. */
function removal(
  fragment: SourceFragment,
  comment: Comment,
  index: number,
  length: number,
  lines: Lines,
  place: (start: number, end: number) => Location,
): TextEdit {
  const before = comment.text.slice(0, index)
  const after = comment.text.slice(index + length).replace(/\*\/\s*$/, '')
  const empty = (text: string) => /^[\s#/*]*$/.test(text)
  if (empty(before) && empty(after)) {
    if (!lines.isAlone(comment)) {
      const code = fragment.text.slice(0, comment.start).trimEnd().length
      return {
        location: place(Math.max(code, lines.start(lines.of(comment.start))), comment.end),
        newText: '',
      }
    }
    const start = lines.start(lines.of(comment.start))
    const last = lines.of(comment.end)
    // The last line of a text takes the line break above it along.
    if (lines.start(last + 1) === fragment.text.length && !fragment.text.endsWith('\n') && start > 0) {
      return { location: place(lines.end(lines.of(start - 1)), comment.end), newText: '' }
    }
    return { location: place(start, lines.start(last + 1)), newText: '' }
  }
  const start = comment.start + index
  const end = start + length
  if (empty(before)) {
    // `# costlint: ignore # other`: the other comment keeps its own sign.
    const next = /^\s*#/.test(after) ? comment.start : start
    const gap = /^\s*/.exec(after)![0].length
    return { location: place(next, end + gap), newText: '' }
  }
  const lead = /[\s#]*$/.exec(before)![0].length
  return { location: place(start - lead, end), newText: '' }
}
