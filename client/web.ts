/** The extension in a browser: the server is a web worker, and this side reads the files for it. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import { BrowserMessageReader, BrowserMessageWriter, LanguageClient } from 'vscode-languageclient/browser'
import { start } from './common.js'

let client: BaseLanguageClient | undefined

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.cjs')
  let stop: () => void = () => undefined
  client = await start(context, (id, name, options) => {
    const created = new LanguageClient(
      id,
      name,
      async () => {
        // A restarted server is a new worker.
        stop()
        const worker = await startWorker(script)
        stop = worker.stop
        return worker
      },
      options,
    )
    serveFiles(created, context.extensionUri)
    return created
  })
  context.subscriptions.push({ dispose: () => stop() })
}

/**
 * From the bytes of the engine, because a browser starts no worker from the address of an extension. It is a CommonJS module that
 * requires nothing in this role.
 */
async function startWorker(script: vscode.Uri) {
  const bytes = await vscode.workspace.fs.readFile(script)
  const module = [
    '(module => {(function(exports) {',
    new Uint8Array(bytes),
    '\n}).call({}, module.exports); module.exports.web() })({ exports: {} })',
  ]
  const address = URL.createObjectURL(new Blob(module, { type: 'text/javascript' }))
  const worker = new Worker(address)
  return {
    // Made here, because in an extension `Worker` is not the browser's own class, which the client looks for.
    reader: new BrowserMessageReader(worker),
    writer: new BrowserMessageWriter(worker),
    stop() {
      worker.terminate()
      URL.revokeObjectURL(address)
    },
  }
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop()
}

interface Place {
  /** URI of a folder of the workspace. */
  root: string
  /** Path below it. */
  path: string
}

function serveFiles(server: LanguageClient, extension: vscode.Uri): void {
  const { fs } = vscode.workspace
  const uri = ({ root, path }: Place) =>
    path === '' ? vscode.Uri.parse(root, true) : vscode.Uri.joinPath(vscode.Uri.parse(root, true), path)
  server.onRequest('costlint/host/read', (place: Place) => fs.readFile(uri(place)))
  server.onRequest('costlint/host/list', async (place: Place) =>
    (await fs.readDirectory(uri(place))).map(([name, type]) => ({ name, kind: kindOf(type) })),
  )
  server.onRequest('costlint/host/stat', async (place: Place) => {
    try {
      const { type, size } = await fs.stat(uri(place))
      return { kind: kindOf(type), size }
    } catch {
      return null
    }
  })
  server.onRequest('costlint/host/pages', async () => {
    const json = await fs.readFile(vscode.Uri.joinPath(extension, 'dist', 'rule-pages.json'))
    return JSON.parse(new TextDecoder().decode(json))
  })
  server.onRequest('costlint/host/grammar', ({ name }: { name: string }) =>
    fs.readFile(vscode.Uri.joinPath(extension, 'grammars', `${name}.wasm`)),
  )
}

/** Links are left alone: what they lead to cannot be told here. */
function kindOf(type: vscode.FileType): 'file' | 'folder' | 'other' {
  if ((type & vscode.FileType.SymbolicLink) !== 0) return 'other'
  if ((type & vscode.FileType.Directory) !== 0) return 'folder'
  return (type & vscode.FileType.File) !== 0 ? 'file' : 'other'
}
