/** *Fix All Safe* for the file or the notebook that one looks at. */
import * as vscode from 'vscode'

export async function fixAllSafe(): Promise<void> {
  const notebook = vscode.window.activeNotebookEditor?.notebook
  const document = notebook?.getCells()[0]?.document ?? vscode.window.activeTextEditor?.document
  if (document === undefined) return
  const kind = notebook === undefined ? 'source.fixAll.costlint' : 'notebook.source.fixAll.costlint'
  const range = new vscode.Range(0, 0, document.lineCount, 0)
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    kind,
    1,
  )
  const edit = actions.find((action) => action.kind?.value === kind)?.edit
  if (edit === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('CostLint: there is nothing here that can be fixed safely.'),
    )
    return
  }
  await vscode.workspace.applyEdit(edit)
}
