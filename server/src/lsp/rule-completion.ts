/** Names of rules while a configuration file is written. */
import { type CompletionItem, CompletionItemKind, type Position } from 'vscode-languageserver'
import type { TextDocument } from 'vscode-languageserver-textdocument'

const configurationFile = /(?:^|\/)(?:\.?costlint\.toml|pyproject\.toml)$/

export function isConfigurationFile(path: string): boolean {
  return configurationFile.test(path)
}

/** Keys whose strings name rules. */
const lists = /^\s*(?:select|ignore|rule|rules)\s*=/
const anyKey = /^\s*["'\w.-]+\s*=/
const table = /^\s*\[/

export function ruleCompletions(
  text: TextDocument,
  position: Position,
  rules: readonly string[],
): CompletionItem[] {
  const lines = text.getText().split('\n')
  const before = (lines[position.line] ?? '').slice(0, position.character)
  const started = /["']([\w/*-]*)$/.exec(before)
  if (started === null || !namesRules(lines, position.line, before)) return []
  const start = { line: position.line, character: position.character - started[1]!.length }
  const families = [...new Set(rules.map((rule) => rule.slice(0, rule.indexOf('/'))))]
  const item = (label: string, kind: CompletionItemKind): CompletionItem => ({
    label,
    kind,
    filterText: label,
    textEdit: { range: { start, end: position }, newText: label },
  })
  return [
    ...rules.map((rule) => item(rule, CompletionItemKind.Value)),
    ...families.map((family) => item(`${family}/*`, CompletionItemKind.Folder)),
  ]
}

/** Inside of the list or the string of such a key, or the key itself in the table of severities. */
function namesRules(lines: readonly string[], line: number, before: string): boolean {
  for (let at = line; at >= 0; at--) {
    const text = at === line ? before : lines[at]!
    if (lists.test(text)) return true
    if (table.test(text) && !/^\s*\[\s*["']/.test(text))
      return /^\s*\[(?:tool\.costlint\.)?severity\]/.test(text) && /^\s*["'][\w/*-]*$/.test(before)
    if (at !== line && anyKey.test(text) && !/^\s*["']/.test(before)) return false
  }
  return false
}
