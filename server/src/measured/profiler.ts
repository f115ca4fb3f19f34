/** A trace of the PyTorch profiler: how busy the accelerator was, and how long the loop waited for its loader. */
import { emptyRecord, type RunRecord } from './record.js'

interface Event {
  name: string
  start: number
  end: number
}

const onDevice = new Set(['kernel', 'gpu_memcpy', 'gpu_memset'])

/** Undefined: the trace holds no events with a duration. */
export function profilerTrace(data: Record<string, unknown>, file: string): RunRecord | undefined {
  const events = Array.isArray(data.traceEvents) ? data.traceEvents : []
  const devices = new Map<number, Event[]>()
  const waits: Event[] = []
  const steps: Event[] = []
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const each of events as unknown[]) {
    if (typeof each !== 'object' || each === null) continue
    const { ph, cat, name, ts, dur, args } = each as Record<string, unknown>
    if (ph !== 'X' || typeof name !== 'string' || typeof cat !== 'string') continue
    if (typeof ts !== 'number' || typeof dur !== 'number' || !(dur >= 0) || !Number.isFinite(ts + dur))
      continue
    const event = { name, start: ts, end: ts + dur }
    if (cat === 'Trace') continue
    first = Math.min(first, event.start)
    last = Math.max(last, event.end)
    if (onDevice.has(cat.toLowerCase())) {
      const device = (args as { device?: unknown } | null | undefined)?.device
      const id = typeof device === 'number' ? device : 0
      const list = devices.get(id)
      if (list === undefined) devices.set(id, [event])
      else list.push(event)
    } else if (/^enumerate\(DataLoader\)#/.test(name)) waits.push(event)
    else if (/^ProfilerStep#/.test(name)) steps.push(event)
  }
  // Warm-up before the first step is no part of the loop.
  const from = steps.length === 0 ? first : Math.min(...bounds(steps, 'start'))
  const to = steps.length === 0 ? last : Math.max(...bounds(steps, 'end'))
  if (!(to > from)) return undefined
  const shares = [...devices.values()].map((list) => covered(list, from, to) / (to - from))
  const [gpu] = Array.isArray(data.deviceProperties) ? (data.deviceProperties as unknown[]) : []
  const model = (gpu as { name?: unknown } | null | undefined)?.name
  return {
    ...emptyRecord('pytorch-profiler', file, file),
    utilization: shares.length === 0 ? null : shares.reduce((sum, one) => sum + one, 0) / shares.length,
    waiting: waits.length === 0 ? null : covered(waits, from, to) / (to - from),
    gpu: devices.size === 0 ? null : { model: typeof model === 'string' ? model : null, count: devices.size },
  }
}

function bounds(events: readonly Event[], side: 'start' | 'end'): [number] {
  const pick = side === 'start' ? Math.min : Math.max
  return [events.reduce((found, event) => pick(found, event[side]), events[0]![side])]
}

/** Microseconds between two times that at least one event covers. */
function covered(events: Event[], from: number, to: number): number {
  let total = 0
  let reached = from
  for (const { start, end } of events.sort((a, b) => a.start - b.start)) {
    const begin = Math.max(start, reached)
    const stop = Math.min(end, to)
    if (stop <= begin) continue
    total += stop - begin
    reached = stop
  }
  return total
}
