/**
 * What whole commands have printed, kept in the cache folder of the user: a command that is given once more, and would
 * see the same, prints it again without asking the engine.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn, secretIn, signed, unsigned, userCache } from './answer-folder.js'
import { engine } from './engine.js'
import { type Input, sameInputs } from './inputs.js'

export interface Outcome {
  /** In the order of printing. */
  printed: { stream: 'out' | 'err'; text: string }[]
  code: number
}

interface Kept {
  inputs: Input[]
  outcome: Outcome
}

/** The last so many are kept. */
const most = 60

/** Characters beyond which an outcome is not worth its place. */
const largest = 16_000_000

function folder(): string {
  return join(userCache(), 'outcomes')
}

/** What a command depends on beside the disk. */
function nameOf(command: readonly unknown[]): string {
  const all = [engine, process.version, ...command]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32)
}

/** Undefined: the command was never given, or something is another than it was. */
export function keptOutcome(command: readonly unknown[]): Outcome | undefined {
  const name = nameOf(command)
  const text = textOf(name)
  if (text === undefined) return undefined
  const secret = secretIn(userCache())
  const rest = secret === null ? undefined : unsigned(secret, name, text)
  if (rest === undefined) return undefined
  const { inputs, outcome } = JSON.parse(rest) as Kept
  const now = sameInputs(inputs)
  if (now === null) return undefined
  // Next time the disk says at once that they are the same.
  if (now.some(({ described }, index) => described !== inputs[index]!.described))
    write(name, { inputs: now, outcome })
  else touch(join(folder(), name))
  return outcome
}

export function keepOutcome(command: readonly unknown[], inputs: Input[], outcome: Outcome): void {
  // What another thread has read tells nothing where it had just changed.
  if (inputs.some(({ kind, described, like }) => kind === 'file' && described === null && like === null))
    return
  write(nameOf(command), { inputs, outcome })
}

/** Throws away those of commands that looked at the project with this root. False: there were none. */
export function removeOutcomes(root: string): boolean {
  const folderOfRoot = JSON.stringify({ kind: 'folder', path: root }).slice(0, -1)
  const own = namesIn(folder()).filter((name) => textOf(name)?.includes(folderOfRoot) === true)
  for (const name of own) rmSync(join(folder(), name), { force: true })
  return own.length > 0
}

function textOf(name: string): string | undefined {
  try {
    return readFileSync(join(folder(), name), 'utf8')
  } catch {
    return undefined
  }
}

function write(name: string, kept: Kept): void {
  const text = JSON.stringify(kept)
  const secret = secretIn(userCache())
  if (secret === null || text.length > largest) return
  const path = join(folder(), name)
  const temporary = `${path}.${process.pid}`
  try {
    mkdirSync(folder(), { recursive: true })
    writeFileSync(temporary, signed(secret, name, text), { mode: 0o600 })
    renameSync(temporary, path)
    prune()
  } catch {
    // A disk that is full or may not be written.
    rmSync(temporary, { force: true })
  }
}

function prune(): void {
  const names = namesIn(folder())
  if (names.length <= most) return
  const aged = names.map((name) => ({ name, used: statSync(join(folder(), name)).mtimeMs }))
  aged.sort((a, b) => b.used - a.used)
  for (const { name } of aged.slice(most)) rmSync(join(folder(), name), { force: true })
}

/** It was used: others are thrown away first. */
function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // It is read all the same.
  }
}
