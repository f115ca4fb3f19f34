/**
 * `--fix`: carries out fixes until nothing is left to fix. Works on any project that can lint texts that are not on
 * disk; writes nothing itself.
 */

import { applyEdits } from '../edit/apply.js'
import type { TextEdit } from '../edit/write.js'
import type { Finding, Fix } from '../finding.js'
import type { LintError, OfferedFix } from '../lint.js'
import { type Encoding, encode } from '../text/decode.js'
import { isWithin, type Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'

/** A file as the project sees it: its text in the editor or as fixed so far, else that on disk. */
export interface FixableFile {
  source: SourceFile
  encoding: Encoding
  bom: boolean
}

/** What carrying out fixes needs of a project. */
export interface FixableProject {
  lint(options: { paths?: string[]; signal?: AbortSignal }): Promise<{ findings: Finding[] }>
  /** The preferred fix first. */
  fixes(finding: Finding): Promise<OfferedFix[]>
  /** From now on this is the file's text. */
  open(path: string, text: string): void
  file(path: string): Promise<FixableFile | undefined>
  /** Number of syntax errors that the file would have with this text; any number that grows with them. */
  syntaxErrors(path: string, text: string): Promise<number>
}

export interface FixOptions {
  /** Files and folders, relative to the root; files outside them are never edited. '' or '.': everything. */
  paths: readonly string[]
  /** Also fixes that change numerics, cost or behaviour. Sketches are never carried out. */
  unsafe: boolean
  signal?: AbortSignal
}

export interface FixedFile {
  path: string
  before: string
  after: string
  /** `after` in the encoding of the file. */
  bytes: Uint8Array
}

export interface FixRun {
  /** Files whose text is another now, by path. */
  files: FixedFile[]
  /** Fixes that were carried out. */
  fixed: number
  /** Fixes that were taken back, and why. */
  rolledBack: LintError[]
}

/** A fix may make room for the next one; what needs more rounds than this does not come to an end. */
const mostRounds = 10
/** Rounds that are taken back because a fix in them had no effect. */
const mostReverted = 20

/**
 * Carries out the preferred fix of every finding, as far as it may: fixes that would touch each other wait for the next
 * round. A fix that adds a syntax error, that its file's encoding cannot hold, or after which its finding is still there, is
 * taken back. The project is left as if the files had been written.
 */
export async function applyFixes(project: FixableProject, options: FixOptions): Promise<FixRun> {
  const run = new Run(project, options)
  let reverted = 0
  for (let round = 0; round < mostRounds && reverted < mostReverted; ) {
    const outcome = await run.round()
    if (outcome === 'nothing to do') break
    if (outcome === 'reverted') reverted++
    else round++
  }
  return run.result()
}

interface Change {
  before: string
  encoding: Encoding
  bom: boolean
}

class Run {
  private readonly originals = new Map<string, Change>()
  private readonly texts = new Map<string, string>()
  /** Fingerprints of findings that are not to be fixed again. */
  private readonly blocked = new Set<string>()
  /** Those whose fix had no effect beside others: it is tried by itself when these are done. */
  private readonly waiting = new Set<string>()
  private readonly rolledBack: LintError[] = []
  private fixed = 0
  private last: LastRound | null = null

  constructor(
    private readonly project: FixableProject,
    private readonly options: FixOptions,
  ) {}

  async round(): Promise<'fixed' | 'nothing to do' | 'reverted'> {
    const { paths, signal } = this.options
    signal?.throwIfAborted()
    const { findings } = await this.project.lint({ paths: [...paths], signal })
    if (this.revertWithoutEffect(findings)) return 'reverted'
    const ready = findings.filter(({ fingerprint }) => !this.blocked.has(fingerprint))
    const isWaiting = ({ fingerprint }: Finding) => this.waiting.has(fingerprint)
    const round = new Round(this.project)
    const applied: Applied[] = []
    for (const finding of ready.filter((one) => !isWaiting(one))) await this.fix(finding, round, applied)
    for (const finding of ready.filter(isWaiting)) {
      if (applied.length > 0) break
      await this.fix(finding, round, applied)
    }
    const before = new Map<string, string>()
    for (const [path, { file, text }] of round.changed) {
      before.set(path, file.source.text)
      if (!this.originals.has(path)) {
        this.originals.set(path, { before: file.source.text, encoding: file.encoding, bom: file.bom })
      }
      this.texts.set(path, text)
      this.project.open(path, text)
    }
    this.fixed += applied.length
    this.last = { applied, before, edits: applied.flatMap(({ fix }) => fix.edits) }
    return applied.length > 0 ? 'fixed' : 'nothing to do'
  }

  private async fix(finding: Finding, round: Round, applied: Applied[]): Promise<void> {
    this.options.signal?.throwIfAborted()
    const fix = (await this.project.fixes(finding))[0]
    if (fix === undefined || 'refused' in fix || !this.allows(fix)) return
    const outcome = await round.apply(fix)
    if (outcome === 'done') applied.push({ finding, fix })
    else if (outcome !== 'later') this.takeBack(finding, fix, outcome.reason, outcome.path)
  }

  result(): FixRun {
    const files: FixedFile[] = []
    for (const [path, { before, encoding, bom }] of this.originals) {
      const after = this.texts.get(path)!
      const bytes = encode(after, { encoding, bom })
      if (after !== before && typeof bytes !== 'string') files.push({ path, before, after, bytes })
    }
    files.sort((a, b) => (a.path < b.path ? -1 : 1))
    return { files, fixed: this.fixed, rolledBack: this.rolledBack }
  }

  private allows(fix: Fix): boolean {
    if (fix.safety === 'display' || (fix.safety === 'unsafe' && !this.options.unsafe)) return false
    return (
      fix.edits.length > 0 &&
      fix.edits.every(({ location }) => this.options.paths.some((path) => isWithin(location.path, path)))
    )
  }

  private takeBack(finding: Finding, fix: Fix, reason: string, path = finding.location.path): void {
    this.blocked.add(finding.fingerprint)
    this.rolledBack.push({ path, message: `“${fix.title}” was taken back: ${reason}` })
  }

  /**
   * A fix after which its finding is still there does not help, and would be carried out again in every round. What it wrote
   * cannot be told from what the others of its round wrote, so that round is taken back; they come again without it.
   */
  private revertWithoutEffect(findings: readonly Finding[]): boolean {
    const { last } = this
    this.last = null
    if (last === null) return false
    const present = new Set(findings.map(({ rule, location }) => placeKey(rule, location)))
    const idle = last.applied.filter(({ finding }) =>
      present.has(placeKey(finding.rule, moved(finding.location, last.edits))),
    )
    if (idle.length === 0) return false
    for (const { finding, fix } of idle) {
      // Beside others it may have come too early: a batch that another fix makes larger needs another machine.
      if (last.applied.length > 1) this.waiting.add(finding.fingerprint)
      else this.takeBack(finding, fix, 'what it is to mend would still be there')
    }
    for (const [path, text] of last.before) {
      this.texts.set(path, text)
      this.project.open(path, text)
    }
    this.fixed -= last.applied.length
    return true
  }
}

interface Applied {
  finding: Finding
  fix: Fix
}

interface LastRound {
  applied: Applied[]
  /** Texts of the files that it changed. */
  before: Map<string, string>
  edits: TextEdit[]
}

function placeKey(rule: string, { path, cell, start }: Location): string {
  return JSON.stringify([rule, path, cell, start])
}

/** Where something begins after the edits. */
function moved(location: Location, edits: readonly TextEdit[]): Location {
  let { start } = location
  for (const { location: at, newText } of edits) {
    if (at.path !== location.path || at.cell !== location.cell) continue
    if (at.end <= location.start) start += newText.length - (at.end - at.start)
    else if (at.start < location.start) start += at.start - location.start
  }
  return { ...location, start }
}

type Outcome = 'done' | 'later' | { path: string; reason: string }

/** Fixes that are carried out together: all of them speak of the same texts. */
class Round {
  readonly changed = new Map<string, { file: FixableFile; text: string }>()
  private readonly accepted = new Map<string, TextEdit[]>()
  private readonly files = new Map<string, Promise<FixableFile | undefined>>()
  private readonly errors = new Map<string, Promise<number>>()

  constructor(private readonly project: FixableProject) {}

  /** All edits of the fix or none. */
  async apply(fix: Fix): Promise<Outcome> {
    const byPath = new Map<string, TextEdit[]>()
    for (const edit of fix.edits) {
      const { path } = edit.location
      const list = byPath.get(path)
      if (list) list.push(edit)
      else byPath.set(path, [edit])
    }
    for (const [path, edits] of byPath) {
      const taken = this.accepted.get(path) ?? []
      if (edits.some((edit) => taken.some((other) => touch(edit, other)))) return 'later'
    }
    const next: { path: string; file: FixableFile; text: string }[] = []
    for (const [path, edits] of byPath) {
      const file = await this.file(path)
      if (file === undefined) return { path, reason: 'the file cannot be read' }
      const text = applyEdits(file.source, [...(this.accepted.get(path) ?? []), ...edits])
      if (text === undefined) return { path, reason: 'the notebook cannot be written' }
      const bytes = encode(text, file)
      if (typeof bytes === 'string') return { path, reason: bytes }
      if ((await this.project.syntaxErrors(path, text)) > (await this.errorsBefore(path, file))) {
        return { path, reason: 'the file would no longer parse' }
      }
      next.push({ path, file, text })
    }
    for (const { path, file, text } of next) {
      this.changed.set(path, { file, text })
      this.accepted.set(path, [...(this.accepted.get(path) ?? []), ...byPath.get(path)!])
    }
    return 'done'
  }

  private file(path: string): Promise<FixableFile | undefined> {
    let loading = this.files.get(path)
    if (loading === undefined) {
      loading = this.project.file(path)
      this.files.set(path, loading)
    }
    return loading
  }

  private errorsBefore(path: string, file: FixableFile): Promise<number> {
    let counting = this.errors.get(path)
    if (counting === undefined) {
      counting = this.project.syntaxErrors(path, file.source.text)
      this.errors.set(path, counting)
    }
    return counting
  }
}

/** True where the edits overlap or stand directly beside each other, so that one may depend on the other. */
function touch(a: TextEdit, b: TextEdit): boolean {
  return (
    a.location.cell === b.location.cell &&
    a.location.start <= b.location.end &&
    b.location.start <= a.location.end
  )
}
