/** The stage between reading and judging: imports and launches resolved, scripts read with what launches them. */
import { ModuleIndex } from '../link/modules.js'
import { folderOf, join } from '../link/paths.js'
import { ProgramIndex } from '../link/programs.js'
import type { ModuleSummary } from '../python/module.js'
import type { Binding, Claim, Launch, Reading } from '../workload/claim.js'
import type { FileRecord, Surroundings } from './analyzer.js'
import type { Backend } from './backend.js'
import type { LinkedLaunch } from './runs.js'

/** Launches of one script that are told apart; further ones that set other flags are treated like unknown. */
const maximumBindings = 12

export interface Linked {
  readings: Map<string, Reading>
  launches: LinkedLaunch[]
  /** By path: the modules of the project that it imports. */
  imported: Map<string, string[]>
  importers: Map<string, string[]>
  faults: { path: string; message: string }[]
}

/** Readings that were made, kept while what they depend on stays the same. */
export class ReadingCache {
  private readonly entries = new Map<string, { key: string; reading: Reading; faults: string[] }>()

  constructor(private readonly backendOf: (path: string) => Backend) {}

  /** `slot` tells the readings of one file apart. */
  async read(
    path: string,
    slot: string,
    key: string,
    surroundings: () => Surroundings,
  ): Promise<{ reading: Reading; faults: string[] }> {
    const id = `${path}\0${slot}`
    const before = this.entries.get(id)
    if (before !== undefined && before.key === key) return before
    const { reading, faults } = await this.backendOf(path).read(path, surroundings())
    const entry = { key, reading, faults }
    this.entries.set(id, entry)
    return entry
  }
}

/** What importers tell a module: what they use, not their constants. */
function asImporter(summary: ModuleSummary): ModuleSummary {
  return { ...summary, constants: {}, functions: {}, classes: {}, reexports: {} }
}

function bindingKey(binding: Binding): string {
  const { flags, environment, launcher, launcherFlags, complete, processes, nodes } = binding.launch
  const plain = (values: Launch['flags']) => Object.entries(values).map(([name, { value }]) => [name, value])
  const settings = binding.settings.map((claim) => [claim.setting, claim.state, claim.value])
  return JSON.stringify([
    plain(flags),
    plain(environment),
    launcher,
    plain(launcherFlags),
    complete,
    processes,
    nodes,
    settings,
  ])
}

export class LinkStage {
  private readonly modules: ModuleIndex
  private readonly programs: ProgramIndex

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    paths: readonly string[],
    private readonly cache: ReadingCache,
    private readonly versionsOf: (path: string) => Record<string, string>,
  ) {
    this.modules = new ModuleIndex(paths.filter((path) => path.endsWith('.py')))
    this.programs = new ProgramIndex(paths, this.modules)
  }

  /** Paths of modules that are imported but were not read, since no reader has a word in them. */
  missingModules(): string[] {
    const missing = new Set<string>()
    for (const record of this.records.values()) {
      if (record.summary === null) continue
      for (const spec of record.summary.imports) {
        const path = this.modules.resolve(spec, record.path)
        if (path !== undefined && this.records.get(path)?.summary === null) missing.add(path)
      }
    }
    return [...missing]
  }

  /** Paths of scripts that launches start but that were not read yet. */
  missingScripts(readings: Iterable<Reading>): string[] {
    const missing = new Set<string>()
    for (const reading of readings) {
      for (const launch of reading.launches) {
        const resolved = this.programs.resolve(launch)
        if ('path' in resolved && this.records.get(resolved.path)?.summary === null)
          missing.add(resolved.path)
      }
    }
    return [...missing]
  }

  async link(): Promise<Linked> {
    const linked: Linked = {
      readings: new Map(),
      launches: [],
      imported: new Map(),
      importers: new Map(),
      faults: [],
    }
    const named = this.resolveImports(linked)
    await Promise.all(
      [...this.records.values()].map(async (record) => {
        const around = named.get(record.path) ?? {}
        const importers = linked.importers.get(record.path) ?? []
        const alone = record.summary === null || (Object.keys(around).length === 0 && importers.length === 0)
        if (record.filtered) return
        if (alone) {
          linked.readings.set(record.path, record.reading)
          for (const message of record.faults) linked.faults.push({ path: record.path, message })
          return
        }
        const read = await this.read(record, named, linked, null, 'base')
        linked.readings.set(record.path, read.reading)
        for (const message of read.faults) linked.faults.push({ path: record.path, message })
      }),
    )
    await this.bindLaunches(linked, named)
    return linked
  }

  private resolveImports(linked: Linked): Map<string, Record<string, ModuleSummary>> {
    const named = new Map<string, Record<string, ModuleSummary>>()
    for (const record of this.records.values()) {
      if (record.summary === null) continue
      const around: Record<string, ModuleSummary> = {}
      const paths = new Set<string>()
      for (const spec of record.summary.imports) {
        const path = this.modules.resolve(spec, record.path)
        const summary =
          path === undefined || path === record.path ? undefined : this.records.get(path)?.summary
        if (summary === undefined || summary === null) continue
        around[spec] = summary
        paths.add(summary.path)
      }
      if (paths.size === 0) continue
      named.set(record.path, around)
      linked.imported.set(record.path, [...paths])
      for (const path of paths) {
        const list = linked.importers.get(path)
        if (list === undefined) linked.importers.set(path, [record.path])
        else list.push(record.path)
      }
    }
    return named
  }

  private read(
    record: FileRecord,
    named: Map<string, Record<string, ModuleSummary>>,
    linked: Linked,
    binding: Binding | null,
    slot: string,
  ): Promise<{ reading: Reading; faults: string[] }> {
    const imported = named.get(record.path) ?? {}
    const importers = linked.importers.get(record.path) ?? []
    const hashes = [...Object.values(imported).map((one) => one.path), ...importers].map(
      (path) => this.records.get(path)!.hash,
    )
    const key = [
      record.hash,
      ...hashes,
      binding === null ? '' : bindingKey(binding),
      JSON.stringify(this.versionsOf(record.path)),
    ].join('|')
    return this.cache.read(record.path, slot, key, () => ({
      imported,
      importers: importers.map((path) => asImporter(this.records.get(path)!.summary!)),
      binding,
      versions: this.versionsOf(record.path),
    }))
  }

  private async bindLaunches(
    linked: Linked,
    named: Map<string, Record<string, ModuleSummary>>,
  ): Promise<void> {
    const launches = [...linked.readings.values()].flatMap((reading) => reading.launches)
    const slots = new Map<string, Map<string, number>>()
    const tasks = launches.map(async (launch): Promise<LinkedLaunch> => {
      const resolved = this.programs.resolve(launch)
      const binding: Binding = { launch, settings: this.settingsOf(launch, linked) }
      if ('unresolved' in resolved)
        return { launch, binding, script: null, unresolved: resolved.unresolved, reading: null }
      const record = this.records.get(resolved.path)
      if (record === undefined || record.summary === null) {
        return { launch, binding, script: resolved.path, unresolved: null, reading: null }
      }
      const known = slots.get(record.path) ?? new Map<string, number>()
      slots.set(record.path, known)
      const key = bindingKey(binding)
      const slot = known.get(key) ?? known.size
      if (slot >= maximumBindings) {
        return {
          launch,
          binding,
          script: null,
          unresolved: `${record.path} is launched in too many ways`,
          reading: null,
        }
      }
      known.set(key, slot)
      const read = await this.read(record, named, linked, binding, `launch ${slot}`)
      return { launch, binding, script: record.path, unresolved: null, reading: read.reading }
    })
    linked.launches = await Promise.all(tasks)
  }

  /** Claims of the configuration files that a launch names. */
  private settingsOf(launch: Launch, linked: Linked): Claim[] {
    const home = folderOf(launch.location.path)
    return launch.files.flatMap((file) => {
      for (const folder of [home, ...launch.program.bases.map((base) => join(home, base)), '']) {
        const reading = linked.readings.get(join(folder, file.path))
        if (reading !== undefined)
          return reading.claims.map((claim) => ({ ...claim, channel: 'named file' as const }))
      }
      return []
    })
  }

  /** Files that an entry point reaches over imports. */
  reachable(linked: Linked): Set<string> {
    const reached = new Set<string>()
    const queue: string[] = []
    const add = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      queue.push(path)
    }
    for (const record of this.records.values()) if (record.summary?.isEntry === true) add(record.path)
    for (const { script } of linked.launches) if (script !== null) add(script)
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      for (const next of linked.imported.get(path) ?? []) add(next)
    }
    return reached
  }
}
