/**
 * One project as the server sees it: the documents that are open over it, and when it is judged. The engine is called
 * by one caller at a time; whoever asks while it works gets the answer for the newest state.
 */
import type { Finding } from '../finding.js'
import type {
  Annotation,
  CellText,
  Explanation,
  LintResult,
  OfferedFix,
  Progress,
  Survey,
  WhyQuery,
} from '../linter.js'
import type { ReportSource } from '../report/collect.js'
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import { ClosedFindings } from './closed-findings.js'
import type { Environment } from './environment.js'
import { type Place, placeOf, type Snapshot } from './places.js'
import { ProjectReading } from './project-reading.js'
import { SessionFindings } from './session-findings.js'
import { SessionProject } from './session-project.js'
import { SessionTexts } from './session-texts.js'
import { changesProject, choiceOf, type Settings } from './settings.js'
import { type ConfigurationProblem, type Log, Troubles } from './troubles.js'

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

export class Session {
  private readonly project: SessionProject
  private readonly texts: SessionTexts
  private readonly closed = new ClosedFindings()
  private readonly reading: ProjectReading
  private readonly findings: SessionFindings
  private readonly troubles: Troubles
  private state = 0
  private outcomes = 0
  private waiting: Promise<Outcome> | undefined
  private active: { state: number; outcome: Promise<Outcome> } | undefined
  private tail: Promise<unknown> = Promise.resolve()
  /** That the configuration names; undefined: none. */
  baselineFile: string | undefined
  private problems: readonly ConfigurationProblem[] = []
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
    this.texts = new SessionTexts(folder, environment)
    this.project = new SessionProject(folder, environment, this.troubles, () => choiceOf(this.settings))
    this.reading = new ProjectReading(
      environment,
      this.troubles,
      (progress) => listener.progressed(this, progress),
      () => {
        // What was answered so far was a beginning.
        this.state++
        listener.completed(this)
      },
    )
    this.findings = new SessionFindings(this.texts, this.closed, this.reading, {
      canAnswerTwice: () => listener.canAnswerTwice(),
      showsHints: () => this.settings.showHints,
      relatives: (path) => this.relatives(path),
      progressed: (progress) => listener.progressed(this, progress),
      judged: (result) => this.report(result),
    })
  }

  /** The path of a document in this project; undefined when it lies elsewhere. */
  pathOf(uri: string, languageId = ''): string | undefined {
    return this.texts.pathOf(uri, languageId)
  }

  uriOf(path: string): string {
    return this.texts.uriOf(path)
  }

  isOpen(path: string): boolean {
    return this.texts.has(path)
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
    this.texts.open(path, snapshot, content, metadata)
    this.touch(path)
  }

  close(path: string): void {
    if (this.texts.close(path)) this.touch(path)
  }

  changedOnDisk(path: string): void {
    this.texts.changedOnDisk(path)
    this.touch(path)
    // A folder that is gone takes its files along.
    for (const known of this.closed.paths()) {
      if (!known.startsWith(`${path}/`)) continue
      this.texts.changedOnDisk(known)
      this.closed.add(known)
    }
  }

  configure(settings: Settings): void {
    const before = this.settings
    this.settings = settings
    if (JSON.stringify(before) === JSON.stringify(settings)) return
    this.state++
    if (changesProject(before, settings)) this.forget()
    this.closed.expire()
  }

  /** Findings of closed files that are about to be told. */
  closedFindings(): Finding[][] {
    return this.closed.pending()
  }

  /** Findings of closed files since the last call: none are told twice, none are lost. */
  takeClosed(): Map<string, Finding[]> {
    return this.closed.take()
  }

  private forget(): void {
    this.reading.restart()
    this.project.forget()
    this.texts.handAgain()
  }

  private touch(path: string): void {
    this.state++
    this.closed.touch(path, () => this.relatives(path))
  }

  /** Files that are judged with this one. */
  relatives(path: string): string[] {
    return this.project.relatives(path)
  }

  /** The findings of the open documents, as they are now. Never rejects. */
  outcome(): Promise<Outcome> {
    if (this.waiting !== undefined) return this.waiting
    if (this.active?.state === this.state) return this.active.outcome
    const outcome: Promise<Outcome> = this.tail.then(() => {
      this.waiting = undefined
      this.active = { state: this.state, outcome }
      return this.judge().finally(() => this.reading.finish())
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

  private async judge(): Promise<Outcome> {
    const findings = new Map<string, Finding[]>()
    const annotations = new Map<string, Annotation[]>()
    if (!this.settings.enable) {
      this.closed.withdraw()
      for (const path of this.texts.paths()) annotations.set(path, [])
      return this.outcomeOf(findings, annotations, this.texts.opened(), [])
    }
    const project = await this.project.load()
    if (project === undefined) return this.outcomeOf(findings, annotations, this.texts.opened(), [])
    const started = this.environment.now()
    // The state may have moved while the project was loading: take what is there now.
    if (this.active !== undefined) this.active.state = this.state
    const snapshots = this.texts.opened()
    try {
      this.texts.hand(project)
      if (await this.findings.judgeFirst(project, snapshots, findings)) {
        this.reading.start(project)
      } else if (this.closed.isWholeDue) {
        await this.findings.judgeAll(project, {}, snapshots, findings)
      } else {
        await this.findings.judgeSome(project, snapshots, findings)
      }
      for (const path of snapshots.keys()) annotations.set(path, project.annotations(path))
    } catch (error) {
      this.troubles.fault('linting', error)
    }
    this.lastDuration = this.environment.now() - started
    return this.outcomeOf(findings, annotations, snapshots, this.problems)
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
    if (this.reading.isRead || signal.aborted || !this.settings.enable) return
    const project = await this.project.load()
    try {
      if (project === undefined || (await project.preview([])) === null) return
    } catch {
      // The same fault comes again where it is reported.
      return
    }
    const { abort, listeners, done } = this.reading.start(project)
    listeners.add(onProgress)
    const calledOff = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([done, calledOff])
    listeners.delete(onProgress)
    // Open files need it all the same.
    if (signal.aborted && this.texts.size === 0) abort.abort()
  }

  private async judgeWhole(
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    if (signal.aborted || !this.settings.enable) return undefined
    const project = await this.project.load()
    if (project === undefined || signal.aborted) return undefined
    const snapshots = this.texts.opened()
    try {
      this.texts.hand(project)
      const findings = new Map<string, Finding[]>()
      const isWhole = await this.findings.judgeAll(project, { onProgress, signal }, snapshots, findings)
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
    const project = await this.project.load()
    if (project === undefined) return undefined
    const { state } = this
    const snapshots = this.texts.opened()
    try {
      this.texts.hand(project)
      const onProgress = (progress: Progress) => this.listener.progressed(this, progress)
      const result = await project.lint(this.reading.isRead ? {} : { onProgress })
      this.report(result)
      const findings = this.findings.visible(result.findings)
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
      this.reading.finish()
    }
  }

  /** The fixes of a finding; none when the engine fails at it. */
  async fixes(finding: Finding): Promise<OfferedFix[]> {
    const project = await this.project.load()
    try {
      return (await project?.fixes(finding)) ?? []
    } catch (error) {
      this.troubles.fault(`fixing ${finding.rule}`, error)
      return []
    }
  }

  /** What stands at a place of the state that was last judged; undefined when the engine fails at it. */
  async why(query: WhyQuery): Promise<Explanation | undefined> {
    const project = await this.project.load()
    try {
      return await project?.why(query)
    } catch (error) {
      this.troubles.fault(`explaining ${query.path}`, error)
      return undefined
    }
  }

  /** What the client was last told of a closed file. */
  closedFindingsOf(path: string): readonly Finding[] {
    return this.closed.of(path)
  }

  /** The text of a file as it was judged; reads one that is not open. */
  async snapshot(path: string, outcome: Pick<Outcome, 'snapshots'>): Promise<Snapshot | undefined> {
    return outcome.snapshots.get(path) ?? (await this.texts.closedText(path))
  }

  /** All that can be said of the project; undefined when the engine fails at it. */
  async survey(): Promise<Survey | undefined> {
    const surveyed = this.tail.then(async () => {
      const project = await this.project.load()
      try {
        if (project !== undefined) this.texts.hand(project)
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

  /** True where an edit would have to change the JSON of a notebook: the editor must hold it as cells. */
  isClosedNotebook(path: string): boolean {
    return this.texts.isClosedNotebook(path)
  }

  async dispose(): Promise<void> {
    this.reading.stop()
    await this.project.dispose()
  }

  private report(result: LintResult): void {
    this.problems = result.problems ?? []
    this.baselineFile = result.baselineFile
    this.troubles.ofResult(result)
  }
}
