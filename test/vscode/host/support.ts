/** What the suites share. Waits are for events of the editor, never for time; mocha's time limit guards them. */
import * as vscode from 'vscode'

/** The few assertions that the suites need: a web worker has no `node:assert`. */
export const assert = {
  ok(value: unknown, message = 'expected a value'): asserts value {
    if (!value) throw new Error(message)
  },
  equal(actual: unknown, expected: unknown): void {
    const [one, two] = [JSON.stringify(actual), JSON.stringify(expected)]
    if (one !== two) throw new Error(`expected ${two}, got ${one}`)
  },
  match(text: string, pattern: RegExp): void {
    if (!pattern.test(text)) throw new Error(`expected ${pattern} in: ${text}`)
  },
  doesNotMatch(text: string, pattern: RegExp): void {
    if (pattern.test(text)) throw new Error(`did not expect ${pattern} in: ${text}`)
  },
}

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

/** Resolves when there is a tab whose label passes. */
export function tab(passes: (label: string) => boolean): Promise<void> {
  const there = () => vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => passes(label)))
  return new Promise((resolve) => {
    if (there()) {
      resolve()
      return
    }
    const subscription = vscode.window.tabGroups.onDidChangeTabs(() => {
      if (!there()) return
      subscription.dispose()
      resolve()
    })
  })
}

/** Opens a file as a person does: a document that an extension opens stays open for minutes after its tab is closed. */
export async function show(name: string): Promise<vscode.TextEditor> {
  await vscode.commands.executeCommand('vscode.open', file(name), { preview: false })
  const editor = vscode.window.activeTextEditor
  assert.equal(editor?.document.uri.toString(), file(name).toString())
  return editor!
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
