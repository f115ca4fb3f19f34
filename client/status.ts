/** The number of findings in the file that one looks at, and how far its project has been read. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'

interface Reading {
  folder: string
  progress: { done: number; total: number } | null
}

export function registerStatus(
  client: BaseLanguageClient,
  selector: vscode.DocumentSelector,
): vscode.Disposable[] {
  const bar = vscode.window.createStatusBarItem('costlint.findings', vscode.StatusBarAlignment.Right, 90)
  bar.name = 'CostLint findings'
  bar.command = 'workbench.actions.view.problems'
  const item = vscode.languages.createLanguageStatusItem('costlint.status', selector)
  item.name = 'CostLint'
  item.command = { title: 'Show Output', command: 'costlint.showOutput' }
  /** By folder; null: its files have been read. What is not there was not begun. */
  const readings = new Map<string, Reading['progress']>()
  const folderOf = (uri: vscode.Uri) => vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() ?? ''
  const update = () => {
    const uris = activeUris()
    if (uris === undefined) {
      bar.hide()
      return
    }
    const active = activeUri()
    const findings = uris
      .flatMap((uri) => vscode.languages.getDiagnostics(uri))
      .filter(({ source }) => source === 'costlint')
    const count = findings.length
    const counted = count === 1 ? '1 finding' : `${count} findings`
    const reading = readings.get(active === undefined ? '' : folderOf(active))
    const isBusy = reading !== null
    // Before all has been read, none found so far is not none.
    bar.text = isBusy ? `$(loading~spin)${count === 0 ? '' : ` ${count}`}` : `$(flame) ${count}`
    bar.tooltip = isBusy
      ? `CostLint: ${messageOf(reading)}; ${counted} in this file so far.`
      : `CostLint: ${counted} in this file. Click for Problems.`
    bar.accessibilityInformation = { label: `CostLint, ${isBusy ? messageOf(reading) : counted}` }
    item.busy = isBusy
    item.text = isBusy ? messageOf(reading) : counted
    item.severity = findings.some(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
      ? vscode.LanguageStatusSeverity.Warning
      : vscode.LanguageStatusSeverity.Information
    bar.show()
  }
  const activeUri = () =>
    vscode.window.activeNotebookEditor?.notebook.uri ?? vscode.window.activeTextEditor?.document.uri
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
    client.onNotification('costlint/reading', ({ folder, progress }: Reading) => {
      readings.set(folder, progress)
      update()
    }),
    vscode.languages.onDidChangeDiagnostics(update),
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.window.onDidChangeActiveNotebookEditor(update),
  ]
}

function messageOf(progress: Reading['progress'] | undefined): string {
  if (progress == null || progress.total === 0) return 'looking for files'
  return `reading ${progress.done.toLocaleString('en')} of ${progress.total.toLocaleString('en')} files`
}
