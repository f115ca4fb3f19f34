/**
 * Starts the one script of the bundle in one of its roles. V8 keeps no compiled code between runs by itself, and
 * compiling three megabytes takes longer than linting a script; so what a run of the command line has compiled is kept
 * in the user's cache folder, and taken from there by the next.
 */
import './compile-later.js'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { engine } from './engine.js'
import { setAsAtStart, setForNow } from './flags.js'
import { version } from './version.js'

/** What the bundle exports: each evaluates its modules. */
type Roles = Record<'cli' | 'worker' | 'server', () => unknown>

/** The oldest major version of Node that runs the engine. */
const oldestNode = 20

export function start(role: keyof Roles): void {
  const { node } = process.versions
  if (Number.parseInt(node, 10) < oldestNode) {
    process.stderr.write(`costlint: needs Node ${oldestNode} or newer, this is ${node}\n`)
    process.exitCode = 2
    return
  }
  const args = process.argv.slice(2)
  // The one question that needs no engine at all.
  if (role === 'cli' && args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`costlint ${version}\n`)
    return
  }
  const file = fileURLToPath(new URL('engine.cjs', import.meta.url))
  const kept = keptCode()
  const cachedData = readOwn(kept)
  // A check has compiled what the next one needs. Whoever wants nothing kept says so.
  const willKeep = role === 'cli' && args[0] === 'check' && !args.includes('--no-cache')
  if (willKeep && cachedData === undefined) setForNow('--no-flush-bytecode')
  // The build writes ASCII; as Latin-1 nothing has to be decoded.
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(file, 'latin1')}\n})`
  const script = new Script(source, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const module = { exports: {} as Roles }
  const evaluate = script.runInThisContext() as (...given: unknown[]) => void
  evaluate(module.exports, createRequire(import.meta.url), module, file, dirname(file))
  const isUsed = cachedData !== undefined && script.cachedDataRejected !== true
  if (willKeep && !isUsed) process.once('exit', () => keep(kept, script))
  module.exports[role]()
}

/** Names of kept code. */
const codeName = /^code-[\w.-]+$/

/**
 * Where the code of this engine is kept for this V8. What lies there is run, so it is the user's own folder and never
 * `COSTLINT_CACHE_DIR`, which may lie in a repository that brings files of its own.
 */
function keptCode(): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'costlint')
  return join(folder, `code-${engine}-${process.arch}-${process.versions.v8}`)
}

/** Code as it was kept. Undefined: there is none, it is damaged, or somebody else than the user may have written it. */
function readOwn(path: string): Buffer | undefined {
  try {
    const { uid, mode } = statSync(path)
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
    if (!isOwn) return undefined
    const bytes = readFileSync(path)
    const code = bytes.subarray(digestLength)
    // V8 looks at the beginning only, and runs whatever follows.
    return bytes.subarray(0, digestLength).equals(digest(code)) ? code : undefined
  } catch {
    return undefined
  }
}

const digestLength = 32

function digest(code: Buffer): Buffer {
  return createHash('sha256').update(code).digest()
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What cannot be removed could not be written either, or is overwritten by a later run.
  }
}

function keep(path: string, script: Script): void {
  const temporary = `${path}.${process.pid}`
  try {
    const folder = dirname(path)
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(folder))
      if (codeName.test(name)) rmSync(join(folder, name), { force: true })
    setAsAtStart()
    const code = script.createCachedData()
    writeFileSync(temporary, Buffer.concat([digest(code), code]), { mode: 0o600 })
    renameSync(temporary, path)
  } catch {
    // A disk that is full or may not be written: the next run compiles again.
    remove(temporary)
  }
}
