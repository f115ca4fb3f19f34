/** The files of a git revision, written to a folder of their own. Nothing of the repository runs: no hook, no filter, no checkout. */
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { UsageError } from './console.js'

const run = promisify(execFile)

/** Larger files hold data. */
const largest = 4 << 20

/** Regular files; links and submodules are left out. */
const regular = /^100(644|755)$/

/**
 * Where objects are missing, git asks the remote that the repository's own configuration names, by a command that stands there as
 * well. No protocol is allowed, so nothing is fetched and nothing is started.
 */
const environment = { ...process.env, GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1' }

export interface Blob {
  id: string
  path: string
}

/** Calls `use` with a folder that holds the files of the revision; the folder is gone afterwards. */
export async function atRevision<T>(
  root: string,
  revision: string,
  use: (root: string) => Promise<T>,
): Promise<T> {
  const blobs = await blobsOf(root, revision, '--compare')
  const folder = await mkdtemp(join(tmpdir(), 'costlint-'))
  try {
    await writeAll(root, blobs, folder)
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a git command prints. Throws `UsageError` in the name of `option`. */
export async function git(root: string, args: readonly string[], option: string): Promise<string> {
  try {
    const settings = ['-c', 'core.fsmonitor=false', '-c', 'core.untrackedCache=false']
    const { stdout } = await run('git', [...settings, ...args], {
      cwd: root,
      env: environment,
      maxBuffer: 1 << 30,
    })
    return stdout
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n')[0] : ''
    throw new UsageError(`${option}: git fails${said ? `: ${said}` : ''}`)
  }
}

/** The regular files of a revision. Throws `UsageError` in the name of `option`. */
export async function blobsOf(root: string, revision: string, option: string): Promise<Blob[]> {
  if (revision.startsWith('-')) throw new UsageError(`${option}: "${revision}" is no revision`)
  let listed: string
  try {
    listed = await git(root, ['ls-tree', '-r', '-l', '-z', '--full-tree', revision], option)
  } catch (error) {
    const said = error instanceof Error ? (error.message.split('git fails: ')[1] ?? '') : ''
    throw new UsageError(`${option}: git cannot read "${revision}"${said ? `: ${said}` : ''}`)
  }
  return listed.split('\0').flatMap((entry) => {
    const match = /^(\d+) blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(entry)
    if (match === null) return []
    const [, mode, id, size, path] = match as unknown as [string, string, string, string, string]
    return regular.test(mode) && Number(size) <= largest && staysWithin(path) ? [{ id, path }] : []
  })
}

/** A tree that somebody made by hand may hold any name. */
function staysWithin(path: string): boolean {
  return path.split(/[/\\]/).every((part) => part !== '..' && part !== '' && part.toLowerCase() !== '.git')
}

async function writeAll(root: string, blobs: readonly Blob[], folder: string): Promise<void> {
  const git = spawn('git', ['cat-file', '--batch'], {
    cwd: root,
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const failed = new Promise<never>((_, reject) => git.on('error', reject))
  failed.catch(() => undefined)
  git.stdin.on('error', () => undefined)
  git.stdin.end(blobs.map(({ id }) => `${id}\n`).join(''))
  const chunks = git.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let held = Buffer.alloc(0)
  const need = async (enough: () => boolean): Promise<void> => {
    while (!enough()) {
      const { value, done } = await Promise.race([chunks.next(), failed])
      if (done === true) throw new UsageError('--compare: git ended before all files were read')
      held = Buffer.concat([held, value])
    }
  }
  for (const { path } of blobs) {
    await need(() => held.includes(10))
    const end = held.indexOf(10)
    const size = Number(held.subarray(0, end).toString().split(' ')[2])
    await need(() => held.length >= end + 1 + size + 1)
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, held.subarray(end + 1, end + 1 + size))
    held = held.subarray(end + 1 + size + 1)
  }
}
