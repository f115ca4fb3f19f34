/** A host without files, for documents that lie in no folder: only what the editor holds exists. */
import type { Host } from '../linter.js'

export function withoutDisk(grammarSource: Host['grammarSource']): Host {
  return {
    cpuCount: 1,
    read: () => Promise.reject(new Error('cannot be read: it is not open')),
    list: () => Promise.resolve([]),
    resolve: () => Promise.resolve(undefined),
    size: () => Promise.resolve(undefined),
    grammarSource,
  }
}
