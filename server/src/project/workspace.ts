/** The front door's implementation: one project, kept up to date as its files change. */
import { tomlFacts } from '../config/toml.js'
import type { Finding } from '../finding.js'
import type {
  CellText,
  JobGraph,
  LintError,
  LintOptions,
  LintResult,
  OfferedFix,
  Project,
} from '../linter.js'
import { readers } from '../readers/index.js'
import { rules } from '../rules/index.js'
import { type Grammars, type GrammarSource, loadGrammars } from '../syntax/parser.js'
import { decode } from '../text/decode.js'
import type { Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import { notebookFromCells, sourceFile } from '../text/units.js'
import type { Claim, Judged } from '../workload/claim.js'
import { Analyzer, type FileRecord, type Surroundings } from './analyzer.js'
import { type Backend, LocalBackend } from './backend.js'
import { type Choice, type Configuration, createConfiguration } from './configuration.js'
import { type ConfigurationFile, mentionsConfiguration, readConfigurationFile } from './configuration-file.js'
import { discover } from './discover.js'
import { fingerprint } from './fingerprint.js'
import { materialise } from './fixes.js'
import { type Host, under } from './host.js'
import { type Draft, type JudgeContext, judge, mergeRuns } from './judge.js'
import { type Linked, LinkStage, ReadingCache } from './link-stage.js'
import { PoolBackend } from './pool.js'
import { buildRuns } from './runs.js'
import { applySuppressions } from './suppressions.js'
import { isVersionFile, VersionTable } from './versions.js'

export interface OpenProjectOptions {
  choice?: Choice
  /** Relative to the root: read even where ignore files leave them out. */
  explicit?: readonly string[]
  /** Workers for files on disk; 0: this thread does it all. Default: the host's processors. */
  workers?: number
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
  const analyzer = new Analyzer(grammars, readers)
  return new Workspace(root, host, analyzer, new LocalBackend(root, host, analyzer), options, grammars)
}

/** Below this many files a pool costs more than it saves. */
const filesForPool = 24

const layers = new Map(readers.map((reader) => [reader.name, reader.layer ?? 0]))
const layerOf = (reader: string): number => layers.get(reader) ?? 0

class Workspace implements Project {
  private readonly records = new Map<string, FileRecord>()
  private readonly errors = new Map<string, string>()
  private readonly overlays = new Map<string, string | CellText[]>()
  private readonly dirty = new Set<string>()
  private readonly cache: ReadingCache
  private readonly unusedFixes = new Map<Finding, OfferedFix>()
  private versions: VersionTable
  private discovered: string[] | null = null
  private discoveryErrors: LintError[] = []
  private configuration: Configuration
  private configurationChanged = true
  private pool: PoolBackend | null = null
  private linked: Linked | null = null
  private working: Promise<unknown> = Promise.resolve()

  constructor(
    readonly root: string,
    private readonly host: Host,
    private readonly analyzer: Analyzer,
    private readonly local: LocalBackend,
    private readonly options: OpenProjectOptions,
    private readonly grammars: Grammars,
  ) {
    this.cache = new ReadingCache((path) => this.backendOf(path))
    this.configuration = createConfiguration({ files: [], problems: [], rules })
    this.versions = new VersionTable(grammars)
  }

  open(path: string, content: string | CellText[]): void {
    this.overlays.set(path, content)
    this.touch(path)
  }

  close(path: string): void {
    this.overlays.delete(path)
    this.touch(path)
  }

  changedOnDisk(path: string): void {
    if (!this.overlays.has(path)) this.touch(path)
  }

  private touch(path: string): void {
    this.dirty.add(path)
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (name === 'costlint.toml' || name === 'pyproject.toml' || name === '.gitignore')
      this.configurationChanged = true
    if (name === '.gitignore') this.discovered = null
  }

  /** One lint at a time: state is shared, and a second call must see what the first one read. */
  lint(options: LintOptions = {}): Promise<LintResult> {
    const run = this.working.then(() => this.run(options))
    this.working = run.catch(() => undefined)
    return run
  }

  private async run(options: LintOptions): Promise<LintResult> {
    const { signal } = options
    const files = await this.refresh(options)
    signal?.throwIfAborted()
    const linked = await this.link()
    signal?.throwIfAborted()
    const faults: LintError[] = [...linked.faults]
    const drafts = this.judgeAll(linked, faults)
    return this.result(drafts, faults, files, options.paths)
  }

  /** Reads what is new or changed. Returns the paths of the project. */
  private async refresh(options: LintOptions): Promise<string[]> {
    if (this.configurationChanged || this.discovered === null) await this.readConfiguration()
    if (this.discovered === null) {
      const found = await discover(this.host, this.root, {
        excluded: (path, folder) => this.configuration.excluded(path, folder),
        explicit: this.options.explicit ?? [],
        signal: options.signal,
      })
      this.discoveryErrors = found.errors
      const now = new Set([...found.files, ...this.overlays.keys()])
      for (const path of this.records.keys()) if (!now.has(path)) this.drop(path)
      for (const path of now) if (!this.records.has(path) && !this.errors.has(path)) this.dirty.add(path)
      this.discovered = [...now]
      await this.readVersions()
    }
    const known = new Set(this.discovered)
    for (const path of this.dirty) known.add(path)
    await this.load([...this.dirty], false, options)
    this.dirty.clear()
    for (const path of known) if (!this.records.has(path) && !this.errors.has(path)) known.delete(path)
    this.discovered = [...known].sort()
    return this.discovered
  }

  private drop(path: string): void {
    this.records.delete(path)
    this.errors.delete(path)
    this.local.forget(path)
    this.pool?.forget(path)
  }

  private async load(paths: string[], force: boolean, options: LintOptions): Promise<void> {
    let done = 0
    const wanted = this.options.workers ?? this.host.cpuCount
    const onDisk = paths.filter((path) => !this.overlays.has(path))
    if (
      this.pool === null &&
      this.host.createWorker !== undefined &&
      wanted > 0 &&
      onDisk.length >= filesForPool
    ) {
      try {
        this.pool = await PoolBackend.start(this.root, this.host, Math.min(wanted, 8))
      } catch {
        // Without threads the same work is done here.
        this.pool = null
      }
    }
    const one = async (path: string): Promise<void> => {
      if (options.signal?.aborted === true) return
      const overlay = this.overlays.get(path)
      try {
        const loaded =
          overlay !== undefined
            ? { record: await this.local.loadFile(this.overlayFile(path, overlay), this.versions.of(path)) }
            : await this.backendOf(path).load(path, force, this.versions.of(path))
        if ('error' in loaded) {
          this.drop(path)
          if (await this.exists(path)) this.errors.set(path, loaded.error)
        } else {
          this.errors.delete(path)
          this.records.set(path, loaded.record)
        }
      } catch (error) {
        this.drop(path)
        this.errors.set(path, `internal error: ${error instanceof Error ? error.message : String(error)}`)
      }
      done++
      options.onProgress?.({ done, total: paths.length })
    }
    const queue = [...paths]
    const lane = async (): Promise<void> => {
      for (let path = queue.pop(); path !== undefined; path = queue.pop()) await one(path)
    }
    await Promise.all(Array.from({ length: 24 }, lane))
    options.signal?.throwIfAborted()
  }

  private async exists(path: string): Promise<boolean> {
    return (await this.host.resolve(under(this.root, path))) !== undefined
  }

  private overlayFile(path: string, content: string | CellText[]): SourceFile {
    return typeof content === 'string' ? sourceFile(path, content) : notebookFromCells(path, content)
  }

  private backendOf(path: string): Backend {
    return this.pool === null || this.overlays.has(path) ? this.local : this.pool
  }

  private async readConfiguration(): Promise<void> {
    this.configurationChanged = false
    const files: ConfigurationFile[] = []
    const problems: Configuration['problems'] = []
    const vocabulary = { rules: rules.map((rule) => rule.name) }
    const candidates =
      this.discovered === null
        ? ['costlint.toml', 'pyproject.toml']
        : this.discovered.filter((path) => /(^|\/)(costlint|pyproject)\.toml$/.test(path))
    for (const path of new Set([...candidates, 'costlint.toml', 'pyproject.toml'])) {
      const text = await this.textOnDisk(path)
      if (text === undefined || (path.endsWith('pyproject.toml') && !mentionsConfiguration(text))) continue
      const parsed = readConfigurationFile(path, text, tomlFacts(text, this.grammars), vocabulary)
      if (parsed.file !== undefined) files.push(parsed.file)
      problems.push(...parsed.problems)
    }
    this.configuration = createConfiguration({ files, problems, rules, choice: this.options.choice })
  }

  private async textOnDisk(path: string): Promise<string | undefined> {
    const overlay = this.overlays.get(path)
    if (typeof overlay === 'string') return overlay
    try {
      const decoded = decode(await this.host.read(under(this.root, path)))
      return decoded.text
    } catch {
      return undefined
    }
  }

  private async readVersions(): Promise<void> {
    const table = new VersionTable(this.grammars)
    for (const path of this.discovered ?? []) {
      if (!isVersionFile(path)) continue
      const text = await this.textOnDisk(path)
      if (text !== undefined) table.add(path, text)
    }
    this.versions = table
  }

  private async link(): Promise<Linked> {
    const paths = this.discovered ?? []
    const stage = (): LinkStage =>
      new LinkStage(this.records, paths, this.cache, (path) => this.versions.of(path))
    const modules = stage().missingModules()
    if (modules.length > 0) await this.load(modules, true, {})
    const scripts = stage().missingScripts([...this.records.values()].map((record) => record.reading))
    if (scripts.length > 0) await this.load(scripts, true, {})
    const last = stage()
    this.linked = await last.link()
    this.reached = last.reachable(this.linked)
    return this.linked
  }
  private reached = new Set<string>()

  private judgeAll(linked: Linked, faults: LintError[]): Draft[] {
    const judgements = buildRuns({
      readings: linked.readings,
      launches: linked.launches,
      importedBy: (path) => linked.imported.get(path) ?? [],
      defaultHardware: (path) => this.configuration.forFile(path).options.defaultHardware,
      layerOf,
    })
    const context: JudgeContext = {
      configurationOf: (path) => this.configuration.forFile(path),
      reachable: (path) => this.reached.has(path) || !path.endsWith('.py'),
      faults,
    }
    const seen = new Set<string>()
    return judgements
      .flatMap((runs: Judged[]) => mergeRuns(runs.map((judged) => judge(judged, rules, context))))
      .filter((draft) => {
        // A file that configures several runs is judged in each; one finding is enough.
        const { path, cell, start, end } = draft.location
        const key = `${draft.rule}\0${path}\0${cell}\0${start}\0${end}`
        if (seen.has(key)) return false
        seen.add(key)
        return true
      })
  }

  private async result(
    drafts: Draft[],
    faults: LintError[],
    files: string[],
    paths: string[] | undefined,
  ): Promise<LintResult> {
    const wanted = (path: string): boolean =>
      this.configuration.reported(path) && (paths === undefined || paths.some((one) => covers(one, path)))
    const byPath = new Map<string, Draft[]>()
    for (const draft of drafts) {
      const list = byPath.get(draft.location.path)
      if (list === undefined) byPath.set(draft.location.path, [draft])
      else list.push(draft)
    }
    const findings: Finding[] = []
    this.unusedFixes.clear()
    for (const path of files) {
      if (!wanted(path)) continue
      const own = (byPath.get(path) ?? []).sort(byPlace)
      const suppressions = this.records.get(path)?.suppressions ?? []
      if (own.length === 0 && suppressions.length === 0) continue
      const configuration = this.configuration.forFile(path)
      const applied = applySuppressions(await this.named(path, own), suppressions, {
        rules: rules.map((rule) => rule.name),
        ran: (rule) => configuration.enabled(rule),
        configured: configuration.suppressions,
      })
      const found = [...applied.kept]
      for (const { finding, fix } of applied.unused) {
        if (!configuration.enabled(finding.rule)) continue
        found.push(finding)
        this.unusedFixes.set(finding, fix)
      }
      findings.push(...found.sort(byPlace))
    }
    const errors: LintError[] = [...this.discoveryErrors.filter(({ path }) => wanted(path))]
    for (const problem of this.configuration.problems) {
      errors.push({ path: problem.path, message: `line ${problem.line}: ${problem.message}` })
    }
    for (const [path, message] of this.errors) if (wanted(path)) errors.push({ path, message })
    let linted = 0
    let seen = 0
    for (const path of files) {
      if (!wanted(path)) continue
      seen++
      const record = this.records.get(path)
      if (record === undefined) continue
      if (!record.filtered) linted++
      for (const message of record.problems) errors.push({ path, message })
    }
    errors.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    return {
      findings,
      errors,
      faults: faults.filter(({ path }) => wanted(path)),
      files: seen,
      filesLinted: linted,
    }
  }

  /** Findings with their fingerprints, which need the text. */
  private async named(path: string, drafts: Draft[]): Promise<Finding[]> {
    if (drafts.length === 0) return []
    const file = await this.sourceOf(path)
    const ordinals = new Map<string, number>()
    return drafts.map(({ scope, subject: _subject, run: _run, ...finding }) => {
      const snippet = textAt(file, finding.location)
      const key = `${finding.rule}\0${scope}\0${snippet}`
      const ordinal = ordinals.get(key) ?? 0
      ordinals.set(key, ordinal + 1)
      return { ...finding, fingerprint: fingerprint(finding.rule, path, scope, snippet, ordinal) }
    })
  }

  private async sourceOf(path: string): Promise<SourceFile | undefined> {
    const overlay = this.overlays.get(path)
    if (overlay !== undefined) return this.local.fileOf(path)
    const text = await this.textOnDisk(path)
    return text === undefined ? undefined : sourceFile(path, text)
  }

  async fixes(finding: Finding): Promise<OfferedFix[]> {
    const own = this.unusedFixes.get(finding)
    if (own !== undefined) return [own]
    const files = new Map<string, SourceFile>()
    const load = async (path: string): Promise<SourceFile | undefined> => {
      const before = files.get(path)
      if (before !== undefined) return before
      const file = await this.local.fileOf(path)
      if (file !== undefined) {
        await this.analyzer.prepare(file)
        files.set(path, file)
      }
      return file
    }
    return materialise(finding, this.analyzer, load, (claim) => this.surroundingsOf(claim))
  }

  private surroundingsOf(claim: Claim): Surroundings {
    return { imported: {}, importers: [], binding: null, versions: this.versions.of(claim.location.path) }
  }

  relatives(path: string): string[] {
    const found = new Set([path])
    const { linked } = this
    if (linked === null) return [path]
    for (const other of [...(linked.imported.get(path) ?? []), ...(linked.importers.get(path) ?? [])])
      found.add(other)
    for (const { launch, script, binding } of linked.launches) {
      const members = [
        launch.location.path,
        ...(script === null ? [] : [script]),
        ...binding.settings.map((claim) => claim.location.path),
      ]
      if (members.includes(path)) for (const member of members) found.add(member)
    }
    return [...found]
  }

  async graph(): Promise<JobGraph> {
    await this.lint()
    const { linked } = this
    const jobs: JobGraph['jobs'] = []
    for (const { launch, script, unresolved } of linked?.launches ?? []) {
      const compute = [...(linked?.readings.values() ?? [])].flatMap((reading) =>
        reading.claims.filter(
          (claim) =>
            launch.job !== null &&
            claim.subject.length > 0 &&
            reading.subjects.some(
              (subject) =>
                subject.id === claim.subject && subject.job === launch.job && subject.word === 'Compute',
            ),
        ),
      )
      const value = (setting: string): unknown =>
        compute.find((claim) => claim.setting === setting && claim.state !== 'unknown')?.value
      const file = await this.sourceOf(launch.location.path)
      jobs.push({
        name: String(value('name') ?? launch.program.path ?? launch.program.module ?? launch.launcher),
        path: launch.location.path,
        line: lineOf(file, launch.location),
        launcher: launch.launcher,
        script,
        unresolved,
        gpus: typeof value('gpus') === 'number' ? (value('gpus') as number) : null,
        instanceType: typeof value('instanceType') === 'string' ? (value('instanceType') as string) : null,
      })
    }
    return { jobs: jobs.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1)) }
  }

  async dispose(): Promise<void> {
    await this.pool?.dispose()
    await this.local.dispose()
  }
}

function covers(path: string, candidate: string): boolean {
  return path === '' || path === '.' || candidate === path || candidate.startsWith(`${path}/`)
}

function byPlace(a: { location: Location; rule: string }, b: { location: Location; rule: string }): number {
  return (
    (a.location.cell ?? -1) - (b.location.cell ?? -1) ||
    a.location.start - b.location.start ||
    a.location.end - b.location.end ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)
  )
}

function partText(file: SourceFile | undefined, cell: number | null): string {
  if (file === undefined) return ''
  if (cell === null) return file.text
  return file.parts.find((part) => part.cell === cell)?.text ?? ''
}

function textAt(file: SourceFile | undefined, location: Location): string {
  // Long spans (a whole loop) are known by their beginning.
  return partText(file, location.cell).slice(location.start, Math.min(location.end, location.start + 200))
}

function lineOf(file: SourceFile | undefined, location: Location): number {
  return partText(file, location.cell).slice(0, location.start).split('\n').length
}
