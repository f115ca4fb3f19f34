/**
 * Which project a path on the command line belongs to. The root decides what is linked, so it must not depend on how
 * a path was written: it is the repository, else the outermost folder with a configuration, else the current folder.
 * Repositories below a folder that is none itself are projects of their own.
 */
import { existsSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, parse, relative, resolve } from 'node:path'
import { createNodeHost, toPosix } from '../host/node/host.js'
import { noteInput, readNoted } from '../host/node/inputs.js'
import { mentionsConfiguration, projectsBelow } from '../linter.js'
import { UsageError } from './console.js'
import { mostFiles } from './engine.js'

export interface Target {
  root: string
  /** Relative to the root, `/` as separator, '' for the root itself. */
  paths: string[]
  /** Relative to the root: projects of their own within it. */
  apart?: string[]
}

/** Whoever waits for the search for projects. */
export interface RootsWatcher {
  maxFiles: number
  signal: AbortSignal
  onFolder: (count: number) => void
  /** Which folder was taken, where nothing marks one. */
  note: (text: string) => void
}

const silent: RootsWatcher = {
  maxFiles: mostFiles,
  signal: new AbortController().signal,
  onFolder: () => undefined,
  note: () => undefined,
}

/** The projects that hold these paths. Throws `UsageError` for a path that does not exist. */
export async function targets(
  paths: readonly string[],
  cwd: string,
  watcher: RootsWatcher = silent,
): Promise<Target[]> {
  const missing: string[] = []
  const byRoot = new Map<string, Target>()
  for (const path of paths.length === 0 ? ['.'] : paths) {
    let real: string
    let folder: boolean
    noteInput('real', resolve(cwd, path))
    try {
      real = await realpath(resolve(cwd, path))
      folder = (await stat(real)).isDirectory()
    } catch {
      missing.push(path)
      continue
    }
    const start = folder ? real : dirname(real)
    const marked = markedRoot(start)
    if (marked !== undefined) {
      add(byRoot, marked, real)
      continue
    }
    const root = unmarkedRoot(start, cwd)
    const below = folder ? await projectsBelow(createNodeHost(), real, watcher) : undefined
    const inner = below?.roots.map((one) => join(real, one)) ?? []
    for (const one of inner) add(byRoot, one, one)
    const count = `${inner.length} project${inner.length === 1 ? '' : 's'} of its own`
    if (below?.hasOthers === false && inner.length > 0) {
      watcher.note(`${real} holds ${count}, linted one after the other`)
      continue
    }
    add(byRoot, root, real)
    if (inner.length > 0) byRoot.get(root)!.apart = inner.map((one) => toPosix(relative(root, one)))
    const beside = inner.length === 0 ? '' : `; it holds ${count}`
    watcher.note(`no repository and no costlint.toml here or above, so the project is ${root}${beside}`)
  }
  if (missing.length > 0)
    throw new UsageError(missing.map((path) => `no such file or folder: ${path}`).join('\n'))
  return [...byRoot.values()]
}

/** The project of a file that need not exist (`--stdin-filename`). */
export function targetOf(path: string, cwd: string): Target {
  const byRoot = new Map<string, Target>()
  const absolute = resolve(cwd, path)
  const start = dirname(absolute)
  add(byRoot, markedRoot(start) ?? unmarkedRoot(start, cwd), absolute)
  return [...byRoot.values()][0]!
}

function add(byRoot: Map<string, Target>, root: string, path: string): void {
  const target = byRoot.get(root) ?? { root, paths: [] }
  byRoot.set(root, target)
  target.paths.push(toPosix(relative(root, path)))
}

function unmarkedRoot(start: string, cwd: string): string {
  // Nobody means their whole home or disk when they name one folder in it.
  const wide = [homedir(), tmpdir(), parse(cwd).root].includes(cwd)
  const below = relative(cwd, start)
  return !wide && !below.startsWith('..') && resolve(below) !== below ? cwd : start
}

/** @returns a folder that is not above `COSTLINT_CEILING` */
function markedRoot(start: string): string | undefined {
  const ceiling = process.env.COSTLINT_CEILING
  let configured: string | undefined
  for (let folder = start; ; folder = dirname(folder)) {
    if (isThere(join(folder, '.git'))) return folder
    if (isConfigured(folder)) configured = folder
    if (dirname(folder) === folder || folder === ceiling) return configured
  }
}

function isConfigured(folder: string): boolean {
  if (isThere(join(folder, 'costlint.toml'))) return true
  try {
    return mentionsConfiguration(readNoted(join(folder, 'pyproject.toml')).toString('utf8'))
  } catch {
    return false
  }
}

function isThere(path: string): boolean {
  noteInput('exists', path)
  return existsSync(path)
}
