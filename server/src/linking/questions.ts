/**
 * Answers, each with what was read while it was worked out. It holds for as long as all of that is as it was, so nobody
 * has to say what depends on what.
 */
import { hashOf } from '../text/digest.js'

/** Of lists of paths, of which a project has as many as files, a hash does. */
const longestLike = 80

/** By input, as `record train.py`: what it was like. */
export type Reads = ReadonlyMap<string, string>

export interface Answer<T> {
  answer: T
  reads: Reads
}

interface Known extends Answer<unknown> {
  /** When it was last asked for, and found to hold. */
  asked: number
}

export class Questions {
  private readonly known = new Map<string, Known>()
  /** Inputs as they are now, each with the one string under which all answers note it. */
  private readonly inputs = new Map<string, { input: string; like: string }>()
  /** What the question that is being worked out has read. */
  private open: Map<string, string> | null = null
  private time = 0
  private pruned = 0
  /** When any input may have changed, and those that alone may have changed since, with the last time. */
  private allChanged = 0
  private readonly changed = new Map<string, number>()

  /** @param look what an input is like now: equal texts, equal inputs */
  constructor(private readonly look: (input: string) => string) {}

  /** Inputs may be others from now on. */
  refresh(): void {
    this.allChanged = ++this.time
    this.inputs.clear()
    this.changed.clear()
  }

  /** Nothing but these may be others from now on. */
  refreshOnly(inputs: Iterable<string>): void {
    this.time++
    for (const input of inputs) {
      this.inputs.delete(input)
      this.changed.set(input, this.time)
    }
  }

  /** Notes that the answer which is being worked out depends on an input. */
  read(input: string): void {
    if (this.open === null) return
    const now = this.entry(input)
    this.open.set(now.input, now.like)
  }

  ask<T>(question: string, workOut: () => T): Answer<T> {
    let known = this.known.get(question)
    if (known === undefined || !this.holds(known)) {
      const outer = this.open
      const reads = new Map<string, string>()
      this.open = reads
      try {
        known = { answer: workOut(), reads, asked: this.time }
      } finally {
        this.open = outer
      }
      this.known.set(question, known)
    }
    known.asked = this.time
    if (this.open !== null) for (const [input, like] of known.reads) this.open.set(input, like)
    return known as Answer<T>
  }

  /** Works something out whose own answer is the input; what it reads is nobody's business. */
  apart<T>(workOut: () => T): T {
    const outer = this.open
    this.open = null
    try {
      return workOut()
    } finally {
      this.open = outer
    }
  }

  /** Forgets what nobody has asked for since the last call. */
  prune(): void {
    for (const [question, { asked }] of this.known) if (asked <= this.pruned) this.known.delete(question)
    this.pruned = this.time
  }

  private holds({ reads, asked }: Known): boolean {
    if (asked === this.time) return true
    if (asked >= this.allChanged) {
      for (const [input, time] of this.changed)
        if (time > asked && reads.has(input) && this.now(input) !== reads.get(input)) return false
      return true
    }
    for (const [input, like] of reads) if (this.now(input) !== like) return false
    return true
  }

  private now(input: string): string {
    return this.entry(input).like
  }

  private entry(input: string): { input: string; like: string } {
    let now = this.inputs.get(input)
    if (now === undefined) {
      const like = this.apart(() => this.look(input))
      now = { input, like: like.length > longestLike ? hashOf(like) : like }
      this.inputs.set(input, now)
    }
    return now
  }
}
