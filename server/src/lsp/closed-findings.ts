/** What *Lint Workspace* has found in closed files, which of them are to be judged again, and what the client was told. */
import type { Finding } from '../finding.js'

/** Files that decide how every other file is judged. */
const decisive =
  /(?:^|\/)(?:costlint\.toml|\.costlint\.toml|pyproject\.toml|\.costlint\/evidence\.json|\.gitignore)$/

export class ClosedFindings {
  /** Undefined: the workspace was never linted as a whole. */
  private whole: Map<string, Finding[]> | undefined
  private due = new Set<string>()
  private wholeDue = false
  private touched = new Set<string>()
  /** What the client has not been told yet. */
  private untold = new Map<string, Finding[]>()

  /** Files with findings, or none where nothing was asked for. */
  paths(): string[] {
    return [...(this.whole?.keys() ?? [])]
  }

  /** What the client was last told of a file. */
  of(path: string): readonly Finding[] {
    return this.whole?.get(path) ?? []
  }

  /** All of them are to be judged again. */
  get isWholeDue(): boolean {
    return this.wholeDue && this.whole !== undefined
  }

  /** Another configuration: nothing that is known holds any more. */
  expire(): void {
    this.wholeDue = this.whole !== undefined
  }

  /** A file changed; `relatives` are those that are judged with it. */
  touch(path: string, relatives: () => readonly string[]): void {
    if (this.whole === undefined) return
    if (decisive.test(path)) this.wholeDue = true
    this.touched.add(path)
    this.add(path)
    for (const relative of relatives()) this.add(relative)
  }

  /** Is judged again with the next change. */
  add(path: string): void {
    this.due.add(path)
  }

  /** What changed since the last call. */
  takeTouched(): string[] {
    const touched = [...this.touched]
    this.touched.clear()
    return touched
  }

  /** What is to be judged again and is not open. */
  takeDue(isOpen: (path: string) => boolean): string[] {
    const due = [...this.due].filter((path) => !isOpen(path))
    this.due.clear()
    return due
  }

  keep(path: string, findings: Finding[]): void {
    this.untold.set(path, findings)
    if (findings.length > 0) this.whole?.set(path, findings)
    else this.whole?.delete(path)
  }

  /** The linter is switched off: what the client shows is taken back. */
  withdraw(): void {
    for (const path of this.paths()) this.untold.set(path, [])
  }

  /** About to be told. */
  pending(): Finding[][] {
    return [...this.untold.values()]
  }

  /** What was found since the last call: nothing is told twice, nothing is lost. */
  take(): Map<string, Finding[]> {
    const untold = this.untold
    this.untold = new Map()
    return untold
  }

  /**
   * While `lint` judges all files, what is touched is due once more, since it is no longer seen. Where `lint` fails or
   * is called off, all is as it was before.
   */
  async whileAllAreJudged<T>(lint: () => Promise<T>, isCalledOff: () => boolean): Promise<T> {
    const { whole, wholeDue, due, touched } = this
    this.whole ??= new Map()
    this.wholeDue = false
    this.due = new Set()
    this.touched = new Set()
    let isDone = false
    try {
      const result = await lint()
      isDone = !isCalledOff()
      return result
    } finally {
      if (!isDone) {
        this.whole = whole
        // Of closed files nothing is told that was not asked for.
        const isAsked = whole !== undefined
        this.wholeDue = isAsked && (this.wholeDue || wholeDue)
        this.due = new Set(isAsked ? [...due, ...this.due] : [])
        this.touched = new Set(isAsked ? [...touched, ...this.touched] : [])
      }
    }
  }
}
