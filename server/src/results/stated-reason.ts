/** Comments that say why code is as it is: `# bf16 diverges here`. Whoever wrote it has decided, and need not be warned. */
import type { Location, Span } from '../text/location.js'

/** Words with which people justify what looks wasteful. */
const reason =
  /\b(on purpose|intentional(ly)?|deliberate(ly)?|diverge[sd]?|diverging|nans?|(numerically )?unstable|instabilit(y|ies)|(over|under)flow(s|ed|ing)?|(does(n't| not)|never|stops?|won't) converg(e|es|ing)|los(es|t|ing) (accuracy|precision)|(needs?|requires?|must (be|have|stay|run)) [^.;]*\b(fp32|float32|full precision|single precision)|required by|(does|do|may|might|can)(n't| ?not)( yet)? support|not (yet )?supported|unsupported|incompatib\w+|(do not|don't) (change|lower|reduce|remove|enable|cache|switch)|crash(es|ed)?|hangs?|deadlocks?|fix(es)? for|work-?around for|(resolves?|avoids?|prevents?|fix(es)?|works? around|gets? around) [^.;]*\b(\w*errors?|\w*exceptions?|bugs?|failures?)|only (available|works?|possible|supported) (when|with|if|in)|(fails?|breaks?|raises?( \w+)?) (without|otherwise|unless))\b/i
/** What nobody has decided yet. */
const open =
  /\b(todo|fixme|xxx|hack|try|maybe|perhaps|check (if|whether)|should (we|i|be)|could (be|we))\b|\?/i

/** The line of the place, or the comment directly above it, gives a reason. */
export function hasStatedReason(text: string, { start, end }: Location): boolean {
  const comments = [trailing(text, end), above(text, start)]
  return comments.some((one) => one !== null && reason.test(one) && !open.test(one))
}

/** What a comment says of the value before it: with another value it would be wrong. */
const speaks =
  /\b(disabled?|enabled?|(turn|switch)ed o(n|ff)|limit(ed|ation)?s?|baselines?|because|since|due to|(has|have) to|must|needs?|required?|avoids?|prevents?|otherwise|work-?around|windows|debug(ging)?|reproducib\w+|determinis\w+|slow(er|s)?|fast(er)?|safe(r|ly|ty)?|stab(le|ility)|compatib\w+|explicite?ly|simpl(er|icity)|on purpose|intentional(ly)?|deliberate(ly)?)\b/i

/** The comment behind the code at a place speaks of the value that stands there. */
export function isExplained(text: string, { start, end }: Span): boolean {
  const comment = trailing(text, end)
  if (comment === null) return false
  const value = text.slice(start, end).replace(/^["']|["']$/g, '')
  // `workers = 0  # 0: in this process` tells what a digit means, whichever stands there.
  const repeated = value.length > 1 && comment.split(/[^\w.-]+/).includes(value)
  return repeated || speaks.test(comment)
}

/** What is removed stands under a comment that says where it comes from: an issue, a page. */
export function isReferred(text: string, { start }: Span): boolean {
  return /https?:\/\//.test(above(text, start) ?? '')
}

/** Words of a comment that with a setting of its subject would be wrong: `# in-memory storage`, `# keep all checkpoints`. */
const denies =
  /\b(no|not|none|without|(do|does|is|are)n't|all|every|never|in[- ]memory|single|only|disabled?|off)\b/i

/** A comment on the line of an insertion says the opposite of what a key that is set there means. */
export function isDenied(text: string, { start, end }: Span, keys: readonly string[]): boolean {
  const stems = keys.flatMap((key) => key.split(/[_.-]/)).filter((word) => word.length > 4)
  return [trailing(text, end), above(text, start)].some(
    (one) =>
      one !== null &&
      denies.test(one) &&
      stems.some((stem) => one.toLowerCase().includes(stem.replace(/s$/, ''))),
  )
}

/** The comment behind the code of the line. */
function trailing(text: string, end: number): string | null {
  const last = text.indexOf('\n', end)
  const rest = text.slice(end, last < 0 ? undefined : last)
  const found = /(?:^|\s)(?:#|\/\/)\s(.*)$/.exec(rest)
  if (found === null) return null
  const before = rest.slice(0, found.index)
  const isInText = ['"', "'"].some((mark) => (before.split(mark).length - 1) % 2 === 1)
  return isInText ? null : found[1]!
}

/** The comments that stand alone on the lines directly above, or above one blank line. */
function above(text: string, start: number): string | null {
  const lines: string[] = []
  let lineStart = text.lastIndexOf('\n', start - 1) + 1
  const blank = lineStart > 0 ? text.lastIndexOf('\n', lineStart - 2) + 1 : 0
  if (lineStart > 0 && text.slice(blank, lineStart).trim() === '') lineStart = blank
  while (lineStart > 0) {
    const before = text.lastIndexOf('\n', lineStart - 2) + 1
    const comment = /^\s*(?:#|\/\/)(?!!)\s*(.*)$/.exec(text.slice(before, lineStart - 1).trimEnd())
    if (comment === null) break
    lines.unshift(comment[1]!)
    lineStart = before
  }
  return lines.length === 0 ? null : lines.join(' ')
}
