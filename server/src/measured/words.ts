/** What records say, in words: of a finding's concern, and of items of the checklist. */
import { byTime, type RunRecord } from './record.js'

/** What a measurement can support or contradict. */
export type Concern = 'waiting' | 'memory' | 'failures'

export interface Verdict {
  says: 'supports' | 'contradicts'
  /** A sentence. */
  text: string
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
const rounded = (value: number): string => String(Number(value.toPrecision(2)))

/** Null: nothing that bears on it. */
export function verdictOn(concern: Concern, records: readonly RunRecord[]): Verdict | null {
  const sorted = [...records].sort(byTime)
  const last = <T>(pick: (record: RunRecord) => T | null): T | undefined =>
    sorted.flatMap((record) => pick(record) ?? []).at(-1)
  if (concern === 'waiting') {
    const waiting = last((record) => record.waiting)
    const busy = last((record) => record.utilization)
    if (waiting !== undefined && waiting >= 0.1)
      return { says: 'supports', text: `The last profile waited for data ${percent(waiting)} of the time.` }
    if (busy !== undefined && busy < 0.7)
      return { says: 'supports', text: `The accelerators were busy ${percent(busy)} of the last run.` }
    if (busy !== undefined && busy >= 0.9)
      return { says: 'contradicts', text: `But the accelerators were busy ${percent(busy)} of the last run.` }
    if (waiting !== undefined && waiting < 0.02)
      return {
        says: 'contradicts',
        text: `But the last profile hardly waited for data (${percent(waiting)} of the time).`,
      }
    return null
  }
  if (concern === 'memory') {
    const memory = last((record) => (record.memory?.total == null ? null : record.memory))
    if (memory === undefined || memory.total === null || memory.total === 0) return null
    const words = `The last run used ${rounded(memory.used)} of ${rounded(memory.total)} GiB`
    if (memory.used < 0.5 * memory.total) return { says: 'supports', text: `${words}.` }
    return memory.used > 0.8 * memory.total
      ? { says: 'contradicts', text: `But ${words[0]!.toLowerCase()}${words.slice(1)}.` }
      : null
  }
  const { ended, failed, retries } = failures(records)
  if (ended === 0) return null
  if (failed + retries > 0) return { says: 'supports', text: `${failureText(ended, failed, retries)}.` }
  return ended >= 5 ? { says: 'contradicts', text: `But none of the last ${ended} runs failed.` } : null
}

function failures(records: readonly RunRecord[]): { ended: number; failed: number; retries: number } {
  const ended = records.filter(({ state }) => state === 'finished' || state === 'failed')
  return {
    ended: ended.length,
    failed: ended.filter(({ state }) => state === 'failed').length,
    retries: records.reduce((sum, record) => sum + (record.retries ?? 0), 0),
  }
}

function failureText(ended: number, failed: number, retries: number): string {
  const again = retries === 0 ? '' : `, and ${retries} ${retries === 1 ? 'was' : 'were'} started again`
  return `${failed} of ${ended} measured ${ended === 1 ? 'run' : 'runs'} failed${again}`
}

/** A sentence for each item that the records say something about. */
export function measuredItems(records: readonly RunRecord[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const say = (ids: readonly string[], text: string) => {
    for (const id of ids) found.set(id, [...(found.get(id) ?? []), text])
  }
  const sorted = [...records].sort(byTime)
  const source = ({ name, source, started }: RunRecord): string =>
    `${name} (${source}${started === null ? '' : `, ${started.slice(0, 10)}`})`
  const busy = sorted.filter(({ utilization }) => utilization !== null)
  const lastBusy = busy.at(-1)
  if (lastBusy !== undefined) {
    const average = busy.reduce((sum, { utilization }) => sum + utilization!, 0) / busy.length
    const over = busy.length === 1 ? '' : `; ${percent(average)} over ${busy.length} runs`
    say(
      ['baseline/utilization', 'observability/utilization', 'bottleneck/compute-bound'],
      `accelerators busy ${percent(lastBusy.utilization!)} of ${source(lastBusy)}${over}.`,
    )
    say(
      ['baseline/idle-time'],
      `accelerators idle ${percent(1 - lastBusy.utilization!)} of ${source(lastBusy)}.`,
    )
  }
  const waited = sorted.filter(({ waiting }) => waiting !== null).at(-1)
  if (waited !== undefined)
    say(
      ['baseline/ingestion-time', 'bottleneck/compute-bound'],
      `waits for data ${percent(waited.waiting!)} of ${source(waited)}.`,
    )
  const long = sorted.filter(({ hours, state }) => hours !== null && state !== 'running')
  if (long.length > 0) {
    const total = long.reduce((sum, { hours }) => sum + hours!, 0)
    say(
      ['baseline/training-time'],
      `${rounded(total)} h in ${long.length} ${long.length === 1 ? 'run' : 'runs'}, the last ${rounded(long.at(-1)!.hours!)} h: ${source(long.at(-1)!)}.`,
    )
  }
  const memory = sorted.filter((record) => record.memory?.total != null).at(-1)
  if (memory !== undefined)
    say(
      ['rightsize/match-instance'],
      `at most ${rounded(memory.memory!.used)} of ${rounded(memory.memory!.total!)} GiB in use: ${source(memory)}.`,
    )
  const { ended, failed, retries } = failures(records)
  if (ended > 0)
    say(
      ['baseline/retry-rate', 'observability/failed-jobs', 'observability/retry-count'],
      `${failureText(ended, failed, retries)}.`,
    )
  const queued = sorted.flatMap(({ queueHours }) => queueHours ?? []).sort((a, b) => a - b)
  if (queued.length > 0)
    say(
      ['observability/queue-time'],
      `median wait of ${queued.length} jobs: ${rounded(queued[queued.length >> 1]! * 60)} min.`,
    )
  return found
}
