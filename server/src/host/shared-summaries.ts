/**
 * Summaries of modules on their way to a worker. Most modules of a library import the same few, so each summary is sent
 * to a worker once and named by a number from then on: copying them anew took longer than reading the files.
 */
import type { Surroundings } from '../extraction/surroundings.js'
import type { ModuleSummary } from '../python/module.js'
import { SharedParts } from '../python/shared-parts.js'
import { define } from '../text/records.js'

/** A summary, or the number of one that the worker has. */
export type Sent = number | { number: number; summary: ModuleSummary }

type Shared = 'imported' | 'behind' | 'importers' | 'programs'

export type SentSurroundings = Omit<Surroundings, Shared> & {
  imported: Record<string, Sent>
  behind?: Sent[]
  importers: Sent[]
  programs?: Sent[]
}

/** What the summaries that a worker has may weigh, in characters: of a library of a million lines it needs a part at a time. */
const mostHeld = 12_000_000

interface Held {
  number: number
  weight: number
  /** The last message that named it. */
  message: number
}

/** What one worker has. */
export class SentSummaries {
  /** What was named last comes last. */
  private readonly held = new Map<ModuleSummary, Held>()
  private weight = 0
  private next = 0
  private message = 0
  private ended: number[] = []

  /** Numbers of summaries that the worker has to let go of with the message that was just made. */
  takeEnded(): number[] {
    for (const [summary, { number, weight, message }] of this.held) {
      if (this.weight <= mostHeld || message === this.message) break
      this.held.delete(summary)
      this.weight -= weight
      this.ended.push(number)
    }
    this.message++
    const ended = this.ended
    this.ended = []
    return ended
  }

  record(summaries: Record<string, ModuleSummary>): Record<string, Sent> {
    return mapRecord(summaries, (summary) => this.one(summary))
  }

  surroundings(whole: Surroundings): SentSurroundings {
    const { imported, behind, importers, programs, ...rest } = whole
    return {
      ...rest,
      imported: this.record(imported),
      ...(behind === undefined ? {} : { behind: behind.map((summary) => this.one(summary)) }),
      importers: importers.map((summary) => this.one(summary)),
      ...(programs === undefined ? {} : { programs: programs.map((summary) => this.one(summary)) }),
    }
  }

  private one(summary: ModuleSummary): Sent {
    const known = this.held.get(summary)
    if (known !== undefined) {
      this.held.delete(summary)
      known.message = this.message
      this.held.set(summary, known)
      return known.number
    }
    const number = this.next++
    const weight = weightOf(summary)
    this.held.set(summary, { number, weight, message: this.message })
    this.weight += weight
    return { number, summary }
  }
}

/** About what it would be as JSON. */
function weightOf({ code, functions, classes, uses, imports, outward = [] }: ModuleSummary): number {
  const definitions = Object.keys(functions).length + Object.keys(classes).length
  const lists = uses.length + imports.length
  return 500 + (code?.text.length ?? 0) + 300 * definitions + 30 * lists + 300 * outward.length
}

/** The other end: what a worker has received. */
export class ReceivedSummaries {
  private readonly summaries = new Map<number, ModuleSummary>()
  private readonly parts = new SharedParts()
  private gone = 0

  end(numbers: readonly number[]): void {
    for (const number of numbers) this.summaries.delete(number)
    this.gone += numbers.length
    if (this.gone <= this.summaries.size) return
    // Parts of what has gone would stay.
    this.gone = 0
    this.parts.forget()
  }

  record(sent: Record<string, Sent>): Record<string, ModuleSummary> {
    return mapRecord(sent, (one) => this.one(one))
  }

  surroundings(sent: SentSurroundings): Surroundings {
    const { imported, behind, importers, programs, ...rest } = sent
    return {
      ...rest,
      imported: this.record(imported),
      ...(behind === undefined ? {} : { behind: behind.map((one) => this.one(one)) }),
      importers: importers.map((one) => this.one(one)),
      ...(programs === undefined ? {} : { programs: programs.map((one) => this.one(one)) }),
    }
  }

  /** @throws Error for a number that stands for nothing: messages were lost. */
  private one(sent: Sent): ModuleSummary {
    if (typeof sent !== 'number') {
      const summary = this.parts.share(sent.summary)
      this.summaries.set(sent.number, summary)
      return summary
    }
    const summary = this.summaries.get(sent)
    if (summary === undefined) throw new Error(`summary ${sent} was never received`)
    return summary
  }
}

function mapRecord<A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> {
  const changed: Record<string, B> = {}
  for (const [key, value] of Object.entries(record)) define(changed, key, change(value))
  return changed
}
