/** Patterns of paths: `*` and `?` within a folder, `**` over any number of them. */

const longest = 1_000

/**
 * In time that grows with the product of both lengths, whatever the pattern. `**` followed by `/` also stands for no
 * folder at all.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  if (pattern.length > longest || path.length > longest) return false
  const tokens = pattern.match(/\*\*\/?|[\s\S]/g) ?? []
  // Which lengths of the path the tokens so far can stand for.
  let reached = new Uint8Array(path.length + 1)
  reached[0] = 1
  for (const token of tokens) {
    const next = new Uint8Array(path.length + 1)
    const wild = token === '*' || token.startsWith('**')
    let open = false
    for (let at = 0; at <= path.length; at++) {
      if (wild) {
        if (token === '*' && at > 0 && path[at - 1] === '/') open = false
        if (reached[at] === 1) open = true
        // Whole folders, or none.
        if (open && (token !== '**/' || reached[at] === 1 || path[at - 1] === '/')) next[at] = 1
      } else if (at > 0 && reached[at - 1] === 1) {
        const letter = path[at - 1]
        if (letter === token || (token === '?' && letter !== '/')) next[at] = 1
      }
    }
    reached = next
  }
  return reached[path.length] === 1
}
