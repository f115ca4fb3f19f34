/**
 * What can be said of open files before the rest of a project has been read. Every other file counts as one in which no
 * reader has a word, until the open files, or what starts them, turn out to need it.
 */

import type { Annotation } from '../annotations/annotations.js'
import { Analyzer } from '../extraction/analyzer.js'
import type { FileRecord } from '../extraction/file-record.js'
import { kustomizationName } from '../extraction/manifests.js'
import type { Finding } from '../finding.js'
import { LocalBackend, unreadRecord } from '../host/backend.js'
import type { Configuration } from '../host/configuration.js'
import { DataFiles } from '../host/data-files.js'
import { type Host, under } from '../host/host.js'
import { fileOfText, type OpenText } from '../host/open-text.js'
import type { VersionTable } from '../host/versions.js'
import { baseName } from '../link/paths.js'
import { valuesName } from '../linking/charts.js'
import { filesNaming, type NamingFiles } from '../linking/name-search.js'
import type { LintResult, OfferedFix } from '../lint.js'
import { readers } from '../readers/index.js'
import type { Grammars } from '../syntax/parser.js'
import { Stages } from './stages.js'
import { mayBeRefuted } from './withheld.js'

/** What is known of a project once it was searched. */
export interface SearchedFolder {
  /** Sorted. */
  files: readonly string[]
  configuration: Configuration
  versions: VersionTable
}

/** Files read for what is open; a script that needs more of them waits for the whole project. */
const mostFiles = 400
/** Kustomizations and charts that are read where a manifest starts what is open. */
const mostLayouts = 100
/** Bytes. What is larger holds data, and names nobody. */
const largestCandidate = 1_000_000
/** Of a summary only this is looked at: whether the module is run by itself. */
const isEntryAsked = { read: false, for: 'itself' } as const

export class Preview {
  private readonly analyzer: Analyzer
  private readonly local: LocalBackend
  private readonly stages: Stages
  private readonly read = new Set<string>()
  private readonly records = new Map<string, FileRecord>()
  private readonly naming = new Map<string, NamingFiles>()
  private readonly latin1 = new TextDecoder('latin1')
  private folder: SearchedFolder | null = null
  /** Those of the folder, and what is open besides. */
  private files: readonly string[] = []
  /** More files were needed than are read here. */
  private isCut = false
  private working: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly root: string,
    private readonly host: Host,
    grammars: Grammars,
    /** As the editor holds them now. */
    private readonly texts: ReadonlyMap<string, OpenText>,
  ) {
    this.analyzer = new Analyzer(grammars, readers)
    this.local = new LocalBackend(root, host, this.analyzer)
    const dataFiles = new DataFiles(root, host)
    this.stages = new Stages({
      records: this.records,
      local: this.local,
      backendOf: () => this.local,
      answersOf: () => null,
      sourceOf: (path) => this.local.fileOf(path),
      versionsOf: (path) => this.folder!.versions.of(path),
      sizeOf: (path) => dataFiles.sizeOf(path),
    })
  }

  /** The text of a file changed, in the editor or on disk. */
  touch(path: string): void {
    this.read.delete(path)
    if (!this.texts.has(path)) this.analyzer.trees.stopEditing(path)
  }

  /** The findings of these files that nothing in the rest of the project could refute. */
  lint(folder: SearchedFolder, paths: readonly string[]): Promise<LintResult> {
    const result = this.working.then(() => this.run(folder, paths))
    this.working = result.catch(() => undefined)
    return result
  }

  private async run(folder: SearchedFolder, paths: readonly string[]): Promise<LintResult> {
    this.takeOver(folder)
    for (const path of paths) await this.load(path, false)
    for (const path of paths) await this.loadNaming(path)
    const layouts = this.layouts()
    const linked = await this.stages.link(
      () => ({ files: this.files, commands: folder.versions.commands, read: [...this.read].sort() }),
      (missing, values) => this.loadMissing(missing, values),
      layouts === 'read',
    )
    const result = await this.stages.judge(linked, {
      faults: [],
      files: paths,
      unreadable: [],
      configuration: folder.configuration,
      paths,
    })
    const launched = new Set(linked.launches.map(({ script }) => script))
    // Objects that hold variables have names, which no file of the program tells the place of.
    const taking = linked.launches.filter(({ launch }) => launch.variablesFrom !== undefined)
    const takesVariables = new Set(taking.map(({ script }) => script))
    const findings = result.findings.filter(({ location: { path }, ...finding }) => {
      const record = this.records.get(path)
      return (
        record !== undefined &&
        !mayBeRefuted(finding, {
          record,
          isModule: this.stages.linker.summaryOf(path)?.isEntry === false,
          isLaunched: launched.has(path),
          isSearched: this.naming.get(path)?.complete === true,
          isCut:
            this.isCut || takesVariables.has(path) || (layouts === 'unknown' && this.isNamedInManifest(path)),
        })
      )
    })
    return { ...result, findings }
  }

  private takeOver(folder: SearchedFolder): void {
    const before = this.folder
    this.folder = folder
    if (before?.versions !== folder.versions) this.read.clear()
    const { records } = this
    const added = [...this.texts.keys()].filter((path) => !folder.files.includes(path))
    if (before?.files === folder.files && added.every((path) => records.has(path))) return
    this.files = added.length === 0 ? folder.files : [...folder.files, ...added].sort()
    this.stages.linker.setFiles(this.files, folder.versions.commands)
    this.naming.clear()
    const now = new Set(this.files)
    for (const path of records.keys()) if (!now.has(path)) records.delete(path)
    for (const path of this.read) if (!now.has(path)) this.read.delete(path)
    for (const path of this.files) if (!records.has(path)) records.set(path, unreadRecord(path))
  }

  /** Whether what kustomizations and charts make of the manifests that have been read can be told. */
  private layouts(): 'none' | 'read' | 'unknown' {
    if (![...this.read].some((path) => this.isManifest(path))) return 'none'
    const files = this.files.filter((path) => kustomizationName.test(path) || valuesName.test(path))
    if (files.length === 0) return 'none'
    return files.length <= mostLayouts ? 'read' : 'unknown'
  }

  private isManifest(path: string): boolean {
    return this.records.get(path)?.manifests !== undefined
  }

  private isNamedInManifest(path: string): boolean {
    return this.naming.get(path)?.paths.some((one) => this.isManifest(one)) === true
  }

  /** Reads what starts or imports a file. */
  private async loadNaming(path: string): Promise<void> {
    const versions = this.folder!.versions.of(path)
    const isPython = (this.records.get(path)?.imports ?? null) !== null
    const alone = isPython ? await this.local.summarise(path, {}, versions, isEntryAsked) : null
    // Of a module that is not run by itself too much depends on others.
    if (alone?.summary.isEntry === false) return
    let naming = this.naming.get(path)
    if (naming === undefined) {
      naming = await filesNaming(path, {
        files: this.files,
        modules: this.stages.linker.modules,
        exists: (one) => this.records.has(one),
        textOf: (one) => this.textOf(one),
        commandsOf: (one) => this.commandsOf(one),
      })
      this.naming.set(path, naming)
    }
    for (const one of naming.paths) await this.load(one, false)
  }

  private commandsOf(path: string): string[] {
    const module = baseName(path.replace(/(\/__(main|init)__)?\.py$/, ''))
    return this.folder!.versions.commands.startingModule(module)
  }

  private async textOf(path: string): Promise<string | undefined> {
    const text = this.texts.get(path)
    if (text !== undefined) return typeof text.content === 'string' ? text.content : undefined
    try {
      const bytes = await this.host.read(under(this.root, path))
      await this.host.pause?.()
      return bytes.length > largestCandidate ? undefined : this.latin1.decode(bytes)
    } catch {
      return undefined
    }
  }

  /** As a whole project does it: with what readers say where they have a word, else for the sake of others. */
  private async loadMissing(paths: readonly string[], values: boolean): Promise<void> {
    for (const path of paths) {
      if (this.read.size >= mostFiles) {
        this.isCut = true
        return
      }
      if (!values) await this.load(path, false)
      if (values || this.records.get(path)?.filtered === true) await this.load(path, true)
    }
  }

  private async load(path: string, force: boolean): Promise<void> {
    if (this.read.has(path) && !force) return
    this.read.add(path)
    const { records } = this
    const versions = this.folder!.versions.of(path)
    const text = this.texts.get(path)
    try {
      await this.host.pause?.()
      if (text !== undefined) {
        this.analyzer.trees.startEditing(path)
        records.set(path, await this.local.loadOpen(fileOfText(path, text), versions, force))
        return
      }
      this.local.forget(path)
      const loaded = await this.local.load(path, force, versions)
      records.set(path, 'record' in loaded ? loaded.record : unreadable(path))
    } catch {
      records.set(path, unreadable(path))
    }
  }

  fixes(finding: Finding): Promise<OfferedFix[]> {
    return this.stages.fixes(finding)
  }

  annotations(path: string): Annotation[] {
    return this.folder === null ? [] : this.stages.annotations(path, this.folder.configuration)
  }

  async dispose(): Promise<void> {
    await this.working
    for (const path of this.read) this.analyzer.trees.stopEditing(path)
    await this.local.dispose()
  }
}

/** Nothing more is asked of it; what is wrong with it is told when the project is read. */
function unreadable(path: string): FileRecord {
  return { ...unreadRecord(path), filtered: false }
}
