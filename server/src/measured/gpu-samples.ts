/** Samples of accelerators over time (`nvidia-smi`, DCGM), summed up. */
import { figure, mean, type Table } from './csv.js'
import { emptyRecord, type RunRecord, type Source } from './record.js'

interface Sample {
  /** Which accelerator. */
  gpu: string
  model: string | null
  /** 0 to 1. */
  utilization: number | null
  /** GiB. */
  used: number | null
  total: number | null
}

function summed(
  source: Source,
  file: string,
  samples: readonly Sample[],
  started: string | null,
): RunRecord | undefined {
  const busy = samples.flatMap(({ utilization }) => utilization ?? [])
  const used = samples.flatMap(({ used }) => used ?? [])
  if (busy.length === 0 && used.length === 0) return undefined
  const totals = samples.flatMap(({ total }) => total ?? [])
  const peak = used.reduce((most, value) => Math.max(most, value), 0)
  return {
    ...emptyRecord(source, file, file),
    started,
    utilization: mean(busy),
    memory:
      used.length === 0
        ? null
        : {
            used: peak,
            total: totals.length === 0 ? null : totals.reduce((most, value) => Math.max(most, value)),
          },
    gpu: {
      model: samples.find(({ model }) => model !== null)?.model ?? null,
      count: new Set(samples.map(({ gpu }) => gpu)).size,
    },
  }
}

const percent = (value: number | null): number | null =>
  value === null || value < 0 || value > 100 ? null : value / 100
const gibibytes = (value: number | null): number | null => (value === null || value < 0 ? null : value / 1024)

/** `nvidia-smi --query-gpu=… --format=csv`, with or without units. */
export function nvidiaSmi(table: Table, file: string): RunRecord | undefined {
  const column = (prefix: string) => table.names.find((name) => name.toLowerCase().startsWith(prefix)) ?? ''
  const [utilization, used, total] = [
    column('utilization.gpu'),
    column('memory.used'),
    column('memory.total'),
  ]
  const samples = table.rows.map((row) => ({
    gpu: table.cell(row, 'uuid', 'index', 'pci.bus_id', 'gpu_bus_id'),
    model: table.cell(row, 'name', 'gpu_name') || null,
    utilization: percent(figure(table.cell(row, utilization))),
    used: gibibytes(figure(table.cell(row, used))),
    total: gibibytes(figure(table.cell(row, total))),
  }))
  const stamp = table.rows[0] === undefined ? '' : table.cell(table.rows[0], 'timestamp')
  const day = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)/.exec(stamp)
  return summed('nvidia-smi', file, samples, day === null ? null : `${day[1]}-${day[2]}-${day[3]}T${day[4]}`)
}

/** What `dcgmi dmon -e …` prints: `#Entity GPUTL FBUSD`, then a line for each accelerator and second. */
export function dcgmDmon(text: string, file: string, most: number): RunRecord | undefined {
  let names: string[] = []
  const samples: Sample[] = []
  for (const line of lines(text)) {
    const words = line.trim().split(/\s+/)
    if (/^#\s?entity/i.test(line.trim())) names = words.filter((word) => !/^#?(entity)?$/i.test(word))
    const entity = /^\s*GPU\s+(\d+)\s+(.*)$/.exec(line.slice(0, 2000))
    if (entity === null || samples.length >= most) continue
    const values = entity[2]!.trim().split(/\s+/)
    const value = (name: string) => figure(values[names.indexOf(name)] ?? '')
    const active = value('SMACT') ?? value('GRACT')
    samples.push({
      gpu: entity[1]!,
      model: null,
      utilization: active === null || active > 1 ? percent(value('GPUTL')) : active,
      used: gibibytes(value('FBUSD')),
      total: gibibytes(value('FBTTL')),
    })
  }
  return summed('dcgm', file, samples, null)
}

/** Scrapes of the DCGM exporter: `DCGM_FI_DEV_GPU_UTIL{gpu="0",modelName="…"} 98`. */
export function dcgmExporter(text: string, file: string, most: number): RunRecord | undefined {
  const samples: Sample[] = []
  for (const line of lines(text)) {
    const found = /^(DCGM_FI_DEV_GPU_UTIL|DCGM_FI_DEV_FB_USED)\{([^}]*)\} ([\d.e+]+)/.exec(
      line.slice(0, 2000),
    )
    if (found === null || samples.length >= most) continue
    const [, metric, labels, value] = found as unknown as [string, string, string, string]
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? null
    const amount = figure(value)
    const isUsage = metric === 'DCGM_FI_DEV_GPU_UTIL'
    samples.push({
      gpu: `${label('Hostname') ?? ''} ${label('gpu') ?? ''}`,
      model: label('modelName'),
      utilization: isUsage ? percent(amount) : null,
      used: isUsage ? null : gibibytes(amount),
      total: null,
    })
  }
  return summed('dcgm', file, samples, null)
}

function* lines(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    yield text.slice(at, end < 0 ? text.length : end)
    at = end < 0 ? text.length : end + 1
  }
}
