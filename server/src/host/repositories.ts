/** Projects below a folder that is none itself: each repository, and each folder with a configuration of its own. */
import { mentionsConfiguration } from './configuration-file.js'
import { isSystemFolder } from './discover.js'
import { isReadableName } from './file-kinds.js'
import { type Entry, type Host, under } from './host.js'
import { isSkippedFolder } from './skipped.js'
import { TooManyFiles } from './too-many-files.js'

export interface SearchOptions {
  /** Files that lie in no repository, beyond which `TooManyFiles` is thrown. */
  maxFiles: number
  signal: AbortSignal
  /** Told how many folders were looked into. */
  onFolder: (count: number) => void
}

export interface ProjectsBelow {
  /** Relative to the folder, sorted. None lies within another. */
  roots: string[]
  /** There are files to read outside of them. */
  hasOthers: boolean
}

export async function projectsBelow(
  host: Host,
  folder: string,
  { maxFiles, signal, onFolder }: SearchOptions,
): Promise<ProjectsBelow> {
  const roots: string[] = []
  const pending = ['']
  let folders = 0
  let others = 0
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    signal.throwIfAborted()
    onFolder(++folders)
    const entries = await host.list(under(folder, path)).catch((): Entry[] => [])
    if (path !== '' && (await isMarked(host, under(folder, path), entries))) {
      roots.push(path)
      continue
    }
    for (const { name, kind } of entries) {
      const below = path === '' ? name : `${path}/${name}`
      if (kind === 'folder' && !isSkippedFolder(name) && !isSystemFolder(folder, below)) pending.push(below)
      if (kind === 'file' && isReadableName(name)) others++
    }
    if (others > maxFiles) throw new TooManyFiles(folder, maxFiles)
    await host.pause?.()
  }
  return { roots: roots.sort(), hasOthers: others > 0 }
}

async function isMarked(host: Host, folder: string, entries: readonly Entry[]): Promise<boolean> {
  const names = new Set(entries.map(({ name }) => name))
  if (names.has('.git') || names.has('costlint.toml')) return true
  if (!names.has('pyproject.toml')) return false
  try {
    return mentionsConfiguration(new TextDecoder().decode(await host.read(under(folder, 'pyproject.toml'))))
  } catch {
    return false
  }
}
