/** The first reading of a whole project, beside which its open files are answered. */
import type { Progress, Project } from '../linter.js'
import type { Environment } from './environment.js'
import type { Troubles } from './troubles.js'

/** Milliseconds that a first answer has to reach the client before the rest is read. */
const firstAnswer = 100

interface Running {
  abort: AbortController
  listeners: Set<(progress: Progress) => void>
  done: Promise<void>
}

export class ProjectReading {
  private running: Running | undefined
  private read = false

  constructor(
    private readonly environment: Environment,
    private readonly troubles: Troubles,
    /** Null: nothing is left to be read. */
    private readonly progressed: (progress: Progress | null) => void,
    /** The answers so far were those of a part; now there are better ones. */
    private readonly completed: () => void,
  ) {}

  /** The project has been read once, or cannot be. */
  get isRead(): boolean {
    return this.read
  }

  /** Reads the whole project, once, while open files are answered. */
  start(project: Project): Running {
    if (this.running !== undefined) return this.running
    const abort = new AbortController()
    const listeners = new Set([this.progressed])
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
        if (this.running !== running) return
        this.running = undefined
        this.read = !abort.signal.aborted
        this.progressed(null)
        this.completed()
      })
    const running: Running = { abort, listeners, done }
    this.running = running
    return running
  }

  stop(): void {
    if (this.running === undefined) return
    this.running.abort.abort()
    this.running = undefined
    this.progressed(null)
  }

  /** Another project, of which nothing has been read. */
  restart(): void {
    this.stop()
    this.read = false
  }

  /** The first time that an answer covers all, whoever waits for it is told. */
  finish(): void {
    if (this.read || this.running !== undefined) return
    this.read = true
    this.progressed(null)
  }
}
