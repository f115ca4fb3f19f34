/** Fragments made of pieces of another fragment: a heredoc, a `run: |` block, a `!command` line. */
import { lowerBound } from './sorted.js'
import type { Language, Segment, SourceFragment } from './source-fragment.js'

/**
 * Text of a fragment and the range of the parent that it came from. Equal lengths: character by character. Anything
 * else (a decoded escape, an added newline, start = end) has no place of its own.
 */
export interface Piece {
  text: string
  start: number
  end: number
}

/** A fragment whose places are found through those of its parent, so that fragments of fragments map to the file. */
export function fragmentOf(
  parent: SourceFragment,
  index: number,
  language: Language,
  pieces: readonly Piece[],
  origin: SourceFragment['origin'],
  target?: string,
): SourceFragment {
  const segments: Segment[] = []
  let length = 0
  for (const piece of pieces) {
    if (piece.text.length === piece.end - piece.start) place(parent.segments, piece, length, segments)
    length += piece.text.length
  }
  const fragment: SourceFragment = {
    index,
    language,
    text: pieces.map((piece) => piece.text).join(''),
    segments,
    origin,
  }
  if (target !== undefined) fragment.target = target
  return fragment
}

/** Adds the parts of the parent's segments that a piece covers, moved to where the piece stands. */
function place(from: readonly Segment[], piece: Piece, at: number, into: Segment[]): void {
  for (let next = firstReaching(from, piece.start); next < from.length; next++) {
    const segment = from[next]!
    if (segment.start >= piece.end) break
    const start = Math.max(segment.start, piece.start)
    const end = Math.min(segment.end, piece.end)
    if (start >= end) continue
    const added: Segment = {
      start: at + start - piece.start,
      end: at + end - piece.start,
      cell: segment.cell,
      source: segment.source + start - segment.start,
    }
    const last = into[into.length - 1]
    const joins =
      last !== undefined &&
      last.cell === added.cell &&
      last.end === added.start &&
      last.source + last.end - last.start === added.source
    if (joins) last.end = added.end
    else into.push(added)
  }
}

/** Index of the first segment that ends behind an offset. */
function firstReaching(segments: readonly Segment[], offset: number): number {
  return lowerBound(segments, ({ end }) => end <= offset)
}
