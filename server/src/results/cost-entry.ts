/** What one job, service or pool of a project costs, as every face shows it. */
import type { Bill, OpenInterval } from '../estimate/bill.js'
import type { Interval } from '../estimate/network.js'

/** `training`: of a script that no job starts; `notebook`: on a machine that is there while somebody works in it. */
export type CostKind = 'job' | 'training' | 'notebook' | 'service' | 'endpoint' | 'pool'

/**
 * `bounded`: only what it costs at most, since the platform ends it, or since it may shrink to nothing. `no count`: so many
 * machines as somebody decides elsewhere.
 */
export type CostState =
  | 'priced'
  | 'bounded'
  | 'no length'
  | 'no price'
  | 'no machine'
  | 'no count'
  | 'starts nothing'

export interface CostEntry {
  kind: CostKind
  id: string
  name: string
  path: string
  cell: number | null
  /** 1-based. */
  line: number
  /** Programs of the project that it runs. */
  scripts: string[]
  instanceType: string | null
  gpuModel: string | null
  /** Per machine; null: not known. */
  gpus: number | null
  machines: number | null
  spot: boolean
  region: string
  per: 'run' | 'month'
  /** USD; null: not known. */
  usdPerHour: Interval | null
  hours: OpenInterval | null
  usd: OpenInterval | null
  /** What a run over so many samples takes, where only their number is not known. */
  ofSamples: Bill['ofSamples']
  /** Of the hours of a run: its steps, and what it does beside them; empty: that is not known. */
  lines: Bill['lines']
  /** USD that the findings would save of it; null: not known, or nothing. */
  saving: Interval | null
  /** A clock starts it so often; `usd`: what its runs of a month cost, null: not known. Null: somebody starts it. */
  schedule: { seconds: number; usd: OpenInterval | null } | null
  state: CostState
  /** What is not known, and what would make it known. */
  unknown: string[]
  assumptions: string[]
  /** Where it breaks the limits of `[budget]`, a sentence each. */
  budget: string[]
  /** The pool whose machines it takes, an entry of its own that holds what they cost. */
  onPool?: string
}
