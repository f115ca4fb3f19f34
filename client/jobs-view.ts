/** Jobs, services and pools with their machine, the price of an hour, and the bill. */
import * as vscode from 'vscode'
import type { ReportJob } from '../server/src/report/data.js'
import { countWords, placeWords } from './findings-view.js'
import type { Overview } from './overview.js'
import { revealCommand } from './reveal.js'

interface Detail {
  text: string
  icon: string
}

type Node = ReportJob | Detail

const icons = new Map([
  ['job', 'server-process'],
  ['training', 'beaker'],
  ['notebook', 'notebook'],
  ['service', 'broadcast'],
  ['endpoint', 'globe'],
  ['pool', 'server'],
])

export class JobsView implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>()
  readonly onDidChangeTreeData = this.changed.event

  constructor(private readonly overview: Overview) {}

  register(): vscode.Disposable[] {
    const view = vscode.window.createTreeView<Node>('costlint.jobs', { treeDataProvider: this })
    this.overview.watch(this, view.visible)
    return [
      view,
      this.changed,
      view.onDidChangeVisibility(({ visible }) => this.overview.watch(this, visible)),
      this.overview.onDidChange(() => {
        view.message = this.overview.data?.totals.join('\n') || undefined
        this.changed.fire(undefined)
      }),
    ]
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) return this.overview.data?.jobs ?? []
    return 'text' in node ? [] : details(node)
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ('text' in node) {
      const item = new vscode.TreeItem(node.text)
      item.iconPath = new vscode.ThemeIcon(node.icon)
      item.tooltip = node.text
      return item
    }
    const item = new vscode.TreeItem(node.name, vscode.TreeItemCollapsibleState.Collapsed)
    const price =
      node.usd === null && node.hourly !== null ? vscode.l10n.t('{0} an hour', node.hourly) : node.cost
    item.description = `${node.machine} · ${price}`
    item.iconPath = new vscode.ThemeIcon(icons.get(node.kind) ?? 'server')
    item.tooltip = `${node.name} · ${placeWords(node)}`
    item.contextValue = 'job'
    item.command = { command: revealCommand, title: vscode.l10n.t('Go to the Line'), arguments: [node] }
    return item
  }
}

function details({ hourly, hours, cost, saving, findings, unknown, assumptions }: ReportJob): Detail[] {
  return [
    ...(hourly === null ? [] : [{ text: vscode.l10n.t('{0} an hour', hourly), icon: 'watch' }]),
    { text: `${hours} · ${cost}`, icon: 'credit-card' },
    ...(saving === null ? [] : [{ text: vscode.l10n.t('{0} can be saved', saving), icon: 'flame' }]),
    ...(findings === 0 ? [] : [{ text: countWords(findings, 0), icon: 'list-unordered' }]),
    ...unknown.map((text) => ({ text: vscode.l10n.t('Not known: {0}', text), icon: 'question' })),
    ...assumptions.map((text) => ({ text, icon: 'info' })),
  ]
}
