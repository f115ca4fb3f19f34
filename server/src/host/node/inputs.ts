/**
 * What a run has looked at on the disk, so that a later one can tell whether it would see the same. As in the index of
 * git, a file whose size, times and number are as they were is taken for the same, unless it had changed so shortly
 * before it was read that it could have changed again in the same tick of the clock; then, and where they differ, its
 * bytes decide.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { cacheFolder } from './answer-folder.js'

/** `exists`: whether something stands there, and what. `size`: of the file. `real`: where links lead to. */
export type InputKind = 'file' | 'folder' | 'exists' | 'size' | 'real'

export interface Input {
  kind: InputKind
  path: string
  /** How the disk described it before it was read; null: that does not tell one state from another. */
  described: string | null
  /** What it was like; null: nobody knows, since another thread has read it. */
  like: string | null
}

/** Of what is not there. */
const absent = ''

/** Milliseconds: coarser than the clock of any file system. */
const tick = 2_000

/** Bytes; what is larger is not compared. */
const largest = 64_000_000

class Inputs {
  private readonly known = new Map<string, Input>()
  /** Something was other things at two times, or could not be looked at. */
  isUnclear = false

  get all(): Input[] {
    return [...this.known.values()]
  }

  add(input: Input): void {
    const key = `${input.kind} ${input.path}`
    const before = this.known.get(key)
    if (before === undefined) this.known.set(key, input)
    else if (before.like !== null && input.like !== null) this.isUnclear ||= input.like !== before.like
    // Another thread has read the bytes: only the disk can say that they are those that were read here.
    else if (before.described === null || input.described !== before.described) this.isUnclear = true
    else if (before.like === null) this.known.set(key, input)
  }
}

let noting: Inputs | null = null

/** From now on what this process looks at is noted. */
export function noteInputs(): Inputs {
  noting = new Inputs()
  return noting
}

export function isNoting(): boolean {
  return noting !== null
}

/** Looks at something and notes what it is like. */
export function noteInput(kind: 'exists' | 'size' | 'real', path: string): void {
  note(kind, path, () => looked(kind, path))
}

/** Notes a file that is about to be read elsewhere. */
export function noteFile(path: string): void {
  note('file', path, () => null)
}

/** Reads a file, and notes it. Throws what the reading throws. */
export function readNoted(path: string): Buffer {
  if (noting === null) return readFileSync(path)
  const described = description(path)
  try {
    const bytes = readFileSync(path)
    // What changes while it is read may be described as it was before, or as it is now.
    const isSame = described !== null && described === description(path)
    noting.add({ kind: 'file', path, described: isSame ? described : null, like: digest(bytes) })
    return bytes
  } catch (error) {
    noteFailure('file', path, error)
    throw error
  }
}

/** Notes the entries of a folder, which has been described before it was listed. */
export function noteFolder(path: string, described: string | null, like: string): void {
  noting?.add({ kind: 'folder', path, described, like })
}

export function noteFailure(kind: InputKind, path: string, error: unknown): void {
  if (noting === null) return
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') noting.add({ kind, path, described: null, like: absent })
  else noting.isUnclear = true
}

function note(kind: InputKind, path: string, like: () => string | null): void {
  if (noting === null) return
  try {
    noting.add({ kind, path, described: kind === 'file' ? description(path) : null, like: like() })
  } catch {
    noting.isUnclear = true
  }
}

/** Null: it changed just now, so that it may change once more and be described the same. */
export function description(path: string): string | null {
  const state = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (state === undefined) return null
  const { size, mtimeNs, ctimeNs, ino, mode } = state
  const isFresh = Number(ctimeNs / 1_000_000n) > Date.now() - tick
  return isFresh ? null : [size, mtimeNs, ctimeNs, ino, mode].join(' ')
}

function digest(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64')
}

/** Of a folder: its entries but for what runs leave in it. */
export function likeEntries(entries: readonly { name: string; kind: string }[]): string {
  const names = entries.filter(({ name }) => name !== cacheFolder).map(({ name, kind }) => `${kind} ${name}`)
  return digest(Buffer.from(names.sort().join('\n')))
}

export function kindOf(state: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>) {
  if (state.isFile()) return 'file'
  if (state.isDirectory()) return 'folder'
  return state.isSymbolicLink() ? 'link' : 'other'
}

/** What something is like now. Throws where it cannot be looked at. */
function looked(kind: InputKind, path: string): string {
  const state = statSync(path, { throwIfNoEntry: false })
  if (state === undefined) return absent
  switch (kind) {
    case 'exists':
      return kindOf(state)
    case 'size':
      return String(state.size)
    case 'real':
      return `${kindOf(state)} ${realpathSync(path)}`
    case 'folder': {
      const entries = readdirSync(path, { withFileTypes: true })
      return likeEntries(entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })))
    }
    case 'file':
      if (!state.isFile() || state.size > largest) throw new Error('not compared')
      return digest(readFileSync(path))
  }
}

/** The inputs as they would be noted now; null: one of them is another. */
export function sameInputs(inputs: readonly Input[]): Input[] | null {
  const now: Input[] = []
  try {
    for (const input of inputs) {
      const { kind, path, like } = input
      const isDescribed = kind === 'file' || kind === 'folder'
      const described = isDescribed ? description(path) : null
      if (described === null || described !== input.described) {
        if (like === null || looked(kind, path) !== like) return null
      }
      now.push({ kind, path, described, like })
    }
  } catch {
    return null
  }
  return now
}
