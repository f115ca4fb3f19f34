/** What goes wrong while a project is linted, each trouble once in the log. */
import type { LintResult } from '../linter.js'

export interface Log {
  error(message: string): void
  warn(message: string): void
  info(message: string): void
  /** Only for whoever looks for the cause of something. */
  debug(message: string): void
}

/** Lines are 1-based. */
export interface ConfigurationProblem {
  path: string
  line: number
  message: string
}

export class Troubles {
  private readonly reported = new Set<string>()

  constructor(private readonly log: Log) {}

  ofResult({ problems, faults, errors }: LintResult): void {
    for (const { path, line, message } of problems ?? []) {
      this.once(() => this.log.warn(`${path}:${line}: ${message}`), path, message)
    }
    for (const { path, message } of faults) this.once(() => this.log.error(message), path, message)
    for (const { path, message } of errors) {
      this.once(() => this.log.warn(`${path}: ${message}`), path, message)
    }
  }

  /** `doing`: what the engine failed at. */
  fault(doing: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const details = error instanceof Error ? (error.stack ?? message) : message
    this.once(() => this.log.error(`CostLint failed at ${doing}: ${details}`), doing, message)
  }

  /** The same trouble on every keystroke is one entry in the log. */
  private once(write: () => void, path: string, message: string): void {
    const key = `${path}\n${message}`
    if (this.reported.has(key)) return
    if (this.reported.size > 1000) this.reported.clear()
    this.reported.add(key)
    write()
  }
}
