/**
 * What each module lets others know, with what it learns from the modules that it imports: each is summarised after
 * those, so that a definition is seen through any number of imports.
 */

import type { FileRecord } from '../extraction/analyzer.js'
import type { KeptAnswers } from '../host/answers.js'
import { type Backend, hashOf } from '../host/backend.js'
import type { ModuleSummary } from '../python/module.js'
import { define } from '../text/records.js'
import type { ImportGraph } from './import-graph.js'

export interface Summarised {
  summary: ModuleSummary
  /** Changes when the summary does. */
  hash: string
}

interface Kept extends Summarised {
  key: string
}

export class SummaryStage {
  private readonly own = new WeakMap<ModuleSummary, Summarised>()
  private readonly cache = new Map<string, Kept>()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly backendOf: (path: string) => Backend,
    private readonly answersOf: (path: string) => KeptAnswers | null,
  ) {}

  /** By path, for every module that has a summary. */
  async summarise(files: readonly string[], graph: ImportGraph): Promise<Map<string, Summarised>> {
    const found = new Map<string, Summarised>()
    for (const level of this.levels(files, graph)) {
      // Those of one level do not wait for each other.
      const before = new Map(found)
      const results = await Promise.all(level.map((record) => this.one(record, graph, before)))
      level.forEach((record, index) => {
        const result = results[index]!
        if (result !== null) found.set(record.path, result)
      })
    }
    for (const path of [...this.cache.keys()]) if (!found.has(path)) this.cache.delete(path)
    return found
  }

  /** Modules by how many imports deep they reach; what imports itself in a circle is cut where it was entered. */
  private levels(files: readonly string[], graph: ImportGraph): FileRecord[][] {
    const level = new Map<string, number>()
    const targets = (record: FileRecord): FileRecord[] =>
      [...new Set(graph.importsOf(record).values())].flatMap((path) => {
        const target = this.records.get(path)
        return target?.summary ? [target] : []
      })
    for (const path of files) {
      const root = this.records.get(path)
      if (!root?.summary || level.has(path)) continue
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

  private async one(
    record: FileRecord,
    graph: ImportGraph,
    found: ReadonlyMap<string, Summarised>,
  ): Promise<Summarised | null> {
    if (record.summary === null) return null
    const imported: Record<string, ModuleSummary> = {}
    const parts = [record.hash]
    for (const [spec, path] of graph.importsOf(record)) {
      const raw = this.records.get(path)?.summary
      if (!raw) continue
      const { summary, hash } = found.get(path) ?? this.byItself(raw)
      define(imported, spec, summary)
      parts.push(spec, path, hash)
    }
    if (parts.length === 1) return this.byItself(record.summary)
    const key = parts.join('|')
    const before = this.cache.get(record.path)
    if (before !== undefined && before.key === key) return before
    const answers = this.answersOf(record.path)
    const known = answers?.get<Summarised>(record.path, 'summary', key)
    const summarised = known ?? (await this.ask(record.path, imported))
    if (summarised === null) return this.byItself(record.summary)
    if (known === undefined) answers?.put(record.path, 'summary', key, summarised)
    const kept: Kept = { ...summarised, key }
    this.cache.set(record.path, kept)
    return kept
  }

  private async ask(path: string, imported: Record<string, ModuleSummary>): Promise<Summarised | null> {
    const summary = await this.backendOf(path).summarise(path, imported)
    return summary === null ? null : { summary, hash: hashOf(JSON.stringify(summary)) }
  }

  byItself(summary: ModuleSummary): Summarised {
    let known = this.own.get(summary)
    if (known === undefined) {
      known = { summary, hash: hashOf(JSON.stringify(summary)) }
      this.own.set(summary, known)
    }
    return known
  }
}
