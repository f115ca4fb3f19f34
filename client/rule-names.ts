/** Names of rules while settings are written: in `costlint.select` and `costlint.ignore` of a settings file. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'

const settingsFiles: vscode.DocumentSelector = [
  { language: 'jsonc', pattern: '**/settings.json' },
  { language: 'jsonc', pattern: '**/*.code-workspace' },
]

export function registerRuleNames(client: BaseLanguageClient): vscode.Disposable[] {
  const provideCompletionItems = async (document: vscode.TextDocument, position: vscode.Position) => {
    const before = document.getText(new vscode.Range(new vscode.Position(0, 0), position))
    const started = /"costlint\.(?:select|ignore)"\s*:\s*\[[^\]]*"([\w/*-]*)$/.exec(before)
    if (started === null) return []
    const rules = await client.sendRequest<string[]>('costlint/rules')
    const families = new Set(rules.map((rule) => `${rule.slice(0, rule.indexOf('/'))}/*`))
    const range = new vscode.Range(position.translate(0, -started[1]!.length), position)
    return [...rules, ...families].map((name) => {
      const item = new vscode.CompletionItem(name, vscode.CompletionItemKind.Value)
      item.range = range
      return item
    })
  }
  return [
    vscode.languages.registerCompletionItemProvider(settingsFiles, { provideCompletionItems }, '"', '/'),
  ]
}
