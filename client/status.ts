/** What CostLint is doing and has found, in the status bar. A click opens the menu. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import { countWords } from './findings-view.js'
import { menuCommand } from './menu.js'
import type { Overview } from './overview.js'
import type { ServerControl, ServerState } from './server-control.js'

interface Reading {
  folder: string
  progress: { done: number; total: number } | null
}

export interface ConfigurationProblem {
  uri: string
  /** 1-based. */
  line: number
  message: string
}

/** What the status is made from. */
export interface Facts {
  isOff: boolean
  server: ServerState
  problem: ConfigurationProblem | undefined
  /** Undefined: all has been read; null: not begun. */
  reading: Reading['progress'] | undefined
  /** Of the file or notebook that one looks at; undefined: CostLint does not read it. */
  file: { findings: number; hints: number } | undefined
  /** What the workspace holds and could save; undefined: it has not been read. */
  workspace: { findings: number; hints: number; saving: string | null } | undefined
  /** Something in the workspace is for CostLint. */
  isConcerned: boolean
}

export interface Shown {
  text: string
  tooltip: string
  tone: 'plain' | 'warning' | 'error'
  isBusy: boolean
}

/** Undefined: there is nothing to say. */
export function statusOf(facts: Facts): Shown | undefined {
  const { isOff, server, problem, reading, file, workspace, isConcerned } = facts
  const saving = workspace?.saving ?? null
  const plain = (text: string, tooltip: string): Shown => ({ text, tooltip, tone: 'plain', isBusy: false })
  if (server === 'crashed')
    return {
      ...plain('$(error) CostLint', vscode.l10n.t('CostLint: the server has crashed.')),
      tone: 'error',
    }
  if (server === 'stopped')
    return plain('$(debug-disconnect) CostLint', vscode.l10n.t('CostLint is stopped.'))
  if (problem !== undefined) {
    const told = vscode.l10n.t('CostLint: the configuration is broken: {0}', problem.message)
    return { ...plain('$(warning) CostLint', told), tone: 'warning' }
  }
  if (isOff)
    return isConcerned || file !== undefined
      ? plain('$(circle-slash) CostLint', vscode.l10n.t('CostLint is switched off.'))
      : undefined
  const found = file === undefined ? 0 : file.findings + file.hints
  if (reading !== undefined) {
    // Before all has been read, none found so far is not none.
    if (file === undefined && !isConcerned) return undefined
    const number = found === 0 ? '' : ` ${found}`
    return { ...plain(`$(loading~spin)${number}`, `CostLint: ${readingWords(reading)}`), isBusy: true }
  }
  if (!isConcerned && found === 0) return undefined
  const lines: string[] = []
  if (file !== undefined) lines.push(vscode.l10n.t('This file: {0}', countWords(file.findings, file.hints)))
  if (workspace !== undefined)
    lines.push(vscode.l10n.t('Workspace: {0}', countWords(workspace.findings, workspace.hints)))
  if (saving !== null) lines.push(vscode.l10n.t('Can be saved in the workspace: {0}', saving))
  const parts = [file === undefined ? [] : [String(file.findings)], saving === null ? [] : [saving]].flat()
  return plain(
    `$(flame) ${parts.length === 0 ? 'CostLint' : parts.join(' · ')}`,
    ['CostLint', ...lines, vscode.l10n.t('Click for the menu.')].join('\n'),
  )
}

export class Status {
  private readonly bar = vscode.window.createStatusBarItem(
    'costlint.status',
    vscode.StatusBarAlignment.Right,
    90,
  )
  private readonly item: vscode.LanguageStatusItem
  /** By folder; null: its files have been read. What is not there was not begun. */
  private readonly readings = new Map<string, Reading['progress']>()
  private readonly problems = new Map<string, ConfigurationProblem[]>()

  constructor(
    private readonly client: BaseLanguageClient,
    private readonly control: ServerControl,
    private readonly overview: Overview,
    private readonly selector: vscode.DocumentSelector,
  ) {
    this.bar.name = 'CostLint'
    this.bar.command = menuCommand
    this.item = vscode.languages.createLanguageStatusItem('costlint.language', selector)
    this.item.name = 'CostLint'
    this.item.command = { title: vscode.l10n.t('Menu'), command: menuCommand }
  }

  /** The first thing that is wrong with the configuration. */
  get problem(): ConfigurationProblem | undefined {
    return [...this.problems.values()].flat()[0]
  }

  register(): vscode.Disposable[] {
    const update = () => this.update()
    update()
    return [
      this.bar,
      this.item,
      this.client.onNotification('costlint/reading', ({ folder, progress }: Reading) => {
        this.readings.set(folder, progress)
        update()
      }),
      this.client.onNotification(
        'costlint/configuration',
        ({ folder, problems }: { folder: string; problems: ConfigurationProblem[] }) => {
          this.problems.set(folder, problems)
          update()
        },
      ),
      this.control.onDidChange((state) => {
        // A new server reads everything again.
        if (state === 'starting') {
          this.readings.clear()
          this.problems.clear()
        }
        update()
      }),
      this.overview.onDidChange(update),
      vscode.languages.onDidChangeDiagnostics(update),
      vscode.window.onDidChangeActiveTextEditor(update),
      vscode.window.onDidChangeActiveNotebookEditor(update),
      vscode.workspace.onDidChangeConfiguration(update),
    ]
  }

  private update(): void {
    const facts = this.facts()
    const shown = statusOf(facts)
    if (shown === undefined) this.bar.hide()
    else {
      this.bar.text = shown.text
      this.bar.tooltip = shown.tooltip
      this.bar.backgroundColor =
        shown.tone === 'plain' ? undefined : new vscode.ThemeColor(`statusBarItem.${shown.tone}Background`)
      this.bar.accessibilityInformation = { label: shown.tooltip }
      this.bar.show()
    }
    const { file } = facts
    this.item.busy = shown?.isBusy === true
    this.item.text = file === undefined ? 'CostLint' : countWords(file.findings, file.hints)
    this.item.detail = shown?.tooltip.split('\n')[0]
    this.item.severity =
      shown?.tone === 'error'
        ? vscode.LanguageStatusSeverity.Error
        : shown?.tone === 'warning'
          ? vscode.LanguageStatusSeverity.Warning
          : vscode.LanguageStatusSeverity.Information
  }

  private facts(): Facts {
    const uri = activeUri()
    const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri)
    const key = folder?.uri.toString() ?? ''
    const uris = this.activeUris()
    const known = this.readings.get(key)
    return {
      isOff: !vscode.workspace.getConfiguration('costlint', uri).get('enable', true),
      server: this.control.state,
      problem: this.problem,
      reading:
        known === null || (known === undefined && uris === undefined)
          ? undefined
          : (known ?? { done: 0, total: 0 }),
      file: uris === undefined ? undefined : countOf(uris),
      workspace: this.overview.counts,
      isConcerned: this.overview.isConcerned,
    }
  }

  private activeUris(): vscode.Uri[] | undefined {
    const notebook = vscode.window.activeNotebookEditor?.notebook
    if (notebook !== undefined) return notebook.getCells().map(({ document }) => document.uri)
    const document = vscode.window.activeTextEditor?.document
    if (document === undefined || vscode.languages.match(this.selector, document) === 0) return undefined
    return [document.uri]
  }
}

function activeUri(): vscode.Uri | undefined {
  return vscode.window.activeNotebookEditor?.notebook.uri ?? vscode.window.activeTextEditor?.document.uri
}

/** Problems shows no hints, so they are counted apart. */
function countOf(uris: readonly vscode.Uri[]): { findings: number; hints: number } {
  const own = uris
    .flatMap((uri) => vscode.languages.getDiagnostics(uri))
    .filter(({ source }) => source === 'costlint')
  const hints = own.filter(({ severity }) => severity === vscode.DiagnosticSeverity.Hint).length
  return { findings: own.length - hints, hints }
}

function readingWords(progress: Reading['progress'] | undefined): string {
  if (progress == null || progress.total === 0) return vscode.l10n.t('looking for files')
  const locale = vscode.env.language
  return vscode.l10n.t(
    'reading {0} of {1} files',
    progress.done.toLocaleString(locale),
    progress.total.toLocaleString(locale),
  )
}
