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
import type { ModuleSummary, OutsideCall } from '../python/module.js'
import type { ConfigurationRoot } from '../text/configured.js'
import { hashOf } from '../text/digest.js'
import type { Binding, Extraction, Launch } from '../workload/claim.js'
import { bindLaunches } from './bind-launches.js'
import { CallsInto } from './calls-into.js'
import { Compositions, composes } from './compositions.js'
import { ConfigurationLinker, type Configurations, type GivenFiles } from './configurations.js'
import { targetsIn } from './configured-calls.js'
import { DataTables, type SizeOf } from './data-tables.js'
import { Extractions, Remade } from './extractions.js'
import { FrameworkConfigLinker } from './framework-configs.js'
import { type Definition, ImportGraph } from './import-graph.js'
import { asImporter, asProgram, ImporterSummaries } from './importer-summaries.js'
import { linkKinds } from './kinds.js'
import { LaunchedFiles } from './launched-files.js'
import { launchedScripts, standsAlone } from './launched-scripts.js'
import { launchesOf, withFollowed } from './launches.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'
import { ProjectFiles, type Purpose } from './project-files.js'
import { Questions } from './questions.js'
import { quietEdits } from './quiet-edits.js'
import { reachedFrom } from './reached.js'
import { Readings } from './readings.js'
import type { LinkedLaunch } from './runs.js'
import { SummaryStage } from './summary-stage.js'

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

export class Linker implements LinkedProject {
  readonly questions: Questions = new Questions((input) => this.look(input))
  readonly files: ProjectFiles
  private readonly kinds: readonly LinkKind[]
  private commands = new ConsoleScripts()
  private programs = new ProgramIndex([], new ModuleIndex([]))
  private graph: ImportGraph
  private readonly summaries: SummaryStage
  /** The modules are as they were when they were summarised. */
  private isSummarised = false
  private importers: ReadonlyMap<string, readonly string[]> = new Map()
  private readonly configurations: ConfigurationLinker
  private readonly frameworkConfigs: FrameworkConfigLinker
  private readonly asImporters = new ImporterSummaries(asImporter)
  private readonly asPrograms = new ImporterSummaries(asProgram)
  private readonly compositions = new Compositions(this)
  private readonly tables: DataTables
  private readonly calls = new CallsInto(this)
  private readonly launchedFiles = new LaunchedFiles(this)
  private started: readonly Launch[] | null = null
  /** What shell scripts start with what they are called with; null: no call has been followed so far. */
  private followed: readonly Launch[] | null = null
  private launchedNow: ReadonlySet<string> | null = null
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
    private readonly records: ReadonlyMap<string, FileRecord>,
    backendOf: (path: string) => Backend,
    answersOf: (path: string) => KeptAnswers | null,
    sizeOf: SizeOf,
  ) {
    this.tables = new DataTables(sizeOf)
    this.files = new ProjectFiles(records, this.questions)
    this.graph = this.graphOver(new ModuleIndex([]))
    this.summaries = new SummaryStage(
      records,
      backendOf,
      answersOf,
      (path) => this.launched().has(path) && standsAlone(records.get(path)!),
    )
    this.configurations = new ConfigurationLinker(
      this.files,
      (path) => this.summaryOf(path),
      (script, flags) => this.filesGiven(script, flags),
    )
    this.frameworkConfigs = new FrameworkConfigLinker(this.files, this.questions)
    this.kinds = linkKinds(this)
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

  private graphOver(modules: ModuleIndex): ImportGraph {
    const summaryOf = (path: string) => this.summaryOf(path)
    return new ImportGraph(this.records, summaryOf, modules, (input) => this.questions.read(input))
  }

  /** Files may have been read since: what is kept is looked at again before it is used. */
  private refresh(): void {
    this.questions.refresh()
    this.started = null
    this.launchedNow = null
    this.compositions.forget()
    this.calls.forget()
    this.launchedFiles.forget()
    for (const kind of this.kinds) kind.begin?.()
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

  /** All modules that configurations name. */
  private allTargets(): Set<string> {
    const found = new Set<string>()
    for (const record of this.files.readRecords())
      if (record.imports !== null) for (const [, path] of this.targetsOf(record)) found.add(path)
    return found
  }

  private look(input: string): string {
    const space = input.indexOf(' ')
    const kind = space < 0 ? input : input.slice(0, space)
    const path = input.slice(space + 1)
    const like = this.files.look(kind, path)
    if (like !== undefined) return like
    switch (kind) {
      case 'imports': {
        const file = this.records.get(path)
        return file === undefined ? '' : [...this.graph.importsOf(file)].flat().join('\n')
      }
      case 'importers':
        return this.importersOf(path).join('\n')
      case 'calls':
        return this.calls.hash(path)
      case 'given':
        return this.launchedFiles.hash(path)
      case 'compositions':
        return composes(this.summaryOf(path)) ? hashOf(JSON.stringify(this.compositions.of(path))) : ''
      case 'summary':
        return this.summaries.of(path)?.hash ?? ''
      case 'importer':
        return this.asImporters.of(this.summaries.of(path))?.hash ?? ''
      case 'program':
        return this.asPrograms.of(this.summaries.of(path))?.hash ?? ''
    }
    for (const one of this.kinds) {
      const found = one.look?.(kind, path)
      if (found !== undefined) return found
    }
    throw new Error(`nobody knows what ${input} is`)
  }

  // What links ask.

  get modules(): ModuleIndex {
    return this.graph.modules
  }

  importsOf(file: FileRecord): Map<string, string> {
    const found = this.graph.importsOf(file)
    const targets = this.targetsOf(file)
    return targets.length === 0 ? found : new Map([...found, ...targets])
  }

  behindPackages(file: FileRecord): string[] {
    return this.graph.behindPackages(file)
  }

  definitionOf(file: FileRecord, target: string): Definition | null {
    return this.graph.definitionOf(file, target, this.importsOf(file))
  }

  summaryOf(path: string): ModuleSummary | null {
    this.questions.read(`summary ${path}`)
    return this.summaries.of(path)?.summary ?? null
  }

  importerSummaryOf(path: string): ModuleSummary | null {
    this.questions.read(`importer ${path}`)
    return this.asImporters.of(this.summaries.of(path))?.summary ?? null
  }

  programSummaryOf(path: string): ModuleSummary | null {
    this.questions.read(`program ${path}`)
    return this.asPrograms.of(this.summaries.of(path))?.summary ?? null
  }

  importersOf(path: string): readonly string[] {
    this.questions.read(`importers ${path}`)
    return this.importers.get(path) ?? []
  }

  configurationsOf(file: FileRecord, launch: Launch | null): Configurations {
    if (launch !== null) return this.configurations.of(file, launch)
    const own = () => {
      this.questions.read(`record ${file.path}`)
      return this.configurations.of(file, null)
    }
    return this.questions.ask(`configurations ${file.path}`, own).answer
  }

  configurationNamed(
    path: string,
    folders: readonly string[],
    overridable: boolean,
  ): ConfigurationRoot | null {
    return this.configurations.named(path, folders, overridable)
  }

  compositionsOf(path: string): readonly ConfigurationRoot[] {
    this.questions.read(`compositions ${path}`)
    return this.questions.apart(() => (composes(this.summaryOf(path)) ? this.compositions.of(path) : []))
  }

  callsInto(path: string): OutsideCall[] {
    this.questions.read(`calls ${path}`)
    return this.questions.apart(() => this.calls.of(path))
  }

  launches(): readonly Launch[] {
    this.started ??= withFollowed(
      this.launchesIn([...this.files.readRecords()].map(({ extraction }) => extraction)),
      this.followed ?? [],
    )
    return this.started
  }

  /** True: what scripts are called with gives programs other options than what stands in the scripts. */
  private learnCalled(launches: readonly Launch[]): boolean {
    if (this.edited !== null || this.followed !== null) return false
    const called = launches.filter(({ calledAt }) => calledAt !== undefined)
    const started = [...new Set(called.flatMap((launch) => this.scriptOf(launch) ?? []))]
    const before = started.map((path) => this.launchedFiles.hash(path))
    this.followed = called
    this.started = null
    this.launchedFiles.forget()
    return started.some((path, index) => this.launchedFiles.hash(path) !== before[index])
  }

  /** The files that launches of a script give one of its options. */
  private filesGiven(script: string, flags: readonly string[]): GivenFiles {
    this.questions.read(`given ${script}`)
    const own = this.launchedFiles.given(script, flags)
    if (own.files.length > 0) return own
    // `ConfigParser.from_args(parser)` of a module that the program imports.
    for (const importer of this.importersOf(script)) {
      this.questions.read(`given ${importer}`)
      const given = this.launchedFiles.given(importer, flags)
      if (given.files.length > 0) return given
    }
    return own
  }

  private launched(): ReadonlySet<string> {
    this.launchedNow ??= launchedScripts(this.launches(), (launch) => this.scriptOf(launch))
    return this.launchedNow
  }

  scriptOf(launch: Launch): string | null {
    const resolved = this.programs.resolve(launch)
    return 'path' in resolved ? resolved.path : null
  }

  private launchesIn(extractions: readonly Extraction[]): Launch[] {
    return launchesOf(extractions, (launch) => this.scriptOf(launch))
  }

  /** Modules of the project that its configuration names: `_target_: src.models.net.Net` imports `src.models.net`. */
  private targetsOf(file: FileRecord): [string, string][] {
    const targets = this.compositionsOf(file.path).flatMap(({ root }) => targetsIn(root))
    return [...new Set(targets)].flatMap((target) => {
      const spec = target.slice(0, Math.max(target.lastIndexOf('.'), 0))
      const path = spec === '' ? undefined : this.graph.modules.resolve(spec, file.path)
      return path === undefined || path === file.path ? [] : [[spec, path] as [string, string]]
    })
  }

  /** The framework config that a launch names, or that its script composes. */
  private frameworkConfigOf(launch: Launch, script: string | null): FileRecord | undefined {
    const named = this.frameworkConfigs.namedBy(launch, script)
    const file = script === null ? undefined : this.records.get(script)
    if (named !== undefined || file === undefined) return named
    if (this.summaryOf(file.path)?.configurations === undefined) return named
    return this.configurations
      .of(file, launch)
      .files.map((path) => this.records.get(path))
      .find((one) => one?.extraction.frameworkConfig !== undefined)
  }

  // Linking.

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

  /** What it says by itself nobody would hear. */
  private isOnlyLaunched(record: FileRecord): boolean {
    const { path } = record
    if (!this.launched().has(path) || !standsAlone(record) || this.importersOf(path).length > 0) return false
    // A configuration may make what its readers alone know.
    return this.summaryOf(path)?.configurations === undefined
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

  private layoutsOf(record: FileRecord): readonly Overlay[] | 'part' | undefined {
    for (const kind of this.kinds) {
      const laid = kind.layouts?.(record)
      if (laid !== undefined) return laid
    }
    return undefined
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
