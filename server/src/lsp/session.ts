/**
 * One project as the server sees it: the documents that are open over it, and when it is judged. The engine is called
 * by one caller at a time; whoever asks while it works gets the answer for the newest state.
 */
import type { Finding } from '../finding.js'
import type {
  Annotation,
  CellText,
  Explanation,
  LintOptions,
  LintResult,
  OfferedFix,
  Progress,
  Project,
  Survey,
  WhyQuery,
} from '../linter.js'
import type { ReportSource } from '../report/collect.js'
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import { lookUp } from '../text/records.js'
import { notebookLanguage } from './documents.js'
import type { Environment } from './environment.js'
import {
  isNotebookPath,
  isProgramOfNotebook,
  type Place,
  placeOf,
  type Snapshot,
  snapshotOf,
} from './places.js'
import { changesProject, choiceOf, type Settings } from './settings.js'
import { type ConfigurationProblem, type Log, Troubles } from './troubles.js'
import { loosePath, pathWithin, uriWithin } from './uri.js'

/** Findings of one state of the project, with the texts that they were made from. */
export interface Outcome {
  /** Counts up: what was found out later has a higher number. */
  order: number
  findings: ReadonlyMap<string, Finding[]>
  /** Of the open documents. */
  annotations: ReadonlyMap<string, Annotation[]>
  snapshots: ReadonlyMap<string, Snapshot>
  /** What is wrong with the configuration files. */
  problems: readonly ConfigurationProblem[]
}

/** All that a project says of one state, with the texts that it was made from. */
export interface Reported {
  state: number
  source: ReportSource
  snapshots: ReadonlyMap<string, Snapshot>
}

/** Whoever is told how far a project has been read. */
export interface ReadingListener {
  /** False: the client would not ask again, so a first answer would be its last. */
  canAnswerTwice(): boolean
  /** Null: nothing is left to be read. */
  progressed(session: Session, progress: Progress | null): void
  /** The answers so far were those of a part; now there are better ones. */
  completed(session: Session): void
}

/** A project that is being read while its open files are answered. */
interface Reading {
  abort: AbortController
  listeners: Set<(progress: Progress) => void>
  done: Promise<void>
}

/** Milliseconds that a first answer has to reach the client before the rest is read. */
const firstAnswer = 100

/** Files that decide how every other file is judged. */
const decisive =
  /(?:^|\/)(?:costlint\.toml|\.costlint\.toml|pyproject\.toml|\.costlint\/evidence\.json|\.gitignore)$/

interface OpenText {
  snapshot: Snapshot
  content: string | CellText[]
  metadata: Record<string, Json>
  given: boolean
}

/** What the name of an untitled document would end with. */
const extensions: Readonly<Record<string, string | undefined>> = {
  python: '.py',
  yaml: '.yaml',
  json: '.json',
  toml: '.toml',
  shellscript: '.sh',
  dockerfile: '.dockerfile',
  [notebookLanguage]: '.ipynb',
}

export class Session {
  private loading: Promise<Project | undefined> | undefined
  private project: Project | undefined
  private readonly documents = new Map<string, OpenText>()
  private readonly closing = new Set<string>()
  private readonly onDisk = new Set<string>()
  private readonly looseUris = new Map<string, string>()
  private readonly texts = new Map<string, Promise<Snapshot | undefined>>()
  private readonly troubles: Troubles
  private state = 0
  private outcomes = 0
  private waiting: Promise<Outcome> | undefined
  private active: { state: number; outcome: Promise<Outcome> } | undefined
  private tail: Promise<unknown> = Promise.resolve()
  /** What *Lint Workspace* has found in closed files; undefined: it has not run. */
  private whole: Map<string, Finding[]> | undefined
  private due = new Set<string>()
  private wholeDue = false
  private touched = new Set<string>()
  /** Findings of closed files that the client has not been told yet. */
  private untold = new Map<string, Finding[]>()
  /** That the configuration names; undefined: none. */
  baselineFile: string | undefined
  private problems: readonly ConfigurationProblem[] = []
  private reading: Reading | undefined
  /** The project has been read once, or cannot be. */
  private isRead = false
  private lastReported: Reported | undefined
  /** What judging took the last time, in milliseconds. */
  lastDuration = 0

  constructor(
    /** URI of the folder; null: documents that lie in no folder. */
    readonly folder: string | null,
    private readonly environment: Environment,
    public settings: Settings,
    log: Log,
    private readonly listener: ReadingListener,
  ) {
    this.troubles = new Troubles(log)
  }

  /** The path of a document in this project; undefined when it lies elsewhere. */
  pathOf(uri: string, languageId = ''): string | undefined {
    if (this.folder !== null) {
      const path = pathWithin(this.folder, uri)
      return path !== undefined && isProgramOfNotebook(path, languageId) ? `${path}.py` : path
    }
    const path = loosePath(uri)
    // An untitled document has no name that would tell its language.
    const extension = lookUp(extensions, languageId)
    const named = extension === undefined || /\.\w+$/.test(path) ? path : path + extension
    this.looseUris.set(named, uri)
    return named
  }

  uriOf(path: string): string {
    const open = this.documents.get(path)
    if (open !== undefined) return open.snapshot.uri
    return this.folder === null ? (this.looseUris.get(path) ?? path) : uriWithin(this.folder, path)
  }

  isOpen(path: string): boolean {
    return this.documents.has(path)
  }

  /** Counts up with every change: an outcome asked for earlier is of an older state. */
  get generation(): number {
    return this.state
  }

  open(
    path: string,
    snapshot: Snapshot,
    content: string | CellText[],
    metadata: Record<string, Json> = {},
  ): void {
    this.documents.set(path, { snapshot, content, metadata, given: false })
    this.closing.delete(path)
    this.touch(path)
  }

  close(path: string): void {
    if (!this.documents.delete(path)) return
    this.closing.add(path)
    this.touch(path)
  }

  changedOnDisk(path: string): void {
    this.onDisk.add(path)
    this.touch(path)
    // A folder that is gone takes its files along.
    for (const known of this.whole?.keys() ?? []) {
      if (!known.startsWith(`${path}/`)) continue
      this.onDisk.add(known)
      this.due.add(known)
    }
  }

  configure(settings: Settings): void {
    const before = this.settings
    this.settings = settings
    if (JSON.stringify(before) === JSON.stringify(settings)) return
    this.state++
    if (changesProject(before, settings)) this.forget()
    this.wholeDue = this.whole !== undefined
  }

  /** Findings of closed files that are about to be told. */
  closedFindings(): Finding[][] {
    return [...this.untold.values()]
  }

  /** Findings of closed files since the last call: none are told twice, none are lost. */
  takeClosed(): Map<string, Finding[]> {
    const closed = this.untold
    this.untold = new Map()
    return closed
  }

  private forget(): void {
    const old = this.loading
    this.stopReading()
    this.isRead = false
    this.loading = undefined
    this.project = undefined
    for (const document of this.documents.values()) document.given = false
    void old?.then((project) => project?.dispose()).catch(() => undefined)
  }

  private touch(path: string): void {
    this.state++
    this.texts.delete(path)
    if (this.whole === undefined) return
    if (decisive.test(path)) this.wholeDue = true
    this.touched.add(path)
    this.due.add(path)
    for (const relative of this.relatives(path)) this.due.add(relative)
  }

  relatives(path: string): string[] {
    try {
      return this.project?.relatives(path) ?? []
    } catch (error) {
      this.troubles.fault(`relatives of ${path}`, error)
      return []
    }
  }

  /** The findings of the open documents, as they are now. Never rejects. */
  outcome(): Promise<Outcome> {
    if (this.waiting !== undefined) return this.waiting
    if (this.active?.state === this.state) return this.active.outcome
    const outcome: Promise<Outcome> = this.tail.then(() => {
      this.waiting = undefined
      this.active = { state: this.state, outcome }
      return this.judge().finally(() => {
        if (this.reading === undefined) this.finishReading()
      })
    })
    this.waiting = outcome
    this.tail = outcome
    return outcome
  }

  private outcomeOf(
    findings: Outcome['findings'],
    annotations: Outcome['annotations'],
    snapshots: Outcome['snapshots'],
    problems: Outcome['problems'],
  ): Outcome {
    return { order: ++this.outcomes, findings, annotations, snapshots, problems }
  }

  private opened(): Map<string, Snapshot> {
    return new Map([...this.documents].map(([path, { snapshot }]) => [path, snapshot]))
  }

  private async judge(): Promise<Outcome> {
    const findings = new Map<string, Finding[]>()
    const annotations = new Map<string, Annotation[]>()
    if (!this.settings.enable) {
      for (const path of this.whole?.keys() ?? []) this.untold.set(path, [])
      for (const path of this.documents.keys()) annotations.set(path, [])
      return this.outcomeOf(findings, annotations, this.opened(), [])
    }
    const project = await this.load()
    if (project === undefined) return this.outcomeOf(findings, annotations, this.opened(), [])
    const started = this.environment.now()
    // The state may have moved while the project was loading: take what is there now.
    if (this.active !== undefined) this.active.state = this.state
    const snapshots = this.opened()
    try {
      this.hand(project)
      if (await this.judgeFirst(project, snapshots, findings)) {
        this.read(project)
      } else if (this.wholeDue && this.whole !== undefined) {
        await this.judgeAll(project, {}, snapshots, findings)
      } else {
        await this.judgeSome(project, snapshots, findings)
      }
      for (const path of snapshots.keys()) annotations.set(path, project.annotations(path))
    } catch (error) {
      this.troubles.fault('linting', error)
    }
    this.lastDuration = this.environment.now() - started
    return this.outcomeOf(findings, annotations, snapshots, this.problems)
  }

  /** Answers for the open files of a large project that has not been read. False: there is no need. */
  private async judgeFirst(
    project: Project,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): Promise<boolean> {
    if (this.isRead || snapshots.size === 0 || !this.listener.canAnswerTwice()) return false
    const result = await project.preview([...snapshots.keys()])
    if (result === null) return false
    this.report(result)
    for (const path of snapshots.keys()) findings.set(path, [])
    for (const finding of this.visible(result.findings)) findings.get(finding.location.path)?.push(finding)
    return true
  }

  /** Reads the whole project, once, while open files are answered. */
  private read(project: Project): Reading {
    if (this.reading !== undefined) return this.reading
    const abort = new AbortController()
    const listeners = new Set([(progress: Progress) => this.listener.progressed(this, progress)])
    const onProgress = (progress: Progress) => {
      if (!abort.signal.aborted) for (const listener of listeners) listener(progress)
    }
    onProgress({ done: 0, total: 0 })
    // What is known already is told before everything else takes the processors.
    const told = new Promise<void>((resolve) => {
      this.environment.schedule(firstAnswer, resolve)
    })
    const done = told
      .then(() => project.lint({ paths: [], onProgress, signal: abort.signal }))
      .then(
        () => undefined,
        (error: unknown) => {
          if (!abort.signal.aborted) this.troubles.fault('reading the project', error)
        },
      )
      .then(() => {
        if (this.reading !== reading) return
        this.reading = undefined
        // What was answered so far was a beginning.
        this.state++
        this.isRead = !abort.signal.aborted
        this.listener.progressed(this, null)
        this.listener.completed(this)
      })
    const reading: Reading = { abort, listeners, done }
    this.reading = reading
    return reading
  }

  private stopReading(): void {
    if (this.reading === undefined) return
    this.reading.abort.abort()
    this.reading = undefined
    this.listener.progressed(this, null)
  }

  /** The first time that all has been read, whoever waits for it is told. */
  private finishReading(): void {
    if (this.isRead) return
    this.isRead = true
    this.listener.progressed(this, null)
  }

  private async judgeSome(
    project: Project,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): Promise<void> {
    const touched = [...this.touched]
    this.touched.clear()
    const first = this.takeDue()
    await this.lintPaths(project, [...snapshots.keys()], first, findings)
    // A change can make new relatives; those are judged once more.
    for (const path of touched) for (const relative of this.relatives(path)) this.due.add(relative)
    const second = this.takeDue().filter((path) => !first.includes(path))
    if (second.length > 0) await this.lintPaths(project, [], second, findings)
  }

  private takeDue(): string[] {
    const due = [...this.due].filter((path) => !this.documents.has(path))
    this.due.clear()
    return due
  }

  private async lintPaths(
    project: Project,
    open: string[],
    due: string[],
    findings: Map<string, Finding[]>,
  ): Promise<void> {
    const paths = [...open, ...due]
    if (paths.length === 0) return
    const onProgress = (progress: Progress) => this.listener.progressed(this, progress)
    const result = await project.lint(this.isRead ? { paths } : { paths, onProgress })
    this.report(result)
    for (const path of open) findings.set(path, [])
    const closed = new Map<string, Finding[]>(due.map((path) => [path, []]))
    for (const finding of this.visible(result.findings)) {
      const { path } = finding.location
      ;(findings.get(path) ?? closed.get(path))?.push(finding)
    }
    for (const [path, list] of closed) this.keep(path, list)
  }

  private keep(path: string, findings: Finding[]): void {
    this.untold.set(path, findings)
    if (findings.length > 0) this.whole?.set(path, findings)
    else this.whole?.delete(path)
  }

  /** Judges the whole project. False: it was called off. */
  private async judgeAll(
    project: Project,
    options: LintOptions,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): Promise<boolean> {
    const { whole, wholeDue, due, touched } = this
    // What is touched from here on is due once more: this lint no longer sees it.
    this.whole ??= new Map()
    this.wholeDue = false
    this.due = new Set()
    this.touched = new Set()
    let result: LintResult | undefined
    try {
      result = await project.lint(options)
    } finally {
      if (result === undefined || options.signal?.aborted === true) {
        this.whole = whole
        // Of closed files nothing is told that was not asked for.
        const isAsked = whole !== undefined
        this.wholeDue = isAsked && (this.wholeDue || wholeDue)
        this.due = new Set(isAsked ? [...due, ...this.due] : [])
        this.touched = new Set(isAsked ? [...touched, ...this.touched] : [])
      }
    }
    if (options.signal?.aborted === true) return false
    this.sort(result, snapshots, findings)
    return true
  }

  /** Takes the findings of the whole project apart: open files, and closed ones to be told. */
  private sort(
    result: LintResult,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): void {
    this.report(result)
    for (const path of snapshots.keys()) findings.set(path, [])
    const closed = new Map<string, Finding[]>([...(this.whole?.keys() ?? [])].map((path) => [path, []]))
    for (const finding of this.visible(result.findings)) {
      const { path } = finding.location
      const list = findings.get(path) ?? closed.get(path)
      if (list === undefined) closed.set(path, [finding])
      else list.push(finding)
    }
    for (const path of snapshots.keys()) closed.delete(path)
    for (const [path, list] of closed) this.keep(path, list)
  }

  private visible(findings: Finding[]): Finding[] {
    return this.settings.showHints ? findings : findings.filter((finding) => finding.severity !== 'hint')
  }

  /** Lints every file of the project. Undefined: called off, or the project could not be opened. */
  async lintWhole(
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    await this.readWhole(onProgress, signal)
    const outcome = this.tail.then(() => this.judgeWhole(onProgress, signal))
    this.tail = outcome
    return outcome
  }

  /** A large project is read beside the answers for its open files. */
  private async readWhole(onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    if (this.isRead || signal.aborted || !this.settings.enable) return
    const project = await this.load()
    try {
      if (project === undefined || (await project.preview([])) === null) return
    } catch {
      // The same fault comes again where it is reported.
      return
    }
    const { abort, listeners, done } = this.read(project)
    listeners.add(onProgress)
    const calledOff = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([done, calledOff])
    listeners.delete(onProgress)
    // Open files need it all the same.
    if (signal.aborted && this.documents.size === 0) abort.abort()
  }

  private async judgeWhole(
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    if (signal.aborted || !this.settings.enable) return undefined
    const project = await this.load()
    if (project === undefined || signal.aborted) return undefined
    const snapshots = this.opened()
    try {
      this.hand(project)
      const findings = new Map<string, Finding[]>()
      const isWhole = await this.judgeAll(project, { onProgress, signal }, snapshots, findings)
      if (!isWhole) return undefined
      const annotations = new Map<string, Annotation[]>()
      for (const path of snapshots.keys()) annotations.set(path, project.annotations(path))
      return this.outcomeOf(findings, annotations, snapshots, this.problems)
    } catch (error) {
      if (!signal.aborted) this.troubles.fault('linting the workspace', error)
      return undefined
    }
  }

  /** All that the project says now, for a report. Undefined: it is switched off, or cannot be opened. */
  async reported(): Promise<Reported | undefined> {
    if (!this.settings.enable) return undefined
    if (this.lastReported?.state === this.state) return this.lastReported
    await this.readWhole(() => undefined, new AbortController().signal)
    const reported = this.tail.then(() => this.makeReported())
    this.tail = reported
    return reported
  }

  private async makeReported(): Promise<Reported | undefined> {
    if (this.lastReported?.state === this.state) return this.lastReported
    const project = await this.load()
    if (project === undefined) return undefined
    const { state } = this
    const snapshots = this.opened()
    try {
      this.hand(project)
      const onProgress = (progress: Progress) => this.listener.progressed(this, progress)
      const result = await project.lint(this.isRead ? {} : { onProgress })
      this.report(result)
      const findings = this.visible(result.findings)
      const source: ReportSource = {
        findings,
        costs: await project.cost(findings),
        searches: project.searches(),
        memory: await project.estimates(),
        files: result.files,
        filesLinted: result.filesLinted,
      }
      this.lastReported = { state, source, snapshots }
      return this.lastReported
    } catch (error) {
      this.troubles.fault('surveying the project', error)
      return undefined
    } finally {
      if (this.reading === undefined) this.finishReading()
    }
  }

  /** The fixes of a finding; none when the engine fails at it. */
  async fixes(finding: Finding): Promise<OfferedFix[]> {
    const project = await this.load()
    try {
      return (await project?.fixes(finding)) ?? []
    } catch (error) {
      this.troubles.fault(`fixing ${finding.rule}`, error)
      return []
    }
  }

  /** What stands at a place of the state that was last judged; undefined when the engine fails at it. */
  async why(query: WhyQuery): Promise<Explanation | undefined> {
    const project = await this.load()
    try {
      return await project?.why(query)
    } catch (error) {
      this.troubles.fault(`explaining ${query.path}`, error)
      return undefined
    }
  }

  /** What the client was last told of a closed file. */
  closedFindingsOf(path: string): readonly Finding[] {
    return this.whole?.get(path) ?? []
  }

  /** The text of a file as it was judged; reads one that is not open. */
  async snapshot(path: string, outcome: Pick<Outcome, 'snapshots'>): Promise<Snapshot | undefined> {
    return outcome.snapshots.get(path) ?? (await this.closedText(path))
  }

  /** All that can be said of the project; undefined when the engine fails at it. */
  async survey(): Promise<Survey | undefined> {
    const surveyed = this.tail.then(async () => {
      const project = await this.load()
      try {
        if (project !== undefined) this.hand(project)
        return await project?.survey()
      } catch (error) {
        this.troubles.fault('surveying the project', error)
        return undefined
      }
    })
    this.tail = surveyed
    return surveyed
  }

  /** Where a location stands; reads a file that is not open. */
  async place(location: Location, outcome: Pick<Outcome, 'snapshots'>): Promise<Place | undefined> {
    const snapshot = await this.snapshot(location.path, outcome)
    return snapshot === undefined ? undefined : placeOf(snapshot, location)
  }

  private closedText(path: string): Promise<Snapshot | undefined> {
    const known = this.texts.get(path)
    if (known !== undefined) return known
    const uri = this.uriOf(path)
    const text = this.environment
      .readText(uri)
      .then((content) => (content === undefined ? undefined : snapshotOf(uri, null, content, path)))
      .catch(() => undefined)
    // Enough for one run over related places; a bound, because whole texts are kept.
    if (this.texts.size >= 100) this.texts.clear()
    this.texts.set(path, text)
    return text
  }

  /** True where an edit would have to change the JSON of a notebook: the editor must hold it as cells. */
  isClosedNotebook(path: string): boolean {
    return isNotebookPath(path) && this.documents.get(path)?.snapshot.cells === undefined
  }

  async dispose(): Promise<void> {
    this.stopReading()
    const project = await this.loading?.catch(() => undefined)
    try {
      await project?.dispose()
    } catch (error) {
      this.troubles.fault('closing the project', error)
    }
  }

  private load(): Promise<Project | undefined> {
    this.loading ??= this.create()
    return this.loading
  }

  private async create(): Promise<Project | undefined> {
    try {
      // A host that throws at once must not do so before `loading` is set.
      await Promise.resolve()
      this.project = await this.environment.createProject(this.folder, choiceOf(this.settings))
      return this.project
    } catch (error) {
      this.troubles.fault(this.folder === null ? 'opening documents' : `opening ${this.folder}`, error)
      // What is wrong may be mended by then: the next change tries again.
      this.loading = undefined
      return undefined
    }
  }

  /** Tells the engine what changed since it last looked. */
  private hand(project: Project): void {
    for (const path of this.closing) project.close(path)
    this.closing.clear()
    for (const path of this.onDisk) project.changedOnDisk(path)
    this.onDisk.clear()
    for (const [path, document] of this.documents) {
      if (document.given) continue
      project.open(path, document.content, document.metadata)
      document.given = true
    }
  }

  private report(result: LintResult): void {
    this.problems = result.problems ?? []
    this.baselineFile = result.baselineFile
    this.troubles.ofResult(result)
  }
}
