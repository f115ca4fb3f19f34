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

/** The settings of a job with what all commands that start it add. */
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
  return result
}

function ends({ endedBy, idleStop }: Settings): boolean {
  return endedBy !== undefined || (idleStop?.state === 'known' && idleStop.value !== null)
}
