/** Carries what the editor does with its documents to the projects that they belong to. */
import type { Delivery } from './delivery.js'
import type { OpenDocuments, OpenEntry } from './documents.js'
import type { Schedule } from './schedule.js'
import type { Session } from './session.js'
import type { Sessions } from './sessions.js'

export class OpenTexts {
  /** Changed since they were saved, and held back until they are. */
  private readonly dirty = new Set<OpenEntry>()

  constructor(
    private readonly documents: OpenDocuments,
    private readonly sessions: Sessions,
    private readonly delivery: Delivery,
    private readonly schedule: Schedule,
  ) {}

  /** Documents move to the folder that now holds them. */
  rehome(): void {
    for (const entry of this.documents.all()) {
      const home = this.sessions.of(entry.uri, entry.languageId)
      for (const session of this.sessions.all()) {
        const path = session.pathOf(entry.uri, entry.languageId)
        if (session === home.session || path === undefined || !session.isOpen(path)) continue
        this.delivery.withdrawPath(session, path)
        session.close(path)
        this.schedule.plan(session)
      }
      if (!home.session.isOpen(home.path)) this.give(entry)
    }
  }

  opened(entry: OpenEntry): void {
    const { session, path } = this.sessions.of(entry.uri, entry.languageId)
    // What was pushed for the closed file is withdrawn; the open one is served anew.
    this.delivery.withdrawPath(session, path)
    this.give(entry)
  }

  changed(entry: OpenEntry): void {
    const { session } = this.sessions.of(entry.uri, entry.languageId)
    if (session.settings.run === 'onSave') this.dirty.add(entry)
    else this.give(entry)
  }

  saved(entry: OpenEntry): void {
    if (this.dirty.delete(entry)) this.give(entry)
  }

  closed(entry: OpenEntry): void {
    this.dirty.delete(entry)
    const { session, path } = this.sessions.of(entry.uri, entry.languageId)
    this.delivery.withdrawPath(session, path)
    this.delivery.forget(entry)
    session.close(path)
    this.schedule.plan(session)
  }

  /** Gives the present text of an entry to its project. */
  private give(entry: OpenEntry): void {
    const read = this.documents.read(entry)
    if (read === undefined) return
    const { session, path } = this.sessions.of(entry.uri, entry.languageId)
    session.open(path, read.snapshot, read.content, read.metadata)
    this.schedule.plan(session)
  }

  changedOnDisk(uri: string): void {
    for (const { session, path } of this.sessions.holding(uri)) {
      session.changedOnDisk(path)
      this.schedule.plan(session)
    }
  }

  /** Unsaved texts that were held back while findings came on save only. */
  release(session: Session): void {
    if (session.settings.run === 'onSave') return
    for (const entry of this.documents.all()) {
      const home = this.sessions.of(entry.uri, entry.languageId)
      if (home.session === session && this.dirty.delete(entry)) this.give(entry)
    }
  }
}
