/** What `${NAME//a/b}` and its kin make of a text. Source: bash 5, "Shell Parameter Expansion". */

/** `${NAME//__REGION__/$REGION}`; null: another expansion, or a pattern that is no plain text. */
export function editOf(inner: string): { name: string; edit: Edit } | null {
  // `${NAME/%b/c}` replaces an end.
  const replaced = /^([A-Za-z_]\w*)(\/\/|\/(?!%))([\w@%:={}<>.-]+)(?:\/([\s\S]*))?$/.exec(inner)
  if (replaced !== null) {
    const [, name, slashes, pattern, by = ''] = replaced
    return { name: name!, edit: { kind: 'replace', pattern: pattern!, by, all: slashes === '//' } }
  }
  const changed = /^([A-Za-z_]\w*)(,,|\^\^)$/.exec(inner)
  if (changed !== null) return { name: changed[1]!, edit: { kind: changed[2] === ',,' ? 'lower' : 'upper' } }
  const cut = /^([A-Za-z_]\w*)(?:(##)\*\/|%{1,2}([\w.-]+))$/.exec(inner)
  if (cut === null) return null
  return { name: cut[1]!, edit: cut[2] === undefined ? { kind: 'end', end: cut[3]! } : { kind: 'file' } }
}

export type Edit =
  | { kind: 'replace'; pattern: string; by: string; all: boolean }
  | { kind: 'lower' | 'upper' }
  /** Without this end. */
  | { kind: 'end'; end: string }
  /** The last part of a path. */
  | { kind: 'file' }

/**
 * @param by what stands for the pattern, expanded.
 * @param longest characters of the result; null: it would have more.
 */
export function edited(text: string, edit: Edit, by: string, longest: number): string | null {
  switch (edit.kind) {
    case 'replace': {
      const parts = text.split(edit.pattern)
      const times = edit.all ? parts.length - 1 : Math.min(1, parts.length - 1)
      if (text.length + times * by.length > longest) return null
      return edit.all ? parts.join(by) : text.replace(edit.pattern, () => by)
    }
    case 'lower':
      return text.toLowerCase()
    case 'upper':
      return text.toUpperCase()
    case 'end':
      return text.endsWith(edit.end) ? text.slice(0, -edit.end.length) : text
    case 'file':
      return text.slice(text.lastIndexOf('/') + 1)
  }
}
