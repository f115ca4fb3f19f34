/** The findings of the workspace, grouped as a person likes. */
import * as vscode from 'vscode'
import type { ReportFinding } from '../server/src/report/data.js'
import { type Grouping, groupings, groupsOf, isGrouping, matches } from './finding-groups.js'
import type { Overview } from './overview.js'
import { reveal, revealAndFix, revealCommand } from './reveal.js'

interface GroupNode {
  label: string
  findings: ReportFinding[]
}

type Node = GroupNode | ReportFinding

const groupingKey = 'costlint.grouping'

const icons: Record<ReportFinding['severity'], vscode.ThemeIcon> = {
  error: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  warning: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  information: new vscode.ThemeIcon('info', new vscode.ThemeColor('problemsInfoIcon.foreground')),
  hint: new vscode.ThemeIcon('lightbulb'),
}

export class FindingsView implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>()
  readonly onDidChangeTreeData = this.changed.event
  private grouping: Grouping
  private filter = ''
  private readonly view: vscode.TreeView<Node>

  constructor(
    private readonly overview: Overview,
    private readonly memory: vscode.Memento,
  ) {
    const kept = memory.get(groupingKey)
    this.grouping = isGrouping(kept) ? kept : 'saving'
    this.view = vscode.window.createTreeView<Node>('costlint.findings', {
      treeDataProvider: this,
      showCollapseAll: true,
    })
    this.update()
  }

  register(): vscode.Disposable[] {
    const { overview, view } = this
    overview.watch(this, view.visible)
    return [
      view,
      this.changed,
      view.onDidChangeVisibility(({ visible }) => overview.watch(this, visible)),
      overview.onDidChange(() => this.update()),
      vscode.commands.registerCommand('costlint.groupFindings', () => this.chooseGrouping()),
      vscode.commands.registerCommand('costlint.filterFindings', () => this.chooseFilter()),
      vscode.commands.registerCommand('costlint.clearFilter', () => this.setFilter('')),
      vscode.commands.registerCommand('costlint.refreshFindings', () => overview.forget()),
      vscode.commands.registerCommand(revealCommand, reveal),
      vscode.commands.registerCommand('costlint.fixFinding', (finding: ReportFinding) =>
        revealAndFix(finding),
      ),
      vscode.commands.registerCommand('costlint.explainFinding', ({ rule }: ReportFinding) =>
        vscode.commands.executeCommand('costlint.explainRule', rule),
      ),
    ]
  }

  private get shown(): ReportFinding[] {
    return (this.overview.data?.findings ?? []).filter((one) => matches(one, this.filter))
  }

  private update(): void {
    const { data } = this.overview
    const findings = this.shown
    const hints = findings.filter(({ severity }) => severity === 'hint').length
    const counted = countWords(findings.length - hints, hints)
    this.view.description = data === undefined ? '' : (data.saving ?? '')
    this.view.message = this.filter === '' ? undefined : vscode.l10n.t('“{0}”: {1}', this.filter, counted)
    const all = data?.findings.filter(({ severity }) => severity !== 'hint').length ?? 0
    this.view.badge = all === 0 ? undefined : { value: all, tooltip: counted }
    this.changed.fire(undefined)
  }

  private async chooseGrouping(): Promise<void> {
    const labels = groupingLabels()
    const items = groupings.map((grouping) => ({
      ...{ grouping, label: labels[grouping] },
      ...(grouping === this.grouping ? { description: vscode.l10n.t('now') } : {}),
    }))
    const chosen = await vscode.window.showQuickPick(items, {
      placeHolder: vscode.l10n.t('Group the findings by'),
    })
    if (chosen !== undefined) await this.group(chosen.grouping)
  }

  async group(grouping: Grouping): Promise<void> {
    this.grouping = grouping
    await this.memory.update(groupingKey, grouping)
    this.update()
  }

  private async chooseFilter(): Promise<void> {
    const text = await vscode.window.showInputBox({
      value: this.filter,
      placeHolder: vscode.l10n.t('Part of a message, a rule or a path'),
    })
    if (text !== undefined) await this.setFilter(text)
  }

  private async setFilter(text: string): Promise<void> {
    this.filter = text.trim()
    await vscode.commands.executeCommand('setContext', 'costlint.filtered', this.filter !== '')
    this.update()
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      const { jobs } = this.overview.data ?? { jobs: [] }
      return groupsOf(this.shown, this.grouping, jobs)
    }
    return 'findings' in node ? node.findings : []
  }

  getParent(): undefined {
    return undefined
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return 'findings' in node ? groupItem(node) : findingItem(node)
  }
}

function groupItem({ label, findings }: GroupNode): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded)
  const hints = findings.filter(({ severity }) => severity === 'hint').length
  item.description = countWords(findings.length - hints, hints)
  return item
}

function findingItem(finding: ReportFinding): vscode.TreeItem {
  const { saving, severity } = finding
  const message = finding.message.replaceAll('`', '')
  const item = new vscode.TreeItem(saving === null ? message : `${saving}: ${message}`)
  item.description = placeWords(finding)
  item.iconPath = icons[severity]
  item.tooltip = tooltip(finding)
  item.contextValue = 'finding'
  item.command = { command: revealCommand, title: vscode.l10n.t('Go to the Line'), arguments: [finding] }
  item.accessibilityInformation = { label: `${severity}, ${item.label}, ${item.description}` }
  return item
}

function tooltip({ message, details, saving, basis, rule, checklist }: ReportFinding): vscode.MarkdownString {
  const text = new vscode.MarkdownString()
  text.appendText(`${message} ${details}`.trim())
  if (saving !== null) {
    text.appendMarkdown('\n\n')
    text.appendText(vscode.l10n.t('Saves {0}: {1}', saving, basis ?? ''))
  }
  text.appendMarkdown('\n\n')
  text.appendText(checklist === null ? rule : `${rule} · ${checklist.section}: ${checklist.title}`)
  return text
}

export function placeWords({
  path,
  cell,
  line,
}: {
  path: string
  cell: number | null
  line: number
}): string {
  return cell === null ? `${path}:${line}` : vscode.l10n.t('{0}, cell {1}, line {2}', path, cell + 1, line)
}

export function countWords(findings: number, hints: number): string {
  const told = findings === 1 ? vscode.l10n.t('1 finding') : vscode.l10n.t('{0} findings', findings)
  if (hints === 0) return told
  return `${told}, ${hints === 1 ? vscode.l10n.t('1 hint') : vscode.l10n.t('{0} hints', hints)}`
}

function groupingLabels(): Record<Grouping, string> {
  return {
    saving: vscode.l10n.t('Saving'),
    section: vscode.l10n.t('Section of the checklist'),
    rule: vscode.l10n.t('Rule'),
    file: vscode.l10n.t('File'),
    job: vscode.l10n.t('Job'),
  }
}
