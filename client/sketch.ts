/** A fix that has to be adapted opens as a comparison beside the code: nothing is written. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'

const scheme = 'costlint-sketch'
export const sketchCommand = 'costlint.openSketch'

interface Sketch {
  title: string
  /** One file or cell: what it is now, and what it would be. */
  uri: string
  text: string
}

export function registerSketch(client: BaseLanguageClient): vscode.Disposable[] {
  const texts = new Map<string, string>()
  const changed = new vscode.EventEmitter<vscode.Uri>()
  return [
    changed,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
    }),
    vscode.commands.registerCommand(sketchCommand, async (data: unknown) => {
      const sketch = await client.sendRequest<Sketch | null>('costlint/sketch', data)
      if (sketch === null) return
      const original = vscode.Uri.parse(sketch.uri, true)
      const name = original.path.slice(original.path.lastIndexOf('/') + 1)
      const uri = vscode.Uri.from({ scheme, path: `/${name}`, query: sketch.title })
      texts.set(uri.toString(), sketch.text)
      changed.fire(uri)
      await vscode.commands.executeCommand('vscode.diff', original, uri, `${name}: ${sketch.title}`, {
        viewColumn: vscode.ViewColumn.Beside,
        preview: true,
      })
    }),
  ]
}
