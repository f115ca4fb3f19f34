/**
 * Several writes to one text, each seen by the next: every write works on the text as the earlier ones left it, and the
 * result is expressed as edits of the original.
 */
import { applyFragmentEdits, type FragmentEdit, isRefusal, orderEdits } from './fragment-edit.js'
import type { Refusal } from './write.js'

type Piece = { start: number; end: number } | { text: string }

function lengthOf(piece: Piece): number {
  return 'text' in piece ? piece.text.length : piece.end - piece.start
}

function cut(piece: Piece, from: number, to: number): Piece {
  if ('text' in piece) return { text: piece.text.slice(from, to) }
  return { start: piece.start + from, end: piece.start + to }
}

/** The pieces with one edit carried out; its offsets are those of the text that the pieces make. */
function replaceIn(pieces: readonly Piece[], edit: FragmentEdit): Piece[] {
  const result: Piece[] = []
  let position = 0
  let inserted = false
  const insert = () => {
    if (!inserted && edit.text !== '') result.push({ text: edit.text })
    inserted = true
  }
  for (const piece of pieces) {
    const length = lengthOf(piece)
    const before = Math.min(length, Math.max(0, edit.start - position))
    const after = Math.min(length, Math.max(0, edit.end - position))
    if (before > 0) result.push(cut(piece, 0, before))
    if (before < length) insert()
    if (after < length && after >= before) result.push(cut(piece, after, length))
    position += length
  }
  insert()
  return result.filter((piece) => lengthOf(piece) > 0)
}

function toEdits(pieces: readonly Piece[], length: number): FragmentEdit[] {
  const edits: FragmentEdit[] = []
  let position = 0
  let pending = ''
  const close = (at: number) => {
    if (at > position || pending !== '') edits.push({ start: position, end: at, text: pending })
    pending = ''
  }
  for (const piece of pieces) {
    if ('text' in piece) pending += piece.text
    else {
      close(piece.start)
      position = piece.end
    }
  }
  close(length)
  return edits
}

export function inSequence<W>(
  text: string,
  writes: readonly W[],
  carryOut: (text: string, write: W) => FragmentEdit[] | Refusal,
): FragmentEdit[] | Refusal {
  let pieces: Piece[] = [{ start: 0, end: text.length }]
  let current = text
  for (const write of writes) {
    const result = carryOut(current, write)
    const edits = isRefusal(result) ? result : orderEdits(result)
    if (isRefusal(edits)) return edits
    for (const edit of [...edits].reverse()) pieces = replaceIn(pieces, edit)
    current = applyFragmentEdits(current, edits)
  }
  return toEdits(pieces, text.length)
}
