/** Reads files into records: in this thread, or (see `pool.ts`) in several workers that each run this. */

import { withoutSecrets } from '../config/env-file.js'
import { Analyzer } from '../extraction/analyzer.js'
import type { FileRecord } from '../extraction/file-record.js'
import { Prefilter } from '../extraction/prefilter.js'
import { startedModules } from '../extraction/started-modules.js'
import type { Surroundings } from '../extraction/surroundings.js'
import type { ModuleSummary } from '../python/module.js'
import type { SummaryFor } from '../python/summary.js'
import { readers } from '../readers/index.js'
import { loadGrammars } from '../syntax/parser.js'
import { decode } from '../text/decode.js'
import { digestOf, hashOf } from '../text/digest.js'
import { isVariablesFile } from '../text/language.js'
import { longestNamedText } from '../text/named-text.js'
import type { SourceFile } from '../text/source-file.js'
import { languageOf, sourceFile } from '../text/source-fragments.js'
import { isTestPath } from '../text/test-path.js'
import type { Extraction } from '../workload/claim.js'
import { type Host, under } from './host.js'

/** `digest`: of the bytes that were read; absent for a file that was not read further. */
export type Loaded = { record: FileRecord; digest?: string } | { error: string }

/** Versions of libraries that the project pins for a file, by distribution name. */
export type Versions = Record<string, string>

export interface ReadResult {
  extraction: Extraction
  faults: string[]
  /** Of a script that is read as it is launched: by itself it may say what other files are joined with. Absent: it does not. */
  shares?: true
}

/** What a summary is for. */
export interface SummaryUse {
  /** Also what the module says where nothing but its imports is around it. */
  read: boolean
  for: SummaryFor
}

export interface SummaryResult {
  summary: ModuleSummary
  alone?: ReadResult
}

export interface Backend {
  /** `force`: also when no reader has a word in it (a module that another one imports). */
  load(path: string, force: boolean, versions: Versions): Promise<Loaded>
  read(path: string, surroundings: Surroundings): Promise<ReadResult>
  /** What a module lets others know, with what it imports; null: it cannot be read any more. */
  summarise(
    path: string,
    imported: Record<string, ModuleSummary>,
    versions: Versions,
    use: SummaryUse,
  ): Promise<SummaryResult | null>
  forget(path: string): void
  dispose(): Promise<void>
}

/** Characters of the texts that are held before those without a tree are let go: reading one again is cheap. */
const mostCharacters = 3_000_000

/** Largest file that is read at all, in bytes; beyond lie data, not scripts. */
const maximumBytes = 16_000_000

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === 10) lines++
  return bytes.length > 0 && bytes[bytes.length - 1] !== 10 ? lines + 1 : lines
}

/** Shared by all files that say nothing: a folder has tens of thousands of them. Nobody adds to these. */
const nothing: Pick<FileRecord, 'problems' | 'faults' | 'extraction' | 'suppressions'> = {
  problems: [],
  faults: [],
  extraction: { subjects: [], claims: [], launches: [] },
  suppressions: [],
}

/** Stands for a file that has not been read, or not further. */
export function unreadRecord(path: string): FileRecord {
  return { path, hash: '', filtered: true, lines: 0, bytes: 0, imports: null, ...nothing }
}

function emptyRecord(path: string, bytes: Uint8Array): FileRecord {
  const { length } = bytes
  return { ...unreadRecord(path), hash: `${length}`, lines: countLines(bytes), bytes: length }
}

/** A program may start what other modules hold. */
function filteredRecord(path: string, bytes: Uint8Array): FileRecord {
  const record = emptyRecord(path, bytes)
  const starts = path.endsWith('.py') && !isTestPath(path) ? startedModules(bytes) : null
  return starts === null ? record : { ...record, starts }
}

/** The analyzer of a worker. */
export async function createAnalyzer(host: Host): Promise<Analyzer> {
  const grammars = await loadGrammars(await host.grammarSource(), ['python', 'bash'])
  return new Analyzer(grammars, readers, 'worker')
}

/** Enough of the beginning to see a `#!` line, or what a file whose name leaves it open is. */
function beginning(path: string, bytes: Uint8Array): string {
  const open = bytes[0] === 0x23 || languageOf(path) === undefined
  return open ? new TextDecoder('latin1').decode(bytes.subarray(0, 1000)) : ''
}

/** By language: a file without any word of its readers is not even decoded. */
class Prefilters {
  private readonly filters = new Map<string, Prefilter>()

  /** Made when the first file of a language comes: most projects hold few languages. */
  of(language: string): Prefilter {
    let filter = this.filters.get(language)
    if (filter === undefined) {
      // Recipes of a Makefile are read as a shell script; notebooks hold several languages.
      const read = language === 'makefile' ? 'shell' : language === 'snakefile' ? 'python' : language
      const speaking = readers.filter(
        ({ languages }) => language === 'notebook' || (languages as readonly string[]).includes(read),
      )
      const words = speaking.flatMap(({ triggers }) => triggers)
      // Terraform, Python code and scripts hand on manifests of Kubernetes as text.
      if (/^(hcl|python|shell)$/.test(read)) words.push('apiVersion')
      // A program writes the job that it submits.
      if (read === 'python') words.push('#SBATCH', '#PBS', '#BSUB')
      filter = new Prefilter(words.length === 0 && language !== 'test' ? [] : ['costlint:', ...words])
      this.filters.set(language, filter)
    }
    return filter
  }
}

export class LocalBackend implements Backend {
  private readonly files = new Map<string, SourceFile>()
  private characters = 0
  /** Characters at which it is next looked for texts to let go of. */
  private room = mostCharacters
  private readonly filters = new Prefilters()

  constructor(
    private readonly root: string,
    private readonly host: Host,
    readonly analyzer: Analyzer,
  ) {}

  async load(path: string, force: boolean, versions: Versions): Promise<Loaded> {
    let bytes: Uint8Array
    try {
      bytes = await this.host.read(under(this.root, path))
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
    if (!force && !this.matters(path, bytes)) {
      // A script that is no text at all is worth a word even when no reader would look at it.
      const problem = bytes.subarray(0, 4_000).includes(0) ? decode(bytes).problem : undefined
      return problem === undefined ? { record: filteredRecord(path, bytes) } : { error: problem }
    }
    if (bytes.length > maximumBytes)
      return { error: `is too large: ${bytes.length} bytes, the limit is ${maximumBytes}` }
    const decoded = decode(bytes)
    if ('problem' in decoded && decoded.problem !== undefined) return { error: decoded.problem }
    const file = sourceFile(path, (decoded as { text: string }).text)
    const record = await this.loadFile(file, versions, force)
    record.lines = countLines(bytes)
    record.bytes = bytes.length
    return { record, digest: digestOf(bytes) }
  }

  private matters(path: string, bytes: Uint8Array): boolean {
    const language = languageOf(path, beginning(path, bytes))
    return (
      language !== undefined && this.filters.of(isUnjudged(path, language) ? 'test' : language).matters(bytes)
    )
  }

  /** Reads a text that an editor holds, as it would be read from disk. */
  async loadOpen(file: SourceFile, versions: Versions, force: boolean): Promise<FileRecord> {
    const bytes = new TextEncoder().encode(file.text !== '' ? file.text : textOfCells(file))
    if (force || this.matters(file.path, bytes)) return this.loadFile(file, versions, force)
    this.forget(file.path)
    this.keep(file)
    return filteredRecord(file.path, bytes)
  }

  async loadFile(file: SourceFile, versions: Versions, force = false): Promise<FileRecord> {
    await this.analyzer.trees.prepare(file)
    this.keep(file)
    const text = file.text !== '' ? file.text : textOfCells(file)
    const record = this.analyzer.load(file, hashOf(text), versions, force)
    const language = file.fragments[0]?.language ?? ''
    const makesOne = language === 'python' && /^def get_config\(/m.test(text)
    if (force && (makesOne || /^(yaml|json|toml|ini)$/.test(language)))
      record.configured = this.analyzer.configuredOf(file)
    const isNamed = /^(shell|requirements)$/.test(languageOf(file.path, text) ?? '')
    if (force && isNamed && text.length <= longestNamedText)
      record.text = isVariablesFile(file.path) ? withoutSecrets(text) : text
    return record
  }

  async read(path: string, surroundings: Surroundings): Promise<ReadResult> {
    const file = await this.fileOf(path)
    if (file === undefined) return { extraction: { subjects: [], claims: [], launches: [] }, faults: [] }
    return this.analyzer.read(file, surroundings)
  }

  async summarise(
    path: string,
    imported: Record<string, ModuleSummary>,
    versions: Versions,
    use: SummaryUse,
  ): Promise<SummaryResult | null> {
    const file = await this.fileOf(path)
    return file === undefined ? null : this.analyzer.summarise(file, imported, versions, use)
  }

  /** The decoded file, read again if it was let go. */
  async fileOf(path: string): Promise<SourceFile | undefined> {
    const before = this.files.get(path)
    if (before !== undefined) return before
    let bytes: Uint8Array
    try {
      bytes = await this.host.read(under(this.root, path))
    } catch {
      return undefined
    }
    if (bytes.length > maximumBytes) return undefined
    const { text } = decode(bytes)
    if (text === undefined) return undefined
    const file = sourceFile(path, text)
    await this.analyzer.trees.prepare(file)
    this.keep(file)
    return file
  }

  forget(path: string): void {
    this.letGo(path)
    this.analyzer.trees.forget(path)
  }

  async dispose(): Promise<void> {
    this.files.clear()
    this.characters = 0
  }

  private keep(file: SourceFile): void {
    this.letGo(file.path)
    this.files.set(file.path, file)
    this.characters += file.text.length
    if (this.characters > this.room) this.trim()
  }

  private letGo(path: string): void {
    const file = this.files.get(path)
    if (file === undefined) return
    this.files.delete(path)
    this.characters -= file.text.length
  }

  /** Texts are let go together with their trees. */
  private trim(): void {
    for (const path of this.files.keys()) if (!this.analyzer.trees.has(path)) this.letGo(path)
    this.room = Math.max(mostCharacters, 1.25 * this.characters)
  }
}

/** Of a notebook in the editor. */
function textOfCells({ parts, metadata }: SourceFile): string {
  return [...parts.map((part) => part.text), JSON.stringify(metadata ?? {})].join('\0')
}

/** Code of tests is judged by nobody; it is read where something else of the project imports or starts it. */
function isUnjudged(path: string, language: string): boolean {
  return (language === 'python' || language === 'notebook') && isTestPath(path)
}
