/** A kind of link between files: what it looks for, what it adds around a file, what it joins. */
import type { FileRecord } from '../extraction/file-record.js'
import type { Overlay } from '../extraction/manifests.js'
import type { Surroundings } from '../extraction/surroundings.js'
import type { ModuleIndex } from '../link/modules.js'
import type { ModuleSummary, OutsideCall } from '../python/module.js'
import type { ConfigurationRoot } from '../text/configured.js'
import type { Binding, Launch } from '../workload/claim.js'
import type { AskedLaunch } from './bind-launches.js'
import type { Configurations } from './configurations.js'
import type { Extractions } from './extractions.js'
import type { Definition } from './import-graph.js'
import type { ProjectFiles } from './project-files.js'
import type { Questions } from './questions.js'

export type Around = Partial<Omit<Surroundings, 'binding' | 'versions' | 'overlay'>>

export interface LinkKind {
  /** Asks for what it leads to, so that files are read in which no reader has a word. Called until nothing more is wanted. */
  follow?(): void
  /** The files are about to be read with what is around them: what it knows of them may be out of date. */
  begin?(): void
  /** What other files add to this one. Whatever it asks of the project is noted, so that it is asked again when that changes. */
  around?(file: FileRecord, binding: Binding | null): Around
  /** What an input that it has noted itself is like now; undefined: it is none of its own. */
  look?(kind: string, path: string): string | undefined
  /** The ways in which a file is laid out, each read by itself; 'part': only other files give it a meaning. */
  layouts?(file: FileRecord): readonly Overlay[] | 'part' | undefined
  /** What files add to each other once each has been read. */
  join?(extractions: Extractions): void
  /** The same once it is known what starts what. `asked`: what workflows start. */
  joinStarted?(extractions: Extractions, asked: readonly AskedLaunch[]): void
}

/** A project as links ask about it; each question is noted. */
export interface LinkedProject {
  readonly files: ProjectFiles
  readonly questions: Questions
  readonly modules: ModuleIndex
  /** Import as written → path of a module of the project. */
  importsOf(file: FileRecord): ReadonlyMap<string, string>
  /** Modules that define what this one imports from packages. */
  behindPackages(file: FileRecord): string[]
  /** What an import target means in this module; null: nothing of the project. */
  definitionOf(file: FileRecord, target: string): Definition | null
  /** What a module lets others know, with what it learns from those that it imports; null: it is none. */
  summaryOf(path: string): ModuleSummary | null
  /** Of that, what it tells the modules that it imports, and those that it reaches through others. */
  importerSummaryOf(path: string): ModuleSummary | null
  programSummaryOf(path: string): ModuleSummary | null
  importersOf(path: string): readonly string[]
  /** The configurations of a script by itself, or as a launch starts it. */
  configurationsOf(file: FileRecord, launch: Launch | null): Configurations
  /** A configuration file that one module names to another, looked for from their folders. */
  configurationNamed(path: string, folders: readonly string[], overridable: boolean): ConfigurationRoot | null
  /** What Hydra composes for a module, by each launch that starts it, else by itself. */
  compositionsOf(path: string): readonly ConfigurationRoot[]
  /** What other modules pass to the functions and classes of this one. */
  callsInto(path: string): OutsideCall[]
  /** Everything that is started, as far as files have been read. */
  launches(): readonly Launch[]
  /** The file of the project that a launch starts; null: none. */
  scriptOf(launch: Launch): string | null
}
