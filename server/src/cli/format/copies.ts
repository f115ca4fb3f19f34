/** Near-identical copies of a file (`train_v2.py` beside `train.py`): people read a finding in them once. */
import { count } from '../../estimate/figures.js'
import type { Shown } from '../report.js'

export interface ShownOnce {
  shown: Shown
  /** The same finding in copies of its file. */
  copies: Shown[]
}

/** Share of lines that two texts have in common, of all lines of both, from which on one is a copy of the other. */
const nearlyAll = 0.8

/** The findings in their order, each with those in copies of its file. */
export function foldCopies(findings: readonly Shown[]): ShownOnce[] {
  const first = new Map<string, ShownOnce[]>()
  const lines = new Map<string, Map<string, number>>()
  const linesOf = ({ table: { text } }: Shown) => {
    const known = lines.get(text)
    if (known !== undefined) return known
    const counted = new Map<string, number>()
    for (const line of text.split(/\r\n|\n|\r/).map((each) => each.trim()))
      if (line !== '') counted.set(line, (counted.get(line) ?? 0) + 1)
    lines.set(text, counted)
    return counted
  }
  const folded: ShownOnce[] = []
  for (const shown of findings) {
    const { moved, severity } = shown.finding
    const like = moved === undefined ? [] : (first.get(`${severity} ${moved}`) ?? [])
    const known = like.find(
      (one) => one.shown.path !== shown.path && inCommon(linesOf(one.shown), linesOf(shown)) >= nearlyAll,
    )
    if (known !== undefined) {
      known.copies.push(shown)
      continue
    }
    const own = { shown, copies: [] }
    folded.push(own)
    if (moved !== undefined) first.set(`${severity} ${moved}`, [...like, own])
  }
  return folded
}

/** Copies that are named one by one. */
const mostCopies = 5

/** 'in 2 copies of this file: b.py:7:10, c.py:7:10' */
export function copiesText(copies: readonly Shown[], place: (copy: Shown) => string): string {
  const named = copies.slice(0, mostCopies).map(place)
  const more = copies.length - named.length
  return `in ${count(copies.length, 'copy', 'copies')} of this file: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** 0: no line is in both; 1: the same lines, in whatever order. */
function inCommon(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let common = 0
  let all = 0
  for (const [line, count] of a) {
    const other = b.get(line) ?? 0
    common += Math.min(count, other)
    all += Math.max(count, other)
  }
  for (const [line, count] of b) if (!a.has(line)) all += count
  return all === 0 ? 1 : common / all
}
