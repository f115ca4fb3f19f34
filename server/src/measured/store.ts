/** The file of records: read without trust, since anybody may have written it. */
import { define } from '../text/records.js'
import { emptyRecord, mostBytes, mostMetrics, mostRecords, type RunRecord, type Source } from './record.js'

const sources = new Set<string>(['pytorch-profiler', 'nvidia-smi', 'dcgm', 'sacct', 'wandb', 'mlflow'])
const states = new Set<string>(['finished', 'failed', 'running'])

/** Records that are not as they should be are left out. Throws with a readable message where the file is none of ours. */
export function readStore(text: string): RunRecord[] {
  if (text.length > mostBytes) throw new Error(`larger than ${mostBytes / 2 ** 20} MiB`)
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw new Error('no JSON')
  }
  if (!isObject(data) || data.version !== 1 || !Array.isArray(data.runs))
    throw new Error('no run evidence of version 1')
  const found = new Map<string, RunRecord>()
  for (const each of data.runs.slice(0, mostRecords)) {
    const record = recordOf(each)
    if (record !== undefined) found.set(record.id, record)
  }
  return [...found.values()]
}

export function writtenStore(records: readonly RunRecord[]): string {
  return `${JSON.stringify({ version: 1, runs: records }, null, 1)}\n`
}

function recordOf(data: unknown): RunRecord | undefined {
  if (!isObject(data)) return undefined
  const { id, source, name, of, started, state, memory, gpu, metrics } = data
  if (typeof id !== 'string' || typeof source !== 'string' || !sources.has(source)) return undefined
  const used = isObject(memory) ? amount(memory.used) : null
  const count = isObject(gpu) ? amount(gpu.count) : null
  return {
    ...emptyRecord(source as Source, '', text(name) ?? id),
    id: id.slice(0, 300),
    of: Array.isArray(of) ? of.flatMap((one) => text(one) ?? []).slice(0, 20) : [],
    started: text(started),
    hours: amount(data.hours),
    state: typeof state === 'string' && states.has(state) ? (state as RunRecord['state']) : null,
    retries: amount(data.retries),
    queueHours: amount(data.queueHours),
    utilization: share(data.utilization),
    waiting: share(data.waiting),
    memory: used === null ? null : { used, total: isObject(memory) ? amount(memory.total) : null },
    gpu: count === null ? null : { model: isObject(gpu) ? text(gpu.model) : null, count },
    metrics: isObject(metrics) ? numbers(Object.entries(metrics)) : {},
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 300) : null
}

/** A number that can be measured; null: it is none. */
function amount(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value < 1e9 ? value : null
}

function share(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null
}

export function numbers(entries: Iterable<readonly [string, unknown]>): Record<string, number> {
  const found: Record<string, number> = {}
  let count = 0
  for (const [key, value] of entries) {
    if (typeof value !== 'number' || !Number.isFinite(value) || key === '' || key.length > 200) continue
    if (++count > mostMetrics) break
    define(found, key, value)
  }
  return found
}
