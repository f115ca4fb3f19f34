/** The host on Node: the disk, its processors, worker threads. */
import { statSync } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { lookUp } from '../../text/records.js'
import type { Entry, Host, HostWorker } from '../host.js'
import { AnswerFolder, type CachePlace } from './answer-folder.js'
import { Collecting } from './collect.js'
import { engine } from './engine.js'
import { setForNow } from './flags.js'
import { grammarFiles } from './grammar-files.js'
import {
  description,
  isNoting,
  kindOf,
  likeEntries,
  noteFailure,
  noteFile,
  noteFolder,
  noteInput,
  readNoted,
} from './inputs.js'

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  EISDIR: 'is a folder',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the path is too long',
  ERR_FS_FILE_TOO_LARGE: 'larger than 2 GiB',
}

/** A system error as a sentence without the path, which stands beside it. */
export function readable(error: unknown): Error {
  return new Error(`cannot be read: ${reasonOf(error)}`)
}

/** Why the system refused, in a few words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const reason = code === undefined ? undefined : lookUp(reasons, code)
  return reason ?? (error instanceof Error ? error.message : String(error))
}

/** Forward slashes, as everything outside this folder expects. */
export function toPosix(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/')
}

/** Megabytes, half of what V8 takes: a worker takes as long with it. */
const youngGeneration = 24

class NodeWorker implements HostWorker {
  private readonly worker: Worker

  constructor(script: URL) {
    this.worker = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: youngGeneration } })
    // A waiting pool must not keep a finished command alive.
    this.worker.unref()
  }

  post(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer)
  }

  /** It answers once it has taken in its script. */
  onStart(listener: () => void): void {
    this.worker.once('message', listener)
  }

  onMessage(listener: (message: unknown) => void): void {
    this.worker.on('message', listener)
  }

  onError(listener: (error: Error) => void): void {
    this.worker.on('error', listener)
    this.worker.on('exit', (code) => {
      if (code !== 0) listener(new Error(`the worker ended with code ${code}`))
    })
  }

  async terminate(): Promise<void> {
    await this.worker.terminate()
  }
}

/**
 * Workers read large projects, and each has a heap of its own. V8 lets a heap grow to several times what it holds before it
 * collects, so most of the memory of a run was garbage (bench/README.md). A worker that starts later does not take kept code.
 */
function growSlowly(): void {
  setForNow('--heap-growing-percent=70')
}

/** Milliseconds of work between two pauses. */
const stretch = 15

/** Bytes. */
const smallFile = 1_000_000

export interface NodeHostOptions {
  /** Place for answers that are kept between runs, by the root of the project; absent or null: none are kept. */
  cacheFor?: (root: string) => CachePlace | null
  /** The process ends with its answer; one that goes on holds more than it needs, rather than collect while somebody types. */
  isShort?: boolean
}

export function createNodeHost({ cacheFor, isShort = false }: NodeHostOptions = {}): Host {
  const workerScript = import.meta.url.endsWith('.ts') ? undefined : new URL('./worker.js', bundle())
  let rested = performance.now()
  let starting = 0
  let collecting: Collecting | null = null
  return {
    cpuCount: availableParallelism(),

    isShort,

    ...(isShort
      ? {
          betweenFiles() {
            collecting ??= new Collecting()
            collecting.betweenFiles()
          },
        }
      : {}),

    willBeRead: noteFile,

    pause() {
      if (performance.now() - rested < stretch) return undefined
      return new Promise((resolve) => {
        setImmediate(() => {
          rested = performance.now()
          resolve()
        })
      })
    },

    grammarSource: grammarFiles,

    async read(path) {
      try {
        const information = statSync(path)
        // A pipe or a device would block or never end.
        if (!information.isFile())
          throw new Error(information.isDirectory() ? 'is a folder' : 'not a regular file')
        // The detour over Node's thread pool takes longer than reading a script does.
        return information.size <= smallFile || isNoting() ? readNoted(path) : await readFile(path)
      } catch (error) {
        noteFailure('file', path, error)
        throw readable(error)
      }
    },

    async list(folder) {
      try {
        const described = isNoting() ? description(folder) : null
        const found = await readdir(folder, { withFileTypes: true })
        const entries = found.map((entry): Entry => ({ name: entry.name, kind: kindOf(entry) }))
        if (isNoting()) noteFolder(folder, described, likeEntries(entries))
        return entries
      } catch (error) {
        noteFailure('folder', folder, error)
        throw readable(error)
      }
    },

    async resolve(path) {
      noteInput('real', path)
      try {
        const real = await realpath(path)
        return { path: toPosix(real), kind: kindOf(await stat(real)) }
      } catch {
        return undefined
      }
    },

    async size(path) {
      noteInput('size', path)
      try {
        return (await stat(path)).size
      } catch {
        return undefined
      }
    },

    // Run from the sources, nothing tells one state of the engine from another.
    ...(cacheFor === undefined || engine === 'source'
      ? {}
      : {
          answersFor(root: string) {
            const place = cacheFor(root)
            return place === null ? undefined : new AnswerFolder(place)
          },
        }),

    // Beside the bundle lies worker.js; run from the sources, one thread does it all.
    ...(workerScript === undefined
      ? {}
      : {
          createWorker() {
            const worker = new NodeWorker(workerScript)
            starting++
            worker.onStart(() => {
              if (--starting === 0 && isShort) growSlowly()
            })
            return worker
          },
        }),
  }
}

/** The folder of the bundled entries. What several of them share lies in a folder of its own below it. */
function bundle(): URL {
  return new URL(/\/chunks\/[^/]+$/.test(import.meta.url) ? '../' : './', import.meta.url)
}

/** A folder of this installation: the bundle's own, or the project root when run from the sources. */
export function installation(): string {
  const source = import.meta.url.endsWith('.ts')
  return fileURLToPath(source ? new URL('../../../../', import.meta.url) : bundle())
}
