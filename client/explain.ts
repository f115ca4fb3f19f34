/** *Explain Rule*: the page of a rule as a Markdown preview. The pages are part of the extension. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'

export const ruleScheme = 'costlint-rule'

export function registerExplain(client: BaseLanguageClient): vscode.Disposable[] {
  const page = async (rule: string): Promise<string> => {
    const found = await client.sendRequest<{ markdown: string; href: string } | null>('costlint/explain', {
      rule,
    })
    return found?.markdown ?? vscode.l10n.t('There is no rule called {0}.', rule)
  }
  return [
    vscode.workspace.registerTextDocumentContentProvider(ruleScheme, {
      provideTextDocumentContent: (uri) => page(uri.path.replace(/^\//, '').replace(/\.md$/, '')),
    }),
    vscode.commands.registerCommand('costlint.explainRule', async (given?: unknown) => {
      const rule = typeof given === 'string' ? given : await chooseRule(client)
      if (rule === undefined) return
      await showMarkdown(vscode.Uri.from({ scheme: ruleScheme, path: `/${rule}.md` }))
    }),
  ]
}

export async function showMarkdown(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri)
  } catch {
    // The Markdown preview can be switched off.
    await vscode.window.showTextDocument(uri, { preview: true })
  }
}

/** Asks which rule; those with a finding at the cursor come first. */
async function chooseRule(client: BaseLanguageClient): Promise<string | undefined> {
  const rules = await client.sendRequest<string[]>('costlint/rules')
  const here = rulesAtCursor()
  const items: vscode.QuickPickItem[] = [
    ...rules
      .filter((rule) => here.has(rule))
      .map((label) => ({ label, description: vscode.l10n.t('at the cursor') })),
    ...rules.filter((rule) => !here.has(rule)).map((label) => ({ label })),
  ]
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Rule to explain') })
  return chosen?.label
}

function rulesAtCursor(): Set<string> {
  const editor = vscode.window.activeTextEditor
  if (editor === undefined) return new Set()
  return new Set(
    vscode.languages
      .getDiagnostics(editor.document.uri)
      .filter(({ source, range }) => source === 'costlint' && range.contains(editor.selection.active))
      .map(({ code }) => (typeof code === 'object' ? String(code.value) : String(code))),
  )
}
