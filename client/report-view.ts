/** The cost report as a page beside the code. Its links open lines; what it may do else is nothing. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import type { Overview } from './overview.js'
import { revealCommand } from './reveal.js'

const viewType = 'costlint.report'

export class ReportView {
  private panel: vscode.WebviewPanel | undefined
  private section: string | undefined

  constructor(
    private readonly client: BaseLanguageClient,
    private readonly overview: Overview,
  ) {}

  register(): vscode.Disposable[] {
    return [
      vscode.commands.registerCommand('costlint.openReport', (section?: unknown) =>
        this.open(typeof section === 'string' ? section : undefined),
      ),
      vscode.commands.registerCommand('costlint.saveReport', () => this.save()),
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel) => this.adopt(panel),
      }),
      this.overview.onDidChange(() => {
        if (this.panel?.visible === true) void this.draw()
      }),
    ]
  }

  private async open(section: string | undefined): Promise<void> {
    this.section = section
    if (this.panel === undefined) {
      this.adopt(
        vscode.window.createWebviewPanel(viewType, vscode.l10n.t('Cost Report'), vscode.ViewColumn.Active, {
          ...options,
          enableFindWidget: true,
        }),
      )
      return
    }
    this.panel.reveal()
    await this.draw()
  }

  private adopt(panel: vscode.WebviewPanel): void {
    panel.webview.options = options
    this.panel = panel
    this.overview.watch(this, panel.visible)
    panel.onDidChangeViewState(() => this.overview.watch(this, panel.visible))
    panel.onDidDispose(() => {
      this.overview.watch(this, false)
      this.panel = undefined
    })
    void this.draw()
  }

  private async draw(): Promise<void> {
    const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join('')
    const { section } = this
    this.section = undefined
    try {
      const html = await this.client.sendRequest<string>('costlint/report', {
        ...{ format: 'html', nonce, revealCommand, earlier: await earlierReports() },
        ...(section === undefined ? {} : { section }),
      })
      if (this.panel !== undefined) this.panel.webview.html = html
    } catch (error) {
      void vscode.window.showErrorMessage(
        vscode.l10n.t(
          'CostLint cannot make the report: {0}',
          error instanceof Error ? error.message : String(error),
        ),
      )
    }
  }

  private async save(): Promise<void> {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri
    const target = await vscode.window.showSaveDialog({
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, 'cost-report.html') }),
      filters: { HTML: ['html'], Markdown: ['md'] },
    })
    if (target === undefined) return
    const format = target.path.endsWith('.md') ? 'markdown' : 'html'
    const earlier = [...(await earlierReports()), ...(await historyOf(target))]
    const text = await this.client.sendRequest<string>('costlint/report', { format, earlier })
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text))
  }
}

/** So many saved reports are looked at. */
const mostReports = 20

/** What saved reports of the workspace say of themselves: the newer ones show how the findings went. */
async function earlierReports(): Promise<string[]> {
  const found = await vscode.workspace.findFiles(
    '**/cost-report*.{html,md}',
    '**/node_modules/**',
    mostReports,
  )
  return (await Promise.all(found.map(historyOf))).flat()
}

async function historyOf(uri: vscode.Uri): Promise<string[]> {
  try {
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri))
    return [...text.matchAll(/<!-- costlint-history .*? -->/g)].map(([comment]) => comment)
  } catch {
    // A file that is not there yet says nothing.
    return []
  }
}

const options: vscode.WebviewOptions = {
  enableScripts: true,
  enableCommandUris: [revealCommand],
  localResourceRoots: [],
}
