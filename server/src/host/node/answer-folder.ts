/** Answers between runs as files of a folder: one for each source file, named by a hash of its path. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
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

export interface CachePlace {
  /** The folder of all engines; made when something is written. */
  folder: string
  /** Folder of the user with the secret that signs answers: what a repository brings along was not written here. */
  secrets: string
}

/** Where answers about a project are kept: `COSTLINT_CACHE_DIR`, which may hold many projects; null: nowhere. */
export function namedCache(root: string): CachePlace | null {
  const secrets = process.env.COSTLINT_CACHE_DIR
  if (secrets === undefined || secrets === '') return null
  return { folder: join(secrets, createHash('sha1').update(root).digest('hex').slice(0, 16)), secrets }
}

/** The named place, else a folder at the root of the project. */
export function cacheOf(root: string): CachePlace {
  return namedCache(root) ?? { folder: join(root, cacheFolder), secrets: userCache() }
}

/** What is kept for no project in particular: in `COSTLINT_CACHE_DIR`, else in the user's cache folder. */
export function userCache(): string {
  const named = process.env.COSTLINT_CACHE_DIR
  return named || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'costlint')
}

/** Throws away what runs have kept about a project. False: there was nothing. */
export async function removeAnswers(root: string): Promise<boolean> {
  const { folder } = cacheOf(root)
  // Whatever else has this name is not ours to remove.
  if (!existsSync(join(folder, 'CACHEDIR.TAG'))) return false
  await rm(folder, { recursive: true, force: true })
  return true
}

/** Names that are ours to throw away. */
const answerName = /^[0-9a-z]+(\.[0-9a-z]+){2}(\.\d+\.tmp)?$/
const engineName = /^\d+\.\d+\.\d+\S*-[0-9a-f]{12}$/

export class AnswerFolder implements AnswerStore {
  isEmpty: boolean
  private readonly top: string
  private readonly folder: string
  private readonly secret: Buffer | null
  private made = false
  private readonly names: Set<string>

  constructor({ folder, secrets }: CachePlace) {
    this.top = folder
    this.folder = join(folder, engine)
    // A link that a repository brings along would lead writing and pruning astray.
    const isSafe = [folder, this.folder].every((one) => !isLink(one))
    this.secret = isSafe ? secretIn(secrets) : null
    this.names = new Set(this.secret === null ? [] : namesIn(this.folder))
    this.isEmpty = this.secret === null || !existsSync(this.folder)
  }

  has(name: string): boolean {
    return this.names.has(name)
  }

  read(name: string): string | undefined {
    if (this.secret === null) return undefined
    try {
      const bytes = readFileSync(join(this.folder, name))
      const end = bytes.indexOf(0x0a)
      const text = bytes.subarray(end + 1)
      const isOwn = end !== -1 && bytes.toString('latin1', 0, end) === signature(this.secret, name, text)
      return isOwn ? text.toString() : undefined
    } catch {
      return undefined
    }
  }

  async write(name: string, text: string): Promise<void> {
    if (this.secret === null) throw new Error('there is no safe place for answers')
    if (!this.made) await this.make()
    // Another process may read or write the same name: it sees the old file or the new one, never half of it.
    const temporary = join(this.folder, `${name}.${process.pid}.tmp`)
    try {
      await writeFile(temporary, signed(this.secret, name, text))
      await rename(temporary, join(this.folder, name))
      this.names.add(name)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  async prune(names: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (!answerName.test(name) || names.has(name)) continue
      const isFresh = name.endsWith('.tmp') && Date.now() - (await ageOf(join(this.folder, name))) < 60_000
      if (!isFresh) await rm(join(this.folder, name), { force: true })
    }
    for (const name of await readdir(this.top)) {
      if (name === engine || !engineName.test(name)) continue
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

/** The text behind a first line that only the user's own secret makes for this name. */
export function signed(secret: Buffer, name: string, text: string): string {
  return `${signature(secret, name, text)}\n${text}`
}

/** The text without that line; undefined: it is damaged, or somebody else has written it. */
export function unsigned(secret: Buffer, name: string, text: string): string | undefined {
  const end = text.indexOf('\n')
  const rest = text.slice(end + 1)
  return end !== -1 && text.slice(0, end) === signature(secret, name, rest) ? rest : undefined
}

function signature(secret: Buffer, name: string, text: string | Buffer): string {
  return createHmac('sha256', secret).update(name).update('\0').update(text).digest('base64')
}

/** Of the files in a folder; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

/** 32 bytes that stay the same; null: they can neither be read nor made. */
export function secretIn(folder: string): Buffer | null {
  const path = join(folder, 'key')
  try {
    mkdirSync(folder, { recursive: true })
    // Whoever comes first makes it.
    if (!existsSync(path)) writeFileSync(path, randomBytes(32), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return null
  }
  try {
    const secret = readFileSync(path)
    return secret.length === 32 ? secret : null
  } catch {
    return null
  }
}

/** When it was last written, in milliseconds since 1970; now where it has gone. */
async function ageOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return Date.now()
  }
}
