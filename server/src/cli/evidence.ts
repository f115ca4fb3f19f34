/** `costlint evidence`: measurements of runs, kept beside the project. */
import { readFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { duration } from '../estimate/figures.js'
import { toPosix } from '../host/node/host.js'
import { readMeasurements } from '../measured/read.js'
import { byTime, evidencePath, mostRecords, type RunRecord } from '../measured/record.js'
import { readStore, writtenStore } from '../measured/store.js'
import { type Console, exit, UsageError } from './console.js'
import { textOfFile } from './file-text.js'
import { harmless } from './format/width.js'
import { targets } from './roots.js'
import { writeFileWhole } from './write-file.js'

/** `of`: the script or job that the runs were of, where the files do not say. */
export async function addEvidence(console: Console, files: readonly string[], of?: string): Promise<number> {
  const root = await rootOf(console)
  const known = new Map((await stored(root)).map((record) => [record.id, record]))
  const about = of === undefined ? [] : [aboutOf(root, console.cwd, of)]
  let added = 0
  for (const file of files) {
    for (const record of await recordsOf(resolve(console.cwd, file), file)) {
      known.set(record.id, { ...record, of: [...about, ...record.of] })
      added++
    }
  }
  const all = [...known.values()].sort(byTime)
  const kept = all.slice(-mostRecords)
  await writeFileWhole(join(root, evidencePath), writtenStore(kept), evidencePath)
  console.out(
    `Added ${added} ${added === 1 ? 'run' : 'runs'} to ${evidencePath}, which holds ${kept.length}.\n`,
  )
  if (kept.length < all.length)
    console.err(`costlint: the ${all.length - kept.length} oldest were left out\n`)
  return exit.clean
}

export async function listEvidence(console: Console, format: 'full' | 'json'): Promise<number> {
  const records = await stored(await rootOf(console))
  if (format === 'json') {
    console.out(writtenStore(records))
    return exit.clean
  }
  if (records.length === 0) {
    console.out('No run has been measured: `costlint evidence add FILE` reads what you have.\n')
    return exit.clean
  }
  console.out(
    `${records
      .sort(byTime)
      .map((record) => harmless(line(record)))
      .join('\n')}\n`,
  )
  return exit.clean
}

export async function removeEvidence(
  console: Console,
  ids: readonly string[],
  all: boolean,
): Promise<number> {
  const root = await rootOf(console)
  const records = await stored(root)
  const unknown = ids.filter((id) => !records.some((record) => record.id === id))
  if (unknown.length > 0)
    throw new UsageError(`no such run: ${unknown.join(', ')} (costlint evidence list names them)`)
  if (ids.length === 0 && !all) throw new UsageError('evidence remove: name the runs, or give --all')
  const kept = all ? [] : records.filter(({ id }) => !ids.includes(id))
  await writeFileWhole(join(root, evidencePath), writtenStore(kept), evidencePath)
  console.out(`Removed ${records.length - kept.length}, kept ${kept.length}.\n`)
  return exit.clean
}

function line(record: RunRecord): string {
  const { id, name, of, started, hours, state, retries, queueHours, utilization, waiting, memory, gpu } =
    record
  const percent = (share: number) => `${Math.round(share * 100)} %`
  const parts = [
    started === null ? null : started.slice(0, 16).replace('T', ' '),
    hours === null ? null : duration(hours),
    state,
    retries === null || retries === 0 ? null : `${retries} retries`,
    queueHours === null ? null : `queued ${duration(queueHours)}`,
    utilization === null ? null : `busy ${percent(utilization)}`,
    waiting === null ? null : `waits for data ${percent(waiting)}`,
    memory === null
      ? null
      : `${memory.used.toFixed(1)}${memory.total === null ? '' : ` of ${memory.total.toFixed(1)}`} GiB`,
    gpu === null ? null : `${gpu.count}×${gpu.model ?? 'GPU'}`,
    of.length === 0 ? 'of no known script or job' : `of ${of.join(', ')}`,
  ]
  return `${id}${name === id || id.endsWith(`:${name}`) ? '' : ` ${name}`}: ${parts.filter((part) => part !== null).join(', ')}`
}

/** Of the project of the current folder. */
export async function storedRuns(console: Console): Promise<RunRecord[]> {
  return stored(await rootOf(console))
}

async function rootOf(console: Console): Promise<string> {
  const [target] = await targets([], console.cwd)
  return target!.root
}

/** A path of the project as it is linked; anything else is the name of a job. */
function aboutOf(root: string, cwd: string, given: string): string {
  if (!/[/\\]|\.\w+$/.test(given)) return given
  const path = toPosix(relative(root, resolve(cwd, given)))
  if (path.startsWith('../')) throw new UsageError(`--run: ${given} lies outside of the project`)
  return path
}

async function stored(root: string): Promise<RunRecord[]> {
  let text: string
  try {
    text = await readFile(join(root, evidencePath), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new UsageError(`${evidencePath}: ${message(error)}`)
  }
  try {
    return readStore(text)
  } catch (error) {
    throw new UsageError(`${evidencePath}: ${message(error)}`)
  }
}

async function recordsOf(path: string, shown: string): Promise<RunRecord[]> {
  try {
    return readMeasurements(basename(path).replace(/\.gz$/, ''), await textOfFile(path))
  } catch (error) {
    throw new UsageError(`${shown}: ${message(error)}`)
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
