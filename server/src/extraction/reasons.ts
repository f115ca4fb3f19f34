/** Settings beside which a comment says why they are as they are: `num_workers=0,  # slower with more on Lustre`. */

import type { Location, Span } from '../text/location.js'
import { isOpen } from '../text/open-comment.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'

interface Comment extends Span {
  text: string
}

const reason =
  /\b(because|causes?|caused|due to|avoids?|prevents?|hangs?|freezes|dead-?locks?|crash(es)?|leaks?|slower|slows|slowing|slow-?downs?|covers?|work-?around|otherwise|breaks?|broken|fails?|not supported|unsupported|unstable|diverges?|needed (for|by|because)|required (for|by)|(doesn't|does not|don't|won't|cannot|can't) \w+|must (be|stay|not)|has to be|oom|out of memory|bug in|nans?|limitations?|on purpose|intentional(ly)?|deliberate(ly)?|explicite?ly|for [^.;]*\b(stability|compatibility)|more stable|for (a )?fair (comparison|baseline)s?)\b/i

/** The same in other languages: avoid, so that not, because, compatible, unsupported, must. In texts, which the build may write in ASCII. */
const elsewhere = [
  '兼容 避免 防止 否则 因为 由于 不支持 必须 互換 回避 ため 防ぐ 호환 방지 때문',
  'чтобы избежа иначе совместим',
  'evitar evitando porque compatibilidad estabilidad estabilidade éviter stabilité compatibilité vermeiden vermeidet weil sonst',
]
const reasonElsewhere = new RegExp(
  elsewhere
    .flatMap((words) => words.split(' '))
    .map((word) => (/[a-z]/.test(word) ? `(?<!\\p{L})${word}(?!\\p{L})` : word))
    .join('|'),
  'iu',
)

/** Comments that give a reason; mostly none. */
export function reasonsIn(comments: readonly Comment[]): Comment[] {
  return comments.filter(({ text }) => (reason.test(text) || reasonElsewhere.test(text)) && !isOpen(text))
}

/** Marks claims on the line of such a comment, under one that names their key, or in a call with one that names their value; and others of the file that set the same. */
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
    if (line !== undefined && (!line.alone || isAbout(line.comment, claim.key))) return true
    return reasons.some((comment) => isInside(comment, claim, builder) && namesValue(comment.text, claim))
  })
  if (marked.length === 0) return
  const beside = new Set(marked)
  const said = new Set(marked.filter(({ state }) => state === 'known').map(written))
  for (const claim of claims)
    if (beside.has(claim) || (claim.state === 'known' && said.has(written(claim)))) claim.reasoned = true
}

function isInside({ start, end }: Comment, { site }: Claim, { fragment }: ClaimBuilder): boolean {
  return site.fragment === fragment.index && site.path === undefined && site.start <= start && end <= site.end
}

/** `fp16=False,  # fp32 for stability` is said of `bf16=False` as well. */
function namesValue(comment: string, claim: Claim): boolean {
  const value = claim.state === 'known' || claim.state === 'default' ? claim.value : null
  return typeof value === 'string' && value.length > 3 && comment.split(/[^\w.-]+/).includes(value)
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
