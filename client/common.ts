/** The extension, whatever machine its server runs on. */
import * as vscode from 'vscode'
import type { BaseLanguageClient, LanguageClientOptions, vsdiag } from 'vscode-languageclient'
import { registerChecklist } from './checklist.js'
import { registerDocumentation } from './documentation.js'
import { registerExplain, ruleScheme } from './explain.js'
import { registerExplainLine } from './explain-line.js'
import { FindingsView } from './findings-view.js'
import { fixAllSafe } from './fix-all.js'
import { JobsView } from './jobs-view.js'
import { registerLanguageModelTools } from './language-model-tools.js'
import { lintWorkspace } from './lint-workspace.js'
import { registerMenu } from './menu.js'
import { type Absence, Overview } from './overview.js'
import { ReportView } from './report-view.js'
import { quickFixAt, quickFixCommand } from './reveal.js'
import { registerRuleNames } from './rule-names.js'
import { documentSelector } from './selector.js'
import { ServerControl } from './server-control.js'
import { registerSketch } from './sketch.js'
import { Status } from './status.js'

const cellScheme = 'vscode-notebook-cell'

/** Links in hovers may run these, and nothing else. */
const linked = ['costlint.explainRule', quickFixCommand]

export type CreateClient = (id: string, name: string, options: LanguageClientOptions) => BaseLanguageClient

export async function start(
  context: vscode.ExtensionContext,
  createClient: CreateClient,
): Promise<BaseLanguageClient> {
  const output = vscode.window.createOutputChannel('CostLint', { log: true })
  const schemes = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.scheme)
  const selector = documentSelector(schemes)
  const control = new ServerControl(output)
  const client: BaseLanguageClient = createClient('costlint', 'CostLint', {
    documentSelector: selector,
    outputChannel: output,
    errorHandler: control,
    // One that dies while it starts is a crash, which is told once and in plain words.
    initializationFailedHandler: (error) => {
      output.error(`The server did not start: ${error instanceof Error ? error.message : String(error)}`)
      return false
    },
    markdown: { isTrusted: { enabledCommands: linked } },
    initializationOptions: {
      // Plain data: what VS Code gives has methods, which a web worker cannot be sent.
      settings: JSON.parse(JSON.stringify(vscode.workspace.getConfiguration('costlint'))),
      explainCommand: 'costlint.explainRule',
      rulePage: `${ruleScheme}:/{rule}.md`,
      commandLinks: true,
      messageInHover: true,
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
  const overview = new Overview(client)
  const status = new Status(client, control, overview, selector as vscode.DocumentSelector)
  const absence = (): Absence | undefined => {
    if (control.state === 'crashed') return 'crashed'
    return vscode.workspace.getConfiguration('costlint').get('enable', true) ? undefined : 'off'
  }
  await overview.setAbsent(absence())
  context.subscriptions.push(
    output,
    registerChecklist(client),
    control.attach(client),
    ...overview.register(),
    ...status.register(),
    ...new FindingsView(overview, context.workspaceState).register(),
    ...new JobsView(overview).register(),
    ...new ReportView(client, overview).register(),
    ...registerMenu(control, () => status.problem),
    ...registerExplain(client),
    ...registerExplainLine(client),
    ...registerDocumentation(context.extensionUri),
    ...registerSketch(client),
    ...registerRuleNames(client),
    ...registerLanguageModelTools(client),
    vscode.commands.registerCommand(quickFixCommand, quickFixAt),
    vscode.commands.registerCommand('costlint.fixAllSafe', fixAllSafe),
    vscode.commands.registerCommand('costlint.restartServer', () => control.restart()),
    vscode.commands.registerCommand('costlint.showOutput', () => output.show()),
    // A new server knows nothing of what the last one said.
    control.onDidChange((state) => {
      if (state === 'running') overview.forget()
      void overview.setAbsent(absence())
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('costlint.enable')) void overview.setAbsent(absence())
    }),
  )
  await client.start()
  return client
}
