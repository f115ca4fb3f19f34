/** *Lint Workspace*, with progress that can be called off. */
import * as vscode from 'vscode'
import { type BaseLanguageClient, ExecuteCommandRequest, WorkDoneProgress } from 'vscode-languageclient'
import { countWords } from './findings-view.js'

interface Summary {
  folders: number
  files: number
  findings: number
  hints: number
}

let count = 0

export async function lintWorkspace(client: BaseLanguageClient): Promise<Summary | undefined> {
  const summary = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'CostLint', cancellable: true },
    async (progress, token) => {
      // A server's own progress is shown in the status bar, where it cannot be called off.
      const workDoneToken = `costlint-workspace-${++count}`
      let reached = 0
      const subscription = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind === 'end') return
        const percentage = value.percentage ?? reached
        progress.report({ increment: percentage - reached, message: value.message })
        reached = percentage
      })
      try {
        const params = { command: 'costlint.lintWorkspace', arguments: [], workDoneToken }
        return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as Summary
      } catch (error) {
        if (token.isCancellationRequested) return undefined
        throw error
      } finally {
        subscription.dispose()
      }
    },
  )
  if (summary !== undefined) void tell(summary)
  return summary
}

async function tell({ folders, files, findings, hints }: Summary): Promise<void> {
  if (folders === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('CostLint: there is no folder to lint.'))
    return
  }
  if (findings + hints === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('CostLint: no findings in this workspace.'))
    return
  }
  const counted = countWords(findings, hints)
  const text =
    files === 1
      ? vscode.l10n.t('CostLint: {0} in 1 file.', counted)
      : vscode.l10n.t('CostLint: {0} in {1} files.', counted, files)
  const problems = vscode.l10n.t('Show Problems')
  const report = vscode.l10n.t('Cost Report')
  const chosen = await vscode.window.showInformationMessage(text, report, problems)
  if (chosen === report) await vscode.commands.executeCommand('costlint.openReport')
  if (chosen === problems) await vscode.commands.executeCommand('workbench.actions.view.problems')
}
