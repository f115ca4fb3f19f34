/**
 * The files of a project as links ask for them. Who asks is not asked back: what an answer depends on is noted, and
 * what has not been read so far is noted to be read.
 */
import type { FileRecord } from '../extraction/file-record.js'
import type { HydraFile } from '../link/hydra.js'
import type { ConfigurationContent } from '../link/inherited-configuration.js'
import { hashOf } from '../text/digest.js'
import type { Questions } from './questions.js'

/** A file is read for what readers say of it, or for the values that it holds. */
export type Purpose = 'code' | 'values'

export class ProjectFiles {
  private known: ReadonlySet<string> = new Set()
  private wanted = new Map<string, Purpose>()
  /** All of them, and those among them that have been read; both sorted. */
  private list: readonly string[] = []
  private readList: readonly string[] = []
  /** A hash of all of them; null: nobody has asked for it. */
  private listed: string | null = null
  private readonly chosen = new Map<string, readonly string[]>()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly questions: Questions,
  ) {}

  set(all: readonly string[], read: readonly string[]): void {
    this.readList = read
    if (all === this.list) return
    this.list = all
    this.known = new Set(all)
    this.chosen.clear()
    this.listed = null
  }

  /** Paths that a pattern fits. */
  matching(pattern: RegExp): readonly string[] {
    this.questions.read('files')
    let paths = this.chosen.get(pattern.source)
    if (paths === undefined) {
      paths = this.list.filter((path) => pattern.test(path))
      this.chosen.set(pattern.source, paths)
    }
    return paths
  }

  has(path: string): boolean {
    this.questions.read(`file ${path}`)
    return this.isKnown(path)
  }

  /** The same for who makes no answer of it. */
  isKnown(path: string): boolean {
    return this.known.has(path)
  }

  record(path: string): FileRecord | undefined {
    this.questions.read(`record ${path}`)
    return this.records.get(path)
  }

  /** The same for who makes no answer of it. */
  peek(path: string): FileRecord | undefined {
    return this.records.get(path)
  }

  /** By path: whatever order the files were read in, the same is found. */
  *readRecords(): Generator<FileRecord> {
    for (const path of this.readList) {
      const record = this.records.get(path)
      if (record !== undefined) yield record
    }
  }

  /** Has the file read although no reader has a word in it. */
  want(path: string): void {
    if (this.records.get(path)?.filtered === true) this.wanted.set(path, this.wanted.get(path) ?? 'code')
  }

  /** What a configuration file holds; 'pending': it will be read. */
  values(path: string): HydraFile | 'pending' | undefined {
    if (!this.has(path)) return undefined
    const record = this.record(path)
    if (record === undefined) return undefined
    return record.configured ?? this.pending(path)
  }

  /** What the function `get_config` of a Python file makes; undefined: there is none. */
  made(path: string): HydraFile | 'pending' | undefined {
    const record = this.has(path) ? this.record(path) : undefined
    if (record === undefined) return undefined
    return record.configured ?? (record.module === undefined ? this.pending(path) : undefined)
  }

  /** The same, or what a Python file holds that is one. */
  content(path: string): ConfigurationContent | 'pending' | undefined {
    if (!/\.(py|ya?ml|json|torchxconfig)$/.test(path) || !this.has(path)) return undefined
    const record = this.record(path)
    if (record === undefined) return undefined
    if (!path.endsWith('.py')) {
      const values = this.values(path)
      return values === undefined || values === 'pending' ? values : { values: values.root }
    }
    return record.module === undefined ? this.pending(path) : { module: record.module }
  }

  /** What a script holds; undefined: it is none, or it has not been read so far. */
  text(path: string): string | undefined {
    const record = this.record(path)
    if (record !== undefined && record.text === undefined) this.pending(path)
    return record?.text
  }

  private pending(path: string): 'pending' {
    this.wanted.set(path, 'values')
    return 'pending'
  }

  /** What was asked for since the last call and has not been read. */
  takeWanted(): ReadonlyMap<string, Purpose> {
    const { wanted } = this
    this.wanted = new Map()
    return wanted
  }

  /** What an input of the questions is like; undefined: it is about something else. */
  look(kind: string, path: string): string | undefined {
    // Spelled by what they are, since answers that outlive the process depend on it.
    if (kind === 'files') {
      this.listed ??= hashOf(this.list.join('\n'))
      return this.listed
    }
    if (kind === 'file') return this.known.has(path) ? 'there' : ''
    if (kind !== 'record') return undefined
    const record = this.records.get(path)
    if (record === undefined) return ''
    const { hash, filtered, configured, module, text } = record
    // A file that was read for its values says more than before, by the same bytes.
    return `${hash}${filtered ? ' unread' : ''}${configured === undefined && module === undefined && text === undefined ? '' : ' values'}`
  }
}
