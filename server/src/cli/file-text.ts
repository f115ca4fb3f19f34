/** Files with measurements, packed or not, as text. */
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { largestFile } from '../measured/read.js'

/** Rejects with a readable message, also for a file that is, or unpacks to, more than is read. */
export async function textOfFile(path: string): Promise<string> {
  const found = await stat(path)
  if (!found.isFile()) throw new Error('no file')
  const limit = `larger than ${largestFile / 2 ** 20} MiB`
  if (found.size > largestFile) throw new Error(limit)
  const bytes = await readFile(path)
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8')
  try {
    return (await promisify(gunzip)(bytes, { maxOutputLength: largestFile })).toString('utf8')
  } catch (error) {
    throw new Error(
      (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        ? limit
        : error instanceof Error
          ? error.message
          : String(error),
    )
  }
}
