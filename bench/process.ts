/** What the system says of a process on Linux; elsewhere nothing. */
import { readFileSync } from 'node:fs'

/** Milliseconds of processor time of a process with all its threads; where nobody tells, not a number. */
export function processorTimeOf(pid: number): number {
  try {
    // After the name in parentheses; the clock ticks a hundred times a second.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return Number.NaN
  }
}

/** Megabytes that a process holds now (`VmRSS`) or held at most (`VmHWM`). */
export function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return (Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024) / 1e6
  } catch {
    return Number.NaN
  }
}
