/** Answers between runs as files of a folder: one for each source file, named by a hash of its path. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AnswerStore } from '../answers.js'
import { engine } from './engine.js'

/** The folder at the root of a project. */
export const cacheFolder = '.costlint_cache'

/** https://bford.info/cachedir/: what programs that make backups leave out. */
const tag = `Signature: 8a477f597d28d172789f06886806bc55
# This folder was created by CostLint. What it holds is computed again when it is missing.
`

/** Milliseconds after which what another version of the engine left is thrown away. */
const otherEngines = 14 * 86_400_000

/** Where answers about a project are kept: `COSTLINT_CACHE_DIR`, which may hold many projects; null: nowhere. */
export function namedCache(root: string): string | null {
  const folder = process.env.COSTLINT_CACHE_DIR
  return folder === undefined || folder === ''
    ? null
    : join(folder, createHash('sha1').update(root).digest('hex').slice(0, 16))
}

/** Throws away what runs have kept about a project. False: there was nothing. */
export async function removeAnswers(root: string): Promise<boolean> {
  const folder = namedCache(root) ?? join(root, cacheFolder)
  // Whatever else has this name is not ours to remove.
  if (!existsSync(join(folder, 'CACHEDIR.TAG'))) return false
  await rm(folder, { recursive: true, force: true })
  return true
}

export class AnswerFolder implements AnswerStore {
  isEmpty: boolean
  private readonly folder: string
  private made = false

  /** @param top the folder of all engines. It is made when something is written. */
  constructor(private readonly top: string) {
    this.folder = join(top, engine)
    this.isEmpty = !existsSync(this.folder)
  }

  read(name: string): string | undefined {
    let text: string
    try {
      text = readFileSync(join(this.folder, name), 'utf8')
    } catch {
      return undefined
    }
    const end = text.indexOf('\n')
    const rest = text.slice(end + 1)
    return end !== -1 && text.slice(0, end) === digestOf(rest) ? rest : undefined
  }

  async write(name: string, text: string): Promise<void> {
    if (!this.made) await this.make()
    // Another process may read or write the same name: it sees the old file or the new one, never half of it.
    const temporary = join(this.folder, `${name}.${process.pid}.tmp`)
    try {
      await writeFile(temporary, `${digestOf(text)}\n${text}`)
      await rename(temporary, join(this.folder, name))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  async prune(names: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const isFresh = name.endsWith('.tmp') && Date.now() - (await ageOf(join(this.folder, name))) < 60_000
      if (!names.has(name) && !isFresh) await rm(join(this.folder, name), { force: true })
    }
    for (const name of await readdir(this.top)) {
      if (name === engine || name.includes('.')) continue
      const other = join(this.top, name)
      if (Date.now() - (await ageOf(other)) > otherEngines) await rm(other, { recursive: true, force: true })
    }
  }

  private async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    for (const [name, text] of [
      ['.gitignore', '*\n'],
      ['CACHEDIR.TAG', tag],
    ] as const) {
      if (!existsSync(join(this.top, name))) await writeFile(join(this.top, name), text)
    }
    this.made = true
    this.isEmpty = false
  }
}

function digestOf(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}

/** When it was last written, in milliseconds since 1970; now where it has gone. */
async function ageOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return Date.now()
  }
}
