/** What a click on the status opens. */
import * as vscode from 'vscode'
import type { ServerControl } from './server-control.js'
import type { ConfigurationProblem } from './status.js'

export const menuCommand = 'costlint.showMenu'

interface Entry extends vscode.QuickPickItem {
  run(): Thenable<unknown>
}

export function registerMenu(
  control: ServerControl,
  problem: () => ConfigurationProblem | undefined,
): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand('costlint.showMenu', async () => {
      const entries = entriesOf(control, problem())
      const chosen = await vscode.window.showQuickPick(entries, { placeHolder: 'CostLint' })
      await chosen?.run()
    }),
    vscode.commands.registerCommand('costlint.toggleHints', toggleHints),
    vscode.commands.registerCommand('costlint.openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', 'costlint.costlint#start'),
    ),
  ]
}

function entriesOf(control: ServerControl, problem: ConfigurationProblem | undefined): Entry[] {
  const command = (label: string, name: string, ...rest: unknown[]): Entry => ({
    label,
    run: () => vscode.commands.executeCommand(name, ...rest),
  })
  const hints = vscode.workspace.getConfiguration('costlint').get('showHints', true)
  const isRunning = control.state === 'running'
  return [
    ...(problem === undefined
      ? []
      : [
          {
            label: vscode.l10n.t('$(warning) Open the broken configuration'),
            detail: problem.message,
            run: () => openProblem(problem),
          },
        ]),
    ...(isRunning
      ? [
          command(vscode.l10n.t('$(graph) Cost report'), 'costlint.openReport'),
          command(vscode.l10n.t('$(checklist) Cost checklist'), 'costlint.openChecklist'),
          command(vscode.l10n.t('$(list-tree) Findings'), 'costlint.findings.focus'),
          command(vscode.l10n.t('$(search) Lint the workspace'), 'costlint.lintWorkspace'),
          command(
            hints ? vscode.l10n.t('$(eye-closed) Hide hints') : vscode.l10n.t('$(eye) Show hints'),
            'costlint.toggleHints',
          ),
        ]
      : []),
    command(vscode.l10n.t('$(book) Documentation'), 'costlint.openDocumentation'),
    command(vscode.l10n.t('$(debug-restart) Restart the server'), 'costlint.restartServer'),
    command(vscode.l10n.t('$(output) Show the output'), 'costlint.showOutput'),
    command(vscode.l10n.t('$(gear) Settings'), 'workbench.action.openSettings', '@ext:costlint.costlint'),
  ]
}

async function toggleHints(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('costlint')
  const isInWorkspace = settings.inspect('showHints')?.workspaceValue !== undefined
  const target = isInWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global
  await settings.update('showHints', !settings.get('showHints', true), target)
}

async function openProblem({ uri, line }: ConfigurationProblem): Promise<void> {
  const place = new vscode.Position(line - 1, 0)
  await vscode.window.showTextDocument(vscode.Uri.parse(uri, true), {
    selection: new vscode.Range(place, place),
  })
}
