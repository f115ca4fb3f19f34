/** What the suites share. Waits are for events of the editor, never for time; mocha's time limit guards them. */
import * as assert from 'node:assert'
import * as vscode from 'vscode'

export { assert }

export function file(name: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, name)
}

export function findings(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'costlint')
}

export function ruleOf({ code }: vscode.Diagnostic): string {
  return typeof code === 'object' ? String(code.value) : String(code)
}

/** Resolves when the findings of a document pass. */
export function until(
  uri: vscode.Uri,
  passes: (found: vscode.Diagnostic[]) => boolean,
): Promise<vscode.Diagnostic[]> {
  return new Promise((resolve) => {
    const now = findings(uri)
    if (passes(now)) {
      resolve(now)
      return
    }
    const subscription = vscode.languages.onDidChangeDiagnostics(() => {
      const found = findings(uri)
      if (!passes(found)) return
      subscription.dispose()
      resolve(found)
    })
  })
}

export const has = (rule: string) => (found: vscode.Diagnostic[]) => found.some((one) => ruleOf(one) === rule)
export const none = (found: vscode.Diagnostic[]) => found.length === 0

export async function show(name: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file(name)), {
    preview: false,
  })
}

export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor')
  await vscode.commands.executeCommand('workbench.action.closeAllEditors')
}

export async function actions(
  uri: vscode.Uri,
  range: vscode.Range,
  kind?: string,
): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    range,
    kind,
    20,
  )
}
