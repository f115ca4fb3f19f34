/** The same backend in several workers, and in this thread beside them. A file always goes to the lane that has its tree. */

import type { Surroundings } from '../extraction/surroundings.js'
import type { ModuleSummary } from '../python/module.js'
import { SharedStrings } from '../text/shared-strings.js'
import type { Backend, Loaded, ReadResult, SummaryResult, SummaryUse, Versions } from './backend.js'
import { type Host, type HostWorker, under } from './host.js'
import { type Sent, SentSummaries, type SentSurroundings } from './shared-summaries.js'

export type WorkerRequest =
  | { id: number; kind: 'start'; root: string; isShort: boolean }
  | { id: number; kind: 'load'; path: string; force: boolean; versions: Versions }
  | { id: number; kind: 'read'; path: string; surroundings: SentSurroundings; ended: number[] }
  | {
      id: number
      kind: 'summarise'
      path: string
      imported: Record<string, Sent>
      versions: Versions
      use: SummaryUse
      ended: number[]
    }
  | { id: number; kind: 'forget'; path: string }

export type WorkerReply = { id: number; result: unknown } | { id: number; failure: string }

type Other = Exclude<WorkerRequest, { kind: 'read' | 'summarise' }>

/** The same before it is made ready for a worker. */
type Request =
  | Omit<Extract<Other, { kind: 'start' }>, 'id'>
  | Omit<Extract<Other, { kind: 'load' }>, 'id'>
  | Omit<Extract<Other, { kind: 'forget' }>, 'id'>
  | { kind: 'read'; path: string; surroundings: Surroundings }
  | {
      kind: 'summarise'
      path: string
      imported: Record<string, ModuleSummary>
      versions: Versions
      use: SummaryUse
    }

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/**
 * Messages that one worker is sent ahead of its answers. The links ask for all files at once; what lies ready for a worker is
 * a copy of what goes with each of them, and the memory of thousands of those is not given back.
 */
const mostPosted = 4

/** Where files are read, one after the other. */
interface Lane {
  /** Questions that it has not answered so far. */
  load: number
  readonly isDead: boolean
  ask(request: Request): Promise<unknown>
  terminate(): Promise<void>
}

/** This thread takes its part where nobody else needs it: one more worker would hold the whole engine once more. */
class OwnLane implements Lane {
  private turn: Promise<unknown> = Promise.resolve()
  readonly isDead = false
  load = 0

  constructor(
    private readonly backend: Backend,
    private readonly host: Host,
    private readonly strings: SharedStrings,
  ) {}

  ask(request: Request): Promise<unknown> {
    const answer = this.turn.then(async () => {
      // Workers wait for what this thread has to send them.
      await this.host.pause?.()
      this.host.betweenFiles?.()
      // As from a worker: parts of a text would hold all of it.
      return this.strings.share(structuredClone(await this.answer(request)))
    })
    this.turn = answer.catch(() => undefined)
    return answer
  }

  private answer(request: Request): unknown {
    const { backend } = this
    switch (request.kind) {
      case 'load':
        return backend.load(request.path, request.force, request.versions)
      case 'read':
        return backend.read(request.path, request.surroundings)
      case 'summarise':
        return backend.summarise(request.path, request.imported, request.versions, request.use)
      case 'forget':
        return backend.forget(request.path)
      case 'start':
        return undefined
    }
  }

  async terminate(): Promise<void> {}
}

class WorkerLane implements Lane {
  private readonly waiting = new Map<number, Waiting>()
  private readonly held: { request: Request; done: Waiting }[] = []
  private nextId = 0
  private dead: Error | null = null
  private readonly sent = new SentSummaries()
  private started: Promise<unknown> = Promise.resolve()
  load = 0

  get isDead(): boolean {
    return this.dead !== null
  }

  constructor(
    private readonly worker: HostWorker,
    private readonly strings: SharedStrings,
  ) {
    worker.onMessage((message) => {
      const reply = message as WorkerReply
      const waiting = this.waiting.get(reply.id)
      if (waiting === undefined) return
      this.waiting.delete(reply.id)
      this.postHeld()
      if ('failure' in reply) waiting.reject(new Error(reply.failure))
      else waiting.resolve(this.strings.share(reply.result))
    })
    worker.onError((error) => {
      this.dead = error
      for (const waiting of this.waiting.values()) waiting.reject(error)
      this.waiting.clear()
      for (const { done } of this.held.splice(0)) done.reject(error)
    })
  }

  start(root: string, isShort: boolean): Promise<unknown> {
    this.started = this.send({ kind: 'start', root, isShort }).catch((error: Error) => {
      this.dead ??= error
      throw error
    })
    return this.started
  }

  async ask(request: Request): Promise<unknown> {
    await this.started
    return this.send(request)
  }

  private send(request: Request): Promise<unknown> {
    if (this.dead !== null) return Promise.reject(this.dead)
    return new Promise((resolve, reject) => {
      this.held.push({ request, done: { resolve, reject } })
      this.postHeld()
    })
  }

  private postHeld(): void {
    while (this.waiting.size < mostPosted) {
      const next = this.held.shift()
      if (next === undefined) return
      const id = this.nextId++
      this.waiting.set(id, next.done)
      try {
        this.worker.post(this.message(next.request, id))
      } catch (error) {
        // What cannot be copied.
        this.waiting.delete(id)
        next.done.reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  private message(request: Request, id: number): WorkerRequest {
    if (request.kind === 'read') {
      const surroundings = this.sent.surroundings(request.surroundings)
      return { ...request, id, surroundings, ended: this.sent.takeEnded() }
    }
    if (request.kind === 'summarise')
      return { ...request, id, imported: this.sent.record(request.imported), ended: this.sent.takeEnded() }
    return { ...request, id }
  }

  terminate(): Promise<void> {
    return this.worker.terminate()
  }
}

/** Files that one worker is sent ahead of its answers: enough to keep it busy, few enough to share fairly. */
const ahead = 8
/** Workers that are started in place of others that died. */
const mostReplaced = 20

export class PoolBackend implements Backend {
  private lanes: Lane[] = []
  private readonly laneOf = new Map<string, Lane>()
  private readonly queue: { path: string; force: boolean; versions: Versions; done: Waiting }[] = []
  /** Reads one by one what a worker held when it died. */
  private alone: WorkerLane | null = null
  private turn: Promise<unknown> = Promise.resolve()
  /** Files that a worker may have died of; one of them in this thread would be the end of all. */
  private readonly suspects = new Set<string>()
  private replaced = 0
  private readonly strings = new SharedStrings()

  private constructor(
    private readonly root: string,
    private readonly host: Host,
  ) {}

  /** @param own this thread takes part as well; null: it answers somebody else meanwhile */
  static async start(
    root: string,
    host: Host,
    size: number,
    own: Backend | null = null,
  ): Promise<PoolBackend> {
    const pool = new PoolBackend(root, host)
    const starting: Promise<unknown>[] = []
    for (let index = 0; index < size; index++) starting.push(pool.addLane())
    try {
      await Promise.all(starting)
    } catch (error) {
      await pool.dispose()
      throw error
    }
    if (own !== null) pool.lanes.push(new OwnLane(own, host, pool.strings))
    return pool
  }

  private addLane(): Promise<unknown> {
    const lane = new WorkerLane(this.host.createWorker!(), this.strings)
    this.lanes.push(lane)
    return lane.start(this.root, this.host.isShort === true)
  }

  load(path: string, force: boolean, versions: Versions): Promise<Loaded> {
    this.host.willBeRead?.(under(this.root, path))
    return new Promise((resolve, reject) => {
      this.queue.push({
        path,
        force,
        versions,
        done: { resolve: resolve as (result: unknown) => void, reject },
      })
      this.pump()
    })
  }

  private pump(): void {
    while (this.queue.length > 0) {
      const next = this.queue[0]!
      const lane = this.laneFor(next.path)
      if (lane.load >= ahead) return
      this.queue.shift()
      const { path, force, versions } = next
      this.ask(lane, { kind: 'load', path, force, versions }).then(next.done.resolve, next.done.reject)
    }
  }

  /** Who has the tree of the file, or has the least to do. A dead one has nothing to do, and does nothing. */
  private laneFor(path: string): Lane {
    const own = this.laneOf.get(path)
    if (own !== undefined && !own.isDead) return own
    const living = this.lanes.filter((lane) => !lane.isDead)
    if (living.length < this.lanes.length) {
      this.lanes = living
      if (this.replaced++ < mostReplaced || living.length === 0) void this.addLane().catch(() => undefined)
    }
    return this.lanes.reduce((best, one) => (one.load < best.load ? one : best))
  }

  private async ask(lane: Lane, request: Request & { path: string }): Promise<unknown> {
    if (this.suspects.has(request.path)) return this.askAlone(request)
    this.laneOf.set(request.path, lane)
    lane.load++
    try {
      return await lane.ask(request)
    } catch (error) {
      if (!lane.isDead) throw error
      this.suspects.add(request.path)
      return this.askAlone(request)
    } finally {
      lane.load--
      this.pump()
    }
  }

  /** What is read by itself and ends its worker once more is what ended the other one. */
  private askAlone(request: Request): Promise<unknown> {
    const answer = this.turn.then(async () => {
      if (this.alone === null || this.alone.isDead) {
        this.alone = new WorkerLane(this.host.createWorker!(), this.strings)
        await this.alone.start(this.root, this.host.isShort === true)
      }
      return this.alone.ask(request)
    })
    this.turn = answer.catch(() => undefined)
    return answer
  }

  read(path: string, surroundings: Surroundings): Promise<ReadResult> {
    return this.ask(this.laneFor(path), { kind: 'read', path, surroundings }) as Promise<ReadResult>
  }

  summarise(
    path: string,
    imported: Record<string, ModuleSummary>,
    versions: Versions,
    use: SummaryUse,
  ): Promise<SummaryResult | null> {
    const request = { kind: 'summarise', path, imported, versions, use } as const
    return this.ask(this.laneFor(path), request) as Promise<SummaryResult | null>
  }

  forget(path: string): void {
    this.suspects.delete(path)
    for (const lane of [this.laneOf.get(path), this.alone])
      void lane?.ask({ kind: 'forget', path }).catch(() => undefined)
  }

  async dispose(): Promise<void> {
    const lanes = this.alone === null ? this.lanes : [...this.lanes, this.alone]
    await Promise.all(lanes.map((lane) => lane.terminate()))
  }
}
