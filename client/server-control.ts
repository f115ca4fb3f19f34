/** Starts, watches and restarts the server. One that has crashed comes back by itself, a few times; then a person is asked. */
import * as vscode from 'vscode'
import {
  type BaseLanguageClient,
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ErrorHandler,
  State,
} from 'vscode-languageclient'

export type ServerState = 'starting' | 'running' | 'stopped' | 'crashed'

/** So many crashes within so many milliseconds are too many. */
const mostCrashes = 5
const within = 3 * 60_000

export class ServerControl implements ErrorHandler {
  private readonly changed = new vscode.EventEmitter<ServerState>()
  readonly onDidChange = this.changed.event
  private current: ServerState = 'starting'
  private crashes: number[] = []
  private client: BaseLanguageClient | undefined

  constructor(private readonly output: vscode.LogOutputChannel) {}

  get state(): ServerState {
    return this.current
  }

  attach(client: BaseLanguageClient): vscode.Disposable {
    this.client = client
    return client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) this.become('running')
      else if (newState === State.Starting) this.become('starting')
      else if (this.current !== 'crashed') this.become('stopped')
    })
  }

  private become(state: ServerState): void {
    if (this.current === state) return
    this.current = state
    this.changed.fire(state)
  }

  async restart(): Promise<void> {
    this.crashes = []
    this.become('starting')
    try {
      if (this.client?.isRunning() === true) await this.client.stop()
    } catch (error) {
      // One that dies at this moment cannot say goodbye; a new one is wanted all the same.
      this.output.warn(
        `The server did not stop in order: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    await this.client?.start()
  }

  error(): { action: ErrorAction } {
    return { action: ErrorAction.Continue }
  }

  closed(): CloseHandlerResult {
    const now = Date.now()
    this.crashes = [...this.crashes.filter((at) => now - at < within), now]
    this.output.error(`The server ended unexpectedly (${this.crashes.length} of ${mostCrashes}).`)
    if (this.crashes.length < mostCrashes) return { action: CloseAction.Restart, handled: true }
    this.become('crashed')
    void this.ask()
    return { action: CloseAction.DoNotRestart, handled: true }
  }

  private async ask(): Promise<void> {
    const restart = vscode.l10n.t('Restart')
    const show = vscode.l10n.t('Show Output')
    const chosen = await vscode.window.showErrorMessage(
      vscode.l10n.t('The server of CostLint crashed {0} times and was not started again.', mostCrashes),
      restart,
      show,
    )
    if (chosen === restart) await this.restart()
    if (chosen === show) this.output.show()
  }
}
