/** Files into records: texts of the editor, files on disk, by workers where there are many, or what an earlier run kept. */

import type { Analyzer } from '../extraction/analyzer.js'
import type { FileRecord } from '../extraction/file-record.js'
import type { KeptAnswers } from '../host/answers.js'
import { type Backend, LocalBackend, type Versions } from '../host/backend.js'
import { type Host, under } from '../host/host.js'
import { fileOfText, type OpenText } from '../host/open-text.js'
import { PoolBackend } from '../host/pool.js'
import { spelled } from '../linking/extraction-keys.js'
import type { LintError, LintOptions } from '../lint.js'
import { digestOf } from '../text/digest.js'

/**
 * Files, times processors, from which workers are worth their cold start: each compiles and warms up the whole engine
 * again, about a second of processor time. Measured on 2 processors: even at about 800 files, a fifth faster at 1,850.
 */
const filesForPool = 1_600

/** Files that are asked for at the same time. */
const atOnce = 24

const mostWorkers = 8

export interface FileReadingOptions {
  root: string
  host: Host
  analyzer: Analyzer
  answers: KeptAnswers | null
  /** Texts of the editor, which stand before those on disk. */
  overlays: ReadonlyMap<string, OpenText>
  versionsOf: (path: string) => Versions
  /** Undefined: the host's processors, where they are worth their start. */
  workers: number | undefined
}

export class FileReading {
  readonly records = new Map<string, FileRecord>()
  readonly local: LocalBackend
  private readonly unread = new Map<string, string>()
  /** Those among the unread at which the engine failed: a fault of its own. */
  private readonly broken = new Set<string>()
  private pool: PoolBackend | null = null
  /** There are so many files that workers read them. */
  private isLarge = false

  constructor(private readonly options: FileReadingOptions) {
    this.local = new LocalBackend(options.root, options.host, options.analyzer)
  }

  /** Whether it was read, or could not be. */
  knows(path: string): boolean {
    return this.records.has(path) || this.unread.has(path)
  }

  paths(): string[] {
    return [...this.records.keys(), ...this.unread.keys()]
  }

  /** What could not be read. `faults`: because of the engine. */
  errors(): { faults: LintError[]; unreadable: LintError[] } {
    const all = [...this.unread].map(([path, message]) => ({ path, message }))
    return {
      faults: all.filter(({ path }) => this.broken.has(path)),
      unreadable: all.filter(({ path }) => !this.broken.has(path)),
    }
  }

  backendOf(path: string): Backend {
    return this.pool === null || this.options.overlays.has(path) ? this.local : this.pool
  }

  drop(path: string): void {
    this.records.delete(path)
    this.unread.delete(path)
    this.broken.delete(path)
    this.local.forget(path)
    this.pool?.forget(path)
  }

  /**
   * `force`: although no reader has a word in them. `spare`: somebody types meanwhile, and one processor is left for the
   * answers.
   */
  async load(
    paths: readonly string[],
    force: boolean,
    { signal, onProgress }: LintOptions,
    spare: boolean,
  ): Promise<void> {
    const { host } = this.options
    let done = 0
    const queue: string[] = []
    for (const path of paths) {
      if (await this.recall(path, force)) onProgress?.({ done: ++done, total: paths.length })
      else queue.push(path)
      await host.pause?.()
      signal?.throwIfAborted()
    }
    await this.startPool(queue, spare)
    const lane = async (): Promise<void> => {
      for (let path = queue.shift(); path !== undefined && signal?.aborted !== true; path = queue.shift()) {
        await this.loadOne(path, force)
        await host.pause?.()
        onProgress?.({ done: ++done, total: paths.length })
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, lane))
    signal?.throwIfAborted()
  }

  private async startPool(paths: readonly string[], spare: boolean): Promise<void> {
    const { root, host, overlays, workers } = this.options
    const wanted = workers ?? host.cpuCount
    if (this.pool !== null || host.createWorker === undefined || wanted === 0) return
    const onDisk = paths.filter((path) => !overlays.has(path)).length
    // Whoever asks for workers gets them; otherwise they must pay.
    if (onDisk === 0 || (workers === undefined && onDisk * wanted < filesForPool)) return
    // Nobody else needs this thread, so it reads as well.
    const own = workers === undefined && host.isShort === true && wanted > 1 ? this.local : null
    const others = Math.min(wanted, mostWorkers) - (spare || own !== null ? 1 : 0)
    try {
      this.pool = await PoolBackend.start(root, host, Math.max(1, others), own)
      this.options.analyzer.trees.keepLess()
      this.isLarge = true
    } catch {
      // Without threads the same work is done here.
      this.pool = null
    }
  }

  /** Takes the record that an earlier run made of the same bytes. False: there is none. */
  private async recall(path: string, force: boolean): Promise<boolean> {
    const { root, host, answers, overlays, versionsOf } = this.options
    if (answers === null || !answers.knows(path) || overlays.has(path)) return false
    let bytes: Uint8Array
    try {
      bytes = await host.read(under(root, path))
    } catch {
      return false
    }
    const key = recordKey(digestOf(bytes), versionsOf(path))
    const record = answers.get<FileRecord>(path, recordQuestion(force), key)
    if (record === undefined) return false
    this.local.forget(path)
    this.pool?.forget(path)
    this.unread.delete(path)
    this.broken.delete(path)
    this.records.set(path, record)
    return true
  }

  private async loadOne(path: string, force: boolean): Promise<void> {
    const { root, host, analyzer, answers, overlays } = this.options
    const overlay = overlays.get(path)
    const versions = this.options.versionsOf(path)
    this.broken.delete(path)
    try {
      if (overlay !== undefined) {
        analyzer.trees.startEditing(path)
        this.records.set(path, await this.local.loadOpen(fileOfText(path, overlay), versions, force))
        this.unread.delete(path)
        return
      }
      // This thread may hold an older text of a file that a worker reads anew.
      this.local.forget(path)
      const result = await this.backendOf(path).load(path, force, versions)
      if ('record' in result) {
        const { record, digest } = result
        this.records.set(path, record)
        this.unread.delete(path)
        if (digest !== undefined && record.faults.length === 0)
          answers?.put(path, recordQuestion(force), recordKey(digest, versions), record)
        return
      }
      this.drop(path)
      // A file that has gone is no error.
      if ((await host.resolve(under(root, path))) !== undefined) this.unread.set(path, result.error)
    } catch (error) {
      this.drop(path)
      this.unread.set(path, `cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      this.broken.add(path)
    }
  }

  /** In a large project memory is worth more than the time that it takes to collect it. */
  giveBack(): void {
    if (this.isLarge) this.options.host.betweenFiles?.()
  }

  /** Whoever asks for more is answered by this thread. */
  async endWorkers(): Promise<void> {
    const { pool } = this
    this.pool = null
    await pool?.dispose()
  }

  async dispose(): Promise<void> {
    for (const path of this.options.overlays.keys()) this.options.analyzer.trees.stopEditing(path)
    await this.pool?.dispose()
    await this.local.dispose()
  }
}

/** A file that another one asks for says more: the values that it holds. */
function recordQuestion(force: boolean): string {
  return force ? 'record for others' : 'record'
}

function recordKey(digest: string, versions: Versions): string {
  return `${digest}|${spelled(versions)}`
}
