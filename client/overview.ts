/** What the whole workspace holds, as the server last told it: the findings, the bill, and what could be saved. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import type { ReportData } from '../server/src/report/data.js'

/** Milliseconds without a change before the workspace is looked at again. */
const pause = 700

/** Why nothing is told of the workspace. */
export type Absence = 'off' | 'crashed'

export class Overview {
  private readonly changed = new vscode.EventEmitter<void>()
  readonly onDidChange = this.changed.event
  private known: ReportData | undefined
  private asking: Promise<void> | undefined
  private isStale = true
  private timer: ReturnType<typeof setTimeout> | undefined
  private absent: Absence | undefined
  /** Whoever shows it: while nobody does, it is looked at again only when a file is saved. */
  private readonly watchers = new Set<object>()

  constructor(private readonly client: BaseLanguageClient) {}

  /** Undefined: the workspace has not been read, or nothing is to be told of it. */
  get data(): ReportData | undefined {
    return this.absent === undefined ? this.known : undefined
  }

  /** What was known is not shown while CostLint is switched off, or its server dead. */
  async setAbsent(absent: Absence | undefined): Promise<void> {
    if (this.absent === absent) return
    this.absent = absent
    if (absent === undefined) this.forget()
    await this.tell()
  }

  register(): vscode.Disposable[] {
    return [
      this.changed,
      this.client.onNotification('costlint/changed', () => {
        this.isStale = true
        if (this.watchers.size > 0) this.soon()
      }),
      vscode.workspace.onDidSaveTextDocument(() => this.soon()),
      vscode.workspace.onDidSaveNotebookDocument(() => this.soon()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.isStale = true
        this.soon()
      }),
      { dispose: () => clearTimeout(this.timer) },
    ]
  }

  /** While it is watched it follows every change. */
  watch(watcher: object, isWatching: boolean): void {
    if (!isWatching) this.watchers.delete(watcher)
    else {
      this.watchers.add(watcher)
      if (this.isStale) this.soon(0)
    }
  }

  private soon(milliseconds = pause): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.refresh(), milliseconds)
  }

  /** Never rejects. */
  refresh(): Promise<void> {
    this.asking ??= this.ask().then((isAnswered) => {
      this.asking = undefined
      // Something has changed meanwhile.
      if (isAnswered && this.isStale && this.watchers.size > 0) this.soon()
    })
    return this.asking
  }

  /** @returns whether the server has answered */
  private async ask(): Promise<boolean> {
    if (this.absent !== undefined) return false
    if (!this.isStale && this.known !== undefined) return true
    let isAnswered = true
    this.isStale = false
    try {
      this.known = await this.client.sendRequest<ReportData>('costlint/overview')
    } catch {
      // A server that is not running; when it does again, it is asked again.
      this.isStale = true
      isAnswered = false
    }
    await this.tell()
    return isAnswered
  }

  private async tell(): Promise<void> {
    await vscode.commands.executeCommand('setContext', 'costlint.concerned', this.isConcerned)
    const state = this.absent ?? (this.known === undefined ? 'unread' : 'read')
    await vscode.commands.executeCommand('setContext', 'costlint.state', state)
    this.changed.fire()
  }

  forget(): void {
    this.isStale = true
    this.soon(0)
  }

  /** Undefined: the workspace has not been read. */
  get counts(): { findings: number; hints: number; saving: string | null } | undefined {
    const { data } = this
    if (data === undefined) return undefined
    const hints = data.findings.filter(({ severity }) => severity === 'hint').length
    return { findings: data.findings.length - hints, hints, saving: data.saving }
  }

  /** Something in the workspace is for CostLint. */
  get isConcerned(): boolean {
    const { known } = this
    return (
      known !== undefined && (known.findings.length > 0 || known.jobs.length > 0 || known.searches.length > 0)
    )
  }
}
