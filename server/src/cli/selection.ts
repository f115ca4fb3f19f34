/** The projects that a command is about: given by paths, by a list of paths, and cut into shards. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { toPosix } from '../host/node/host.js'
import type { LintError } from '../linter.js'
import { type Console, UsageError } from './console.js'
import { type RootsWatcher, type Target, targets } from './roots.js'
import { inShard, parseShard, type Shard } from './shard.js'

export interface SelectionFlags {
  /** '3/10' */
  shard?: string
  /** A file with a path on each line; '-' for standard input. */
  pathsFrom?: string
}

export interface Selected {
  targets: Target[]
  /** Paths of the list that are not there: one of many is no reason to stop. */
  missing: LintError[]
}

export async function selected(
  paths: readonly string[],
  { shard: part, pathsFrom }: SelectionFlags,
  console: Console,
  watcher?: RootsWatcher,
): Promise<Selected> {
  const shard = part === undefined ? undefined : parseShard(part)
  const listed = pathsFrom === undefined ? [] : await readList(pathsFrom, console)
  const all = [...paths, ...listed]
  // Each line stands for a project, so that a machine looks at its own part of the disk only.
  if (pathsFrom !== undefined) return ofLines(all, shard, console, watcher)
  const found = await targets(all, console.cwd, watcher)
  if (shard === undefined) return { targets: found, missing: [] }
  const name = ({ root }: Target) => toPosix(relative(console.cwd, root)) || '.'
  return { targets: found.filter((target) => inShard(name(target), shard)), missing: [] }
}

/** Lines of a list, chosen as `check --paths-from` chooses them. */
export async function linesOfShard(part: string, file: string, console: Console): Promise<string[]> {
  return linesIn(await readList(file, console), parseShard(part))
}

function linesIn(lines: readonly string[], shard: Shard | undefined): string[] {
  const name = (path: string) => path.replace(/^(?:\.\/)+|(?<!\/)\/+$/g, '')
  return lines.filter((path) => shard === undefined || inShard(name(path), shard))
}

async function ofLines(
  lines: readonly string[],
  shard: Shard | undefined,
  console: Console,
  watcher: RootsWatcher | undefined,
): Promise<Selected> {
  const own = linesIn(lines, shard)
  const there = own.filter((path) => existsSync(resolve(console.cwd, path)))
  const missing = own
    .filter((path) => !there.includes(path))
    .map((path) => ({ path, message: 'no such file or folder' }))
  return { targets: there.length === 0 ? [] : await targets(there, console.cwd, watcher), missing }
}

async function readList(file: string, console: Console): Promise<string[]> {
  let text: string
  try {
    text =
      file === '-'
        ? new TextDecoder().decode(await console.input())
        : await readFile(resolve(console.cwd, file), 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`${file} cannot be read: ${reason}`)
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
