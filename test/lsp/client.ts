/** A client of the language server, made with the protocol's own library, and a server that it talks to in memory. */
import { PassThrough } from 'node:stream'
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node'
import {
  type ClientCapabilities,
  ConfigurationRequest,
  createProtocolConnection,
  type Diagnostic,
  DiagnosticRefreshRequest,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  type DocumentDiagnosticReport,
  DocumentDiagnosticRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  LogMessageNotification,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type Range,
  type RegistrationParams,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  UnregistrationRequest,
} from 'vscode-languageserver-protocol/node'
import type { Environment } from '../../server/src/lsp/environment.js'
import { startServer } from '../../server/src/lsp/server.js'
import { pathWithin } from '../../server/src/lsp/uri.js'
import { type FakeDisk, FakeProject } from './fake-project.js'

export const folder = 'file:///work/project'

export const pullClient: ClientCapabilities = {
  workspace: {
    configuration: true,
    workspaceFolders: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: true },
    workspaceEdit: { documentChanges: true },
    diagnostics: { refreshSupport: true },
  },
  textDocument: {
    diagnostic: {
      relatedDocumentSupport: true,
      relatedInformation: true,
      codeDescriptionSupport: true,
      dataSupport: true,
    },
    publishDiagnostics: { relatedInformation: true, versionSupport: true },
    codeAction: {
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source'] } },
      isPreferredSupport: true,
      disabledSupport: true,
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
    },
    hover: { contentFormat: ['markdown', 'plaintext'] },
  },
  window: { workDoneProgress: true },
}

/** What a plain editor of some years ago declares. */
export const pushClient: ClientCapabilities = {
  textDocument: {
    publishDiagnostics: {},
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } },
    hover: { contentFormat: ['plaintext'] },
  },
}

/** Waits for events by their number, never by time. */
export class Mailbox<T> {
  readonly all: T[] = []
  private waiting: { until: () => T | undefined; resolve: (value: T) => void }[] = []

  add(item: T): void {
    this.all.push(item)
    for (const one of [...this.waiting]) {
      const found = one.until()
      if (found === undefined) continue
      this.waiting.splice(this.waiting.indexOf(one), 1)
      one.resolve(found)
    }
  }

  /** The first event from number `from` on that passes. */
  next(passes: (item: T) => boolean, from = 0): Promise<T> {
    const until = () => this.all.slice(from).find(passes)
    const now = until()
    if (now !== undefined) return Promise.resolve(now)
    return new Promise((resolve) => this.waiting.push({ until, resolve }))
  }
}

export interface Published {
  uri: string
  version?: number
  diagnostics: Diagnostic[]
}

export class Client {
  readonly published = new Mailbox<Published>()
  readonly logs = new Mailbox<string>()
  readonly refreshes = new Mailbox<number>()
  readonly registrations = new Mailbox<RegistrationParams>()
  settings: Record<string, unknown> = {}
  initialized!: InitializeResult
  private readonly versions = new Map<string, number>()
  private readonly texts = new Map<string, string>()

  constructor(readonly connection: ProtocolConnection) {
    connection.onNotification(PublishDiagnosticsNotification.type, (params) => this.published.add(params))
    connection.onNotification(LogMessageNotification.type, ({ message }) => this.logs.add(message))
    connection.onRequest(DiagnosticRefreshRequest.type, () => {
      this.refreshes.add(this.refreshes.all.length + 1)
    })
    connection.onRequest(ConfigurationRequest.type, ({ items }) => items.map(() => this.settings))
    connection.onRequest(RegistrationRequest.type, (params) => this.registrations.add(params))
    connection.onRequest(UnregistrationRequest.type, () => undefined)
    connection.listen()
  }

  async start(
    capabilities: ClientCapabilities,
    options: Record<string, unknown> = {},
    folders = [folder],
    locale?: string,
  ): Promise<void> {
    this.initialized = await this.connection.sendRequest(InitializeRequest.type, {
      processId: null,
      rootUri: null,
      capabilities,
      workspaceFolders: folders.map((uri) => ({ uri, name: uri })),
      initializationOptions: options,
      ...(locale === undefined ? {} : { locale }),
    })
    await this.connection.sendNotification(InitializedNotification.type, {})
  }

  async stop(): Promise<void> {
    await this.connection.sendRequest(ShutdownRequest.type)
    // No `exit`: the server lives in this process.
    this.connection.dispose()
  }

  uri(path: string): string {
    return path.includes(':') ? path : `${folder}/${path}`
  }

  async open(path: string, text: string, languageId = 'python'): Promise<void> {
    const uri = this.uri(path)
    this.versions.set(uri, 1)
    this.texts.set(uri, text)
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId, version: 1, text },
    })
  }

  /** Replaces a range, or the whole text. */
  async change(path: string, text: string, range?: Range): Promise<void> {
    const uri = this.uri(path)
    const version = this.versions.get(uri)! + 1
    this.versions.set(uri, version)
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges: [range === undefined ? { text } : { text, range }],
    })
  }

  async save(path: string): Promise<void> {
    await this.connection.sendNotification(DidSaveTextDocumentNotification.type, {
      textDocument: { uri: this.uri(path) },
    })
  }

  async close(path: string): Promise<void> {
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, {
      textDocument: { uri: this.uri(path) },
    })
  }

  async touched(path: string, type: 1 | 2 | 3 = 2): Promise<void> {
    await this.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: this.uri(path), type }],
    })
  }

  pull(path: string, previousResultId?: string): Promise<DocumentDiagnosticReport> {
    return this.connection.sendRequest(DocumentDiagnosticRequest.type, {
      textDocument: { uri: this.uri(path) },
      identifier: 'costlint',
      ...(previousResultId === undefined ? {} : { previousResultId }),
    })
  }

  async pulled(path: string): Promise<Diagnostic[]> {
    const report = await this.pull(path)
    if (report.kind !== 'full') throw new Error('expected a full report')
    return report.items
  }

  /** The next diagnostics pushed for a document, from now on or from publication number `from`. */
  push(path: string, passes: (published: Published) => boolean = () => true, from = 0): Promise<Published> {
    const uri = this.uri(path)
    return this.published.next((one) => one.uri === uri && passes(one), from)
  }
}

export interface Bench {
  client: Client
  disk: FakeDisk
  projects: FakeProject[]
}

const rulePages: Record<string, string> = {
  'fake/waste': [
    '# fake/waste',
    'The word itself.',
    '## Why it costs',
    'Every `waste` is paid for.',
    '```python',
    '# Not a heading',
    '```',
    'Half of it is assumed.',
  ].join('\n\n'),
}

/** A server over a fake project and a client connected to it. */
export function connect(files: Record<string, string> = {}, changes: Partial<Environment> = {}): Bench {
  const disk: FakeDisk = { files: new Map(Object.entries(files)) }
  const projects: FakeProject[] = []
  const up = new PassThrough()
  const down = new PassThrough()
  const server = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(up),
    new StreamMessageWriter(down),
  )
  const environment: Environment = {
    version: '0.0.0-test',
    platform: 'a test',
    createProject: (root, { ignore = [] }) => {
      const project = new FakeProject(root ?? '', root === null ? { files: new Map() } : disk, [...ignore])
      projects.push(project)
      return project
    },
    readText: async (uri) => disk.files.get(pathWithin(folder, uri) ?? ''),
    rulePages: async () => rulePages,
    schedule: (milliseconds, callback) => {
      // Long waits are for clients that never answer: no test waits for them.
      if (milliseconds >= 1000) return () => undefined
      const handle = setImmediate(callback)
      return () => clearImmediate(handle)
    },
    now: () => 0,
    ...changes,
  }
  startServer(server, environment)
  server.listen()
  const connection = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up))
  return { client: new Client(connection), disk, projects }
}
