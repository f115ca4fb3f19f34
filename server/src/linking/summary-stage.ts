/**
 * What each module lets others know, with what it learns from the modules that it imports: each is summarised after
 * those, so that a definition is seen through any number of imports.
 */

import type { FileRecord } from '../extraction/file-record.js'
import type { KeptAnswers } from '../host/answers.js'
import type { Backend, ReadResult, Versions } from '../host/backend.js'
import { processorWheels } from '../link/versions.js'
import type { ModuleSummary } from '../python/module.js'
import { SharedParts } from '../python/shared-parts.js'
import type { SummaryFor } from '../python/summary.js'
import { hashOf } from '../text/digest.js'
import { define } from '../text/records.js'
import type { ImportGraph } from './import-graph.js'
import { linksAlike } from './quiet-edits.js'

export interface Summarised {
  summary: ModuleSummary
  /** Changes when the summary does. */
  hash: string
}

interface Kept extends Summarised {
  key: string
}

/** What a module says where nothing but these imports is around it. */
export interface ReadAlone {
  imported: Readonly<Record<string, ModuleSummary>>
  versions: Versions
  result: ReadResult
}

export class SummaryStage {
  private readonly cache = new Map<string, Kept>()
  /** Summaries by themselves, where imports go in a circle. */
  private readonly circular = new Map<string, Kept>()
  /** Of modules that nobody imports: they are analysed once for their summary and for what they say. */
  private readonly alone = new Map<string, ReadAlone>()
  private found = new Map<string, Summarised>()
  /** Modules that others import, as of the last time. */
  private imported: ReadonlySet<string> = new Set()
  /** Modules whose definitions nobody was expected to ask for. */
  private readonly withoutExports = new Set<string>()
  /** Those of them that a configuration names. */
  private readonly named = new Set<string>()
  private readonly parts = new SharedParts()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly backendOf: (path: string) => Backend,
    private readonly answersOf: (path: string) => KeptAnswers | null,
    /** It is read as it is launched, and not by itself. */
    private readonly isOnlyLaunched: (path: string) => boolean = () => false,
  ) {}

  /** As of the last time. */
  of(path: string): Summarised | undefined {
    return this.found.get(path)
  }

  /** What was read of a module together with its summary, once. */
  takeAlone(path: string): ReadAlone | undefined {
    const read = this.alone.get(path)
    this.alone.delete(path)
    return read
  }

  /** Whether the modules that configurations name have to be summarised once more, with what they define. */
  lacks(named: Iterable<string>): boolean {
    let lacking = false
    for (const path of named) {
      if (this.named.has(path)) continue
      this.named.add(path)
      if (this.withoutExports.has(path)) lacking = true
    }
    return lacking
  }

  /** Summarises every module, each after those that it imports. */
  async summarise(
    files: readonly string[],
    graph: ImportGraph,
    versionsOf: (path: string) => Versions,
  ): Promise<void> {
    const found = new Map<string, Summarised>()
    this.found = found
    this.imported = this.importedBy(files, graph)
    for (const level of this.levels(files, graph)) {
      // Those of one level do not wait for each other.
      const results = await Promise.all(
        level.map((record) => this.one(record, graph, versionsOf(record.path))),
      )
      level.forEach((record, index) => {
        const result = results[index]!
        if (result !== null) found.set(record.path, result)
      })
    }
    for (const kept of [this.cache, this.circular, this.alone])
      for (const path of [...kept.keys()]) if (!found.has(path)) kept.delete(path)
  }

  /**
   * Summarises a module again of which nothing has changed but its text. False: others may learn something else of it, and
   * all of them have to be summarised.
   */
  async again(path: string, graph: ImportGraph, versions: Versions): Promise<boolean> {
    const before = this.found.get(path)
    const record = this.records.get(path)
    if (before === undefined || record === undefined || this.circular.has(path)) return false
    const now = await this.one(record, graph, versions)
    if (now === null) return false
    this.found.set(path, now)
    return now.hash === before.hash || (!this.imported.has(path) && linksAlike(before.summary, now.summary))
  }

  /** Modules that others import. */
  private importedBy(files: readonly string[], graph: ImportGraph): Set<string> {
    const imported = new Set<string>()
    for (const path of files) {
      const record = this.records.get(path)
      if (record !== undefined) for (const target of graph.importsOf(record).values()) imported.add(target)
    }
    return imported
  }

  /** Modules by how many imports deep they reach; what imports itself in a circle is cut where it was entered. */
  private levels(files: readonly string[], graph: ImportGraph): FileRecord[][] {
    const level = new Map<string, number>()
    const targets = (record: FileRecord): FileRecord[] =>
      [...new Set(graph.importsOf(record).values())].flatMap((path) => {
        const target = this.records.get(path)
        return target?.imports ? [target] : []
      })
    for (const path of files) {
      const root = this.records.get(path)
      if (!root?.imports || level.has(path)) continue
      const stack = [{ record: root, rest: targets(root), depth: 0 }]
      const entered = new Set([path])
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const next = top.rest.pop()
        if (next === undefined) {
          stack.pop()
          entered.delete(top.record.path)
          level.set(top.record.path, top.depth)
          const above = stack.at(-1)
          if (above !== undefined) above.depth = Math.max(above.depth, top.depth + 1)
        } else {
          const known = level.get(next.path)
          if (known !== undefined) top.depth = Math.max(top.depth, known + 1)
          else if (!entered.has(next.path)) {
            entered.add(next.path)
            stack.push({ record: next, rest: targets(next), depth: 0 })
          }
        }
      }
    }
    const levels: FileRecord[][] = []
    for (const path of files) {
      const depth = level.get(path)
      if (depth === undefined) continue
      levels[depth] ??= []
      levels[depth].push(this.records.get(path)!)
    }
    return levels.filter((one) => one !== undefined)
  }

  private async one(record: FileRecord, graph: ImportGraph, versions: Versions): Promise<Summarised | null> {
    const { extraction } = record
    const isAlone =
      !this.imported.has(record.path) &&
      extraction.names === undefined &&
      extraction.frameworkConfig === undefined
    const imported: Record<string, ModuleSummary> = {}
    const parts = [record.hash, versions[processorWheels] === undefined ? '' : processorWheels]
    for (const [spec, path] of graph.importsOf(record)) {
      const target = this.records.get(path)
      if (!target?.imports) continue
      const known = this.found.get(path) ?? (await this.cut(target, versions))
      if (known === null) continue
      define(imported, spec, known.summary)
      parts.push(spec, path, known.hash)
    }
    const whom = this.whomFor(record.path, isAlone, parts.length > 2)
    if (whom === 'everyone') this.withoutExports.delete(record.path)
    else {
      this.withoutExports.add(record.path)
      parts.push(whom)
    }
    const key = parts.join('|')
    const before = this.cache.get(record.path)
    if (before !== undefined && before.key === key) return before
    this.alone.delete(record.path)
    const kept = await this.answer(record.path, 'summary', key, async () => {
      const result = await this.backendOf(record.path).summarise(record.path, imported, versions, {
        // With what stands behind packages it is read later.
        read: isAlone && !this.isOnlyLaunched(record.path) && graph.behindPackages(record).length === 0,
        for: whom,
      })
      if (result?.alone !== undefined)
        this.alone.set(record.path, { imported, versions, result: result.alone })
      return result?.summary ?? null
    })
    if (kept !== null) this.cache.set(record.path, kept)
    return kept
  }

  /** Who may ask for the summary of a module. `isAlone`: nobody imports it. */
  private whomFor(path: string, isAlone: boolean, imports: boolean): SummaryFor {
    if (!isAlone || this.named.has(path)) return 'everyone'
    return imports ? 'imported' : 'itself'
  }

  /** A module that is imported in a circle, with nothing of what it imports. */
  private async cut({ path, hash }: FileRecord, versions: Versions): Promise<Kept | null> {
    const before = this.circular.get(path)
    if (before !== undefined && before.key === hash) return before
    const kept = await this.answer(path, 'summary in a circle', hash, async () => {
      const result = await this.backendOf(path).summarise(path, {}, versions, {
        read: false,
        for: 'everyone',
      })
      return result?.summary ?? null
    })
    if (kept !== null) this.circular.set(path, kept)
    return kept
  }

  private async answer(
    path: string,
    question: string,
    key: string,
    ask: () => Promise<ModuleSummary | null>,
  ): Promise<Kept | null> {
    const answers = this.answersOf(path)
    const known = answers?.get<Summarised>(path, question, key)
    if (known !== undefined) return { summary: this.parts.share(known.summary), hash: known.hash, key }
    const summary = await ask()
    if (summary === null) return null
    const summarised = { summary, hash: hashOf(JSON.stringify(summary)) }
    answers?.put(path, question, key, summarised)
    this.parts.share(summary)
    return { ...summarised, key }
  }
}
