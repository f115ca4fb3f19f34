/** The language server: protocol in, findings out. Knows nothing of the machine it runs on. */
import {
  type CancellationToken,
  CodeActionKind,
  type Connection,
  DidChangeConfigurationNotification,
  type Disposable,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  type ExecuteCommandParams,
  type InitializeParams,
  type InitializeResult,
  LSPErrorCodes,
  ResponseError,
  type ServerCapabilities,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  WorkDoneProgressReporter,
} from 'vscode-languageserver'
import { count } from '../estimate/figures.js'
import type { Question } from '../estimate/question.js'
import { rulePageLink } from '../linter.js'
import type { ReportData } from '../report/data.js'
import { type ChecklistParams, checklistOf } from './checklist.js'
import { type ClientFeatures, ownExplainCommand, readFeatures } from './client-features.js'
import { type ActionData, fixAllKind, notebookFixAllKind, sketchCommand } from './code-actions.js'
import { ConfigurationNotice } from './configuration-notice.js'
import { Delivery } from './delivery.js'
import { cancelled, DocumentAnswers } from './document-answers.js'
import { OpenDocuments } from './documents.js'
import type { Environment } from './environment.js'
import { estimateOf, estimateRequest } from './estimate.js'
import { explain, type RulePages, summary } from './explain.js'
import { introduce } from './introduction.js'
import { OpenTexts } from './open-texts.js'
import {
  changedNotification,
  overviewOf,
  overviewRequest,
  prefixed,
  type ReportQuery,
  reportRequest,
  reportText,
} from './overview.js'
import { type PreviewQuery, previewFixes, previewRequest } from './preview-fixes.js'
import { milliseconds, ReadingProgress } from './reading-progress.js'
import { Schedule } from './schedule.js'
import type { Session } from './session.js'
import { Sessions } from './sessions.js'
import { defaultSettings, readSettings } from './settings.js'
import type { Log } from './troubles.js'
import { registerWatchers } from './watch.js'
import { lintWorkspace } from './workspace-lint.js'

const lintWorkspaceCommand = 'costlint.lintWorkspace'
/** Request: `{ rule }` → `{ markdown, href } | null`. */
const explainRequest = 'costlint/explain'
/** Request: `{ textDocument: { uri }, position }` → `{ markdown } | null`: what stands there, and what rules make of it. */
const whyRequest = 'costlint/why'
/**
 * Request: `{ folder?, before? }` → `{ markdown, problems } | null`: the checklist of a workspace folder (URI; the first where absent), as a
 * document at its root; `before`: the document that is brought up to date.
 */
const checklistRequest = 'costlint/checklist'
/** Request: → the names of all rules that have a page. */
const rulesRequest = 'costlint/rules'

/** Request: the data of a listed sketch → `{ title, uri, text } | null`, the text with the fix in it. */
const sketchRequest = 'costlint/sketch'

/** Wires a connection; the caller lets it listen. */
export function startServer(connection: Connection, environment: Environment): void {
  new Server(connection, environment)
}

class Server {
  private features: ClientFeatures = readFeatures({})
  private readonly log: Log
  private readonly documents: OpenDocuments
  private readonly sessions: Sessions
  private readonly delivery: Delivery
  private readonly answers: DocumentAnswers
  private readonly notice: ConfigurationNotice
  private readonly toldOf = new WeakMap<Session, number>()
  private readonly schedule: Schedule
  private readonly texts: OpenTexts
  private readonly reading: ReadingProgress
  private watchers: Promise<Disposable> | undefined
  private started: () => void = () => undefined
  /** The settings are known: before that nothing is judged, or the user would see findings that are switched off. */
  private readonly ready = new Promise<void>((resolve) => {
    this.started = resolve
  })

  constructor(
    private readonly connection: Connection,
    private readonly environment: Environment,
  ) {
    this.log = {
      error: (message) => connection.console.error(message),
      warn: (message) => connection.console.warn(message),
      info: (message) => connection.console.info(message),
      debug: (message) => connection.console.debug(message),
    }
    this.reading = new ReadingProgress(connection, environment, this.log, () => this.features)
    this.sessions = new Sessions(environment, this.log, defaultSettings, {
      canAnswerTwice: () => !this.features.pull || this.features.refresh,
      progressed: (session, progress) => this.reading.update(session, progress),
      completed: (session) => this.schedule.plan(session),
    })
    this.delivery = new Delivery(
      connection,
      () => this.features,
      (session, path) => this.sessions.of(session.uriOf(path)).session === session,
    )
    this.notice = new ConfigurationNotice(connection, () => this.features)
    this.schedule = new Schedule(environment, (session) =>
      this.guardAsync('linting', async () => {
        await this.ready
        const outcome = await session.outcome()
        const opened = count(outcome.snapshots.size, 'open file')
        this.log.debug(
          `Linted ${opened} of ${session.folder ?? 'no folder'} in ${milliseconds(session.lastDuration)}`,
        )
        this.notice.update(session, outcome)
        await this.delivery.deliver(session, outcome)
        this.tellChange(session)
      }),
    )
    this.documents = new OpenDocuments({
      opened: (entry) => this.guard('opening a document', () => this.texts.opened(entry)),
      changed: (entry) => this.guard('a change', () => this.texts.changed(entry)),
      saved: (entry) => this.guard('saving', () => this.texts.saved(entry)),
      closed: (entry) => this.guard('closing a document', () => this.texts.closed(entry)),
    })
    this.answers = new DocumentAnswers(
      this.documents,
      this.sessions,
      this.ready,
      () => this.features,
      () => this.rulePages(),
    )
    this.texts = new OpenTexts(this.documents, this.sessions, this.delivery, this.schedule)
    connection.onInitialize((params) => this.initialize(params))
    connection.onInitialized(() => this.guardAsync('starting', () => this.initialized()))
    connection.onShutdown(() => this.shutdown())
    connection.onDidChangeConfiguration(({ settings }) =>
      this.guardAsync('new settings', () => this.newSettings(settings)),
    )
    connection.onDidChangeWatchedFiles(({ changes }) =>
      this.guard('changed files', () => {
        for (const { uri } of changes) this.texts.changedOnDisk(uri)
      }),
    )
    const nothing: DocumentDiagnosticReport = { kind: 'full', items: [] }
    connection.languages.diagnostics.on((params, token) =>
      this.answer('diagnostics', nothing, () => this.pull(params, token)),
    )
    connection.onCodeAction((params, token) =>
      this.answer('code actions', [], () => this.answers.codeActions(params, token)),
    )
    connection.onCodeActionResolve((action, token) => this.answers.resolveAction(action, token))
    connection.onHover((params, token) => this.answer('hover', null, () => this.answers.hover(params, token)))
    connection.onCodeLens((params, token) =>
      this.answer('code lenses', [], () => this.answers.codeLenses(params, token)),
    )
    connection.languages.inlayHint.on((params, token) =>
      this.answer('inlay hints', [], () => this.answers.inlayHints(params, token)),
    )
    connection.onExecuteCommand((params, token, progress) => this.execute(params, token, progress))
    connection.onRequest(explainRequest, async ({ rule }: { rule: string }) => {
      const markdown = explain(String(rule), await this.rulePages())
      return markdown === undefined ? null : { markdown, href: rulePageLink(rule) }
    })
    connection.onRequest(whyRequest, (params: TextDocumentPositionParams) =>
      this.answer('explaining a line', null, () => this.answers.why(params)),
    )
    connection.onRequest(checklistRequest, (params: ChecklistParams) =>
      this.answer('making the checklist', null, async () => {
        await this.ready
        return checklistOf(this.sessions.ofFolders(), params ?? {})
      }),
    )
    connection.onRequest(rulesRequest, async () => Object.keys(await this.rulePages()).sort())
    connection.onRequest(overviewRequest, () => this.overview())
    connection.onRequest(reportRequest, async (query: ReportQuery) =>
      reportText(await this.overview(), query),
    )
    connection.onRequest(estimateRequest, (question: Question) =>
      this.answer('estimating', {}, async () => estimateOf(question)),
    )
    connection.onRequest(previewRequest, (query: PreviewQuery) =>
      this.answer('previewing fixes', '', async () => {
        await this.ready
        return previewFixes(prefixed(this.sessions.ofFolders()), query)
      }),
    )
    connection.onRequest(sketchRequest, (data: ActionData) =>
      this.answer('a sketch', null, () => this.answers.sketch(data)),
    )
    connection.onCompletion((params) => this.answer('completion', [], () => this.answers.completions(params)))
    this.documents.listen(connection)
  }

  private guard(doing: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.fault(doing, error)
    }
  }

  private guardAsync(doing: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => this.fault(doing, error))
  }

  /** A fault becomes an entry in the log and an empty answer; what is meant for the client is passed on. */
  private async answer<T>(doing: string, empty: T, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof ResponseError) throw error
      this.fault(doing, error)
      return empty
    }
  }

  private fault(doing: string, error: unknown): void {
    this.log.error(
      `CostLint failed at ${doing}: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    )
  }

  private initialize(params: InitializeParams): InitializeResult {
    const options = (params.initializationOptions ?? {}) as Record<string, unknown>
    this.features = readFeatures(params.capabilities, options, params.locale)
    this.sessions.defaults = readSettings(options.settings ?? options)
    // A client that never answers for its settings gets the defaults.
    this.environment.schedule(3000, this.started)
    this.reading.isWanted = options.readingProgress === true
    const root = params.rootUri
    const folders = params.workspaceFolders?.map(({ uri }) => uri) ?? (root ? [root] : [])
    for (const folder of folders) this.sessions.add(folder)
    const capabilities: ServerCapabilities = {
      positionEncoding: 'utf-16',
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
      notebookDocumentSync: {
        notebookSelector: [
          { notebook: 'jupyter-notebook', cells: [{ language: 'python' }, { language: 'shellscript' }] },
        ],
        save: true,
      },
      hoverProvider: true,
      completionProvider: { triggerCharacters: ['"', "'", '/'] },
      codeLensProvider: { resolveProvider: false },
      inlayHintProvider: true,
      codeActionProvider: {
        codeActionKinds: [CodeActionKind.QuickFix, fixAllKind, notebookFixAllKind],
        resolveProvider: this.features.resolveEdit,
      },
      executeCommandProvider: {
        commands: [lintWorkspaceCommand, ownExplainCommand, sketchCommand],
        workDoneProgress: true,
      },
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    }
    if (this.features.pull) {
      capabilities.diagnosticProvider = {
        identifier: 'costlint',
        interFileDependencies: true,
        workspaceDiagnostics: false,
      }
    }
    return { capabilities, serverInfo: { name: 'CostLint', version: this.environment.version } }
  }

  private async initialized(): Promise<void> {
    if (this.features.folders) {
      this.connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) =>
        this.guardAsync('new folders', async () => {
          for (const { uri } of removed) await this.removeFolder(uri)
          for (const { uri } of added) this.sessions.add(uri)
          this.texts.rehome()
          await this.configure()
          await this.watch()
        }),
      )
    }
    if (this.features.registerConfiguration) {
      await this.connection.client.register(DidChangeConfigurationNotification.type, { section: 'costlint' })
    }
    try {
      await this.configure()
    } finally {
      this.started()
    }
    await introduce(this.log, this.environment, this.sessions.ofFolders())
    await this.watch()
  }

  private async watch(): Promise<void> {
    if (!this.features.registerWatchers) return
    const before = this.watchers
    const folders = this.sessions.ofFolders().map(({ folder }) => folder!)
    if (folders.length > 0) {
      this.watchers = registerWatchers(this.connection, folders, this.features.relativePatterns)
      await this.watchers
    } else this.watchers = undefined
    const old = await before?.catch(() => undefined)
    old?.dispose()
  }

  /** Asks the client for its settings, folder by folder. */
  private async configure(): Promise<void> {
    if (!this.features.configuration) return
    const folders = this.sessions.ofFolders()
    const answers: unknown[] = await this.connection.workspace.getConfiguration([
      { section: 'costlint' },
      ...folders.map(({ folder }) => ({ section: 'costlint', scopeUri: folder! })),
    ])
    this.sessions.defaults = readSettings(answers[0], this.sessions.defaults)
    for (const [index, session] of folders.entries()) {
      session.configure(readSettings(answers[index + 1], this.sessions.defaults))
    }
    for (const session of this.sessions.all()) {
      if (session.folder === null) session.configure(this.sessions.defaults)
      this.texts.release(session)
      this.schedule.plan(session)
    }
  }

  private async newSettings(sent: unknown): Promise<void> {
    this.delivery.reannotate()
    if (this.features.configuration) return this.configure()
    const own = (sent as { costlint?: unknown } | null)?.costlint ?? sent
    this.sessions.defaults = readSettings(own, this.sessions.defaults)
    for (const session of this.sessions.all()) {
      session.configure(this.sessions.defaults)
      this.texts.release(session)
      this.schedule.plan(session)
    }
  }

  private async removeFolder(uri: string): Promise<void> {
    const session = this.sessions.remove(uri)
    if (session === undefined) return
    this.schedule.drop(session)
    this.delivery.withdrawSession(session)
    await session.dispose()
  }

  private async pull(
    params: DocumentDiagnosticParams,
    token: CancellationToken,
  ): Promise<DocumentDiagnosticReport> {
    const { uri } = params.textDocument
    const found = this.documents.find(uri)
    if (found === undefined || found.cell || found.entry.kind === 'notebook')
      return { kind: 'full', items: [] }
    const target = await this.answers.target(uri)
    if (token.isCancellationRequested) throw cancelled()
    if (target === undefined) return { kind: 'full', items: [] }
    return this.delivery.answer(target.session, target.path, uri, target.outcome, params.previousResultId)
  }

  /** What the workspace holds may have changed. */
  private tellChange(session: Session): void {
    if (!this.features.commandLinks || this.toldOf.get(session) === session.generation) return
    this.toldOf.set(session, session.generation)
    void this.connection.sendNotification(changedNotification)
  }

  private async overview(): Promise<ReportData> {
    await this.ready
    const sessions = this.sessions.ofFolders()
    const data = await overviewOf(sessions, this.environment.version)
    // What is wrong with a configuration is known now, also where no file is open.
    for (const session of sessions) this.schedule.plan(session)
    return data
  }

  /** A hover without its page still says what was found. */
  private rulePages(): Promise<RulePages> {
    return this.answer('reading the pages of the rules', {}, () => this.environment.rulePages())
  }

  private async execute(
    params: ExecuteCommandParams,
    token: CancellationToken,
    progress: WorkDoneProgressReporter,
  ): Promise<unknown> {
    if (params.command === lintWorkspaceCommand) {
      // The library takes the token out of the parameters.
      const given = WorkDoneProgressReporter.isNullInstance(progress) ? undefined : progress
      const sessions = this.sessions.ofFolders()
      const started = this.environment.now()
      const summary = await lintWorkspace(
        this.connection,
        sessions,
        this.delivery,
        token,
        given,
        this.features.progress,
      )
      const { findings, hints, files } = summary
      const told = `${count(findings, 'finding')} and ${count(hints, 'hint')} in ${count(files, 'file')}`
      this.log.info(`Linted the workspace in ${milliseconds(this.environment.now() - started)}: ${told}`)
      return summary
    }
    if (params.command === ownExplainCommand) {
      const rule = String(params.arguments?.[0])
      const markdown = explain(rule, await this.rulePages())
      if (markdown === undefined)
        throw new ResponseError(LSPErrorCodes.RequestFailed, `There is no rule ${rule}.`)
      this.connection.window.showInformationMessage(summary(rule, markdown))
      return markdown
    }
    if (params.command === sketchCommand) {
      const sketch = await this.answers.sketch(params.arguments?.[0] as ActionData)
      if (sketch !== null) this.connection.window.showInformationMessage(`${sketch.title}:\n\n${sketch.text}`)
      return sketch
    }
    throw new ResponseError(LSPErrorCodes.RequestFailed, `Unknown command ${params.command}`)
  }

  private async shutdown(): Promise<void> {
    this.schedule.stop()
    await Promise.all(this.sessions.all().map((session) => session.dispose()))
  }
}
