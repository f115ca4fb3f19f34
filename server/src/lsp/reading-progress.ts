/** Tells the client how far large projects have been read: as progress of the protocol, and to a status that counts findings. */
import type { Connection, WorkDoneProgressServerReporter } from 'vscode-languageserver'
import type { Progress } from '../linter.js'
import { groupedDigits } from '../text/grouped-digits.js'
import type { ClientFeatures } from './client-features.js'
import type { Environment } from './environment.js'
import type { Session } from './session.js'
import type { Log } from './troubles.js'

/** Notification: `{ folder, progress }`, the folder '' for documents outside of any; progress null: all has been read. */
const readingNotification = 'costlint/reading'

/** Milliseconds. What is read sooner is not worth a bar. */
const patience = 500

interface Shown {
  progress: Progress
  told: string
  began: number
  reporter: Promise<WorkDoneProgressServerReporter> | undefined
  callOff: () => void
}

export class ReadingProgress {
  private readonly shown = new Map<Session, Shown>()
  /** The client counts findings, and asked to be told when they are not all there. */
  isWanted = false

  constructor(
    private readonly connection: Connection,
    private readonly environment: Environment,
    private readonly log: Log,
    private readonly features: () => ClientFeatures,
  ) {}

  update(session: Session, progress: Progress | null): void {
    const folder = session.folder ?? ''
    const before = this.shown.get(session)
    if (progress === null) {
      before?.callOff()
      void before?.reporter?.then((reporter) => reporter.done()).catch(() => undefined)
      this.shown.delete(session)
      if (before !== undefined) this.log.info(readMessage(folder, before, this.environment.now()))
      this.notify(folder, null)
      return
    }
    const shown = before ?? this.begin(session, progress)
    shown.progress = progress
    const told = `${percentageOf(progress)} ${progress.total === 0}`
    if (shown.told === told) return
    shown.told = told
    this.notify(folder, progress)
    void shown.reporter
      ?.then((reporter) => reporter.report(percentageOf(progress), readingMessage(progress)))
      .catch(() => undefined)
  }

  private begin(session: Session, progress: Progress): Shown {
    const began = this.environment.now()
    const shown: Shown = { progress, told: '', began, reporter: undefined, callOff: () => undefined }
    this.shown.set(session, shown)
    if (this.features().progress) {
      shown.callOff = this.environment.schedule(patience, () => {
        shown.reporter = this.connection.window.createWorkDoneProgress().then((reporter) => {
          reporter.begin('CostLint', percentageOf(shown.progress), readingMessage(shown.progress), false)
          return reporter
        })
        shown.reporter.catch(() => undefined)
      })
    }
    return shown
  }

  private notify(folder: string, progress: Progress | null): void {
    if (this.isWanted) void this.connection.sendNotification(readingNotification, { folder, progress })
  }
}

/** '340 ms', '1.2 s'. */
export function milliseconds(duration: number): string {
  return duration < 1000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`
}

function readMessage(folder: string, { progress, began }: Shown, now: number): string {
  const files = progress.total === 0 ? '' : `${groupedDigits(progress.total)} files of `
  return `Read ${files}${folder === '' ? 'documents without a folder' : folder} in ${milliseconds(now - began)}`
}

function percentageOf({ done, total }: Progress): number {
  return total === 0 ? 0 : Math.floor((done / total) * 100)
}

/** "Reading 1,240 of 2,221 files" */
export function readingMessage({ done, total }: Progress): string {
  if (total === 0) return 'Looking for files'
  return `Reading ${groupedDigits(done)} of ${groupedDigits(total)} files`
}
