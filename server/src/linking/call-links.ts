/** Functions are read with what other modules pass to them. */
import type { FileRecord } from '../extraction/analyzer.js'
import { hashOf } from '../host/backend.js'
import type { OutwardCall } from '../python/module.js'
import { configuredCalls } from './configured-calls.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'
import { OutsideCallIndex } from './outside-calls.js'

export class CallLinks implements LinkKind {
  private index: OutsideCallIndex | null = null

  constructor(private readonly project: LinkedProject) {}

  begin(): void {
    this.index = null
  }

  around({ path, imports }: FileRecord): Around {
    if (imports === null) return {}
    const { questions } = this.project
    questions.read(`calls ${path}`)
    return { outside: questions.apart(() => this.now().of(path)) }
  }

  look(kind: string, path: string): string | undefined {
    return kind === 'calls' ? hashOf(JSON.stringify(this.now().of(path))) : undefined
  }

  private configuredCalls(path: string): OutwardCall[] {
    return this.project
      .compositionsOf(path)
      .flatMap(({ root, overridable }) => configuredCalls(root, overridable))
  }

  private now(): OutsideCallIndex {
    const { project } = this
    const launched = new Set<string>()
    if (this.index === null) {
      for (const launch of project.launches()) {
        const path = project.scriptOf(launch)
        const passes = Object.keys(launch.flags).length > 0 || launch.positionals.length > 0
        if (path !== null && passes) launched.add(path)
      }
      this.index = new OutsideCallIndex({
        summaryOf: (path) => project.summaryOf(path),
        importersOf: (path) => project.importersOf(path),
        configuredCalls: (path) => this.configuredCalls(path),
        definitionOf: (importer, target) => project.definitionOf(project.files.record(importer)!, target),
        isLaunched: (path) => launched.has(path),
      })
    }
    return this.index
  }
}
