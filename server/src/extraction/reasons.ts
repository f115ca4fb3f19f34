/** Settings beside which a comment says why they are as they are: `num_workers=0,  # slower with more on Lustre`. */

import type { Location, Span } from '../text/location.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'

interface Comment extends Span {
  text: string
}

const reason =
  /\b(because|causes?|caused|due to|avoids?|prevents?|hangs?|freezes|dead-?locks?|crash(es)?|leaks?|slower|slows|slowing|slow-?downs?|covers?|work-?around|otherwise|breaks?|broken|fails?|not supported|unsupported|unstable|diverges?|needed (for|by|because)|required (for|by)|(doesn't|does not|don't|won't|cannot|can't) \w+|must (be|stay|not)|has to be|oom|out of memory|bug in|nans?|limitations?|on purpose|intentional(ly)?|deliberate(ly)?|for (a )?fair (comparison|baseline)s?)\b/i

/** It asks for a change itself. */
const open = /\b(todo|fixme|xxx|for now|temporar\w*|placeholder)\b|costlint/i

/** Comments that give a reason; mostly none. */
export function reasonsIn(comments: readonly Comment[]): Comment[] {
  return comments.filter(({ text }) => reason.test(text) && !open.test(text))
}

/** Marks claims on the line of such a comment, or under one that names their key; and others of the file that set the same. */
export function markReasoned(
  claims: readonly Claim[],
  builder: ClaimBuilder,
  reasons: readonly Comment[],
): void {
  const { text } = builder.fragment
  const lines = reasons.map((comment) => {
    const start = text.lastIndexOf('\n', comment.start - 1) + 1
    const alone = text.slice(start, comment.start).trim() === ''
    const end = lineEnd(text, comment.end)
    const next = alone ? lineEnd(text, end + 1) : end
    return { comment: comment.text, alone, at: builder.locate({ start, end: next }) }
  })
  const marked = claims.filter((claim) => {
    const line = lines.find(({ at }) => startsIn(claim.location, at))
    return line !== undefined && (!line.alone || isAbout(line.comment, claim.key))
  })
  const beside = new Set(marked)
  const said = new Set(marked.filter(({ state }) => state === 'known').map(written))
  for (const claim of claims)
    if (beside.has(claim) || (claim.state === 'known' && said.has(written(claim)))) claim.reasoned = true
}

/** The comment names the key, or the one word that `set_retry`, `num_workers` are about. */
function isAbout(comment: string, key: string): boolean {
  if (comment.includes(key)) return true
  const word = /^(?:set|num|n|max|min|use|enable|with)_([a-z]{5,}?)s?$/.exec(key)?.[1]
  return word !== undefined && new RegExp(`\\b${word}s?\\b`, 'i').test(comment)
}

const written = (claim: Claim): string =>
  JSON.stringify([claim.setting, claim.key, claim.state === 'known' ? claim.value : null])

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function startsIn(inner: Location, outer: Location): boolean {
  return (
    inner.path === outer.path &&
    inner.cell === outer.cell &&
    inner.start >= outer.start &&
    inner.start <= outer.end
  )
}
