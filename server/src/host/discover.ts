/**
 * The files of a project. Git's ignore files are respected at every level for what git does not track, vendored and generated folders are skipped
 * by name, and links are never walked: what a link inside the project leads to is found under its own name, and what
 * lies outside stays outside.
 */

import type { LintError } from '../lint.js'
import { isReadableName } from './file-kinds.js'
import { trackedFiles } from './git-index.js'
import { type IgnoreChain, PatternLayer, verdictOf } from './gitignore.js'
import { type Entry, type Host, relativeTo, under } from './host.js'
import { isSkippedFolder, marksSkippedFolder } from './skipped.js'
import { TooManyFiles } from './too-many-files.js'

export interface DiscoverOptions {
  /** The user's `exclude`: true leaves out, false brings back what is skipped by name or by git, undefined: no opinion. */
  excluded?: (path: string, folder: boolean) => boolean | undefined
  /** Files and folders, relative to the root, that are read even where something above leaves them out. */
  explicit?: readonly string[]
  signal?: AbortSignal
  /** Folders, relative to the root, that are projects of their own. */
  apart?: readonly string[]
  /** Beyond so many files `TooManyFiles` is thrown. Default: no bound. */
  maxFiles?: number
  /** Told how many files were found so far. */
  onFound?: (files: number) => void
}

export interface Discovery {
  /** Relative to the root, sorted. */
  files: string[]
  /** Links within the project: path of the link → path that it leads to. */
  links: Map<string, string>
  /** Folders that could not be read, and clones within the project. */
  errors: LintError[]
}

/** Folders read at the same time: more than this only fills the queue of the disk. */
const atOnce = 32

interface Folder {
  path: string
  ignored: IgnoreChain | undefined
}

export async function discover(host: Host, root: string, options: DiscoverOptions = {}): Promise<Discovery> {
  const walk = new Walk(host, root, options)
  await walk.run()
  return {
    files: [...walk.files].sort(compare),
    links: walk.links,
    errors: walk.errors.sort((a, b) => compare(a.path, b.path)),
  }
}

/** Folders of a Unix system whose files are no files. */
export function isSystemFolder(root: string, path: string): boolean {
  return root === '/' && (path === 'proc' || path === 'sys' || path === 'dev')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

class Walk {
  readonly files = new Set<string>()
  readonly links = new Map<string, string>()
  readonly errors: LintError[] = []
  private readonly seen = new Set<string>()
  /** The root is the top of a repository. */
  private isRepository = false
  private realRoot: string

  constructor(
    private readonly host: Host,
    private readonly root: string,
    private readonly options: DiscoverOptions,
  ) {
    this.realRoot = root
  }

  async run(): Promise<void> {
    this.realRoot = (await this.host.resolve(this.root))?.path ?? this.root
    await this.folders([{ path: '', ignored: await this.repositoryExcludes() }])
    await this.tracked()
    for (const path of this.options.explicit ?? []) await this.explicit(path)
  }

  /** Files that git tracks although an ignore file names them. */
  private async tracked(): Promise<void> {
    let paths: string[] | null
    try {
      paths = trackedFiles(await this.host.read(under(this.root, '.git/index')))
    } catch {
      return
    }
    const marked = new Set<string>()
    for (const path of paths ?? []) {
      const cut = path.lastIndexOf('/')
      if (cut > 0 && marksSkippedFolder(path.slice(cut + 1))) marked.add(path.slice(0, cut))
    }
    for (const path of paths ?? []) {
      if (this.files.has(path) || !isReadableName(path.slice(path.lastIndexOf('/') + 1))) continue
      if (!this.isLeftOutByGitAlone(path, marked)) continue
      const target = await this.host.resolve(under(this.root, path))
      if (target?.kind === 'file' && relativeTo(this.realRoot, target.path) === path) this.files.add(path)
    }
  }

  /** `marked`: folders that hold the mark of an environment or a cache. */
  private isLeftOutByGitAlone(path: string, marked: ReadonlySet<string>): boolean {
    const { excluded, apart } = this.options
    if (excluded?.(path, false) === true) return false
    const parts = path.split('/')
    for (let length = 1; length < parts.length; length++) {
      const folder = parts.slice(0, length).join('/')
      const wanted = excluded?.(folder, true)
      if (wanted === true || apart?.includes(folder) === true) return false
      if (wanted !== false && (isSkippedFolder(parts[length - 1]!) || marked.has(folder))) return false
    }
    return true
  }

  /** `.git/info/exclude` of the repository whose top is the root. */
  private async repositoryExcludes(): Promise<IgnoreChain | undefined> {
    const text = await this.text('.git/info/exclude')
    return text === undefined ? undefined : { layer: new PatternLayer('', text), above: undefined }
  }

  private async text(path: string): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await this.host.read(under(this.root, path)))
    } catch {
      return undefined
    }
  }

  private async explicit(path: string): Promise<void> {
    if (path === '' || this.files.has(path)) return
    const target = await this.host.resolve(under(this.root, path))
    const real = target === undefined ? undefined : relativeTo(this.realRoot, target.path)
    if (target === undefined || real === undefined) return
    if (real !== path) this.links.set(path, real)
    if (target.kind === 'file') this.files.add(real)
    // Ignore files above it would leave all of it out, so only those inside it count.
    else if (target.kind === 'folder' && !this.seen.has(real))
      await this.folders([{ path: real, ignored: undefined }])
  }

  private async folders(queue: Folder[]): Promise<void> {
    const pending = [...queue]
    const running = new Set<Promise<void>>()
    while (pending.length > 0 || running.size > 0) {
      this.options.signal?.throwIfAborted()
      while (pending.length > 0 && running.size < atOnce) {
        const job: Promise<void> = this.folder(pending.pop()!, pending).finally(() => running.delete(job))
        running.add(job)
      }
      await Promise.race(running)
    }
  }

  private async folder(folder: Folder, pending: Folder[]): Promise<void> {
    if (this.seen.has(folder.path) || this.options.apart?.includes(folder.path) === true) return
    if (isSystemFolder(this.root, folder.path)) return
    this.seen.add(folder.path)
    let entries: Entry[]
    try {
      entries = await this.host.list(under(this.root, folder.path))
    } catch (error) {
      this.errors.push({
        path: folder.path || '.',
        message: error instanceof Error ? error.message : String(error),
      })
      return
    }
    if (
      folder.path !== '' &&
      entries.some((entry) => marksSkippedFolder(entry.name)) &&
      !this.wanted(folder.path)
    )
      return
    const isClone = entries.some((entry) => entry.name === '.git' && entry.kind === 'folder')
    if (folder.path === '') this.isRepository = entries.some((entry) => entry.name === '.git')
    else if (isClone && this.isRepository && !this.wanted(folder.path)) {
      // Git tracks nothing of it here. A submodule has a file of this name.
      this.errors.push({
        path: folder.path,
        message: 'is a repository of its own; name it to check it',
        kind: 'left out',
      })
      return
    }
    const ignored = await this.chain(folder, entries)
    for (const entry of entries) {
      const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
      if (await this.hasForeignName(entry, path)) continue
      if (entry.kind === 'file') {
        if (isReadableName(entry.name) && !this.leftOut(path, entry.name, false, ignored))
          this.files.add(path)
      } else if (entry.kind === 'folder') {
        if (!this.leftOut(path, entry.name, true, ignored)) pending.push({ path, ignored })
      } else if (entry.kind === 'link' && !isSkippedFolder(entry.name)) {
        await this.link(path)
      }
    }
    const { maxFiles, onFound } = this.options
    onFound?.(this.files.size)
    if (maxFiles !== undefined && this.files.size > maxFiles) throw new TooManyFiles(this.root, maxFiles)
  }

  /** Bytes that are no UTF-8 were replaced in the name, under which nothing can be opened. */
  private async hasForeignName({ name, kind }: Entry, path: string): Promise<boolean> {
    if (!name.includes('\ufffd') || (kind === 'file' && !isReadableName(name))) return false
    if ((await this.host.resolve(under(this.root, path))) !== undefined) return false
    this.errors.push({ path, message: 'is not read: its name is not UTF-8', kind: 'left out' })
    return true
  }

  /** The user asked for this folder, by an `exclude = ["!…"]` or on the command line. */
  private wanted(path: string): boolean {
    return this.options.excluded?.(path, true) === false || (this.options.explicit ?? []).includes(path)
  }

  private async chain(folder: Folder, entries: Entry[]): Promise<IgnoreChain | undefined> {
    if (!entries.some((entry) => entry.name === '.gitignore' && entry.kind === 'file')) return folder.ignored
    const text = await this.text(folder.path === '' ? '.gitignore' : `${folder.path}/.gitignore`)
    return text === undefined
      ? folder.ignored
      : { layer: new PatternLayer(folder.path, text), above: folder.ignored }
  }

  private leftOut(path: string, name: string, folder: boolean, ignored: IgnoreChain | undefined): boolean {
    const user = this.options.excluded?.(path, folder)
    if (user !== undefined) return user
    if (folder && isSkippedFolder(name)) return true
    return verdictOf(ignored, path, folder) === true
  }

  private async link(path: string): Promise<void> {
    const target = await this.host.resolve(under(this.root, path))
    const real = target === undefined ? undefined : relativeTo(this.realRoot, target.path)
    if (real !== undefined && real !== '') this.links.set(path, real)
  }
}
