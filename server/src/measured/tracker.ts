/** Exports of experiment trackers: W&B (table of runs, summary of a run) and MLflow (table, answer of its interface). */
import { figure, mean, type Table } from './csv.js'
import { emptyRecord, type RunRecord } from './record.js'
import { numbers } from './store.js'

const wandbColumns = new Set([
  'name',
  'id',
  'state',
  'notes',
  'user',
  'tags',
  'created',
  'runtime',
  'sweep',
  'group',
  'job type',
])

/** *Export > CSV* of the table of runs. */
export function wandbTable(table: Table): RunRecord[] {
  return table.rows.map((row, index) => {
    const name = table.cell(row, 'Name', 'display_name') || `run ${index + 1}`
    const cells = table.names.map((column, at) => [column, figureOnly(row[at] ?? '')] as const)
    const seconds = figure(table.cell(row, 'Runtime', '_runtime', '_wandb.runtime'))
    return {
      ...emptyRecord('wandb', table.cell(row, 'ID') || name, name),
      of: [table.cell(row, 'program', '_wandb.program', 'codePath')].filter((one) => one !== ''),
      started: isoTime(table.cell(row, 'Created', 'created_at')),
      hours: seconds === null || seconds < 0 ? null : seconds / 3600,
      state: stateOf(table.cell(row, 'State')),
      utilization: usage(cells),
      metrics: numbers(
        cells.filter(([column]) => !wandbColumns.has(column.toLowerCase()) && !isSystem(column)),
      ),
    }
  })
}

/** `wandb-summary.json` of a run. */
export function wandbSummary(data: Record<string, unknown>, file: string): RunRecord {
  const seconds = data._runtime ?? (data._wandb as { runtime?: unknown } | undefined)?.runtime
  const stamp = typeof data._timestamp === 'number' ? data._timestamp * 1000 : null
  const hours = typeof seconds === 'number' && seconds >= 0 ? seconds / 3600 : null
  return {
    ...emptyRecord('wandb', file, file),
    hours,
    started: stamp === null ? null : isoTime(String(Math.round(stamp - (hours ?? 0) * 3.6e6))),
    metrics: numbers(Object.entries(data).filter(([key]) => !key.startsWith('_'))),
  }
}

/** `mlflow experiments csv`, or the data frame of `mlflow.search_runs`. */
export function mlflowTable(table: Table): RunRecord[] {
  return table.rows.map((row, index) => {
    const id = table.cell(row, 'run_id') || `row ${index + 1}`
    const cells = table.names.flatMap((column, at) =>
      column.startsWith('metrics.') ? [[column.slice(8), figureOnly(row[at] ?? '')] as const] : [],
    )
    return {
      ...emptyRecord('mlflow', id, table.cell(row, 'tags.mlflow.runName', 'run_name') || id),
      of: [table.cell(row, 'tags.mlflow.source.name')].filter((one) => one !== ''),
      ...span(table.cell(row, 'start_time'), table.cell(row, 'end_time')),
      state: stateOf(table.cell(row, 'status')),
      utilization: usage(cells),
      metrics: numbers(cells.filter(([column]) => !isSystem(column))),
    }
  })
}

/** `{"runs": [{"info": …, "data": …}]}`, as `runs/search` of MLflow answers. */
export function mlflowRuns(runs: readonly unknown[]): RunRecord[] {
  return runs.flatMap((run) => {
    const { info, data } = object(run)
    const about = object(info)
    const id = about.run_id ?? about.run_uuid
    if (typeof id !== 'string') return []
    const tags = pairs(object(data).tags)
    const metrics = pairs(object(data).metrics).map(
      ([key, value]) => [key, typeof value === 'number' ? value : figureOnly(word(value))] as const,
    )
    const tag = (name: string) => tags.find(([key]) => key === name)?.[1]
    const name = about.run_name ?? tag('mlflow.runName')
    const program = tag('mlflow.source.name')
    return {
      ...emptyRecord('mlflow', id, typeof name === 'string' ? name : id),
      of: typeof program === 'string' ? [program] : [],
      ...span(word(about.start_time), word(about.end_time)),
      state: stateOf(word(about.status)),
      utilization: usage(metrics),
      metrics: numbers(metrics.filter(([key]) => !isSystem(key))),
    }
  })
}

function pairs(list: unknown): [string, unknown][] {
  if (!Array.isArray(list)) return []
  return list.flatMap((one): [string, unknown][] => {
    const { key, value } = object(one)
    return typeof key === 'string' ? [[key, value]] : []
  })
}

/** '' for what is neither text nor number. */
function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

function isSystem(name: string): boolean {
  return /^system[./]/.test(name)
}

/** `system.gpu.0.gpu` of W&B, `system/gpu_0_utilization_percentage` of MLflow. */
function usage(cells: readonly (readonly [string, number])[]): number | null {
  const values = cells.flatMap(([name, value]) =>
    /^system[./]gpu[._]\d+[._](gpu|utilization_percentage)$/.test(name) && value >= 0 && value <= 100
      ? [value / 100]
      : [],
  )
  return mean(values)
}

function figureOnly(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function stateOf(text: string): RunRecord['state'] {
  if (/^finished$/i.test(text)) return 'finished'
  if (/^(failed|crashed|killed)$/i.test(text)) return 'failed'
  return /^(running|scheduled|pending)$/i.test(text) ? 'running' : null
}

function span(start: string, end: string): Pick<RunRecord, 'started' | 'hours'> {
  const [from, to] = [isoTime(start), isoTime(end)]
  const hours = from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 3.6e6
  return { started: from, hours: hours === null || hours < 0 ? null : hours }
}

/** Milliseconds since 1970, or a date that JavaScript reads. */
function isoTime(text: string): string | null {
  const time = /^\d{12,14}$/.test(text) ? Number(text) : text.length > 40 ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) || Math.abs(time) > 8e15 ? null : new Date(time).toISOString()
}
