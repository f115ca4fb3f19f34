/** Modules import each other: each is read with what those around it let others know. */
import type { FileRecord } from '../extraction/file-record.js'
import { canonicalName } from '../python/canonical-names.js'
import { moduleOfRoot } from '../python/configured-plain.js'
import type { ModuleSummary } from '../python/module.js'
import { type Configured, configuredAt } from '../text/configured.js'
import { define, lookUp } from '../text/records.js'
import { targetsIn } from './configured-calls.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'

/** How far programs are looked for along imports, and how many. */
const mostImports = 5
const mostPrograms = 30

export class ImportLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  follow(): void {
    const { files } = this.project
    for (const file of files.readRecords())
      for (const path of this.project.importsOf(file).values()) files.want(path)
    for (const file of files.readRecords())
      if (file.filtered && file.starts?.some((spec) => this.leadsToWork(spec, file.path)) === true)
        files.want(file.path)
  }

  /** Some reader has a word in the module that an import of a program leads to: what the program passes to it counts. */
  private leadsToWork(spec: string, from: string): boolean {
    const path = this.project.modules.resolve(spec, from)
    const found = path === undefined ? undefined : this.project.files.peek(path)
    return found?.filtered === false && found.imports !== null
  }

  around(file: FileRecord): Around {
    const { project } = this
    const { path } = file
    const imported: Record<string, ModuleSummary> = {}
    for (const [spec, target] of project.importsOf(file)) {
      const summary = project.summaryOf(target)
      if (summary !== null) define(imported, spec, summary)
    }
    const behind = this.summaries(project.behindPackages(file))
    const importers = project
      .importersOf(path)
      .flatMap((one) => project.importerSummaryOf(one) ?? [])
      .map((one) => this.counted(this.configured(one)))
    project.questions.read(`programs ${path}`)
    const programs = project.questions
      .apart(() => this.programsOf(path))
      .flatMap((one) => project.programSummaryOf(one) ?? [])
      .map((one) => this.counted(this.configured(one)))
    return {
      ...(Object.keys(imported).length === 0 ? {} : { imported }),
      ...(behind.length === 0 ? {} : { behind }),
      ...(importers.length === 0 ? {} : { importers }),
      ...(programs.length === 0 ? {} : { programs }),
    }
  }

  look(kind: string, path: string): string | undefined {
    return kind === 'programs' ? this.programsOf(path).join('\n') : undefined
  }

  private summaries(paths: readonly string[]): ModuleSummary[] {
    return paths.flatMap((path) => this.project.summaryOf(path) ?? [])
  }

  /** With what its configuration has it make, and the accelerator that it names. */
  private configured(summary: ModuleSummary): ModuleSummary {
    const composed = this.project.compositionsOf(summary.path)
    if (composed.length === 0) return summary
    const made = composed.flatMap(({ root }) => targetsIn(root)).map(canonicalName)
    const { evidence } = summary
    const named = (['gpu', 'cpu'] as const).find((device) =>
      composed.some(({ root }) => names(root, devices[device])),
    )
    const placed =
      evidence?.accelerator === 'none' && named !== undefined
        ? { evidence: { ...evidence, accelerator: named } }
        : {}
    return { ...summary, uses: [...new Set([...summary.uses, ...made])], ...placed }
  }

  /** With the epochs that its configuration tells. */
  private counted(summary: ModuleSummary): ModuleSummary {
    const { configuredEpochs: paths = [], epochs = [] } = summary
    const told = paths.flatMap(({ root, keys }) => {
      const own = root === null ? null : moduleOfRoot(root)
      const file = this.project.files.record(own ?? summary.path)
      const key = own === null ? root : (root?.slice(own.length + 1) ?? null)
      if (file === undefined || key === null) return []
      const found = lookUp(this.project.configurationsOf(file, null).values, key)
      const node = found === undefined ? undefined : configuredAt(found.root, ...keys)
      const value = node?.kind === 'scalar' ? node.value : null
      return typeof value === 'number' && value > 0 ? [{ value, overridable: found!.overridable }] : []
    })
    return told.length === 0 ? summary : { ...summary, epochs: [...epochs, ...told] }
  }

  /** Modules that import this one through others. */
  private programsOf(path: string): string[] {
    const importersOf = (one: string) => this.project.importersOf(one)
    const direct = importersOf(path)
    const seen = new Set([path, ...direct])
    const found: string[] = []
    let level = direct
    for (let depth = 0; depth < mostImports && found.length < mostPrograms; depth++) {
      level = level.flatMap(importersOf).filter((one) => !seen.has(one) && seen.add(one))
      found.push(...level)
    }
    return found.slice(0, mostPrograms)
  }
}

const devices = { gpu: /^(gpu|cuda(:\d+)?)$/, cpu: /^cpu$/ }

function names(node: Configured, device: RegExp): boolean {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' && device.test(node.value)
    case 'list':
      return node.items.some((one) => names(one, device))
    case 'map':
      return Object.values(node.entries).some((one) => names(one, device))
    case 'unknown':
      return false
  }
}
