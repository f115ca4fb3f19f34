/** *Lint Workspace*, with progress that can be called off. */
import * as vscode from 'vscode'
import { type BaseLanguageClient, ExecuteCommandRequest, WorkDoneProgress } from 'vscode-languageclient'

interface Summary {
  folders: number
  files: number
  findings: number
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

async function tell({ folders, files, findings }: Summary): Promise<void> {
  if (folders === 0) {
    void vscode.window.showInformationMessage('CostLint: there is no folder to lint.')
    return
  }
  if (findings === 0) {
    void vscode.window.showInformationMessage('CostLint: no findings in this workspace.')
    return
  }
  const text = `CostLint: ${findings === 1 ? '1 finding' : `${findings} findings`} in ${files === 1 ? '1 file' : `${files} files`}.`
  const chosen = await vscode.window.showInformationMessage(text, 'Show Problems')
  if (chosen !== undefined) await vscode.commands.executeCommand('workbench.actions.view.problems')
}
