/**
 * Brings findings to the client. An open file is pulled where the client can do that, else pushed; the cells of a
 * notebook and the files that are not open are always pushed.
 */
import {
  CodeLensRefreshRequest,
  type Connection,
  type Diagnostic,
  type DocumentDiagnosticReport,
} from 'vscode-languageserver'
import type { ClientFeatures } from './client-features.js'
import { diagnosticsOfClosed, diagnosticsOfOpen, resultIdOf } from './diagnostics.js'
import type { OpenEntry } from './documents.js'
import type { Snapshot } from './places.js'
import type { Outcome, Session } from './session.js'
import { canonical } from './uri.js'

interface Pushed {
  /** Name of what the client holds. */
  id: string
  empty: boolean
}

export class Delivery {
  /** What the client was pushed, by URI. */
  private readonly pushed = new Map<string, Pushed>()
  /** URIs pushed for a path of a session: cells come and go. */
  private readonly targets = new Map<string, Set<string>>()
  /** What stood beside the code of a path when the client was last told to look. */
  private readonly annotated = new Map<string, string>()
  /** What the client was answered when it pulled. */
  private readonly answered = new Map<string, { version: number | null; id: string }>()
  /** The deliveries of each session: the latest outcome among them, and when they are all done. */
  private readonly delivered = new WeakMap<Session, { last: number; done: Promise<void> }>()

  private readonly wasBroken = new WeakMap<Session, ReadonlySet<string>>()

  constructor(
    private readonly connection: Connection,
    private readonly features: () => ClientFeatures,
    private readonly owns: (session: Session, path: string) => boolean,
  ) {}

  /** The answer to a pull. */
  async answer(
    session: Session,
    path: string,
    uri: string,
    outcome: Outcome,
    previous: string | undefined,
  ): Promise<DocumentDiagnosticReport> {
    const found = await diagnosticsOfOpen(session, path, outcome, this.features())
    const items = [...found.values()].flat()
    const version = outcome.snapshots.get(path)?.version ?? null
    const id = resultIdOf(version, items)
    this.answered.set(canonical(uri), { version, id })
    if (previous === id) return { kind: 'unchanged', resultId: id }
    return { kind: 'full', resultId: id, items }
  }

  /**
   * Pushes what must be pushed of this outcome, and has stale pulls asked for again. One after another, since places
   * are looked up meanwhile: what was found out earlier never comes last.
   */
  deliver(session: Session, outcome: Outcome): Promise<void> {
    const before = this.delivered.get(session) ?? { last: 0, done: Promise.resolve() }
    const done = before.done.then(async () => {
      await this.deliverClosed(session, outcome)
      if (outcome.order >= this.delivered.get(session)!.last)
        await this.deliverOpen(session, outcome, this.features())
    })
    const last = Math.max(before.last, outcome.order)
    this.delivered.set(session, { last, done: done.catch(() => undefined) })
    return done
  }

  private async deliverClosed(session: Session, outcome: Outcome): Promise<void> {
    const features = this.features()
    const closed = session.takeClosed()
    for (const path of this.broken(session, outcome))
      if (!closed.has(path)) closed.set(path, [...session.closedFindingsOf(path)])
    for (const [path, findings] of closed) {
      const found = await diagnosticsOfClosed(session, path, findings, outcome, features)
      // It may have been opened meanwhile, or belong to a folder within this one.
      if (!session.isOpen(path) && this.owns(session, path)) this.push(session, path, new Map(), found)
    }
  }

  /** Configuration files that are broken, or were when the client was last told. */
  private broken(session: Session, { problems }: Outcome): Set<string> {
    const now = new Set(problems.map(({ path }) => path))
    const all = new Set([...(this.wasBroken.get(session) ?? []), ...now])
    this.wasBroken.set(session, now)
    return all
  }

  private async deliverOpen(session: Session, outcome: Outcome, features: ClientFeatures): Promise<void> {
    const { generation } = session
    let refresh = false
    for (const [path, snapshot] of outcome.snapshots) {
      const found = await diagnosticsOfOpen(session, path, outcome, features)
      // A newer state is already on its way.
      if (session.generation !== generation) return
      // Closed since it was judged: what it showed has been taken back.
      if (!session.isOpen(path)) continue
      if (features.pull && snapshot.cells === undefined) {
        this.withdrawPath(session, path)
        refresh = this.isStale(session, snapshot, found) || refresh
      } else {
        this.push(session, path, documentsOf(snapshot), found)
      }
    }
    this.refreshAnnotations(session, outcome, features)
    if (refresh && features.refresh) {
      this.connection.languages.diagnostics.refresh().catch(() => undefined)
    }
  }

  /** Settings decide what is shown beside the code: the next outcome asks the client to look again. */
  reannotate(): void {
    for (const key of this.annotated.keys()) this.annotated.set(key, '')
  }

  /** Another file may have changed what stands beside the code of an open one. */
  private refreshAnnotations(session: Session, outcome: Outcome, features: ClientFeatures): void {
    let changed = false
    for (const [path, annotations] of outcome.annotations) {
      const key = targetKey(session, path)
      const now = JSON.stringify(annotations)
      changed ||= (this.annotated.get(key) ?? '[]') !== now
      this.annotated.set(key, now)
    }
    if (!changed) return
    if (features.refreshCodeLens)
      this.connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined)
    if (features.refreshInlayHints) this.connection.languages.inlayHint.refresh().catch(() => undefined)
  }

  /** True where the client holds an answer about this very text that no longer holds: another file changed. */
  private isStale(session: Session, snapshot: Snapshot, found: Map<string, Diagnostic[]>): boolean {
    const key = canonical(snapshot.uri)
    const last = this.answered.get(key)
    if (last === undefined) return false
    // A client pulls when it changes a text, but not every client does when it saves one.
    if (last.version !== snapshot.version && session.settings.run === 'onType') return false
    if (last.id === resultIdOf(snapshot.version, [...found.values()].flat())) return false
    this.answered.delete(key)
    return true
  }

  private push(
    session: Session,
    path: string,
    versions: Map<string, number | null>,
    found: Map<string, Diagnostic[]>,
  ): void {
    const key = targetKey(session, path)
    const before = this.targets.get(key) ?? new Set()
    const now = new Set([...versions.keys(), ...found.keys()])
    for (const uri of before) if (!now.has(uri)) this.send(uri, null, [])
    for (const uri of now) this.send(uri, versions.get(uri) ?? null, found.get(uri) ?? [])
    this.targets.set(key, now)
  }

  private send(uri: string, version: number | null, diagnostics: Diagnostic[]): void {
    const id = resultIdOf(version, diagnostics)
    const last = this.pushed.get(uri)
    if (last?.id === id) return
    // A closed file without findings of which the client was never told: say nothing.
    if (diagnostics.length === 0 && version === null && last?.empty !== false) {
      this.pushed.delete(uri)
      return
    }
    this.pushed.set(uri, { id, empty: diagnostics.length === 0 })
    void this.connection.sendDiagnostics(
      version === null ? { uri, diagnostics } : { uri, version, diagnostics },
    )
  }

  /** Takes back everything that was pushed for a path. */
  withdrawPath(session: Session, path: string): void {
    const key = targetKey(session, path)
    for (const uri of this.targets.get(key) ?? []) this.withdraw(uri)
    this.targets.delete(key)
  }

  private withdraw(uri: string): void {
    if (this.pushed.get(uri)?.empty === false) void this.connection.sendDiagnostics({ uri, diagnostics: [] })
    this.pushed.delete(uri)
  }

  /** Takes back everything that was pushed for a folder that is gone. */
  withdrawSession(session: Session): void {
    const prefix = targetKey(session, '')
    for (const [key, uris] of [...this.targets]) {
      if (!key.startsWith(prefix)) continue
      for (const uri of uris) this.withdraw(uri)
      this.targets.delete(key)
    }
  }

  /** The client forgot the document itself. */
  forget(entry: OpenEntry): void {
    this.answered.delete(canonical(entry.uri))
  }
}

function targetKey(session: Session, path: string): string {
  return `${session.folder ?? ''}\n${path}`
}

/** The documents of an open text with their versions: each gets its diagnostics, even when there are none. */
function documentsOf(snapshot: Snapshot): Map<string, number | null> {
  if (snapshot.cells === undefined) return new Map([[snapshot.uri, snapshot.version]])
  return new Map(snapshot.cells.map((cell) => [cell.uri, cell.version]))
}
