/** The stage between reading and judging: files found that belong together, each read with what the others add to it. */
import type { FileRecord } from '../extraction/file-record.js'
import type { Overlay } from '../extraction/manifests.js'
import { sharesAnything } from '../extraction/shared.js'
import type { Surroundings } from '../extraction/surroundings.js'
import type { KeptAnswers } from '../host/answers.js'
import type { Backend, Versions } from '../host/backend.js'
import { ConsoleScripts } from '../link/console-scripts.js'
import { ModuleIndex } from '../link/modules.js'
import { ProgramIndex } from '../link/programs.js'
import type { LintError } from '../lint.js'
import type { Binding, Extraction, Launch } from '../workload/claim.js'
import { bindLaunches } from './bind-launches.js'
import { DataTables, type SizeOf } from './data-tables.js'
import { Extractions, Remade } from './extractions.js'
import type { Around } from './link-kind.js'
import type { Purpose } from './project-files.js'
import { ProjectLinks } from './project-links.js'
import { quietEdits } from './quiet-edits.js'
import { reachedFrom } from './reached.js'
import { Readings } from './readings.js'
import type { LinkedLaunch } from './runs.js'

export interface Linked {
  extractions: Map<string, Extraction>
  launches: LinkedLaunch[]
  /** By job: its calls of scripts that are known as a whole. */
  calls: Map<string, Set<string>>
  /** By path: the modules of the project that it imports. */
  imported: Map<string, string[]>
  /** By path: files that what is said of it was made from, and files of which it speaks. */
  related: Map<string, Set<string>>
  /** Modules that run by themselves. */
  entries: Set<string>
  /** Files that an entry point or a launch reaches. */
  reached: Set<string>
  faults: LintError[]
}

export class Linker extends ProjectLinks {
  private commands = new ConsoleScripts()
  /** The modules are as they were when they were summarised. */
  private isSummarised = false
  private readonly tables: DataTables
  private all: readonly string[] = []
  private readonly readings: Readings
  private readonly remade = new Remade()
  private linked: Linked | null = null
  /** Records as they were linked; null: they have not been, or not to the end. */
  private linkedRecords: ReadonlyMap<string, FileRecord> | null = null
  private readFiles: readonly string[] = []
  /** Files whose edits leave all links as they are; null: links have to be made again. */
  private edited: readonly string[] | null = null

  constructor(
    records: ReadonlyMap<string, FileRecord>,
    backendOf: (path: string) => Backend,
    answersOf: (path: string) => KeptAnswers | null,
    sizeOf: SizeOf,
  ) {
    super(records, backendOf, answersOf)
    this.tables = new DataTables(sizeOf)
    this.readings = new Readings(
      (record, binding, bound) => this.askAround(record, binding, bound),
      backendOf,
      answersOf,
      (path) => this.summaries.takeAlone(path),
    )
  }

  /** `read`: see `FileList`. */
  setFiles(files: readonly string[], commands: ConsoleScripts, read: readonly string[] = files): void {
    this.files.set(files, read)
    this.isSummarised = false
    const isSame = files === this.all && commands === this.commands
    this.edited =
      isSame && read === this.readFiles && this.linkedRecords !== null
        ? quietEdits(this.linkedRecords, this.records)
        : null
    this.readFiles = read
    if (this.edited !== null) {
      this.questions.refreshOnly(this.edited.map((path) => `record ${path}`))
      return
    }
    this.linkedRecords = null
    this.followed = null
    this.refresh()
    if (isSame) return
    this.all = files
    this.commands = commands
    const modules = new ModuleIndex(files.filter((path) => path.endsWith('.py')))
    this.programs = new ProgramIndex(files, modules, commands, (path) => this.records.get(path)?.writes ?? [])
    this.graph = this.graphOver(modules)
  }

  /** Files that links lead to and that have to be read first. `layouts`: whether kustomizations and charts are followed. */
  wanted(layouts: boolean): ReadonlyMap<string, Purpose> {
    if (this.edited !== null) return new Map()
    for (const kind of this.kinds) if (layouts || kind.layouts === undefined) kind.follow?.()
    return this.files.takeWanted()
  }

  /** The same for what came to light while files were linked. */
  wantedSince(): ReadonlyMap<string, Purpose> {
    return this.edited !== null ? new Map() : this.files.takeWanted()
  }

  /** Finds out what the modules that have been read let each other know. False: that is known. */
  async summarise(versionsOf: (path: string) => Versions): Promise<boolean> {
    if (this.isSummarised) return false
    if (this.edited !== null && !(await this.summariseEdited(this.edited, versionsOf))) {
      this.edited = null
      this.linkedRecords = null
      this.refresh()
    }
    if (this.edited === null) await this.summariseAll(versionsOf)
    this.isSummarised = true
    return true
  }

  /** False: others may learn something else of them than before. */
  private async summariseEdited(
    edited: readonly string[],
    versionsOf: (path: string) => Versions,
  ): Promise<boolean> {
    for (const path of edited)
      if (!(await this.summaries.again(path, this.graph, versionsOf(path)))) return false
    const told = ['summary', 'importer', 'program']
    this.questions.refreshOnly(edited.flatMap((path) => told.map((kind) => `${kind} ${path}`)))
    return true
  }

  private async summariseAll(versionsOf: (path: string) => Versions): Promise<void> {
    do {
      await this.summaries.summarise(this.readPaths(), this.graph, versionsOf)
      this.refresh()
    } while (this.summaries.lacks(this.allTargets()))
  }

  /** True: what scripts are called with gives programs other options than what stands in the scripts. */
  private learnCalled(launches: readonly Launch[]): boolean {
    if (this.edited !== null || this.followed !== null) return false
    const called = launches.filter(({ calledAt }) => calledAt !== undefined)
    const started = [...new Set(called.flatMap((launch) => this.scriptOf(launch) ?? []))]
    const before = started.map((path) => this.launchedFiles.hash(path))
    this.followCalls(called)
    return started.some((path, index) => this.launchedFiles.hash(path) !== before[index])
  }

  async link(versionsOf: (path: string) => Versions): Promise<Linked> {
    const readAlone = new Set<string>()
    for (;;) {
      const linked = await this.linkOnce(versionsOf, readAlone)
      if (linked !== null) return linked
    }
  }

  /**
   * @param readAlone launched scripts that have to be read by themselves as well
   * @returns null: one has joined them, or what scripts are called with tells more of the programs that they start
   */
  private async linkOnce(
    versionsOf: (path: string) => Versions,
    readAlone: Set<string>,
  ): Promise<Linked | null> {
    const extractions = new Extractions(this.remade)
    const linked: Linked = {
      extractions: extractions.byPath,
      launches: [],
      calls: new Map(),
      imported: new Map(),
      related: extractions.related,
      entries: new Set(),
      reached: new Set(),
      faults: [],
    }
    const before = this.linked
    this.linked = linked
    this.linkedRecords = null
    this.readings.begin()
    await this.summarise(versionsOf)
    if (this.edited !== null && before !== null) linked.imported = before.imported
    else {
      this.importers = this.importersIn(linked)
      this.refresh()
    }
    const spared = new Set<string>()
    const sharing = new Set<string>()
    const read = async (record: FileRecord, binding: Binding | null, slot: string, overlay?: Overlay) => {
      const result = await this.readings.read(record, binding, slot, versionsOf, overlay)
      const isFirst = binding === null || (slot === 'launch 0' && spared.has(record.path))
      if (result.shares === true) sharing.add(record.path)
      for (const message of isFirst ? result.faults : []) linked.faults.push({ path: record.path, message })
      const extraction = await this.tables.complete(result.extraction, record.path)
      return extraction === result.extraction ? result : { ...result, extraction }
    }
    const itself = new Map<string, Promise<Extraction>>()
    const readItself = async (record: FileRecord): Promise<Extraction | undefined> => {
      const { path } = record
      if (!spared.has(path)) return extractions.byPath.get(path)
      const reading = itself.get(path) ?? read(record, null, 'base').then(({ extraction }) => extraction)
      itself.set(path, reading)
      extractions.byPath.set(path, await reading)
      return reading
    }
    const again: Promise<void>[] = []
    for (const record of this.files.readRecords()) {
      if (record.filtered) continue
      const { path } = record
      // Keeps the order of files, whatever order the extractions arrive in.
      extractions.byPath.set(path, record.extraction)
      const laid = this.layoutsOf(record)
      if (laid === 'part') extractions.hide(path)
      else if (laid !== undefined) {
        for (const overlay of laid)
          for (const other of [overlay.path, ...overlay.origins]) extractions.relate(path, other)
        const parts = laid.map((overlay, index) => read(record, null, `overlay ${index}`, overlay))
        again.push(
          Promise.all(parts).then((results) => {
            extractions.join(
              path,
              results.map((one) => one.extraction),
            )
          }),
        )
      } else if (!readAlone.has(path) && this.isOnlyLaunched(record)) spared.add(path)
      else {
        again.push(
          read(record, null, 'base').then(({ extraction }) => {
            extractions.byPath.set(path, extraction)
          }),
        )
      }
    }
    await Promise.all(again)
    for (const kind of this.kinds) kind.join?.(extractions)
    const bound = await bindLaunches(this.launchesIn([...extractions.byPath.values()]), extractions.byPath, {
      recordOf: (path) => this.records.get(path),
      resolve: (launch) => this.programs.resolve(launch),
      frameworkConfigOf: (launch, script) => this.frameworkConfigOf(launch, script),
      read,
      readItself,
    })
    if (this.learnCalled(bound.launches.map(({ launch }) => launch))) {
      this.refresh()
      return null
    }
    const launched = new Set(bound.launches.map(({ script, extraction }) => extraction && script))
    const asked = new Set(bound.asked.map(({ script }) => script))
    const known = readAlone.size
    for (const path of spared) {
      if (launched.has(path) && !asked.has(path) && !sharing.has(path)) continue
      const own = await readItself(this.records.get(path)!)
      // What is joined with other files comes too late here.
      if (own !== undefined && sharesAnything(own)) readAlone.add(path)
    }
    if (readAlone.size > known) return null
    linked.launches = bound.launches
    linked.calls = bound.calls
    for (const kind of this.kinds) kind.joinStarted?.(extractions, bound.asked)
    // Whether it starts a training may follow from what it imports.
    const entries = [...this.files.readRecords()].filter(({ path }) => this.summaryOf(path)?.isEntry === true)
    linked.entries = new Set(entries.map(({ path }) => path))
    linked.reached = reachedFrom(linked.entries, linked.launches, linked.imported)
    // What only `follow` asks was not asked.
    if (this.edited === null) this.questions.prune()
    this.linkedRecords = new Map(this.records)
    this.readings.prune()
    this.remade.prune(extractions.byPath)
    return linked
  }

  private readPaths(): string[] {
    return [...this.files.readRecords()].map(({ path }) => path)
  }

  private importersIn(linked: Linked): Map<string, string[]> {
    const importers = new Map<string, string[]>()
    for (const record of this.files.readRecords()) {
      const paths = new Set<string>()
      for (const path of this.importsOf(record).values()) if (this.records.get(path)?.imports) paths.add(path)
      for (const path of this.graph.behindPackages(record)) paths.add(path)
      if (paths.size === 0) continue
      linked.imported.set(record.path, [...paths])
      for (const path of paths) {
        const list = importers.get(path)
        if (list === undefined) importers.set(path, [record.path])
        else list.push(record.path)
      }
    }
    return importers
  }

  /** One of the ways in which a file is laid out. */
  layoutOf(path: string, index: number): Overlay | undefined {
    const record = this.records.get(path)
    const laid = record === undefined ? undefined : this.layoutsOf(record)
    return laid === undefined || laid === 'part' ? undefined : laid[index]
  }

  /** What the project says around a file. */
  around(path: string): Pick<Surroundings, 'imported' | 'importers'> & Around {
    const record = this.records.get(path)
    const around = record === undefined ? {} : this.askAround(record, null, '').answer
    return { imported: {}, importers: [], ...around }
  }

  /** What that was found from, with what it was like. */
  readsAround(path: string): string[] {
    const record = this.records.get(path)
    return record === undefined ? [] : [...this.askAround(record, null, '').reads].flat()
  }

  private askAround(record: FileRecord, binding: Binding | null, bound: string) {
    return this.questions.ask(`around ${record.path}\0${bound}`, () => {
      this.questions.read(`record ${record.path}`)
      const around: Around = {}
      for (const kind of this.kinds) Object.assign(around, kind.around?.(record, binding))
      return around
    })
  }

  /** Lets go of what has answered its questions; whoever asks again waits for it to be made again. */
  letGo(): void {
    this.calls.forget()
  }

  /** Files that this one was read with, and those that were read with it. */
  neighbours(path: string): Set<string> {
    const together = this.readings.readWith(path, (other) => this.files.isKnown(other))
    return new Set([...(this.linked?.related.get(path) ?? []), ...together])
  }
}
