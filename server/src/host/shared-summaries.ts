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

/** What one worker was sent. */
export class SentSummaries {
  private readonly numbers = new WeakMap<ModuleSummary, number>()
  private next = 0
  private ended: number[] = []
  private readonly registry = new FinalizationRegistry<number>((number) => this.ended.push(number))

  /** Numbers of summaries that nobody here has any more, since this was last asked. */
  takeEnded(): number[] {
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
    const known = this.numbers.get(summary)
    if (known !== undefined) return known
    const number = this.next++
    this.numbers.set(summary, number)
    this.registry.register(summary, number)
    return { number, summary }
  }
}

/** The other end: what a worker has received. */
export class ReceivedSummaries {
  private readonly summaries = new Map<number, ModuleSummary>()
  private readonly parts = new SharedParts()

  end(numbers: readonly number[]): void {
    for (const number of numbers) this.summaries.delete(number)
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
