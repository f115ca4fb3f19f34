/** The first sentence of a message, which stands alone in a list, and what follows it. */

export interface Split {
  head: string
  rest: string
}

/** Characters that a list of problems shows of a line in a usual window. */
const longestHead = 100
/** What is shorter tells nothing by itself: '90 epochs'. */
const shortestHead = 24

export function splitMessage(message: string): Split {
  const text = message.trim()
  const end = endOf(text, text.length, /^[.!?](?=\s+["`'(]?[A-Z0-9`])/)
  const sentence = end < 0 ? text : text.slice(0, end + 1)
  const following = end < 0 ? '' : text.slice(end + 1).trim()
  if (sentence.length <= longestHead) return { head: sentence, rest: following }
  const colon = endOf(sentence, longestHead, /^[:;](?=\s)/, shortestHead)
  const cut = colon < 0 ? endOf(sentence, longestHead, /^,(?= (?:so|and) )/) : colon
  if (cut < 0) return { head: sentence, rest: following }
  const reason = capital(sentence.slice(cut + 1).trim())
  return { head: `${sentence.slice(0, cut)}.`, rest: `${reason}${following === '' ? '' : ` ${following}`}` }
}

/** Where the pattern matches first, outside of code and parentheses; -1: nowhere from `least` to `limit`. */
function endOf(text: string, limit: number, pattern: RegExp, least = 0): number {
  let isCode = false
  let depth = 0
  for (let at = 0; at < Math.min(limit, text.length); at++) {
    const character = text[at]!
    if (character === '`') isCode = !isCode
    if (isCode) continue
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (depth <= 0 && at >= least && pattern.test(text.slice(at, at + 6))) return at
  }
  return -1
}

/** A word of prose gets a capital; a name is written as it is. */
function capital(text: string): string {
  return /^[a-z]+(?:[\s,;'’]|$)/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text
}
