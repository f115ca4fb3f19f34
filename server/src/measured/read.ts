/** Which kind of measurement a file is, and what it says. */
import { table } from './csv.js'
import { dcgmDmon, dcgmExporter, nvidiaSmi } from './gpu-samples.js'
import { profilerTrace } from './profiler.js'
import type { RunRecord } from './record.js'
import { sacct } from './sacct.js'
import { mlflowRuns, mlflowTable, wandbSummary, wandbTable } from './tracker.js'

/** Bytes of a file, unpacked, and rows of a table; what lies beyond these is refused, or left out. */
export const largestFile = 256 * 2 ** 20
export const mostRows = 500_000

const kinds =
  'a trace of the PyTorch profiler, CSV of nvidia-smi, output of dcgmi dmon or of the DCGM exporter, sacct --parsable2, an export of W&B or of MLflow'

/** @param file the name of the file. Throws with a readable message where it is none of these. */
export function readMeasurements(file: string, text: string): RunRecord[] {
  const records = recordsOf(file, text.replace(/^\ufeff/, ''))
  if (records.length === 0) throw new Error('it holds no measurement')
  return records
}

function recordsOf(file: string, text: string): RunRecord[] {
  const start = text.slice(0, 4000).trimStart()
  if (start.startsWith('{')) return ofJson(file, parsed(text))
  if (start.startsWith('[')) return mlflowRuns(listOf(parsed(text)))
  if (/^DCGM_FI_DEV_(GPU_UTIL|FB_USED)\{/m.test(start) || /^# HELP DCGM_/m.test(start))
    return one(dcgmExporter(text, file, mostRows))
  if (/^#\s?entity\s/im.test(start)) return one(dcgmDmon(text, file, mostRows))
  const head = /[^\r\n]*/.exec(start)![0].toLowerCase()
  if (head.split('|').includes('jobid')) return sacct(table(text.trimStart(), '|', mostRows))
  const csv = table(text.trimStart(), ',', mostRows)
  if (head.includes('utilization.gpu') || head.includes('memory.used')) return one(nvidiaSmi(csv, file))
  if (csv.has('run_id') && csv.has('experiment_id')) return mlflowTable(csv)
  if (csv.has('jobid') && csv.has('elapsed')) return sacct(csv)
  if (csv.has('name') && (csv.has('state') || csv.has('runtime'))) return wandbTable(csv)
  throw new Error(`it is none of these: ${kinds}`)
}

function ofJson(file: string, data: unknown): RunRecord[] {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) {
    const object = data as Record<string, unknown>
    if (Array.isArray(object.traceEvents)) return one(profilerTrace(object, file))
    if (Array.isArray(object.runs)) return mlflowRuns(object.runs)
    if ('_runtime' in object || '_wandb' in object || '_step' in object) return [wandbSummary(object, file)]
  }
  throw new Error(`it is none of these: ${kinds}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it is no JSON')
  }
}

function listOf(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : []
}

function one(record: RunRecord | undefined): RunRecord[] {
  return record === undefined ? [] : [record]
}
