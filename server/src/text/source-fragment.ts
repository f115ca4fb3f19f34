import type { Location, Span } from './location.js'
import type { MakeRule } from './makefile.js'

export type Language =
  | 'python'
  | 'yaml'
  | 'json'
  | 'toml'
  | 'hcl'
  | 'shell'
  | 'dockerfile'
  | 'requirements'
  | 'ini'
  | 'markdown'

/**
 * A run of a fragment's text that stands unchanged in a file: `[start, end)` of the fragment is
 * `[source, source + end - start)` of the file or cell. Text between segments (an added newline, a decoded escape)
 * has no place of its own and maps to the nearest edge.
 */
export interface Segment {
  start: number
  end: number
  cell: number | null
  source: number
}

/**
 * One text in one language: a whole file, the Python cells of a notebook, a `!command` line, a `%%bash` or
 * `%%writefile` cell, a heredoc, a `run: |` block. Everything after the text stage works on fragments; offsets map back
 * through `segments`. Text that the language cannot parse (magics, a byte-order mark) is masked at equal length.
 */
export interface SourceFragment {
  /** Index of the fragment within its file; 0 is the file itself (for a notebook: its Python cells). */
  index: number
  language: Language
  text: string
  segments: Segment[]
  /** Where the text came from. */
  origin: 'file' | 'notebook' | 'magic' | 'writefile' | 'heredoc' | 'block' | 'argument'
  /** For `%%writefile NAME` cells and heredocs into a file: the name that the text will have; else that of a program inside of a command. */
  target?: string
  /** Of a Makefile, whose recipes are read as a shell script. */
  rules?: MakeRule[]
  /** Where its recipes' lines begin. */
  recipeLines?: number[]
}

/** Index of the last segment that starts at or before `offset`; 0 when there is none. */
function segmentAt(segments: Segment[], offset: number): number {
  let low = 0
  let high = segments.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (segments[middle]!.start <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The place in the file of a range of a fragment. A range over several cells is cut at the end of its first cell. */
export function locate(path: string, fragment: SourceFragment, span: Span): Location {
  const { segments } = fragment
  if (segments.length === 0) return { path, cell: null, start: 0, end: 0 }
  let first = segmentAt(segments, span.start)
  // A range that begins in a gap belongs to what follows it.
  const next = segments[first + 1]
  if (span.start >= segments[first]!.end && next !== undefined && next.start < span.end) first++
  const head = segments[first]!
  const start = head.source + Math.max(0, Math.min(span.start, head.end) - head.start)
  let last = segmentAt(segments, Math.max(span.start, span.end - 1))
  while (last > first && segments[last]!.cell !== head.cell) last--
  const tail = segments[last]!
  const end = tail.source + Math.max(0, Math.min(span.end, tail.end) - tail.start)
  return { path, cell: head.cell, start, end: Math.max(start, end) }
}

/** The offset in the fragment of a place in the file, or undefined when the fragment does not hold it. */
export function offsetInFragment(
  fragment: SourceFragment,
  cell: number | null,
  offset: number,
): number | undefined {
  for (const segment of fragment.segments) {
    const length = segment.end - segment.start
    if (segment.cell === cell && offset >= segment.source && offset <= segment.source + length) {
      return segment.start + offset - segment.source
    }
  }
  return undefined
}
