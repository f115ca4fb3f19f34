/** Files that people asked for are written whole or left as they were: a disk may fill up on the way. */
import {
  access,
  chmod,
  chown,
  constants,
  mkdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname } from 'node:path'
import { reasonOf } from '../host/node/host.js'
import { UsageError } from './console.js'
import { harmless } from './format/width.js'

/**
 * Missing folders are made.
 * @param shown what the message calls the file
 * @throws UsageError with the reason, in one line
 */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array,
  shown: string,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await replace(await targetOf(path), content)
  } catch (error) {
    throw new UsageError(`${harmless(shown)}: cannot be written: ${reasonOf(error)}`)
  }
}

/** Where a link leads to. */
async function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const before = await stat(path).catch(() => undefined)
  // A pipe or a device is written to, and a file with several names keeps them all.
  if (before !== undefined && (!before.isFile() || before.nlink > 1)) return writeFile(path, content)
  // What must not be written may still be replaced by the owner of its folder.
  if (before !== undefined) await access(path, constants.W_OK)
  const beside = `${path}.${process.pid}.tmp`
  try {
    await writeFile(beside, content)
    if (before !== undefined) {
      const { uid, gid } = await stat(beside)
      if (uid !== before.uid || gid !== before.gid) await chown(beside, before.uid, before.gid)
      await chmod(beside, before.mode)
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined)
    // In a folder where nothing can be made, the file itself may be written.
    const { code } = error as NodeJS.ErrnoException
    if (before === undefined || (code !== 'EACCES' && code !== 'EPERM')) throw error
    await writeFile(path, content)
  }
}
