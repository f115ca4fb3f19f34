/** From records to findings: linked, judged, reported. A project has these stages once, and a preview has its own. */

import { type Annotation, annotationsOf } from '../annotations/annotations.js'
import type { FileRecord } from '../extraction/file-record.js'
import type { Surroundings } from '../extraction/surroundings.js'
import type { Finding } from '../finding.js'
import type { KeptAnswers } from '../host/answers.js'
import type { Backend, LocalBackend, Versions } from '../host/backend.js'
import type { Configuration } from '../host/configuration.js'
import { JudgeStage, today } from '../judging/judge-stage.js'
import type { ConsoleScripts } from '../link/console-scripts.js'
import type { SizeOf } from '../linking/data-tables.js'
import { spelled } from '../linking/extraction-keys.js'
import { type Linked, Linker } from '../linking/linker.js'
import type { Purpose } from '../linking/project-files.js'
import type { LintError, LintResult, OfferedFix } from '../lint.js'
import { materialise } from '../results/fixes.js'
import { type ResultInput, ResultStage } from '../results/result-stage.js'
import { hashOf } from '../text/digest.js'
import type { SourceFile } from '../text/source-file.js'
import type { Claim } from '../workload/claim.js'

/** How far files are followed that lead to each other and that nobody reads for their own sake. */
const rounds = 24

export interface StagesOptions {
  /** Grow as files are read. */
  records: ReadonlyMap<string, FileRecord>
  local: LocalBackend
  backendOf: (path: string) => Backend
  answersOf: (path: string) => KeptAnswers | null
  sourceOf: (path: string) => Promise<SourceFile | undefined>
  versionsOf: (path: string) => Versions
  /** Of a file of data, or of several that a pattern fits. */
  sizeOf: SizeOf
  /** Called often during long work: what is garbage by then can be given back. */
  giveBack?: () => void
}

/** The files of a project. `read`: those among them that have been read; absent: all. */
export interface FileList {
  files: readonly string[]
  commands: ConsoleScripts
  read?: readonly string[]
}

/** Fixes that were worked out before, and the files that they edit, as they were then. */
interface KeptFixes {
  offered: OfferedFix[]
  edited: [path: string, hash: string][]
}

/** Reads files although no reader has a word in them. `values`: as the configuration of others. */
export type LoadMissing = (paths: string[], values: boolean) => Promise<void>

export class Stages {
  readonly records: ReadonlyMap<string, FileRecord>
  readonly judging = new JudgeStage()
  readonly linker: Linker
  linked: Linked | null = null
  private readonly results: ResultStage
  /** Around files that are mended, as of the last link. */
  private readonly surroundings = new Map<string, Surroundings>()

  constructor(private readonly options: StagesOptions) {
    this.records = options.records
    this.results = new ResultStage(options.sourceOf)
    this.linker = new Linker(this.records, options.backendOf, options.answersOf, options.sizeOf)
  }

  /**
   * `list` is asked for once more after each reading: what has been read grows. `layouts`: whether kustomizations and
   * charts are read.
   */
  async link(list: () => FileList, load: LoadMissing, layouts = true): Promise<Linked> {
    const { linker } = this
    this.surroundings.clear()
    const tell = (): void => {
      const { files, commands, read } = list()
      linker.setFiles(files, commands, read)
    }
    tell()
    const loaded = new Map<string, Purpose>()
    /** False: all of it has been read before. */
    const loadWanted = async (asked: ReadonlyMap<string, Purpose>): Promise<boolean> => {
      // What was read for its values has been read for everything.
      const wanted = [...asked].filter(
        ([path, purpose]) => loaded.get(path) !== purpose && loaded.get(path) !== 'values',
      )
      if (wanted.length === 0) return false
      for (const purpose of ['code', 'values'] as const) {
        const paths = wanted.flatMap(([path, own]) => (own === purpose ? [path] : []))
        if (paths.length > 0) await load(paths, purpose === 'values')
      }
      for (const [path, purpose] of wanted) loaded.set(path, purpose)
      tell()
      return true
    }
    for (let round = 0; round < rounds; round++) {
      if (await loadWanted(linker.wanted(layouts))) continue
      // What modules let each other know may lead further.
      if (await linker.summarise(this.options.versionsOf)) continue
      // So may what scripts are called with.
      this.linked = await linker.link(this.options.versionsOf)
      if (!(await loadWanted(linker.wantedSince()))) return this.linked
    }
    this.linked = await linker.link(this.options.versionsOf)
    return this.linked
  }

  judge(linked: Linked, input: Omit<ResultInput, 'drafts' | 'records'>): Promise<LintResult> {
    const faults: LintError[] = [...linked.faults, ...input.faults]
    const drafts = this.judging.run(
      linked,
      input.configuration,
      linked.reached,
      faults,
      this.options.giveBack,
    )
    return this.results.run({ ...input, drafts, faults, records: this.records })
  }

  async fixes(finding: Finding): Promise<OfferedFix[]> {
    this.options.giveBack?.()
    const own = this.results.fixOf(finding)
    if (own !== undefined) return [own]
    const answers = this.options.answersOf(finding.location.path)
    const question = `fixes ${hashOf(JSON.stringify([finding.requests, finding.checklist[0]]))}`
    const around = answers === null ? null : this.spelledAround(finding)
    if (answers === null || around === null) return this.fixesNow(finding)
    const { path } = finding.location
    const kept = answers.get<KeptFixes>(path, question, around)
    if (kept?.edited.every(([path, hash]) => this.records.get(path)?.hash === hash)) return kept.offered
    const offered = await this.fixesNow(finding)
    const edited = new Set(
      offered.flatMap((fix) => ('edits' in fix ? fix.edits.map(({ location }) => location.path) : [])),
    )
    const hashes = [...edited].map((path) => [path, this.hashOfRead(path)] as const)
    if (hashes.every(([, hash]) => hash !== null))
      answers.put(path, question, around, { offered, edited: hashes })
    return offered
  }

  /** Null: it was not read, so nothing tells its states apart. */
  private hashOfRead(path: string): string | null {
    const record = this.records.get(path)
    return record === undefined || record.filtered || this.options.answersOf(path) === null
      ? null
      : record.hash
  }

  /** Everything that the fixes of a finding are made from, beside what they edit; null: some of it is not known. */
  private spelledAround(finding: Finding): string | null {
    const parts: string[] = []
    for (const { claim } of finding.requests.flatMap(({ set }) => set)) {
      const path = claim.site.path ?? claim.location.path
      const { overlay } = this.surroundingsOf(claim)
      for (const one of [path, ...(overlay?.origins ?? [])]) {
        const hash = this.hashOfRead(one)
        if (hash === null) return null
        parts.push(one, hash)
      }
      parts.push(spelled(this.options.versionsOf(path)), overlay === undefined ? '' : spelled(overlay))
      parts.push(...this.linker.readsAround(path))
    }
    return parts.join('|')
  }

  private async fixesNow(finding: Finding): Promise<OfferedFix[]> {
    const { local } = this.options
    const load = async (path: string): Promise<SourceFile | undefined> => {
      const file = await local.fileOf(path)
      if (file !== undefined) await local.analyzer.trees.prepare(file)
      return file
    }
    return materialise(finding, local.analyzer, load, (claim) => this.surroundingsOf(claim))
  }

  private surroundingsOf(claim: Claim): Surroundings {
    const path = claim.site.path ?? claim.location.path
    const id = `${path}\0${claim.site.layout ?? ''}`
    let known = this.surroundings.get(id)
    if (known === undefined) {
      known = this.surroundingsNow(path, claim)
      this.surroundings.set(id, known)
    }
    return known
  }

  private surroundingsNow(path: string, claim: Claim): Surroundings {
    const versions = this.options.versionsOf(path)
    const surroundings = { ...this.linker.around(path), binding: null, versions }
    const { layout } = claim.site
    const overlay = layout === undefined ? undefined : this.linker.layoutOf(path, layout)
    return overlay === undefined ? surroundings : { ...surroundings, overlay }
  }

  annotations(path: string, configuration: Configuration): Annotation[] {
    const { options } = configuration.forFile(path)
    return annotationsOf(path, this.judging.view(), options, this.judging.bills, today())
  }
}
