/** One session per workspace folder, and one for documents that lie in none. */
import type { Environment } from './environment.js'
import { type ReadingListener, Session } from './session.js'
import type { Settings } from './settings.js'
import type { Log } from './troubles.js'
import { canonical } from './uri.js'

export class Sessions {
  private readonly folders = new Map<string, Session>()
  private loose: Session | undefined

  constructor(
    private readonly environment: Environment,
    private readonly log: Log,
    public defaults: Settings,
    private readonly listener: ReadingListener,
  ) {}

  add(folder: string): Session {
    const key = canonical(folder).replace(/\/$/, '')
    let session = this.folders.get(key)
    if (session === undefined) {
      session = new Session(folder, this.environment, this.defaults, this.log, this.listener)
      this.folders.set(key, session)
    }
    return session
  }

  remove(folder: string): Session | undefined {
    const key = canonical(folder).replace(/\/$/, '')
    const session = this.folders.get(key)
    this.folders.delete(key)
    return session
  }

  /** Sessions of folders. */
  ofFolders(): Session[] {
    return [...this.folders.values()]
  }

  all(): Session[] {
    return this.loose === undefined ? this.ofFolders() : [...this.folders.values(), this.loose]
  }

  /** The innermost folder that holds the document, or the session without a folder. */
  of(uri: string, languageId?: string): { session: Session; path: string } {
    let best: { session: Session; path: string } | undefined
    for (const session of this.folders.values()) {
      const path = session.pathOf(uri, languageId)
      if (path !== undefined && (best === undefined || path.length < best.path.length))
        best = { session, path }
    }
    if (best !== undefined) return best
    this.loose ??= new Session(null, this.environment, this.defaults, this.log, this.listener)
    return { session: this.loose, path: this.loose.pathOf(uri, languageId)! }
  }

  /** Every folder that holds the file: folders may lie within each other. */
  holding(uri: string): { session: Session; path: string }[] {
    const found: { session: Session; path: string }[] = []
    for (const session of this.folders.values()) {
      const path = session.pathOf(uri)
      if (path !== undefined) found.push({ session, path })
    }
    return found
  }
}
