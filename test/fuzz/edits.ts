/** Texts as people and merges leave them: a project of the corpus with damage done to it, small enough to shrink. */
import fc from 'fast-check'
import { odd } from '../robustness/damage.js'

export type Files = ReadonlyMap<string, string>

export interface Edit {
  kind: 'delete' | 'double' | 'insert' | 'replace' | 'borrow' | 'move' | 'cut' | 'line'
  /** Which file, and where in it, as shares. */
  file: number
  at: number
  /** Tokens or lines. */
  count: number
  piece: number
  to: number
}

export interface Damaged {
  /** Of the corpus. */
  project: number
  edits: Edit[]
}

const token = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu
const share = () => fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('delete', 'double', 'insert', 'replace', 'borrow', 'move', 'cut', 'line'),
  file: share(),
  at: share(),
  count: fc.integer({ min: 1, max: 6 }),
  piece: share(),
  to: share(),
})

export function damaged(projects: number, mostEdits = 6): fc.Arbitrary<Damaged> {
  return fc.record({
    // Small numbers are no simpler projects.
    project: fc.noBias(fc.nat({ max: projects - 1 })),
    edits: fc.array(edit, { maxLength: mostEdits }),
  })
}

/** The files after the damage. */
export function filesAfter({ project, edits }: Damaged, projects: readonly Files[]): Map<string, string> {
  const files = new Map(projects[project % projects.length]!)
  const paths = [...files.keys()]
  for (const each of edits) {
    const path = paths[Math.floor(each.file * paths.length)]!
    const other = files.get(paths[Math.floor(each.piece * paths.length)]!)!
    files.set(path, edited(files.get(path)!, other, each))
  }
  return files
}

export function edited(text: string, other: string, { kind, at, count, piece, to }: Edit): string {
  if (kind === 'cut') return text.slice(0, Math.floor(at * (text.length + 1)))
  if (kind === 'line') {
    const lines = text.split('\n')
    const moved = lines.splice(Math.floor(at * lines.length), count)
    lines.splice(Math.floor(to * (lines.length + 1)), 0, ...moved)
    return lines.join('\n')
  }
  const tokens = text.match(token) ?? []
  const from = Math.floor(at * (tokens.length + 1))
  const strange = odd[Math.floor(piece * odd.length)]!
  if (kind === 'delete') tokens.splice(from, count)
  else if (kind === 'double') tokens.splice(from, 0, ...tokens.slice(from, from + count))
  else if (kind === 'insert') tokens.splice(from, 0, strange)
  else if (kind === 'replace') tokens.splice(from, count, strange)
  else if (kind === 'borrow') {
    const words = other.match(token) ?? ['x']
    const first = Math.floor(to * words.length)
    tokens.splice(from, 0, ...words.slice(first, first + 2 * count))
  } else {
    const moved = tokens.splice(from, count)
    tokens.splice(Math.floor(to * (tokens.length + 1)), 0, ...moved)
  }
  return tokens.join('')
}
