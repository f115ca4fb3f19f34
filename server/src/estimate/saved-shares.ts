/** The shares of one job's cost that pieces of advice save, none counted twice. */
import { combined } from './bill.js'
import type { Interval } from './network.js'

type Share = readonly [low: number, high: number]

/** One of several trainings of a job, and the share of the job's cost that is of this one. */
export interface PartOfJob {
  of: string
  share: Interval
}

interface OfSource {
  /** Of the whole job. */
  whole: Share
  /** By training: a share of what that training costs. */
  parts: Map<string, { share: Share; part: Interval }>
}

export class SavedShares {
  /** By the rule, or what several rules save the same with. */
  private readonly bySource = new Map<string, OfSource>()

  add(source: string, share: Share, part: PartOfJob | undefined): void {
    const known: OfSource = this.bySource.get(source) ?? { whole: [0, 0], parts: new Map() }
    this.bySource.set(source, known)
    // A rule that speaks of several places in one job, or in one of its trainings, saves the same share once.
    const before = part === undefined ? known.whole : known.parts.get(part.of)?.share
    if (before !== undefined && share[1] <= before[1]) return
    if (part === undefined) known.whole = share
    else known.parts.set(part.of, { share, part: part.share })
  }

  /** Of two pieces of advice the second saves only of what the first has left. */
  total(): [low: number, high: number] {
    return combined([...this.bySource.values()].map(ofSource))
  }
}

function ofSource({ whole, parts }: OfSource): Share {
  let [low, high, most] = [0, 0, 0]
  for (const { share, part } of parts.values()) {
    low += share[0] * part.low
    high += share[1] * part.high
    most = Math.max(most, share[0])
  }
  // The least that a bill may be is that of the longest training alone.
  const added: Share = [Math.min(low, most), Math.min(high, 1)]
  return whole[1] > added[1] ? whole : added
}
