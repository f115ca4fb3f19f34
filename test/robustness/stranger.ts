/**
 * What somebody does to a repository who does not care what becomes of it: types, saves, deletes and renames, takes fixes, kills
 * the server and cuts its connection, and comes back. In the end the server says of every open file what the command line
 * says of the same bytes, and on the disk is what was saved.
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  DidChangeTextDocumentNotification,
  ExecuteCommandRequest,
  HoverRequest,
  type TextDocumentEdit,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { commandLine } from '../build.js'
import { Folder } from '../cli/folder.js'
import { pullClient } from '../lsp/client.js'
import { diagnosticLine, findingLines, languages, Open, strange } from '../lsp/open-text.js'
import { type ServerProcess, startServerProcess } from '../lsp/server-process.js'
import { damage } from './damage.js'
import { Random } from './random.js'

/** Files that are worked on; notebooks are compared by other tests. */
const worked = /\.(py|ya?ml|sh|slurm|sbatch|toml|json|tf|txt)$|(^|\/)(Makefile|Dockerfile)$/
/** Characters of a file that is worked on. */
const longest = 60_000
/** Files that are worked on at once, so that they meet. */
const mostWorked = 60
const mostOpen = 12

export class Session {
  readonly counts: Record<string, number> = {}
  private readonly folder = new Folder()
  private readonly random: Random
  /** What is on the disk, as far as it is worked on. */
  private readonly disk = new Map<string, string>()
  private readonly originals = new Map<string, string>()
  private readonly open = new Map<string, Open>()
  private server!: ServerProcess
  private created = 0
  /** Logs of servers that are gone. */
  private readonly told: string[] = []

  constructor(repository: string, seed: number) {
    this.random = new Random(seed)
    cpSync(repository, this.folder.path, {
      recursive: true,
      dereference: true,
      filter: (path) => !/\/(\.git|node_modules|expected\.json)$/.test(path),
    })
  }

  /** Chooses what is worked on: files of which something is said, and others. */
  private async choose(): Promise<void> {
    const said = new Set((await this.check()).map((line) => line.slice(0, line.indexOf(' - '))))
    const [spoken, silent] = [true, false].map((isSaid) =>
      readdirSync(this.folder.path, { recursive: true, encoding: 'utf8' })
        .filter((path) => worked.test(path) && said.has(path) === isSaid)
        .filter((path) => statSync(join(this.folder.path, path)).isFile())
        .sort(),
    ) as [string[], string[]]
    while (spoken.length > (2 * mostWorked) / 3) spoken.splice(this.random.below(spoken.length), 1)
    while (spoken.length + silent.length > mostWorked) silent.splice(this.random.below(silent.length), 1)
    for (const path of [...spoken, ...silent]) {
      const text = this.folder.read(path)
      // What is no text is left alone: its bytes would be others when it is saved.
      if (text.length > longest || /[\ufffd\0\ufeff]/.test(text)) continue
      this.disk.set(path, text)
      this.originals.set(path, text)
    }
    assert.ok(this.disk.size > 0, 'nothing to work on')
  }

  async start(): Promise<void> {
    if (this.disk.size === 0) await this.choose()
    this.server = startServerProcess()
    const { client } = this.server
    client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
    client.connection.onError(() => undefined)
    await client.start(pullClient, {}, [String(pathToFileURL(this.folder.path))])
  }

  end(): void {
    this.server?.kill()
    this.folder.remove()
  }

  /** One thing that somebody does. */
  async act(): Promise<void> {
    const { random } = this
    const kinds = [
      ...['type', 'type', 'type', 'type', 'type', 'type', 'undo', 'several'],
      ...['open', 'open', 'close', 'save', 'save', 'ask', 'ask', 'ask', 'fix'],
      ...['outside', 'create', 'delete', 'rename', 'revert', 'lint all', 'kill', 'hang up', 'garbage'],
    ] as const
    const kind = random.pick(kinds)
    // Starting again costs most.
    if (/kill|hang up|garbage|revert|lint all/.test(kind) && random.below(4) > 0) return this.act()
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
    await this.run(kind)
  }

  private async run(kind: string): Promise<void> {
    const { random } = this
    if (kind === 'open' || this.open.size === 0) return this.openFile(random.pick([...this.disk.keys()]))
    const path = random.pick([...this.open.keys()])
    switch (kind) {
      case 'type':
        return this.type(path, [this.damaged(path)])
      case 'several':
        return this.type(path, [this.damaged(path), this.damaged(path)])
      case 'undo':
        return this.type(path, [this.open.get(path)!.original])
      case 'close':
        return this.close(path)
      case 'save':
        return this.save(path)
      case 'ask':
        return this.ask(path)
      case 'fix':
        return this.fix(path)
      case 'outside':
        return this.write(random.pick([...this.disk.keys()]))
      case 'create':
        return this.create()
      case 'delete':
        return this.remove(random.pick([...this.disk.keys()]))
      case 'rename':
        return this.rename(random.pick([...this.disk.keys()]))
      case 'revert':
        for (const [one, text] of this.originals) if (this.disk.get(one) !== text) await this.write(one, text)
        return
      case 'lint all':
        return this.forget(
          this.client.connection.sendRequest(ExecuteCommandRequest.type, {
            command: 'costlint.lintWorkspace',
            arguments: [],
          }),
        )
      case 'kill':
        this.server.kill()
        return this.comeBack()
      case 'hang up':
        this.server.hangUp()
        return this.comeBack()
      default:
        this.server.write(
          random.pick(['Content-Length: 99\r\n\r\n{"jsonrpc', 'Content-Length: x\r\n\r\n', '\0\0']),
        )
        this.server.hangUp()
        return this.comeBack()
    }
  }

  /** All is saved; the server and the command line say the same, and the disk holds what was saved. */
  async compare(): Promise<number> {
    for (const path of this.open.keys()) await this.save(path)
    const asked = this.client.refreshes.all.length
    const first = await this.pulled()
    // Open files are answered before all others are read; when these are, an editor is told to ask again.
    await this.client.connection.sendRequest(ExecuteCommandRequest.type, {
      command: 'costlint.lintWorkspace',
      arguments: [],
    })
    const found = await this.pulled()
    if (JSON.stringify(first) !== JSON.stringify(found))
      assert.ok(this.client.refreshes.all.length > asked, 'nobody was told to ask again')
    const wanted = (await this.check()).filter((line) => this.open.has(line.slice(0, line.indexOf(' - '))))
    assert.deepEqual(found, wanted)
    for (const [path, text] of this.disk) assert.equal(this.folder.read(path), text, `${path} was written`)
    assert.deepEqual(
      [...this.told, ...this.client.logs.all].filter((line) => /internal|TypeError|RangeError/.test(line)),
      [],
    )
    return wanted.length
  }

  /** What the server says of the open files. */
  private async pulled(): Promise<string[]> {
    const found: string[] = []
    // What is wrong with a configuration file stands in `errors` at the command line.
    for (const [path, { uri }] of this.open)
      for (const one of await this.client.pulled(uri))
        if (one.code !== undefined) found.push(diagnosticLine(path, null, one))
    return found.sort()
  }

  /** What the command line says of all. */
  private async check(): Promise<string[]> {
    const { stdout, stderr, code } = await this.folder.run(commandLine, [
      ...['check', '.', '--no-cache', '--output-format', 'json', '--show-hints', '--fail-on', 'never'],
    ])
    assert.ok(code === 0 || /configuration error/.test(stderr), stderr)
    return findingLines(stdout, this.folder.path)
  }

  private get client() {
    return this.server.client
  }

  private uri(path: string): string {
    return `${pathToFileURL(this.folder.path)}/${path.split('/').map(encodeURIComponent).join('/')}`
  }

  private damaged(path: string): string {
    const other = this.random.pick([...this.disk.values()])
    return damage(this.open.get(path)!.text, other === '' ? 'x' : other, this.random, strange).slice(
      0,
      longest,
    )
  }

  private async openFile(path: string): Promise<void> {
    if (this.open.has(path)) return
    if (this.open.size >= mostOpen) await this.close(this.random.pick([...this.open.keys()]))
    const language = languages[path.split('.').at(-1)!] ?? 'plaintext'
    const open = new Open(this.uri(path), language, this.disk.get(path)!)
    this.open.set(path, open)
    await this.client.open(open.uri, open.text, language)
  }

  private async type(path: string, texts: string[]): Promise<void> {
    const open = this.open.get(path)!
    const contentChanges = texts.map((text) => open.edit(text))
    await this.client.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: open.uri, version: open.document.version },
      contentChanges,
    })
  }

  private async close(path: string): Promise<void> {
    await this.client.close(this.open.get(path)!.uri)
    this.open.delete(path)
  }

  private async save(path: string): Promise<void> {
    const { uri, text } = this.open.get(path)!
    const isNew = !this.disk.has(path)
    this.put(path, text)
    await this.client.save(uri)
    await this.client.touched(uri, isNew ? 1 : 2)
  }

  private put(path: string, text: string): void {
    this.disk.set(path, text)
    mkdirSync(dirname(join(this.folder.path, path)), { recursive: true })
    writeFileSync(join(this.folder.path, path), text)
  }

  /** Another program writes a file. */
  private async write(path: string, text?: string): Promise<void> {
    const isNew = !this.disk.has(path)
    const before = this.disk.get(path) ?? ''
    this.put(path, text ?? damage(before, before === '' ? 'x' : before, this.random, strange))
    await this.client.touched(this.uri(path), isNew ? 1 : 2)
  }

  private async create(): Promise<void> {
    const from = this.random.pick([...this.disk.keys()])
    const path = join(dirname(from), `new${this.created++}-${from.split('/').at(-1)}`)
    this.put(path, this.disk.get(from)!)
    await this.client.touched(this.uri(path), 1)
  }

  /** An editor may keep it open. */
  private async remove(path: string): Promise<void> {
    if (this.disk.size < 5) return
    this.disk.delete(path)
    if (existsSync(join(this.folder.path, path))) rmSync(join(this.folder.path, path))
    await this.client.touched(this.uri(path), 3)
  }

  private async rename(path: string): Promise<void> {
    const text = this.disk.get(path)!
    if (this.open.has(path)) await this.close(path)
    await this.remove(path)
    await this.write(join(dirname(path), `moved${this.created++}-${path.split('/').at(-1)}`), text)
  }

  /** Questions whose answers nobody waits for. */
  private async ask(path: string): Promise<void> {
    const { uri, document } = this.open.get(path)!
    const position = { line: this.random.below(document.lineCount + 2), character: this.random.below(9) }
    const { connection } = this.client
    if (this.random.below(2) === 0) return this.forget(this.client.pull(uri))
    await this.forget(connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position }))
  }

  private async forget(request: Promise<unknown>): Promise<void> {
    void request.catch(() => undefined)
  }

  /** Takes one of the fixes that are offered. */
  private async fix(path: string): Promise<void> {
    const open = this.open.get(path)!
    const { connection } = this.client
    const diagnostics = await this.client.pulled(open.uri)
    if (diagnostics.length === 0) return
    const one = this.random.pick(diagnostics)
    const actions = (await connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: open.uri },
      range: one.range,
      context: { diagnostics: [one], only: ['quickfix'] },
    })) as CodeAction[]
    const offered = (actions ?? []).filter(
      ({ disabled, command }) => disabled === undefined && command === undefined,
    )
    if (offered.length === 0) return
    const { edit } = await connection.sendRequest(CodeActionResolveRequest.type, this.random.pick(offered))
    for (const change of (edit?.documentChanges ?? []) as TextDocumentEdit[]) {
      const changed = [...this.open].find(([, { uri }]) => uri === change.textDocument.uri)
      if (changed === undefined) continue
      const text = TextDocument.applyEdits(changed[1].document, change.edits as never)
      await this.type(changed[0], [text])
    }
  }

  /** A new server is told of all open files; what they hold need not be on the disk. */
  private async comeBack(): Promise<void> {
    await this.server.exited
    this.told.push(...this.client.logs.all)
    this.client.connection.dispose()
    await this.start()
    for (const [path, open] of this.open) {
      const again = new Open(open.uri, open.document.languageId, open.original)
      again.document = TextDocument.create(open.uri, open.document.languageId, 1, open.text)
      this.open.set(path, again)
      await this.client.open(open.uri, open.text, open.document.languageId)
    }
  }
}
