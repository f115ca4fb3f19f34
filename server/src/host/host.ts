/**
 * What the engine asks of the machine it runs on. Paths are strings with `/` as separator: a root (an absolute path,
 * or a URI in the browser) and, below it, relative paths joined by `under`. The Node host is `node/host.ts`; tests and
 * the browser bring their own.
 */
import type { GrammarSource } from '../syntax/parser.js'
import type { AnswerStore } from './answers.js'

export type EntryKind = 'file' | 'folder' | 'link' | 'other'

export interface Entry {
  name: string
  kind: EntryKind
}

/** One worker of the pool: structured-clone messages both ways. */
export interface HostWorker {
  post(message: unknown, transfer?: ArrayBuffer[]): void
  onMessage(listener: (message: unknown) => void): void
  /** The worker died: an uncaught error, out of memory, a failed start. */
  onError(listener: (error: Error) => void): void
  terminate(): Promise<void>
}

export interface Host {
  /** Rejects with a readable message when there is no such file or it cannot be read. */
  read(path: string): Promise<Uint8Array>
  /** Entries of a folder in no particular order; rejects with a readable message when it cannot be read. */
  list(folder: string): Promise<Entry[]>
  /** What stands at a path after following every link; undefined: nothing. `path` is free of links. */
  resolve(path: string): Promise<{ path: string; kind: EntryKind } | undefined>
  /** Bytes of the file, without reading it; undefined: nothing there. */
  size(path: string): Promise<number | undefined>
  readonly cpuCount: number
  /** The process ends with its answer: what only a later change would ask for is not held. */
  readonly isShort?: boolean
  /** A worker is about to read the file in the place of this thread. */
  willBeRead?(path: string): void
  /** Called often during long work: now and then it lets what else waits for this thread have its turn. */
  pause?(): Promise<void> | undefined
  /** Called between two files, or two subjects, of a large project: what the first one took can be given back. */
  betweenFiles?(): void
  /** The WebAssembly of the parser and its grammars. */
  grammarSource(): Promise<GrammarSource>
  /** Where answers about the project with this root are kept between runs; absent: nowhere. */
  answersFor?(root: string): AnswerStore | undefined
  /** Absent where the host has no threads: everything then runs in this one. */
  createWorker?(): HostWorker
}

/** The path of something below a root. */
export function under(root: string, relative: string): string {
  if (relative === '' || relative === '.') return root
  return root.endsWith('/') ? root + relative : `${root}/${relative}`
}

/** The way from a root to a path, '' for the root itself; undefined when the path is not below it. */
export function relativeTo(root: string, path: string): string | undefined {
  if (path === root) return ''
  const prefix = root.endsWith('/') ? root : `${root}/`
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined
}
