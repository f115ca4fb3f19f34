/** *Open Documentation*: the pages, which are part of the extension, as Markdown previews, found by their words. */
import * as vscode from 'vscode'
import { type DocumentationPages, type Passage, passagesOf, searched } from './documentation-search.js'
import { showMarkdown } from './explain.js'

const scheme = 'costlint-docs'

/** As many as a reader looks through. */
const mostResults = 50

export function registerDocumentation(extension: vscode.Uri): vscode.Disposable[] {
  const pages = new Pages(extension)
  return [
    vscode.workspace.registerFileSystemProvider(scheme, pages, { isReadonly: true, isCaseSensitive: true }),
    vscode.commands.registerCommand('costlint.openDocumentation', async (given?: unknown) => {
      const chosen = typeof given === 'string' ? { path: given, anchor: '' } : await choose(await pages.all())
      if (chosen === undefined) return
      const { path, anchor } = chosen
      await showMarkdown(vscode.Uri.from({ scheme, path: `/${path}`, fragment: anchor }))
    }),
  ]
}

interface Item extends vscode.QuickPickItem {
  /** Absent: the item says that there is nothing. */
  passage?: Passage
}

function choose(pages: DocumentationPages): Promise<Passage | undefined> {
  const passages = passagesOf(pages)
  const picker = vscode.window.createQuickPick<Item>()
  picker.placeholder = vscode.l10n.t('Search the documentation')
  const nothing: Item = { label: vscode.l10n.t('Nothing was found'), alwaysShow: true }
  const show = () => {
    const found = searched(passages, picker.value)
      .slice(0, mostResults)
      .map(({ passage, excerpt }) => ({
        label: passage.heading,
        ...(passage.title === passage.heading ? {} : { description: passage.title }),
        ...(excerpt === '' ? {} : { detail: excerpt }),
        // What was found in the text need not be in what is shown of it.
        alwaysShow: true,
        passage,
      }))
    picker.items = found.length === 0 ? [nothing] : found
  }
  show()
  picker.onDidChangeValue(show)
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.passage)
      picker.hide()
    })
    picker.onDidHide(() => {
      resolve(undefined)
      picker.dispose()
    })
    picker.show()
  })
}

/** A file system, not only texts, because the preview follows links to files alone. */
class Pages implements vscode.FileSystemProvider {
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event
  private loaded: Promise<DocumentationPages> | undefined

  constructor(private readonly extension: vscode.Uri) {}

  all(): Promise<DocumentationPages> {
    this.loaded ??= this.load()
    return this.loaded
  }

  private async load(): Promise<DocumentationPages> {
    const read = async (...path: string[]): Promise<Record<string, string>> =>
      JSON.parse(
        new TextDecoder().decode(
          await vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.extension, 'dist', ...path)),
        ),
      )
    const rules = Object.entries(await read('rule-pages.json')).map(([rule, text]) => [
      `rules/${rule}.md`,
      text,
    ])
    return new Map([...Object.entries(await read('client', 'docs.json')), ...(rules as [string, string][])])
  }

  private async page({ path }: vscode.Uri): Promise<Uint8Array> {
    const text = (await this.all()).get(path.replace(/^\//, ''))
    if (text === undefined) throw vscode.FileSystemError.FileNotFound(path)
    return new TextEncoder().encode(text)
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined)
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { byteLength: size } = await this.page(uri)
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: 0,
      size,
      permissions: vscode.FilePermission.Readonly,
    }
  }

  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.page(uri)
  }

  readDirectory(): [string, vscode.FileType][] {
    return []
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri)
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri)
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri)
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri)
  }
}
