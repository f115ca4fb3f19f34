/** The documents that are open over one project, what the engine has not been told of them yet, and texts of closed files. */
import type { CellText, Project } from '../linter.js'
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'
import { notebookLanguage } from './documents.js'
import type { Environment } from './environment.js'
import { isNotebookPath, isProgramOfNotebook, type Snapshot, snapshotOf } from './places.js'
import { loosePath, pathWithin, uriWithin } from './uri.js'

interface OpenText {
  snapshot: Snapshot
  content: string | CellText[]
  metadata: Record<string, Json>
  given: boolean
}

/** What the name of an untitled document would end with. */
const extensions: Readonly<Record<string, string | undefined>> = {
  python: '.py',
  yaml: '.yaml',
  json: '.json',
  toml: '.toml',
  shellscript: '.sh',
  dockerfile: '.dockerfile',
  [notebookLanguage]: '.ipynb',
}

/** Texts of closed files that are kept; enough for one run over related places. */
const mostClosedTexts = 100

export class SessionTexts {
  private readonly documents = new Map<string, OpenText>()
  private readonly closing = new Set<string>()
  private readonly onDisk = new Set<string>()
  private readonly looseUris = new Map<string, string>()
  private readonly closedTexts = new Map<string, Promise<Snapshot | undefined>>()

  constructor(
    /** URI of the folder; null: documents that lie in no folder. */
    private readonly folder: string | null,
    private readonly environment: Environment,
  ) {}

  get size(): number {
    return this.documents.size
  }

  paths(): Iterable<string> {
    return this.documents.keys()
  }

  has(path: string): boolean {
    return this.documents.has(path)
  }

  /** The path of a document in this project; undefined when it lies elsewhere. */
  pathOf(uri: string, languageId: string): string | undefined {
    if (this.folder !== null) {
      const path = pathWithin(this.folder, uri)
      return path !== undefined && isProgramOfNotebook(path, languageId) ? `${path}.py` : path
    }
    const path = loosePath(uri)
    // An untitled document has no name that would tell its language.
    const extension = lookUp(extensions, languageId)
    const named = extension === undefined || /\.\w+$/.test(path) ? path : path + extension
    this.looseUris.set(named, uri)
    return named
  }

  uriOf(path: string): string {
    const open = this.documents.get(path)
    if (open !== undefined) return open.snapshot.uri
    return this.folder === null ? (this.looseUris.get(path) ?? path) : uriWithin(this.folder, path)
  }

  open(path: string, snapshot: Snapshot, content: string | CellText[], metadata: Record<string, Json>): void {
    this.documents.set(path, { snapshot, content, metadata, given: false })
    this.closing.delete(path)
    this.closedTexts.delete(path)
  }

  /** False: it was not open. */
  close(path: string): boolean {
    if (!this.documents.delete(path)) return false
    this.closing.add(path)
    this.closedTexts.delete(path)
    return true
  }

  changedOnDisk(path: string): void {
    this.onDisk.add(path)
    this.closedTexts.delete(path)
  }

  /** The texts of all open documents as they are now. */
  opened(): Map<string, Snapshot> {
    return new Map([...this.documents].map(([path, { snapshot }]) => [path, snapshot]))
  }

  /** Tells the engine what changed since it last looked. */
  hand(project: Project): void {
    for (const path of this.closing) project.close(path)
    this.closing.clear()
    for (const path of this.onDisk) project.changedOnDisk(path)
    this.onDisk.clear()
    for (const [path, document] of this.documents) {
      if (document.given) continue
      project.open(path, document.content, document.metadata)
      document.given = true
    }
  }

  /** Another project takes the place of the one that was told: it has to be told everything. */
  handAgain(): void {
    for (const document of this.documents.values()) document.given = false
  }

  /** The text of a file that is not open; undefined: it cannot be read. */
  closedText(path: string): Promise<Snapshot | undefined> {
    const known = this.closedTexts.get(path)
    if (known !== undefined) return known
    const uri = this.uriOf(path)
    const text = this.environment
      .readText(uri)
      .then((content) => (content === undefined ? undefined : snapshotOf(uri, null, content, path)))
      .catch(() => undefined)
    if (this.closedTexts.size >= mostClosedTexts) this.closedTexts.clear()
    this.closedTexts.set(path, text)
    return text
  }

  /** True where an edit would have to change the JSON of a notebook: the editor must hold it as cells. */
  isClosedNotebook(path: string): boolean {
    return isNotebookPath(path) && this.documents.get(path)?.snapshot.cells === undefined
  }
}
