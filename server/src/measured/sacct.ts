/** SLURM's accounting: `sacct --parsable2`, a row for each job. */
import { figure, type Table } from './csv.js'
import { emptyRecord, type RunRecord } from './record.js'

export function sacct(table: Table): RunRecord[] {
  const attempts = new Map<string, number>()
  const records = new Map<string, RunRecord>()
  for (const row of table.rows) {
    const job = table.cell(row, 'JobID')
    // Steps of a job are part of it.
    if (job === '' || job.includes('.')) continue
    attempts.set(job, (attempts.get(job) ?? 0) + 1)
    const name = table.cell(row, 'JobName') || job
    const start = instant(table.cell(row, 'Start'))
    const submit = instant(table.cell(row, 'Eligible', 'Submit'))
    const seconds = figure(table.cell(row, 'ElapsedRaw')) ?? elapsed(table.cell(row, 'Elapsed'))
    const restarts = figure(table.cell(row, 'Restarts'))
    const state = table.cell(row, 'State').toUpperCase()
    records.set(job, {
      ...emptyRecord('sacct', job, name),
      of: [name],
      started: start?.text ?? null,
      hours: seconds === null ? null : seconds / 3600,
      state: /^(COMPLETED|COMPLETING)/.test(state)
        ? 'finished'
        : /^(FAILED|TIMEOUT|OUT_OF_ME|NODE_FAIL|BOOT_FAIL|DEADLINE|CANCELLED|PREEMPTED)/.test(state)
          ? 'failed'
          : /^(RUNNING|PENDING|REQUEUED|SUSPENDED)/.test(state)
            ? 'running'
            : null,
      // `--duplicates` prints a row for each attempt.
      retries: restarts ?? (attempts.get(job)! > 1 ? attempts.get(job)! - 1 : 0),
      queueHours:
        start === null || submit === null || start.time < submit.time
          ? null
          : (start.time - submit.time) / 3.6e6,
      gpu: gpusOf(table.cell(row, 'AllocTRES', 'ReqTRES')),
    })
  }
  return [...records.values()]
}

/** `[DD-]HH:MM:SS`, in seconds. */
function elapsed(text: string): number | null {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?$/.exec(text)
  if (found === null) return null
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ]
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
}

/** Times of sacct have no zone; differences are all that counts. */
function instant(text: string): { text: string; time: number } | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) return null
  const time = Date.parse(`${text}Z`)
  return Number.isNaN(time) ? null : { text, time }
}

/** `billing=8,cpu=8,gres/gpu:a100=4,gres/gpu=4`. */
function gpusOf(tres: string): RunRecord['gpu'] {
  const found = /gres\/gpu(?::([^=,]+))?=(\d+)/.exec(tres)
  return found === null ? null : { model: found[1] ?? null, count: Number(found[2]) }
}
