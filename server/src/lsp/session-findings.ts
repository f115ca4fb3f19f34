/** The findings of a session: of its open files, and of closed ones that are to be told. */
import type { Finding } from '../finding.js'
import type { LintOptions, LintResult, Progress, Project } from '../linter.js'
import type { ClosedFindings } from './closed-findings.js'
import type { Snapshot } from './places.js'
import type { ProjectReading } from './project-reading.js'
import type { SessionTexts } from './session-texts.js'

/** What the session knows, and what it is told. */
export interface JudgedSession {
  /** False: the client would not ask again, so a first answer would be its last. */
  canAnswerTwice(): boolean
  showsHints(): boolean
  /** Files that are judged with this one. */
  relatives(path: string): string[]
  progressed(progress: Progress): void
  judged(result: LintResult): void
}

export class SessionFindings {
  constructor(
    private readonly texts: SessionTexts,
    private readonly closed: ClosedFindings,
    private readonly reading: ProjectReading,
    private readonly told: JudgedSession,
  ) {}

  /** Answers for the open files of a large project that has not been read. False: there is no need. */
  async judgeFirst(
    project: Project,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): Promise<boolean> {
    if (this.reading.isRead || snapshots.size === 0 || !this.told.canAnswerTwice()) return false
    const result = await project.preview([...snapshots.keys()])
    if (result === null) return false
    this.told.judged(result)
    for (const path of snapshots.keys()) findings.set(path, [])
    for (const finding of this.visible(result.findings)) findings.get(finding.location.path)?.push(finding)
    return true
  }

  async judgeSome(
    project: Project,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): Promise<void> {
    const touched = this.closed.takeTouched()
    const first = this.takeDue()
    await this.lintPaths(project, [...snapshots.keys()], first, findings)
    // A change can make new relatives; those are judged once more.
    for (const path of touched) for (const relative of this.told.relatives(path)) this.closed.add(relative)
    const second = this.takeDue().filter((path) => !first.includes(path))
    if (second.length > 0) await this.lintPaths(project, [], second, findings)
  }

  private takeDue(): string[] {
    return this.closed.takeDue((path) => this.texts.has(path))
  }

  private async lintPaths(
    project: Project,
    open: string[],
    due: string[],
    findings: Map<string, Finding[]>,
  ): Promise<void> {
    const paths = [...open, ...due]
    if (paths.length === 0) return
    const onProgress = (progress: Progress) => this.told.progressed(progress)
    const result = await project.lint(this.reading.isRead ? { paths } : { paths, onProgress })
    this.told.judged(result)
    for (const path of open) findings.set(path, [])
    const closed = new Map<string, Finding[]>(due.map((path) => [path, []]))
    for (const finding of this.visible(result.findings)) {
      const { path } = finding.location
      ;(findings.get(path) ?? closed.get(path))?.push(finding)
    }
    for (const [path, list] of closed) this.closed.keep(path, list)
  }

  /** Judges the whole project. False: it was called off. */
  async judgeAll(
    project: Project,
    options: LintOptions,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): Promise<boolean> {
    const isCalledOff = () => options.signal?.aborted === true
    const result = await this.closed.whileAllAreJudged(() => project.lint(options), isCalledOff)
    if (isCalledOff()) return false
    this.sort(result, snapshots, findings)
    return true
  }

  /** Takes the findings of the whole project apart: open files, and closed ones to be told. */
  private sort(
    result: LintResult,
    snapshots: ReadonlyMap<string, Snapshot>,
    findings: Map<string, Finding[]>,
  ): void {
    this.told.judged(result)
    for (const path of snapshots.keys()) findings.set(path, [])
    const closed = new Map<string, Finding[]>(this.closed.paths().map((path) => [path, []]))
    for (const finding of this.visible(result.findings)) {
      const { path } = finding.location
      const list = findings.get(path) ?? closed.get(path)
      if (list === undefined) closed.set(path, [finding])
      else list.push(finding)
    }
    for (const path of snapshots.keys()) closed.delete(path)
    for (const [path, list] of closed) this.closed.keep(path, list)
  }

  visible(findings: Finding[]): Finding[] {
    return this.told.showsHints() ? findings : findings.filter((finding) => finding.severity !== 'hint')
  }
}
