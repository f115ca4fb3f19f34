/** What was measured of one run, whatever it was measured with: plain data, as it is kept in `.costlint/evidence.json`. */

export type Source = 'pytorch-profiler' | 'nvidia-smi' | 'dcgm' | 'sacct' | 'wandb' | 'mlflow'

export interface RunRecord {
  /** `sacct:4711`: the same measurement added again replaces the one before. */
  id: string
  source: Source
  /** Of the run, or of the file. */
  name: string
  /** What it ran: paths of scripts and names of jobs, as the source spells them. */
  of: string[]
  /** ISO 8601; null: not known, here and below. */
  started: string | null
  hours: number | null
  state: 'finished' | 'failed' | 'running' | null
  retries: number | null
  queueHours: number | null
  /** Mean share of the time that the accelerators were busy, 0 to 1. */
  utilization: number | null
  /** Share of the time that the loop waited for its loader, 0 to 1. */
  waiting: number | null
  /** GiB of the fullest accelerator. */
  memory: { used: number; total: number | null } | null
  gpu: { model: string | null; count: number } | null
  metrics: Record<string, number>
}

/** Where they are kept, relative to the root of the project. */
export const evidencePath = '.costlint/evidence.json'

/** Records that are kept, bytes of the file that holds them, and metrics of one record. */
export const mostRecords = 10_000
export const mostBytes = 32 * 2 ** 20
export const mostMetrics = 200

export function emptyRecord(source: Source, key: string, name: string): RunRecord {
  return {
    id: `${source}:${key}`,
    source,
    name,
    of: [],
    started: null,
    hours: null,
    state: null,
    retries: null,
    queueHours: null,
    utilization: null,
    waiting: null,
    memory: null,
    gpu: null,
    metrics: {},
  }
}

/** The time a record is of, for sorting: the newest last. */
export function byTime(a: RunRecord, b: RunRecord): number {
  return (a.started ?? '') < (b.started ?? '') ? -1 : (a.started ?? '') > (b.started ?? '') ? 1 : 0
}
