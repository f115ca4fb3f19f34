/** *Lint Workspace*: every file of every folder, with progress that can be called off. */
import {
  type CancellationToken,
  type Connection,
  LSPErrorCodes,
  ResponseError,
  type WorkDoneProgressReporter,
} from 'vscode-languageserver'
import type { Delivery } from './delivery.js'
import { readingMessage } from './reading-progress.js'
import type { Session } from './session.js'

export interface WorkspaceSummary {
  folders: number
  /** With findings or hints. */
  files: number
  /** Without hints. */
  findings: number
  hints: number
}

export async function lintWorkspace(
  connection: Connection,
  sessions: readonly Session[],
  delivery: Delivery,
  token: CancellationToken,
  given: WorkDoneProgressReporter | undefined,
  createProgress: boolean,
): Promise<WorkspaceSummary> {
  const abort = new AbortController()
  const subscriptions = [token.onCancellationRequested(() => abort.abort())]
  if (token.isCancellationRequested) abort.abort()
  let progress = given
  if (progress === undefined && createProgress) {
    const created = await connection.window.createWorkDoneProgress()
    subscriptions.push(created.token.onCancellationRequested(() => abort.abort()))
    progress = created
  }
  progress?.begin('CostLint', 0, 'Linting the workspace', true)
  const summary: WorkspaceSummary = { folders: 0, files: 0, findings: 0, hints: 0 }
  try {
    for (const [index, session] of sessions.entries()) {
      let percentage = -1
      const outcome = await session.lintWhole(({ done, total }) => {
        const now = Math.floor(((index + (total === 0 ? 1 : done / total)) / sessions.length) * 100)
        if (now === percentage) return
        percentage = now
        progress?.report(now, readingMessage({ done, total }))
      }, abort.signal)
      if (abort.signal.aborted) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'Called off')
      if (outcome === undefined) continue
      summary.folders++
      for (const findings of [...outcome.findings.values(), ...session.closedFindings()]) {
        if (findings.length > 0) summary.files++
        const hints = findings.filter(({ severity }) => severity === 'hint').length
        summary.hints += hints
        summary.findings += findings.length - hints
      }
      await delivery.deliver(session, outcome)
    }
    return summary
  } finally {
    progress?.done()
    for (const subscription of subscriptions) subscription.dispose()
  }
}
