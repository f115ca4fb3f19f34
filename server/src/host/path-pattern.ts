/**
 * One pattern in the syntax of `.gitignore`. It is matched segment by segment and without regular expressions: what users
 * write (`**\/a/**\/a/…`) must not take time that grows with the number of ways to match it. Source: gitignore(5), fnmatch(3).
 */

/** One character, any, any number of them, or one of a set. */
type Token = string | { any: 'one' | 'many' } | { not: boolean; ranges: [first: string, last: string][] }

type Segment = '**' | readonly Token[]

export interface PathPattern {
  /** Begins with `!`: brings back what others leave out. */
  negative: boolean
  /** Ends with `/`. */
  folder: boolean
  segments: readonly Segment[]
  /** What the name of each path that it matches ends with, or is as a whole. */
  ending: string
  whole: boolean
}

/** Null: a comment, an empty line, or no pattern that could match anything. */
export function pathPattern(line: string): PathPattern | null {
  let source = line.replace(/\r$/, '')
  if (source.startsWith('#')) return null
  const negative = source.startsWith('!')
  if (negative) source = source.slice(1)
  source = withoutBlanks(source)
  const folder = source.endsWith('/')
  if (folder) source = source.slice(0, -1)
  if (source === '') return null
  const anchored = source.includes('/')
  const segments: Segment[] = anchored ? [] : ['**']
  for (const part of (source.startsWith('/') ? source.slice(1) : source).split('/')) {
    if (/^\*{2,}$/.test(part)) {
      if (segments.at(-1) !== '**') segments.push('**')
      continue
    }
    const tokens = tokensOf(part)
    if (tokens === null) return null
    segments.push(tokens)
  }
  // `a/**` is everything inside of a, and not a itself.
  if (segments.at(-1) === '**') segments.push([{ any: 'many' }])
  return { negative, folder, segments, ...endingOf(segments.at(-1)!) }
}

function endingOf(last: Segment): Pick<PathPattern, 'ending' | 'whole'> {
  let ending = ''
  let at = last.length
  while (at > 0 && typeof last[at - 1] === 'string') ending = `${last[--at] as string}${ending}`
  return { ending, whole: at === 0 }
}

/** Names that each path has to hold that the pattern or what is below it matches; empty: any path may. */
export function literalNames(line: string): string[] {
  return (pathPattern(line)?.segments ?? []).flatMap((segment) =>
    segment !== '**' && segment.every((token) => typeof token === 'string') ? [segment.join('')] : [],
  )
}

/** Blanks at the end count only behind a backslash. */
function withoutBlanks(source: string): string {
  let end = source.length
  while (end > 0 && source[end - 1] === ' ' && source[end - 2] !== '\\') end--
  return source.slice(0, end)
}

/** Null: a bracket that is not closed. */
function tokensOf(part: string): Token[] | null {
  const tokens: Token[] = []
  for (let at = 0; at < part.length; at++) {
    const char = part[at]!
    if (char === '*') {
      const last = tokens.at(-1)
      if (typeof last !== 'object' || !('any' in last) || last.any !== 'many') tokens.push({ any: 'many' })
    } else if (char === '?') tokens.push({ any: 'one' })
    else if (char === '\\') {
      at++
      if (at === part.length) return null
      tokens.push(part[at]!)
    } else if (char === '[') {
      const set = setAt(part, at + 1)
      if (set === null) return null
      tokens.push(set.token)
      at = set.end
    } else tokens.push(char)
  }
  return tokens
}

/** What stands between brackets; `end`: the closing one. */
function setAt(part: string, start: number): { token: Token; end: number } | null {
  const not = part[start] === '!' || part[start] === '^'
  const ranges: [string, string][] = []
  const first = start + (not ? 1 : 0)
  for (let at = first; at < part.length; at++) {
    if (part[at] === ']' && at > first) return { token: { not, ranges }, end: at }
    if (part[at] === '\\') at++
    const from = part[at]
    if (from === undefined) return null
    if (part[at + 1] === '-' && part[at + 2] !== undefined && part[at + 2] !== ']') {
      at += part[at + 2] === '\\' ? 3 : 2
      const to = part[at]
      if (to === undefined) return null
      ranges.push([from, to])
    } else ranges.push([from, from])
  }
  return null
}

export function matchesPath(
  { segments, folder, ending, whole }: PathPattern,
  path: readonly string[],
  isFolder: boolean,
): boolean {
  if (folder && !isFolder) return false
  // Most patterns are a name or end in one, which most paths do not.
  const name = path[path.length - 1]!
  if (whole ? name !== ending : !name.endsWith(ending)) return false
  return matches(
    segments,
    path,
    (segment) => segment === '**',
    (segment, part) => segment !== '**' && matchesName(segment, part),
  )
}

function matchesName(tokens: readonly Token[], name: string): boolean {
  return matches(tokens, name, isMany, matchesCharacter)
}

function isMany(token: Token): boolean {
  return typeof token === 'object' && 'any' in token && token.any === 'many'
}

function matchesCharacter(token: Token, char: string): boolean {
  if (typeof token === 'string') return token === char
  if ('any' in token) return true
  return token.ranges.some(([first, last]) => first <= char && char <= last) !== token.not
}

/**
 * A sequence of parts against a pattern, some of whose items stand for any number of parts. Where the match fails, only the
 * last of these has to take one more: time grows with the product of the lengths.
 */
function matches<Item, Part>(
  pattern: ArrayLike<Item>,
  parts: ArrayLike<Part>,
  wild: (item: Item) => boolean,
  fits: (item: Item, part: Part) => boolean,
): boolean {
  let item = 0
  let part = 0
  let star = -1
  let taken = 0
  while (part < parts.length) {
    if (item < pattern.length && wild(pattern[item]!)) {
      star = item++
      taken = part
    } else if (item < pattern.length && fits(pattern[item]!, parts[part]!)) {
      item++
      part++
    } else if (star < 0) return false
    else {
      item = star + 1
      part = ++taken
    }
  }
  while (item < pattern.length && wild(pattern[item]!)) item++
  return item === pattern.length
}
