/** Folders that a program adds to those where it looks for modules: `sys.path.insert(0, './models')`. */

const adds = /^[^#\n]*\bsys\.path\.(?:insert|append|extend)\(([^\n]*)/gm
const most = 8

/** As written, without what is only known when it runs: `os.path.join(os.path.dirname(__file__), '..', 'lib')` is '../lib'. */
export function searchedFolders(text: string): string[] {
  if (!text.includes('sys.path.')) return []
  const found = new Set<string>()
  for (const [, given] of text.matchAll(adds)) {
    const parts = [...given!.matchAll(/(["'])([\w ./-]*)\1/g)].map(([, , part]) => part)
    const folder = parts.join('/').replace(/^\/+/, '')
    if (/\w/.test(folder) && found.size < most) found.add(folder)
  }
  return [...found]
}
