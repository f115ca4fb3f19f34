/** Opens a place: a line of a file, or of a cell in its notebook. */
import * as vscode from 'vscode'
import type { ReportPlace } from '../server/src/report/data.js'

export const revealCommand = 'costlint.reveal'

export async function reveal({ uri, cell, line, column }: ReportPlace): Promise<void> {
  if (uri === undefined) return
  const target = vscode.Uri.parse(uri, true)
  const position = new vscode.Position(line - 1, column - 1)
  if (cell !== null) return revealCell(target, cell, position)
  await vscode.window.showTextDocument(target, {
    preview: true,
    selection: new vscode.Range(position, position),
  })
}

async function revealCell(uri: vscode.Uri, cell: number, position: vscode.Position): Promise<void> {
  const notebook = await vscode.workspace.openNotebookDocument(uri)
  const range = new vscode.NotebookRange(cell, cell + 1)
  const editor = await vscode.window.showNotebookDocument(notebook, { selections: [range] })
  editor.revealRange(range, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport)
  const document = notebook.cellCount > cell ? notebook.cellAt(cell).document : undefined
  const shown = vscode.window.visibleTextEditors.find((one) => one.document === document)
  if (shown === undefined) return
  shown.selection = new vscode.Selection(position, position)
  shown.revealRange(shown.selection)
}

/** Opens the place and its light bulb. */
export async function revealAndFix(place: ReportPlace): Promise<void> {
  await reveal(place)
  await vscode.commands.executeCommand('editor.action.quickFix')
}

export interface HoverPlace {
  uri: string
  line: number
  character: number
}

/** For links in hovers. */
export const quickFixCommand = 'costlint.quickFix'

/** *Quick Fix* in a hover: the mouse is where the finding is, the cursor may be elsewhere. */
export async function quickFixAt({ uri, line, character }: HoverPlace): Promise<void> {
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri)
  if (editor === undefined) return
  editor.selection = new vscode.Selection(line, character, line, character)
  await vscode.commands.executeCommand('editor.action.quickFix')
}
