/** What a program imports in which no reader has a word: it may do nothing but start what another module holds. */

/** Programs are short; what comes later than this is no import of one. In bytes. */
const mostBytes = 100_000
const mostImports = 100

const guarded = /^if[ \t(]+__name__[ \t]*==/m
/** `Trainer(model).fit()` at top level. */
const calls = /^(\w+[ \t]*=[ \t]*)?[A-Za-z_][\w.]*\(/m

/** Modules as written; null: it only defines, or imports nothing. */
export function startedModules(bytes: Uint8Array): string[] | null {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, mostBytes))
  if (!guarded.test(text) && !calls.test(text)) return null
  const found = new Set<string>()
  for (const [, list] of text.matchAll(/^[ \t]*import[ \t]+([\w., \t]+)/gm))
    for (const one of list!.split(',')) found.add(one.trim().split(/\s/)[0]!)
  for (const [, base, list] of text.matchAll(
    /^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*(\([^)]*|[^\n]*)/gm,
  )) {
    found.add(base!)
    const between = base!.endsWith('.') ? '' : '.'
    for (const [name] of list!.matchAll(/[A-Za-z_]\w*/g)) found.add(`${base}${between}${name}`)
  }
  found.delete('')
  return found.size === 0 ? null : [...found].slice(0, mostImports)
}
