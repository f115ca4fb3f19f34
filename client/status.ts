/** The number of findings in the file that one looks at. */
import * as vscode from 'vscode'

export function registerStatus(selector: vscode.DocumentSelector): vscode.Disposable[] {
  const bar = vscode.window.createStatusBarItem('costlint.findings', vscode.StatusBarAlignment.Right, 90)
  bar.name = 'CostLint findings'
  bar.command = 'workbench.actions.view.problems'
  const item = vscode.languages.createLanguageStatusItem('costlint.status', selector)
  item.name = 'CostLint'
  item.command = { title: 'Show Output', command: 'costlint.showOutput' }
  const update = () => {
    const uris = activeUris()
    if (uris === undefined) {
      bar.hide()
      return
    }
    const findings = uris
      .flatMap((uri) => vscode.languages.getDiagnostics(uri))
      .filter(({ source }) => source === 'costlint')
    const count = findings.length
    bar.text = `$(flame) ${count}`
    bar.tooltip = `CostLint: ${count === 1 ? '1 finding' : `${count} findings`} in this file. Click for Problems.`
    bar.accessibilityInformation = { label: `CostLint, ${count} findings` }
    item.text = count === 1 ? '1 finding' : `${count} findings`
    item.severity = findings.some(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
      ? vscode.LanguageStatusSeverity.Warning
      : vscode.LanguageStatusSeverity.Information
    bar.show()
  }
  const activeUris = (): vscode.Uri[] | undefined => {
    const notebook = vscode.window.activeNotebookEditor?.notebook
    if (notebook !== undefined) return notebook.getCells().map(({ document }) => document.uri)
    const document = vscode.window.activeTextEditor?.document
    if (document === undefined || vscode.languages.match(selector, document) === 0) return undefined
    return [document.uri]
  }
  update()
  return [
    bar,
    item,
    vscode.languages.onDidChangeDiagnostics(update),
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.window.onDidChangeActiveNotebookEditor(update),
  ]
}
