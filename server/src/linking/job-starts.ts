/** Jobs that stand in files and the command lines that start them: what a command says about a job holds for it. */

import { folderOf, join, parents } from '../link/paths.js'
import { effective } from '../values/value.js'
import type { Claim } from '../workload/claim.js'
import type { JobEntry } from './pool-links.js'

type Settings = JobEntry['settings']

/** Which command lines start the job of a file. */
export class StartIndex {
  private readonly byPath = new Map<string, JobEntry[]>()

  /** `jobs`: files that hold jobs. */
  constructor(starts: readonly JobEntry[], jobs: ReadonlySet<string>) {
    for (const start of starts) {
      const file = effective(start.settings.startsFile)
      const home = folderOf(start.subject.location.path)
      if (file === undefined || file.startsWith('/')) continue
      // Beside the script, or from a folder above it: the first that is there.
      const path = [home, ...parents(home)].map((folder) => join(folder, file)).find((one) => jobs.has(one))
      if (path === undefined) continue
      const list = this.byPath.get(path)
      if (list === undefined) this.byPath.set(path, [start])
      else list.push(start)
    }
  }

  startsOf(job: JobEntry): readonly JobEntry[] {
    return this.byPath.get(job.subject.location.path) ?? []
  }
}

/** Machines that a command may ask for in place of those of the file. */
const asked = ['gpus', 'gpuModel', 'instanceType', 'nodes'] as const

/** The settings of a job with what all commands that start it add, or say in place of its file. */
export function withStarts({ settings }: JobEntry, starts: readonly JobEntry[]): Settings {
  const result: Settings = { ...settings }
  const { idleStop } = settings
  const ended = starts.find((start) => ends(start.settings))
  if (ended !== undefined) {
    const from = (ended.settings.endedBy ?? ended.settings.idleStop) as Claim<unknown>
    result.endedBy = { ...from, setting: 'endedBy', state: 'known', value: from.key }
  } else if (
    idleStop?.state === 'default' &&
    starts.every((start) => start.settings.idleStop?.state === 'default')
  )
    result.idleStop = { ...idleStop, overridable: false }
  const [first, ...others] = starts.map((start) => start.settings.spot)
  const same = first?.state === 'known' && others.every((other) => effective(other) === first.value)
  if (same && settings.spot?.state === 'default')
    result.spot = {
      ...settings.spot,
      state: 'known',
      value: first.value!,
      location: first.location,
      key: first.key,
    }
  askFor(result, starts)
  forget(result, starts)
  return result
}

/** A file may leave its machines to a command that ends them (`sky jobs launch`); where none does, they stay. */
function forget(result: Settings, starts: readonly JobEntry[]): void {
  if (result.idleStop !== undefined || result.endedBy !== undefined || effective(result.service) !== false)
    return
  const [first] = starts
  const left = first?.settings.idleStop
  if (left === undefined || starts.some(({ settings }) => settings.idleStop?.state !== 'default')) return
  result.idleStop = { ...left, overridable: false }
}

function askFor(result: Settings, starts: readonly JobEntry[]): void {
  const asking = starts.filter((start) => asked.some((setting) => start.settings[setting] !== undefined))
  const [first] = asking
  if (first === undefined) return
  const [gpus] = asking.flatMap((start) => start.settings.gpus ?? [])
  // Another number or kind of GPUs needs another machine than the file names.
  if (gpus !== undefined && first.settings.instanceType === undefined) delete result.instanceType
  if (gpus !== undefined || first.settings.instanceType !== undefined) delete result.gpuModel
  for (const setting of asked) say(result, starts, setting)
  const { idleStop } = first.settings
  // The file asks for no machines that somebody could forget; the command does.
  if (result.idleStop === undefined && result.endedBy === undefined && (effective(result.gpus) ?? 0) > 0)
    if (idleStop !== undefined && starts.length === 1) result.idleStop = { ...idleStop, overridable: false }
}

/** What all commands say alike holds; where they differ, nobody knows. */
function say<Key extends (typeof asked)[number]>(
  result: Settings,
  starts: readonly JobEntry[],
  setting: Key,
): void {
  const given = starts.map((start) => start.settings[setting])
  const [one] = given.filter((claim) => claim !== undefined)
  if (one === undefined) return
  const alike = given.every((claim) => claim !== undefined && effective(claim) === effective(one))
  result[setting] = (
    alike
      ? one
      : {
          ...one,
          state: 'unknown',
          because: 'commands that differ',
          value: undefined,
        }
  ) as Settings[Key]
}

/** A command that asks for GPUs gives them to a job whose file asks for none. */
export function startedOn({ subject }: JobEntry, settings: Settings): JobEntry['subject'] {
  const { evidence } = subject
  if (evidence.accelerator !== 'none' || (effective(settings.gpus) ?? 0) === 0) return subject
  return { ...subject, evidence: { ...evidence, accelerator: 'gpu' } }
}

function ends({ endedBy, idleStop }: Settings): boolean {
  return endedBy !== undefined || (idleStop?.state === 'known' && idleStop.value !== null)
}
