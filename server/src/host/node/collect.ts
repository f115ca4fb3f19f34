/**
 * Collecting garbage between two files. V8 collects when a heap has grown by a share of what it held the last time, which mostly
 * is in the middle of a large file: then what is about to be garbage counts as held, and the heap may grow the further. Between
 * two files hardly anything is held but what stays.
 */
import { getHeapStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A heap may grow by this share of what it held after the last time, and by so many bytes. */
const growth = 0.25
const leastGrowth = 24_000_000

/** What collects in this thread; null: V8 offers nothing. */
function collector(): (() => void) | null {
  const known: unknown = Reflect.get(globalThis, 'gc') ?? ofNewContext()
  return typeof known === 'function' ? (known as () => void) : null
}

/** The first context of the process was made before the flag that offers it was set. */
function ofNewContext(): unknown {
  try {
    return runInNewContext('gc')
  } catch {
    return null
  }
}

export class Collecting {
  private readonly collect = collector()
  private next = 0

  /** Called between two files. */
  betweenFiles(): void {
    if (this.collect === null || getHeapStatistics().used_heap_size < this.next) return
    // At first it is not known what is held.
    if (this.next > 0) this.collect()
    this.next = (1 + growth) * getHeapStatistics().used_heap_size + leastGrowth
  }
}
