/** Files of variables, one in a line, as Docker, Compose, uv and python-dotenv read them: `train.env`. */

/** In the order in which they stand; a later one of the same name counts. */
export function variablesIn(text: string): [name: string, value: string][] {
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [, name, given] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined) return []
    const [, , quoted] = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(given!) ?? []
    return [[name, quoted ?? given!.replace(/\s+#.*$/, '').trim()]]
  })
}

/** The text, as many lines, without values that are nobody's business: what is kept of it may be written to a cache. */
export function withoutSecrets(text: string): string {
  return text
    .replace(secret, (whole: string, name: string) => name + whole.replace(/[^\n]/g, ''))
    .replace(login, '$1')
}

/** A value in quotes may be a key of several lines. */
const secret =
  /^([ \t]*(?:export[ \t]+)?\w*(?:TOKEN(?!S\b|IZE)|SECRET|PASS(?!ES)|CREDENTIAL|KEY|AUTH|DSN)\w*[ \t]*=)(?:[ \t]*(?:"[^"]*"|'[^']*'))?.*$/gim
/** Of an address: `postgres://user:password@host`. */
const login = /(:\/\/)[^\s/@:]*:[^\s/@]*@/g
