/** The front door's implementation: one project, kept up to date as its files change. */

import type { Annotation } from '../annotations/annotations.js'
import { Analyzer } from '../extraction/analyzer.js'
import type { FileRecord } from '../extraction/file-record.js'
import type { Finding } from '../finding.js'
import { KeptAnswers } from '../host/answers.js'
import type { Choice, Configuration } from '../host/configuration.js'
import { DataFiles } from '../host/data-files.js'
import { discover } from '../host/discover.js'
import { type Host, under } from '../host/host.js'
import type { OpenText } from '../host/open-text.js'
import { isConfigurationFile, isDecisive, loadConfiguration } from '../host/settings-stage.js'
import { isSkippedFolder } from '../host/skipped.js'
import { isVersionFile, VersionTable } from '../host/versions.js'
import { today } from '../judging/judge-stage.js'
import type { Linked } from '../linking/linker.js'
import type { CellText, LintError, LintOptions, LintResult, OfferedFix } from '../lint.js'
import { readers } from '../readers/index.js'
import { costEntries } from '../results/cost.js'
import type { CostEntry } from '../results/cost-entry.js'
import { type EstimateOptions, type TrainingEstimate, trainingEstimates } from '../results/estimates.js'
import type { JobGraph } from '../results/graph.js'
import { jobGraph } from '../results/graph.js'
import { type SearchSize, searchSizes } from '../results/searches.js'
import { type Survey, survey } from '../results/survey.js'
import { type Explanation, explain, type WhyQuery } from '../results/why.js'
import { type GrammarSource, type Grammars, loadGrammars } from '../syntax/parser.js'
import { decode } from '../text/decode.js'
import type { Json } from '../text/json.js'
import type { SourceFile } from '../text/source-file.js'
import { FileReading } from './file-reading.js'
import { Preview } from './preview.js'
import type { Project } from './project.js'
import { Stages } from './stages.js'

export interface OpenProjectOptions {
  choice?: Choice
  /** Relative to the root: read even where ignore files and `exclude` leave them out. */
  explicit?: readonly string[]
  /** `exclude` holds for what is explicit, too. */
  respectExclude?: boolean
  /** Folders, relative to the root, that are projects of their own. */
  apart?: readonly string[]
  /** Beyond so many files a lint rejects with `TooManyFiles`. Default: no bound. */
  maxFiles?: number
  /** Workers for files on disk; 0: this thread does it all. Default: the host's processors. */
  workers?: number
  /** Unread files from which open ones are answered first. Default: as many as take a moment. */
  previewFrom?: number
}

/** WebAssembly memory is never given back, so all projects over one source share its grammars. */
const loaded = new WeakMap<GrammarSource, Promise<Grammars>>()

function grammarsFrom(source: GrammarSource): Promise<Grammars> {
  let grammars = loaded.get(source)
  if (grammars === undefined) {
    grammars = loadGrammars(source, ['python', 'bash', 'toml'])
    loaded.set(source, grammars)
  }
  return grammars
}

export async function openProject(
  root: string,
  host: Host,
  options: OpenProjectOptions = {},
): Promise<Project> {
  const grammars = await grammarsFrom(await host.grammarSource())
  const configuration = await loadConfiguration([], async () => undefined, grammars, options.choice)
  return new Workspace(root, host, grammars, options, configuration)
}

/** Unread files from which open ones are answered first. */
const filesForPreview = 150

class Workspace implements Project {
  private readonly reading: FileReading
  private readonly records: ReadonlyMap<string, FileRecord>
  /** Texts of the editor, as the present or the last run sees them. */
  private readonly overlays = new Map<string, OpenText>()
  /** The same as they are now. */
  private readonly texts = new Map<string, OpenText>()
  /** What came while a run was under way; a run sees one state. */
  private changes: (() => void)[] = []
  private isRunning = false
  private readonly dirty = new Set<string>()
  private readonly analyzer: Analyzer
  private readonly stages: Stages
  private versions: VersionTable
  /** Sorted; null before the project was searched. A new array whenever a file comes or goes. */
  private files: string[] | null = null
  private unreadableFolders: LintError[] = []
  private configurationChanged = true
  private versionsChanged = true
  private working: Promise<unknown> = Promise.resolve()
  private preparing: Promise<void> | null = null
  /** Most files have not been read yet. */
  private isCold = true
  private isLarge = false
  /** Answers for open files meanwhile. */
  private unfinished: Preview | null = null
  private readonly answers: KeptAnswers | null
  private readonly dataFiles: DataFiles

  constructor(
    readonly root: string,
    private readonly host: Host,
    private readonly grammars: Grammars,
    private readonly options: OpenProjectOptions,
    private configuration: Configuration,
  ) {
    this.analyzer = new Analyzer(grammars, readers)
    this.versions = new VersionTable(grammars)
    const store = host.answersFor?.(root)
    this.answers = store === undefined ? null : new KeptAnswers(store)
    this.dataFiles = new DataFiles(root, host)
    this.reading = new FileReading({
      root,
      host,
      analyzer: this.analyzer,
      answers: this.answers,
      overlays: this.overlays,
      versionsOf: (path) => this.versions.of(path),
      workers: options.workers,
    })
    this.records = this.reading.records
    this.stages = new Stages({
      records: this.reading.records,
      local: this.reading.local,
      backendOf: (path) => this.reading.backendOf(path),
      answersOf: (path) => (this.overlays.has(path) ? null : this.answers),
      sourceOf: (path) => this.sourceOf(path),
      versionsOf: (path) => this.versions.of(path),
      sizeOf: (path) => this.dataFiles.sizeOf(path),
      giveBack: () => this.reading.giveBack(),
    })
  }

  open(path: string, content: string | CellText[], metadata: Record<string, Json> = {}): void {
    const text = { content, metadata }
    this.texts.set(path, text)
    this.change(path, () => this.overlays.set(path, text))
  }

  close(path: string): void {
    this.texts.delete(path)
    this.change(path, () => {
      this.overlays.delete(path)
      this.analyzer.trees.stopEditing(path)
    })
  }

  changedOnDisk(path: string): void {
    if (this.texts.has(path) || path.split('/').slice(0, -1).some(isSkippedFolder)) return
    this.change(path, () => {
      // A path that is not known may be new, left out, or a folder that came or went: the next search tells.
      if (!this.reading.knows(path)) this.files = null
    })
  }

  private change(path: string, take: () => void): void {
    this.changes.push(() => {
      take()
      this.touch(path)
    })
    this.unfinished?.touch(path)
    if (!this.isRunning) this.takeChanges()
  }

  private takeChanges(): void {
    for (const take of this.changes.splice(0)) take()
  }

  private touch(path: string): void {
    this.dirty.add(path)
    if (isDecisive(path) || this.configuration.sources.has(path)) this.configurationChanged = true
    if (isVersionFile(path)) this.versionsChanged = true
    // What is left out is decided for the project as a whole.
    if (/(^|\/)\.gitignore$/.test(path)) this.files = null
  }

  /** One lint at a time: state is shared, and a second call must see what the first one read. */
  lint(options: LintOptions = {}): Promise<LintResult> {
    const run = this.working.then(() => this.run(options))
    this.working = run.catch(() => undefined)
    return run
  }

  private async run(options: LintOptions): Promise<LintResult> {
    this.isRunning = true
    this.takeChanges()
    try {
      const result = await this.lintAll(options)
      this.isCold = false
      void this.unfinished?.dispose()
      this.unfinished = null
      return result
    } finally {
      this.isRunning = false
      this.takeChanges()
    }
  }

  private async lintAll(options: LintOptions): Promise<LintResult> {
    const { signal } = options
    await this.refresh(options)
    signal?.throwIfAborted()
    const linked = await this.link()
    if (this.host.isShort === true) {
      // Judging takes memory that others hold.
      await this.reading.endWorkers()
      this.stages.linker.letGo()
    }
    signal?.throwIfAborted()
    const { faults, unreadable } = this.reading.errors()
    const result = await this.stages.judge(linked, {
      faults,
      files: this.files ?? [],
      unreadable: [...this.unreadableFolders, ...unreadable],
      configuration: this.configuration,
      paths: options.paths,
    })
    // What it would take to mend them is asked next.
    await this.answers?.flush(this.files ?? [], new Set(result.findings.map(({ location }) => location.path)))
    return result
  }

  async preview(paths: readonly string[]): Promise<LintResult | null> {
    if (!this.isCold) return null
    await this.prepare({})
    // What is read within a moment needs no first answer.
    if (!this.isCold || !this.isLarge) return null
    this.unfinished ??= new Preview(this.root, this.host, this.grammars, this.texts)
    const { configuration, versions } = this
    return this.unfinished.lint({ files: this.files ?? [], configuration, versions }, paths)
  }

  /** Finds out which files there are, and what holds for them. One at a time. */
  private prepare(options: LintOptions): Promise<void> {
    this.preparing ??= this.prepareNow(options).finally(() => {
      this.preparing = null
    })
    return this.preparing
  }

  private async prepareNow(options: LintOptions): Promise<void> {
    if (this.configurationChanged) await this.readConfiguration()
    if (this.files === null) await this.search(options)
    if (this.versionsChanged) await this.readVersions()
    if (this.isCold) this.isLarge ||= this.dirty.size >= (this.options.previewFrom ?? filesForPreview)
  }

  /** Reads what is new or changed. */
  private async refresh(options: LintOptions): Promise<void> {
    await this.prepare(options)
    const dirty = [...this.dirty]
    await this.load(dirty, false, options)
    this.dirty.clear()
    const known = new Set(this.files)
    let changed = false
    for (const path of dirty) {
      const exists = this.reading.knows(path)
      if (exists !== known.has(path)) changed = true
      if (exists) known.add(path)
      else known.delete(path)
    }
    if (changed || this.files === null) this.files = [...known].sort()
  }

  private async search(options: LintOptions): Promise<void> {
    const found = await discover(this.host, this.root, {
      excluded: (path, folder) => this.configuration.excluded(path, folder),
      explicit: this.options.explicit ?? [],
      apart: this.options.apart ?? [],
      ...(this.options.maxFiles === undefined ? {} : { maxFiles: this.options.maxFiles }),
      onFound: (files) => options.onProgress?.({ done: files, total: 0 }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    this.unreadableFolders = found.errors
    const now = new Set([...found.files, ...this.overlays.keys()])
    for (const path of this.reading.paths()) if (!now.has(path)) this.reading.drop(path)
    for (const path of this.dirty) if (!now.has(path)) this.dirty.delete(path)
    for (const path of now) if (!this.reading.knows(path)) this.dirty.add(path)
    this.files = [...now].sort()
    if (this.files.some((path) => path.includes('/') && isConfigurationFile(path))) {
      await this.readConfiguration()
      this.leaveOut()
    }
    this.versionsChanged = true
  }

  /** What a configuration in a folder excludes was found before that configuration was read. */
  private leaveOut(): void {
    const found = this.files ?? []
    const kept = found.filter((path) => this.configuration.excluded(path) !== true || this.overlays.has(path))
    if (kept.length === found.length) return
    const stays = new Set(kept)
    for (const path of found) {
      if (stays.has(path)) continue
      this.dirty.delete(path)
      this.reading.drop(path)
    }
    this.files = kept
  }

  private load(paths: string[], force: boolean, options: LintOptions): Promise<void> {
    return this.reading.load(paths, force, options, this.unfinished !== null)
  }

  private async readConfiguration(): Promise<void> {
    this.configurationChanged = false
    this.configuration = await loadConfiguration(
      this.files ?? [],
      (path) => this.textOf(path),
      this.grammars,
      { ...this.options.choice, named: this.options.respectExclude ? [] : (this.options.explicit ?? []) },
    )
  }

  private async readVersions(): Promise<void> {
    this.versionsChanged = false
    const table = new VersionTable(this.grammars)
    for (const path of new Set([...(this.files ?? []), ...this.dirty])) {
      if (!isVersionFile(path)) continue
      const text = await this.textOf(path)
      if (text !== undefined) table.add(path, text)
    }
    const before = this.versions
    this.versions = table
    // What was read with other versions may claim other defaults.
    for (const { path, filtered } of this.records.values()) {
      if (!filtered && !table.saysLike(before, path)) this.dirty.add(path)
    }
  }

  private async textOf(path: string): Promise<string | undefined> {
    const overlay = this.overlays.get(path)?.content
    if (typeof overlay === 'string') return overlay
    try {
      return decode(await this.host.read(under(this.root, path))).text
    } catch {
      return undefined
    }
  }

  /** The text that was read, where this thread still has it. */
  private sourceOf(path: string): Promise<SourceFile | undefined> {
    return this.reading.local.fileOf(path)
  }

  private link(): Promise<Linked> {
    return this.stages.link(
      () => ({ files: this.files ?? [], commands: this.versions.commands }),
      (paths) => this.load(paths, true, {}),
    )
  }

  fixes(finding: Finding): Promise<OfferedFix[]> {
    return (this.unfinished ?? this.stages).fixes(finding)
  }

  annotations(path: string): Annotation[] {
    return this.unfinished?.annotations(path) ?? this.stages.annotations(path, this.configuration)
  }

  relatives(path: string): string[] {
    const { linker, judging } = this.stages
    return [...new Set([path, ...linker.neighbours(path), ...judging.mates(path)])]
  }

  async graph(): Promise<JobGraph> {
    await this.lint()
    return jobGraph({
      launches: this.stages.linked!.launches,
      judgements: this.stages.judging.view(),
      pricesFor: (path) => this.configuration.forFile(path).options.prices,
      sourceOf: (path) => this.sourceOf(path),
      today: today(),
    })
  }

  async cost(given?: readonly Finding[]): Promise<CostEntry[]> {
    const findings = given ?? (await this.lint()).findings
    return costEntries({
      judgements: this.stages.judging.view(),
      bills: this.stages.judging.bills,
      findings,
      sourceOf: (path) => this.sourceOf(path),
      reaches: (path) => this.stages.judging.isReachable(path),
      isEntry: (path) => this.stages.linker.summaryOf(path)?.isEntry === true,
    })
  }

  searches(): SearchSize[] {
    return searchSizes(this.stages.judging.view())
  }

  async survey(): Promise<Survey> {
    const { findings } = await this.lint()
    const costs = await this.cost(findings)
    return survey(
      { findings, costs, judgements: this.stages.judging.view(), measured: this.configuration.measured },
      (path) => this.sourceOf(path),
    )
  }

  async estimates(options: EstimateOptions = {}): Promise<TrainingEstimate[]> {
    await this.lint()
    return trainingEstimates(
      this.stages.judging.view(),
      (path) => this.configuration.forFile(path).options,
      (path) => this.sourceOf(path),
      options,
    )
  }

  why(query: WhyQuery): Promise<Explanation> {
    const explanation = this.working.then(async () => {
      const { findings } = await this.run({})
      return explain(query, {
        judging: this.stages.judging,
        findings,
        isKnown: (path) =>
          this.records.has(path) || this.files?.some((one) => one.startsWith(`${path}/`)) === true,
        isRead: (path) => this.records.get(path)?.filtered !== true,
        sourceOf: (path) => this.sourceOf(path),
      })
    })
    this.working = explanation.catch(() => undefined)
    return explanation
  }

  async dispose(): Promise<void> {
    await this.working
    await this.answers?.flush(this.files ?? [])
    await this.unfinished?.dispose()
    await this.reading.dispose()
  }
}
