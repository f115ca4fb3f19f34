/**
 * Which project a path on the command line belongs to. The root decides what is linked, so it must not depend on how
 * a path was written: it is the repository, else the outermost folder with a configuration, else the current folder.
 */
import { existsSync, readFileSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, parse, relative, resolve } from 'node:path'
import { mentionsConfiguration } from '../linter.js'
import { toPosix } from '../project/node/host.js'
import { UsageError } from './console.js'

export interface Target {
  root: string
  /** Relative to the root, `/` as separator, '' for the root itself. */
  paths: string[]
}

/** The projects that hold these paths. Throws `UsageError` for a path that does not exist. */
export async function targets(paths: readonly string[], cwd: string): Promise<Target[]> {
  const missing: string[] = []
  const byRoot = new Map<string, Target>()
  for (const path of paths.length === 0 ? ['.'] : paths) {
    let real: string
    let folder: boolean
    try {
      real = await realpath(resolve(cwd, path))
      folder = (await stat(real)).isDirectory()
    } catch {
      missing.push(path)
      continue
    }
    add(byRoot, rootOf(real, folder, cwd), real)
  }
  if (missing.length > 0)
    throw new UsageError(missing.map((path) => `no such file or folder: ${path}`).join('\n'))
  return [...byRoot.values()]
}

/** The project of a file that need not exist (`--stdin-filename`). */
export function targetOf(path: string, cwd: string): Target {
  const byRoot = new Map<string, Target>()
  const absolute = resolve(cwd, path)
  add(byRoot, rootOf(absolute, false, cwd), absolute)
  return [...byRoot.values()][0]!
}

function add(byRoot: Map<string, Target>, root: string, path: string): void {
  const target = byRoot.get(root) ?? { root, paths: [] }
  byRoot.set(root, target)
  target.paths.push(toPosix(relative(root, path)))
}

function rootOf(path: string, folder: boolean, cwd: string): string {
  const start = folder ? path : dirname(path)
  const marked = markedRoot(start)
  if (marked !== undefined) return marked
  // Nobody means their whole home or disk when they name one folder in it.
  const wide = [homedir(), tmpdir(), parse(cwd).root].includes(cwd)
  const below = relative(cwd, start)
  return !wide && !below.startsWith('..') && resolve(below) !== below ? cwd : start
}

function markedRoot(start: string): string | undefined {
  let configured: string | undefined
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (isConfigured(folder)) configured = folder
    if (dirname(folder) === folder) return configured
  }
}

function isConfigured(folder: string): boolean {
  if (existsSync(join(folder, 'costlint.toml'))) return true
  try {
    return mentionsConfiguration(readFileSync(join(folder, 'pyproject.toml'), 'utf8'))
  } catch {
    return false
  }
}
