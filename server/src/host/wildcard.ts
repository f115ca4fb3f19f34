/** Names with `*` for any characters, as in `[budget] machines`: 'g5.*', 'ml.g*'. Case does not count. */
export function matchesWildcard(pattern: string, name: string): boolean {
  const [first, ...rest] = pattern.toLowerCase().split('*')
  const text = name.toLowerCase()
  if (rest.length === 0) return text === first
  if (!text.startsWith(first!)) return false
  const last = rest.pop()!
  let at = first!.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
