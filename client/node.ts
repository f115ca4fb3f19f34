/** The extension on a desktop, or on the remote machine that holds the files. */
import type { ExtensionContext } from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import { LanguageClient, TransportKind } from 'vscode-languageclient/node'
import { start } from './common.js'

let client: BaseLanguageClient | undefined

export async function activate(context: ExtensionContext): Promise<void> {
  const folder = context.storageUri?.fsPath
  const env = { ...process.env, ...(folder === undefined ? {} : { COSTLINT_CACHE_DIR: folder }) }
  const module = context.asAbsolutePath('dist/server.js')
  const run = { module, transport: TransportKind.ipc, options: { env } }
  const debug = { ...run, options: { env, execArgv: ['--nolazy', '--inspect=6011'] } }
  client = await start(context, (id, name, options) => new LanguageClient(id, name, { run, debug }, options))
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop()
}
