/** Tells once that a configuration file is broken, and offers to open it; tells the client's status as well. */
import type { Connection } from 'vscode-languageserver'
import type { ClientFeatures } from './client-features.js'
import type { Outcome, Session } from './session.js'
import type { ConfigurationProblem } from './troubles.js'

/** Notification: `{ folder, problems: { uri, line, message }[] }`, lines 1-based; sent where it has changed. */
const configurationNotification = 'costlint/configuration'

const open = 'Open File'

export class ConfigurationNotice {
  private readonly told = new WeakMap<Session, string>()

  constructor(
    private readonly connection: Connection,
    private readonly features: () => ClientFeatures,
  ) {}

  update(session: Session, { problems }: Outcome): void {
    const key = JSON.stringify(problems)
    const before = this.told.get(session) ?? '[]'
    if (key === before) return
    this.told.set(session, key)
    if (this.features().commandLinks) {
      void this.connection.sendNotification(configurationNotification, {
        folder: session.folder ?? '',
        problems: problems.map(({ path, line, message }) => ({ uri: session.uriOf(path), line, message })),
      })
    }
    const first = problems.find((problem) => !before.includes(JSON.stringify(problem)))
    if (first !== undefined) void this.show(session, first, problems.length).catch(() => undefined)
  }

  private async show(session: Session, problem: ConfigurationProblem, count: number): Promise<void> {
    const { path, line, message } = problem
    const more = count > 1 ? ` (${count} problems in the configuration)` : ''
    const text = `CostLint: ${path}, line ${line}: ${message}${more}`
    const actions = this.features().showDocument ? [{ title: open }] : []
    const chosen = await this.connection.window.showErrorMessage(text, ...actions)
    if (chosen?.title !== open) return
    const position = { line: line - 1, character: 0 }
    await this.connection.window.showDocument({
      uri: session.uriOf(path),
      takeFocus: true,
      selection: { start: position, end: position },
    })
  }
}
