/** Which files have changed since a git revision. Nothing of the repository runs: no hook, no filter, no file monitor. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from './console.js'
import { blobsOf, git } from './revision.js'

/** Files read at the same time. */
const atOnce = 32

/**
 * Files that are not what they were where the present commit branched off the revision, and files that git does not know
 * and does not ignore. Relative to the root, `/` as separator.
 */
export async function changedSince(root: string, revision: string): Promise<string[]> {
  const before = await blobsOf(root, await branchPoint(root, revision), '--since')
  const known = new Map(before.map(({ id, path }) => [path, id]))
  const changed: string[] = []
  const queue = [...known]
  const lane = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [path, id] = next
      if (!(await isBlob(join(root, path), id))) changed.push(path)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const now = (await git(root, ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], '--since'))
    .split('\0')
    .filter((path) => path !== '')
  changed.push(...now.filter((path) => !known.has(path)))
  return changed.sort()
}

/** What came to the revision itself meanwhile is nobody's change here. */
async function branchPoint(root: string, revision: string): Promise<string> {
  if (revision.startsWith('-')) throw new UsageError(`--since: "${revision}" is no revision`)
  try {
    return (await git(root, ['merge-base', revision, 'HEAD'], '--since')).trim()
  } catch {
    // Of a shallow clone the common past is not there.
    return revision
  }
}

/** Whether the file is what git has stored, also where it was checked out with other line ends. */
async function isBlob(path: string, id: string): Promise<boolean> {
  let bytes: Buffer
  try {
    if (!(await stat(path)).isFile()) return false
    bytes = await readFile(path)
  } catch {
    return false
  }
  if (hashOf(bytes, id) === id) return true
  if (!bytes.includes('\r\n')) return false
  return hashOf(Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'), id) === id
}

function hashOf(bytes: Buffer, like: string): string {
  const hash = createHash(like.length > 40 ? 'sha256' : 'sha1')
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}
