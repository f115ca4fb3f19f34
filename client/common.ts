/** The extension, whatever machine its server runs on. */
import * as vscode from 'vscode'
import type { BaseLanguageClient, LanguageClientOptions, vsdiag } from 'vscode-languageclient'
import { registerChecklist } from './checklist.js'
import { registerExplain } from './explain.js'
import { registerExplainLine } from './explain-line.js'
import { fixAllSafe } from './fix-all.js'
import { lintWorkspace } from './lint-workspace.js'
import { documentSelector } from './selector.js'
import { registerStatus } from './status.js'

const cellScheme = 'vscode-notebook-cell'

export type CreateClient = (id: string, name: string, options: LanguageClientOptions) => BaseLanguageClient

export async function start(
  context: vscode.ExtensionContext,
  createClient: CreateClient,
): Promise<BaseLanguageClient> {
  const output = vscode.window.createOutputChannel('CostLint', { log: true })
  const schemes = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.scheme)
  const selector = documentSelector(schemes)
  const client: BaseLanguageClient = createClient('costlint', 'CostLint', {
    documentSelector: selector,
    outputChannel: output,
    initializationOptions: {
      // Plain data: what VS Code gives has methods, which a web worker cannot be sent.
      settings: JSON.parse(JSON.stringify(vscode.workspace.getConfiguration('costlint'))),
      explainCommand: 'costlint.explainRule',
      readingProgress: true,
    },
    // A pull on save, because with `costlint.run: onSave` that is when the answer changes.
    diagnosticPullOptions: { onChange: true, onSave: true },
    middleware: {
      // Cells are pushed: pulling them one by one makes a notebook slow.
      provideDiagnostics: (document, previous, token, next) => {
        const uri = 'uri' in document ? document.uri : document
        if (uri.scheme !== cellScheme) return next(document, previous, token)
        const nothing = { kind: 'full', items: [] } as unknown as vsdiag.DocumentDiagnosticReport
        return nothing
      },
      executeCommand: (command, args, next) =>
        command === 'costlint.lintWorkspace' ? lintWorkspace(client) : next(command, args),
    },
  })
  context.subscriptions.push(
    output,
    registerChecklist(client),
    ...registerExplain(client),
    ...registerExplainLine(client),
    ...registerStatus(client, selector as vscode.DocumentSelector),
    vscode.commands.registerCommand('costlint.fixAllSafe', fixAllSafe),
    vscode.commands.registerCommand('costlint.restartServer', async () => {
      await client.stop()
      await client.start()
    }),
    vscode.commands.registerCommand('costlint.showOutput', () => output.show()),
  )
  await client.start()
  return client
}
