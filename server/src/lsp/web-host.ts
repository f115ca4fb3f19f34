/** The files of a browser's workspace: a web worker has none, so the client reads them. */
import type { Connection } from 'vscode-languageserver'
import { type Entry, type EntryKind, type Host, relativeTo } from '../linter.js'

interface Stat {
  kind: EntryKind
  size: number
}

export function createWebHost(connection: Connection, root: string): Host {
  const place = (path: string) => ({ root, path: relativeTo(root, path) ?? path })
  const stat = (path: string) => connection.sendRequest<Stat | null>('costlint/host/stat', place(path))
  return {
    cpuCount: 1,
    read: (path) => connection.sendRequest<Uint8Array>('costlint/host/read', place(path)),
    list: (path) => connection.sendRequest<Entry[]>('costlint/host/list', place(path)),
    async resolve(path) {
      const found = await stat(path)
      return found === null ? undefined : { path, kind: found.kind }
    },
    size: async (path) => (await stat(path))?.size,
    grammarSource: () => grammarSource(connection),
  }
}

export async function grammarSource(connection: Connection): ReturnType<Host['grammarSource']> {
  const grammar = (name: string) => connection.sendRequest<Uint8Array>('costlint/host/grammar', { name })
  return { runtime: await grammar('web-tree-sitter'), grammar }
}
