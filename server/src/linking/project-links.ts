/** What links ask of a project while they are made: imports, summaries, configurations, launches; each answer notes what it was made from. */
import type { FileRecord } from '../extraction/file-record.js'
import type { Overlay } from '../extraction/manifests.js'
import type { KeptAnswers } from '../host/answers.js'
import type { Backend } from '../host/backend.js'
import { ModuleIndex } from '../link/modules.js'
import { ProgramIndex } from '../link/programs.js'
import type { ModuleSummary, OutsideCall } from '../python/module.js'
import type { ConfigurationRoot } from '../text/configured.js'
import { hashOf } from '../text/digest.js'
import type { Extraction, Launch } from '../workload/claim.js'
import { CallsInto } from './calls-into.js'
import { Compositions, composes } from './compositions.js'
import { ConfigurationLinker, type Configurations, type GivenFiles } from './configurations.js'
import { targetsIn } from './configured-calls.js'
import { FrameworkConfigLinker } from './framework-configs.js'
import { type Definition, ImportGraph } from './import-graph.js'
import { asImporter, asProgram, ImporterSummaries } from './importer-summaries.js'
import { linkKinds } from './kinds.js'
import { LaunchedFiles } from './launched-files.js'
import { launchedScripts, standsAlone } from './launched-scripts.js'
import { launchesOf, withFollowed } from './launches.js'
import type { LinkedProject, LinkKind } from './link-kind.js'
import { ProjectFiles } from './project-files.js'
import { Questions } from './questions.js'
import { SummaryStage } from './summary-stage.js'

export class ProjectLinks implements LinkedProject {
  readonly questions: Questions = new Questions((input) => this.look(input))
  readonly files: ProjectFiles
  protected readonly kinds: readonly LinkKind[]
  protected programs = new ProgramIndex([], new ModuleIndex([]))
  protected graph: ImportGraph
  protected readonly summaries: SummaryStage
  protected importers: ReadonlyMap<string, readonly string[]> = new Map()
  private readonly configurations: ConfigurationLinker
  private readonly frameworkConfigs: FrameworkConfigLinker
  private readonly asImporters = new ImporterSummaries(asImporter)
  private readonly asPrograms = new ImporterSummaries(asProgram)
  private readonly compositions = new Compositions(this)
  protected readonly calls = new CallsInto(this)
  protected readonly launchedFiles = new LaunchedFiles(this)
  private started: readonly Launch[] | null = null
  /** What shell scripts start with what they are called with; null: no call has been followed so far. */
  protected followed: readonly Launch[] | null = null
  private launchedNow: ReadonlySet<string> | null = null

  constructor(
    protected readonly records: ReadonlyMap<string, FileRecord>,
    backendOf: (path: string) => Backend,
    answersOf: (path: string) => KeptAnswers | null,
  ) {
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
  }

  protected graphOver(modules: ModuleIndex): ImportGraph {
    const summaryOf = (path: string) => this.summaryOf(path)
    return new ImportGraph(this.records, summaryOf, modules, (input) => this.questions.read(input))
  }

  /** Files may have been read since: what is kept is looked at again before it is used. */
  protected refresh(): void {
    this.questions.refresh()
    this.started = null
    this.launchedNow = null
    this.compositions.forget()
    this.calls.forget()
    this.launchedFiles.forget()
    for (const kind of this.kinds) kind.begin?.()
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

  /** What shell scripts start with what they are called with is known from here on. */
  protected followCalls(called: readonly Launch[]): void {
    this.followed = called
    this.started = null
    this.launchedFiles.forget()
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

  protected launched(): ReadonlySet<string> {
    this.launchedNow ??= launchedScripts(this.launches(), (launch) => this.scriptOf(launch))
    return this.launchedNow
  }

  scriptOf(launch: Launch): string | null {
    const resolved = this.programs.resolve(launch)
    return 'path' in resolved ? resolved.path : null
  }

  protected launchesIn(extractions: readonly Extraction[]): Launch[] {
    return launchesOf(extractions, (launch) => this.scriptOf(launch))
  }

  /** Modules of the project that its configuration names: `_target_: src.models.net.Net` imports `src.models.net`. */
  protected targetsOf(file: FileRecord): [string, string][] {
    const targets = this.compositionsOf(file.path).flatMap(({ root }) => targetsIn(root))
    return [...new Set(targets)].flatMap((target) => {
      const spec = target.slice(0, Math.max(target.lastIndexOf('.'), 0))
      const path = spec === '' ? undefined : this.graph.modules.resolve(spec, file.path)
      return path === undefined || path === file.path ? [] : [[spec, path] as [string, string]]
    })
  }

  /** The framework config that a launch names, or that its script composes. */
  protected frameworkConfigOf(launch: Launch, script: string | null): FileRecord | undefined {
    const named = this.frameworkConfigs.namedBy(launch, script)
    const file = script === null ? undefined : this.records.get(script)
    if (named !== undefined || file === undefined) return named
    if (this.summaryOf(file.path)?.configurations === undefined) return named
    return this.configurations
      .of(file, launch)
      .files.map((path) => this.records.get(path))
      .find((one) => one?.extraction.frameworkConfig !== undefined)
  }

  /** All modules that configurations name. */
  protected allTargets(): Set<string> {
    const found = new Set<string>()
    for (const record of this.files.readRecords())
      if (record.imports !== null) for (const [, path] of this.targetsOf(record)) found.add(path)
    return found
  }

  /** What it says by itself nobody would hear. */
  protected isOnlyLaunched(record: FileRecord): boolean {
    const { path } = record
    if (!this.launched().has(path) || !standsAlone(record) || this.importersOf(path).length > 0) return false
    // A configuration may make what its readers alone know.
    return this.summaryOf(path)?.configurations === undefined
  }

  protected layoutsOf(record: FileRecord): readonly Overlay[] | 'part' | undefined {
    for (const kind of this.kinds) {
      const laid = kind.layouts?.(record)
      if (laid !== undefined) return laid
    }
    return undefined
  }
}
