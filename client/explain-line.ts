/** *Explain This Line*: what CostLint makes of the line with the cursor, as a Markdown preview that cannot be edited. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import { showMarkdown } from './explain.js'

const scheme = 'costlint-why'

export function registerExplainLine(client: BaseLanguageClient): vscode.Disposable[] {
  const changed = new vscode.EventEmitter<vscode.Uri>()
  const texts = new Map<string, string>()
  return [
    changed,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) =>
        texts.get(uri.path) ?? vscode.l10n.t('Run *CostLint: Explain This Line* again.'),
    }),
    vscode.commands.registerCommand('costlint.explainLine', async () => {
      const editor = vscode.window.activeTextEditor
      if (editor === undefined) return
      const { document, selection } = editor
      const answer = await client.sendRequest<{ markdown: string } | null>('costlint/why', {
        textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri) },
        position: { line: selection.active.line, character: selection.active.character },
      })
      const name = document.uri.path.slice(document.uri.path.lastIndexOf('/') + 1)
      const uri = vscode.Uri.from({ scheme, path: `/${name} line ${selection.active.line + 1}.md` })
      texts.set(uri.path, answer?.markdown ?? vscode.l10n.t('CostLint does not read {0}.', name))
      changed.fire(uri)
      await showMarkdown(uri)
    }),
  ]
}
