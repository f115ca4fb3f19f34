/** The same backend in several workers. A file always goes to the worker that has its tree. */
import type { ModuleSummary } from '../python/module.js'
import type { Surroundings } from './analyzer.js'
import type { Backend, Loaded, ReadResult, Versions } from './backend.js'
import type { Host, HostWorker } from './host.js'

export type WorkerRequest =
  | { id: number; kind: 'start'; root: string }
  | { id: number; kind: 'load'; path: string; force: boolean; versions: Versions }
  | { id: number; kind: 'read'; path: string; surroundings: Surroundings }
  | { id: number; kind: 'summarise'; path: string; imported: Record<string, ModuleSummary> }
  | { id: number; kind: 'forget'; path: string }

export type WorkerReply = { id: number; result: unknown } | { id: number; failure: string }

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

class Lane {
  private readonly waiting = new Map<number, Waiting>()
  private nextId = 0
  private dead: Error | null = null
  load = 0

  constructor(private readonly worker: HostWorker) {
    worker.onMessage((message) => {
      const reply = message as WorkerReply
      const waiting = this.waiting.get(reply.id)
      if (waiting === undefined) return
      this.waiting.delete(reply.id)
      if ('failure' in reply) waiting.reject(new Error(reply.failure))
      else waiting.resolve(reply.result)
    })
    worker.onError((error) => {
      this.dead = error
      for (const waiting of this.waiting.values()) waiting.reject(error)
      this.waiting.clear()
    })
  }

  ask(request: Omit<WorkerRequest, 'id'> & { kind: WorkerRequest['kind'] }): Promise<unknown> {
    if (this.dead !== null) return Promise.reject(this.dead)
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.worker.post({ ...request, id })
    })
  }

  terminate(): Promise<void> {
    return this.worker.terminate()
  }
}

/** Files that one worker is sent ahead of its answers: enough to keep it busy, few enough to share fairly. */
const ahead = 8

export class PoolBackend implements Backend {
  private readonly lanes: Lane[] = []
  private readonly laneOf = new Map<string, Lane>()
  private readonly queue: { path: string; force: boolean; versions: Versions; done: Waiting }[] = []

  static async start(root: string, host: Host, size: number): Promise<PoolBackend> {
    const pool = new PoolBackend()
    const starting: Promise<unknown>[] = []
    for (let index = 0; index < size; index++) {
      const lane = new Lane(host.createWorker!())
      pool.lanes.push(lane)
      starting.push(lane.ask({ kind: 'start', root } as never))
    }
    try {
      await Promise.all(starting)
    } catch (error) {
      await pool.dispose()
      throw error
    }
    return pool
  }

  load(path: string, force: boolean, versions: Versions): Promise<Loaded> {
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
      const lane =
        this.laneOf.get(next.path) ?? this.lanes.reduce((best, one) => (one.load < best.load ? one : best))
      if (lane.load >= ahead) return
      this.queue.shift()
      this.laneOf.set(next.path, lane)
      lane.load++
      lane
        .ask({ kind: 'load', path: next.path, force: next.force, versions: next.versions } as never)
        .then(next.done.resolve, next.done.reject)
        .finally(() => {
          lane.load--
          this.pump()
        })
    }
  }

  read(path: string, surroundings: Surroundings): Promise<ReadResult> {
    const lane = this.laneOf.get(path) ?? this.lanes[0]!
    return lane.ask({ kind: 'read', path, surroundings } as never) as Promise<ReadResult>
  }

  summarise(path: string, imported: Record<string, ModuleSummary>): Promise<ModuleSummary | null> {
    const lane = this.laneOf.get(path) ?? this.lanes[0]!
    return lane.ask({ kind: 'summarise', path, imported } as never) as Promise<ModuleSummary | null>
  }

  forget(path: string): void {
    void this.laneOf
      .get(path)
      ?.ask({ kind: 'forget', path } as never)
      .catch(() => undefined)
  }

  async dispose(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.terminate()))
  }
}
