/** *Open Cost Checklist*: the checklist as a file of the workspace, its states brought up to date. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'

const fileName = 'COST-CHECKLIST.md'

interface Answer {
  markdown: string
  problems: string[]
}

export function registerChecklist(client: BaseLanguageClient): vscode.Disposable {
  return vscode.commands.registerCommand('costlint.openChecklist', async () => {
    const folder = await chosenFolder()
    if (folder === undefined) return
    const uri = vscode.Uri.joinPath(folder.uri, fileName)
    const document = await opened(uri)
    const answer = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('CostLint: reading the project') },
      () =>
        client.sendRequest<Answer | null>('costlint/checklist', {
          folder: client.code2ProtocolConverter.asUri(folder.uri),
          ...(document === undefined ? {} : { before: document.getText() }),
        }),
    )
    if (answer === null) {
      void vscode.window.showErrorMessage(
        document === undefined
          ? vscode.l10n.t('CostLint: the folder cannot be read.')
          : vscode.l10n.t('CostLint: {0} holds another document.', fileName),
      )
      return
    }
    const edit = new vscode.WorkspaceEdit()
    if (document === undefined)
      edit.createFile(uri, { contents: new TextEncoder().encode(answer.markdown), ignoreIfExists: true })
    else if (document.getText() !== answer.markdown)
      edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), answer.markdown)
    await vscode.workspace.applyEdit(edit)
    const shown = await vscode.workspace.openTextDocument(uri)
    await shown.save()
    await vscode.window.showTextDocument(shown)
    if (answer.problems.length > 0)
      void vscode.window.showWarningMessage(
        vscode.l10n.t('CostLint: {0}; left as it is.', answer.problems.join('; ')),
      )
  })
}

async function chosenFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? []
  if (folders.length > 1) return vscode.window.showWorkspaceFolderPick()
  if (folders.length === 0)
    void vscode.window.showInformationMessage(vscode.l10n.t('CostLint: there is no folder to lint.'))
  return folders[0]
}

async function opened(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    await vscode.workspace.fs.stat(uri)
  } catch {
    return undefined
  }
  return vscode.workspace.openTextDocument(uri)
}
