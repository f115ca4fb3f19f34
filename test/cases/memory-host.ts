/** A host whose disk is a map of texts. Grammars come from the installation; there are no workers. */
import type { Entry, Host } from '../../server/src/host/host.js'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import type { GrammarName, GrammarSource } from '../../server/src/syntax/parser.js'

export const memoryRoot = '/case'

/** Read from disk once for all projects. */
let grammars: Promise<GrammarSource> | undefined

async function cachedGrammars(): Promise<GrammarSource> {
  const { runtime, grammar } = await grammarFiles()
  const bytes = new Map<GrammarName, Promise<Uint8Array>>()
  return {
    runtime,
    grammar(name) {
      const known = bytes.get(name) ?? grammar(name)
      bytes.set(name, known)
      return known
    },
  }
}

export function memoryHost(files: ReadonlyMap<string, string | Uint8Array>): Host {
  const path = (absolute: string) => (absolute === memoryRoot ? '' : absolute.slice(memoryRoot.length + 1))
  const below = (absolute: string) => absolute === memoryRoot || absolute.startsWith(`${memoryRoot}/`)
  const content = (absolute: string) => (below(absolute) ? files.get(path(absolute)) : undefined)
  const bytes = (text: string | Uint8Array) =>
    typeof text === 'string' ? new TextEncoder().encode(text) : text
  const entriesOf = (absolute: string): Entry[] => {
    const prefix = path(absolute) === '' ? '' : `${path(absolute)}/`
    const entries = new Map<string, Entry>()
    for (const name of files.keys()) {
      if (!below(absolute) || !name.startsWith(prefix)) continue
      const rest = name.slice(prefix.length).split('/')
      entries.set(rest[0]!, { name: rest[0]!, kind: rest.length > 1 ? 'folder' : 'file' })
    }
    return [...entries.values()]
  }
  return {
    cpuCount: 1,
    async read(absolute) {
      const found = content(absolute)
      if (found === undefined) throw new Error('cannot be read: no such file or folder')
      return bytes(found)
    },
    async list(folder) {
      return entriesOf(folder)
    },
    async resolve(absolute) {
      if (content(absolute) !== undefined) return { path: absolute, kind: 'file' }
      return absolute === memoryRoot || entriesOf(absolute).length > 0
        ? { path: absolute, kind: 'folder' }
        : undefined
    },
    async size(absolute) {
      const found = content(absolute)
      return found === undefined ? undefined : bytes(found).length
    },
    grammarSource() {
      grammars ??= cachedGrammars()
      return grammars
    },
  }
}
