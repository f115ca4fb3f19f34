/** The stage between reading and judging: imports and launches resolved, scripts read with what launches them. */

import type { FileRecord, Surroundings } from '../extraction/analyzer.js'
import type { Overlay } from '../extraction/manifests.js'
import type { KeptAnswers } from '../host/answers.js'
import { type Backend, hashOf, type ReadResult, type Versions } from '../host/backend.js'
import { ConsoleScripts } from '../link/console-scripts.js'
import { ModuleIndex } from '../link/modules.js'
import { ProgramIndex } from '../link/programs.js'
import type { LintError } from '../lint.js'
import { rootIn } from '../python/configured-plain.js'
import type { HandedConfiguration, ModuleSummary } from '../python/module.js'
import { define } from '../text/records.js'
import type { Binding, Extraction, Launch } from '../workload/claim.js'
import { bindLaunches } from './bind-launches.js'
import { BundleIndex, missingBundles } from './bundles.js'
import { compiledCopies } from './compiled.js'
import { ConfigurationLinker, type Configurations, handedTo, seenModules } from './configurations.js'
import { bindingKey, spelled } from './extraction-keys.js'
import { FrameworkConfigLinker } from './framework-configs.js'
import { type Definition, ImportGraph } from './import-graph.js'
import { launchesOf, withImage } from './launches.js'
import { Layouts } from './layouts.js'
import { OutsideCallIndex, type ProjectModules } from './outside-calls.js'
import { reachedFrom } from './reached.js'
import type { LinkedLaunch } from './runs.js'
import { relate, ScalerLinks } from './scaler-links.js'
import { type Summarised, SummaryStage } from './summary-stage.js'
import { missingTerraform, TerraformIndex } from './terraform.js'
import { linkWorkflows } from './workflow-links.js'

export interface Linked {
  extractions: Map<string, Extraction>
  launches: LinkedLaunch[]
  /** By job: its calls of scripts that are known as a whole. */
  calls: Map<string, Set<string>>
  /** By path: the modules of the project that it imports. */
  imported: Map<string, string[]>
  importers: Map<string, string[]>
  /** By script: the configuration files that it reads. */
  configurations: Map<string, string[]>
  /** By path: files whose objects speak of its objects. */
  related: Map<string, Set<string>>
  /** Files that an entry point or a launch reaches. */
  reached: Set<string>
  faults: LintError[]
}

interface ConfigurationsOfFile {
  values: Configurations['values']
  files: string[]
  handed: HandedConfiguration[]
}

interface CachedExtraction extends ReadResult {
  key: string
}

/** What importers tell a module: what they use, not their constants. */
function asImporter(summary: ModuleSummary): ModuleSummary {
  const {
    handed: _handed,
    configurations: _configurations,
    kept: _kept,
    loads: _loads,
    outward: _outward,
    derived: _derived,
    ...rest
  } = summary
  return { ...rest, constants: {}, functions: {}, classes: stepsOf(summary), reexports: {} }
}

/** Classes that step an optimiser: one that a module declares may leave its steps to them. */
function stepsOf({ classes }: ModuleSummary): ModuleSummary['classes'] {
  const found: ModuleSummary['classes'] = {}
  for (const [name, { steps }] of Object.entries(classes))
    if (steps !== undefined) define(found, name, { bases: [], methods: [], calls: [], steps })
  return found
}

const noModules: ProjectModules = {
  summaryOf: () => null,
  importersOf: () => [],
  definitionOf: () => null,
  isLaunched: () => false,
}

/** What programs tell a module that they reach through others. */
function asProgram({
  path,
  uses,
  imports,
  isEntry,
  evidence,
  epochs,
  pretrained,
}: ModuleSummary): ModuleSummary {
  const program: ModuleSummary = {
    ...{ path, uses, imports, isEntry },
    ...{ constants: {}, functions: {}, classes: {}, reexports: {} },
  }
  return {
    ...program,
    ...(evidence === undefined ? {} : { evidence }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(pretrained === undefined ? {} : { pretrained }),
  }
}

/** How far programs are looked for along imports, and how many. */
const mostImports = 5
const mostPrograms = 30

export class Linker {
  private files: readonly string[] = []
  /** Those among them that have been read, in the same order. */
  private readFiles: readonly string[] = []
  private commands = new ConsoleScripts()
  private programs = new ProgramIndex([], new ModuleIndex([]))
  private graph: ImportGraph
  private readonly summaries: SummaryStage
  /** What each module lets others know, for one link. */
  private outside = new OutsideCallIndex(noModules)
  private summarised: ReadonlyMap<string, Summarised> = new Map()
  private readonly cache = new Map<string, CachedExtraction>()
  private linked: Linked | null = null
  /** Terraform modules, for one link. */
  private terraform: TerraformIndex | null = null
  private bundles: BundleIndex | null = null
  private known = new Set<string>()
  /** Among which manifests, their layouts and bundles are. */
  private yaml: readonly string[] = []
  private terraformFiles: readonly string[] = []
  private readonly configurations: ConfigurationLinker
  private readonly frameworkConfigs: FrameworkConfigLinker
  private readonly scalers = new ScalerLinks()
  private readonly layouts: Layouts
  /** Configurations of each script by itself, for one link. */
  private own = new Map<string, Configurations>()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly backendOf: (path: string) => Backend,
    private readonly answersOf: (path: string) => KeptAnswers | null,
  ) {
    this.layouts = new Layouts(records)
    this.graph = new ImportGraph(records)
    this.summaries = new SummaryStage(records, backendOf, answersOf)
    this.configurations = new ConfigurationLinker(records, (path) => this.known.has(path))
    this.frameworkConfigs = new FrameworkConfigLinker(records, (path) => this.known.has(path))
  }

  /** `read`: see `FileList`. */
  setFiles(files: readonly string[], commands: ConsoleScripts, read: readonly string[] = files): void {
    this.readFiles = read
    if (files === this.files && commands === this.commands) return
    this.files = files
    this.commands = commands
    this.known = new Set(files)
    this.yaml = files.filter((path) => /\.ya?ml$/.test(path))
    this.terraformFiles = files.filter((path) => /\.(tf|tfvars)$/.test(path))
    const modules = new ModuleIndex(files.filter((path) => path.endsWith('.py')))
    this.programs = new ProgramIndex(files, modules, commands, (path) => this.records.get(path)?.writes ?? [])
    this.graph = new ImportGraph(this.records, modules)
  }

  /** The modules among the files. */
  get modules(): ModuleIndex {
    return this.graph.modules
  }

  /** By path: whatever order the files were read in, the same is found. */
  private *inOrder(): Generator<FileRecord> {
    for (const path of this.readFiles) {
      const record = this.records.get(path)
      if (record !== undefined) yield record
    }
  }

  /** Modules that are imported but were not read, since no reader has a word in them. */
  missingModules(): string[] {
    const missing = new Set<string>()
    for (const record of this.inOrder()) {
      for (const path of this.importsOf(record).values()) {
        if (this.records.get(path)?.filtered === true) missing.add(path)
      }
    }
    return [...missing]
  }

  /** Scripts that launches start but that were not read yet. */
  missingScripts(): string[] {
    const missing = new Set<string>()
    for (const launch of this.launches(this.extractionsInOrder())) {
      const path = this.scriptOf(launch)
      if (path !== null && this.records.get(path)?.filtered === true) missing.add(path)
    }
    return [...missing]
  }

  /** Files of Terraform modules in which no reader has a word, but which say what a variable holds. */
  missingTerraform(): string[] {
    return missingTerraform(this.records, this.terraformFiles)
  }

  /** Files of Databricks asset bundles in which no reader has a word. */
  missingBundles(): string[] {
    return missingBundles(this.records, this.yaml, this.readFiles)
  }

  /** Files of kustomizations and charts in which no reader has a word. */
  missingManifests(): string[] {
    this.layouts.startLink()
    return this.layouts.missing(this.yaml)
  }

  /** One of the ways in which a manifest is laid out. */
  layoutOf(path: string, index: number): Overlay | undefined {
    const record = this.records.get(path)
    const laid = record === undefined ? undefined : this.layouts.of(record, this.yaml)
    return Array.isArray(laid) ? laid[index] : undefined
  }

  /** Configuration files that scripts or launches name and whose values are not known yet. */
  missingConfigurations(): string[] {
    this.own = new Map()
    const missing = new Set<string>(this.frameworkConfigs.missing(this.inOrder()))
    const add = (found: Configurations): void => {
      for (const path of found.missing) missing.add(path)
    }
    for (const record of this.inOrder()) {
      if (record.summary?.configurations !== undefined) add(this.configurations.of(record, null))
    }
    for (const launch of this.launches(this.extractionsInOrder())) {
      const path = this.scriptOf(launch)
      const script = path === null || launch.shell !== undefined ? undefined : this.records.get(path)
      if (script !== undefined) add(this.configurations.of(script, launch))
    }
    return [...missing]
  }

  private extractionsInOrder(): Extraction[] {
    return [...this.inOrder()].map((record) => record.extraction)
  }

  private launches(extractions: readonly Extraction[]): Launch[] {
    return launchesOf(extractions, (launch) => this.scriptOf(launch))
  }

  private scriptOf(launch: Launch): string | null {
    const resolved = this.programs.resolve(launch)
    return 'path' in resolved ? resolved.path : null
  }

  /** The framework config that a launch names, or that its script composes. */
  private frameworkConfigOf(launch: Launch, script: string | null): FileRecord | undefined {
    const named = this.frameworkConfigs.namedBy(launch, script)
    const record = script === null ? undefined : this.records.get(script)
    if (named !== undefined || record?.summary?.configurations === undefined) return named
    return this.configurations
      .of(record, launch)
      .files.map((path) => this.records.get(path))
      .find((one) => one?.extraction.frameworkConfig !== undefined)
  }

  /** What a script reads, by itself or as it is launched. */
  private configurationsOf(record: FileRecord, binding: Binding | null): Configurations {
    if (binding !== null) return this.configurations.of(record, binding.launch)
    let found = this.own.get(record.path)
    if (found === undefined) {
      found = this.configurations.of(record, null)
      this.own.set(record.path, found)
    }
    return found
  }

  /** Its own configurations, and what importers hand to it. */
  private configurationsFor(record: FileRecord, binding: Binding | null): ConfigurationsOfFile {
    const own = this.configurationsOf(record, binding)
    const values = { ...own.values }
    const files = [
      ...own.files,
      ...(this.terraform?.filesAround(record.path) ?? []),
      ...(this.bundles?.filesAround(record.path) ?? []),
      ...this.frameworkConfigs.of(record).files,
      ...this.frameworkConfigs.named(record).files,
    ]
    const handed: HandedConfiguration[] = []
    for (const path of this.linked?.importers.get(record.path) ?? []) {
      const importer = this.records.get(path)
      const summary = this.summaryOf(path)
      if (importer === undefined || summary?.handed === undefined) continue
      handed.push(...handedTo(summary, record.path, (target) => this.definitionOf(importer, target)))
    }
    const imported = [...this.importsOf(record).values()].flatMap((path) => this.summaryOf(path) ?? [])
    for (const path of seenModules(imported, handed)) {
      const module = this.records.get(path)
      if (module === undefined) continue
      const theirs = this.configurationsOf(module, null)
      files.push(...theirs.files)
      for (const [key, value] of Object.entries(theirs.values)) define(values, rootIn(path, key), value)
    }
    return { values, files, handed }
  }

  async link(versionsOf: (path: string) => Versions): Promise<Linked> {
    const linked: Linked = {
      extractions: new Map(),
      launches: [],
      calls: new Map(),
      imported: new Map(),
      importers: new Map(),
      configurations: new Map(),
      related: new Map(),
      reached: new Set(),
      faults: [],
    }
    this.linked = linked
    this.own = new Map()
    this.terraform = new TerraformIndex(this.records, this.terraformFiles)
    this.bundles = new BundleIndex(this.records, this.yaml)
    this.layouts.startLink()
    this.summarised = await this.summaries.summarise(this.readFiles, this.graph)
    this.linkImports(linked)
    this.outside = this.outsideCalls(linked)
    const fault = (path: string, messages: string[]): void => {
      for (const message of messages) linked.faults.push({ path, message })
    }
    const again: Promise<void>[] = []
    for (const record of this.inOrder()) {
      if (record.filtered) continue
      const alone = !linked.imported.has(record.path) && !linked.importers.has(record.path)
      // Keeps the order of files, whatever order the extractions arrive in.
      linked.extractions.set(record.path, record.extraction)
      const laid = this.layouts.of(record, this.yaml)
      if (laid === 'patch') {
        linked.extractions.set(record.path, this.layouts.extractions.withoutSubjects(record.extraction))
        continue
      }
      if (laid !== undefined) {
        for (const { path, origins } of laid)
          for (const other of [path, ...origins]) relate(linked.related, record.path, other)
        const parts = laid.map((overlay, index) =>
          this.read(record, null, `overlay ${index}`, versionsOf, overlay),
        )
        again.push(
          Promise.all(parts).then((results) => {
            linked.extractions.set(
              record.path,
              this.layouts.extractions.joined(
                record.path,
                results.map((one) => one.extraction),
              ),
            )
            for (const result of results) fault(record.path, result.faults)
          }),
        )
        continue
      }
      const apart =
        alone &&
        // Of Python code only what leads to other files is known by now.
        record.summary === null &&
        record.extraction.frameworkConfig?.inherits !== true &&
        record.extraction.names === undefined &&
        !this.terraform.isShared(record.path) &&
        this.bundles.filesAround(record.path).length === 0
      if (apart) fault(record.path, record.faults)
      else {
        const extraction = this.read(record, null, 'base', versionsOf).then((result) => {
          linked.extractions.set(record.path, result.extraction)
          fault(record.path, result.faults)
        })
        again.push(extraction)
      }
    }
    await Promise.all(again)
    for (const path of compiledCopies(linked.extractions))
      linked.extractions.set(path, this.layouts.extractions.withoutSubjects(linked.extractions.get(path)!))
    this.scalers.link(linked.extractions, linked.related)
    const bound = await bindLaunches(this.launches([...linked.extractions.values()]), linked.extractions, {
      recordOf: (path) => this.records.get(path),
      resolve: (launch) => this.programs.resolve(launch),
      frameworkConfigOf: (launch, script) => this.frameworkConfigOf(launch, script),
      read: (record, binding, slot) => this.read(record, binding, slot, versionsOf),
    })
    linked.launches = bound.launches
    linked.calls = bound.calls
    linkWorkflows(linked.extractions, bound.asked, linked.related)
    // Whether it starts a training may follow from what it imports.
    const entries = [...this.inOrder()].filter(({ path }) => this.summaryOf(path)?.isEntry === true)
    linked.reached = reachedFrom(entries, linked.launches, linked.imported)
    return linked
  }

  /** What the project says around a Python file. */
  around(
    path: string,
    binding: Binding | null = null,
  ): Pick<
    Surroundings,
    | 'imported'
    | 'behind'
    | 'programs'
    | 'importers'
    | 'configurations'
    | 'handed'
    | 'outside'
    | 'hcl'
    | 'bundle'
    | 'inherited'
    | 'named'
  > {
    const record = this.records.get(path)
    const imported: Record<string, ModuleSummary> = {}
    const direct = record === undefined ? new Map<string, string>() : this.importsOf(record)
    for (const [spec, target] of direct) {
      const summary = this.summaryOf(target)
      if (summary !== null) define(imported, spec, summary)
    }
    const importers = (this.linked?.importers.get(path) ?? []).flatMap((importer) => {
      const summary = this.summaryOf(importer)
      return summary === null ? [] : [asImporter(summary)]
    })
    if (record === undefined) return { imported, importers }
    const programs = this.programsOf(path).flatMap((one) => {
      const summary = this.summaryOf(one)
      return summary === null ? [] : [asProgram(summary)]
    })
    const behind = this.graph.behindPackages(record).flatMap((one) => this.summaryOf(one) ?? [])
    const hcl = this.terraform?.moduleOf(path)
    if (hcl !== undefined) return { imported, importers, hcl }
    const bundle = this.bundles?.factsOf(path)
    if (bundle !== undefined) return { imported, importers, bundle }
    const { values, handed } = this.configurationsFor(record, binding)
    const inherited = this.frameworkConfigs.of(record).root
    return {
      imported,
      importers,
      ...(behind.length === 0 ? {} : { behind }),
      ...(programs.length === 0 ? {} : { programs }),
      ...(inherited === null ? {} : { inherited }),
      ...(record.extraction.names === undefined ? {} : { named: this.frameworkConfigs.named(record).values }),
      outside: this.outside.of(path),
      ...(Object.keys(values).length === 0 ? {} : { configurations: values }),
      ...(handed.length === 0 ? {} : { handed }),
    }
  }

  /** Import as written → path of a module of the project. */
  private importsOf(record: FileRecord): Map<string, string> {
    const found = this.graph.importsOf(record)
    const targets = this.targetsOf(record)
    return targets.length === 0 ? found : new Map([...found, ...targets])
  }

  /** Modules that import this one through others. */
  private programsOf(path: string): string[] {
    const importersOf = (one: string) => this.linked?.importers.get(one) ?? []
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

  private outsideCalls(linked: Linked): OutsideCallIndex {
    const launched = new Set<string>()
    for (const launch of this.launches(this.extractionsInOrder())) {
      const path = this.scriptOf(launch)
      const passes = Object.keys(launch.flags).length > 0 || launch.positionals.length > 0
      if (path !== null && passes) launched.add(path)
    }
    return new OutsideCallIndex({
      summaryOf: (path) => this.summaryOf(path),
      importersOf: (path) => linked.importers.get(path) ?? [],
      definitionOf: (importer, target) => this.definitionOf(this.records.get(importer)!, target),
      isLaunched: (path) => launched.has(path),
    })
  }

  private definitionOf(record: FileRecord, target: string): Definition | null {
    return this.graph.definitionOf(record, target, this.importsOf(record))
  }

  private summaryOf(path: string): ModuleSummary | null {
    return this.summarised.get(path)?.summary ?? this.records.get(path)?.summary ?? null
  }

  /** Modules of the project that its configuration names: `_target_: src.models.net.Net` imports `src.models.net`. */
  private targetsOf(record: FileRecord): [string, string][] {
    const uses = record.summary?.configurations
    if (uses === undefined || !uses.some((use) => use.kind === 'hydra')) return []
    return this.configurations.targets(this.configurationsOf(record, null)).flatMap((target) => {
      const spec = target.slice(0, Math.max(target.lastIndexOf('.'), 0))
      const path = spec === '' ? undefined : this.graph.modules.resolve(spec, record.path)
      return path === undefined || path === record.path ? [] : [[spec, path] as [string, string]]
    })
  }

  private linkImports(linked: Linked): void {
    for (const record of this.inOrder()) {
      const paths = new Set<string>()
      for (const path of this.importsOf(record).values()) if (this.records.get(path)?.summary) paths.add(path)
      for (const path of this.graph.behindPackages(record)) paths.add(path)
      if (paths.size === 0) continue
      linked.imported.set(record.path, [...paths])
      for (const path of paths) {
        const list = linked.importers.get(path)
        if (list === undefined) linked.importers.set(path, [record.path])
        else list.push(record.path)
      }
    }
  }

  /** Reads a file with its surroundings; kept while nothing that it depends on changes. */
  private async read(
    record: FileRecord,
    binding: Binding | null,
    slot: string,
    versionsOf: (path: string) => Versions,
    overlay?: Overlay,
  ): Promise<ReadResult> {
    const { path } = record
    const neighbours = [
      ...(this.linked!.imported.get(path) ?? []),
      ...(this.linked!.importers.get(path) ?? []),
    ]
    const files = this.configurationsFor(record, binding).files
    if (binding === null && files.length > 0) this.linked!.configurations.set(path, files)
    const hashes = [
      ...this.programsOf(path).map((one) => `${one} ${this.summarised.get(one)?.hash}`),
      ...neighbours.map((one) => `${one} ${this.summarised.get(one)?.hash}`),
      ...files.map((one) => `${one} ${this.records.get(one)!.hash}`),
    ]
    const versions = withImage(versionsOf(path), binding)
    const bound = binding === null ? '' : bindingKey(binding, true)
    const laid = overlay === undefined ? '' : spelled(overlay)
    const outside = hashOf(JSON.stringify(this.outside.of(path)))
    const key = [record.hash, ...hashes, outside, spelled(versions), bound, laid].join('|')
    const id = `${path}\0${slot}`
    const before = this.cache.get(id)
    if (before !== undefined && before.key === key) return before
    const answers = this.answersOf(path)
    const question = `extraction ${slot}`
    const known = answers?.get<ReadResult>(path, question, key)
    if (known !== undefined) {
      this.cache.set(id, { ...known, key })
      return known
    }
    const surroundings: Surroundings = { ...this.around(path, binding), binding, versions }
    if (overlay !== undefined) surroundings.overlay = overlay
    const result = await this.backendOf(path).read(path, surroundings)
    if (result.faults.length === 0) answers?.put(path, question, key, result)
    const kept: CachedExtraction = { ...result, key }
    this.cache.set(id, kept)
    return kept
  }
}
