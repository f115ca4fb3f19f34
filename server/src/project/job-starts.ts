/** Jobs that stand in files and the command lines that start them: what a command says about a job holds for it. */
import { folderOf, join, parents } from '../link/paths.js'
import type { Claim } from '../workload/claim.js'
import type { JobEntry } from './pool-links.js'

type Settings = JobEntry['settings']

/** Which command lines start the job of a file. */
export class StartIndex {
  private readonly byPath = new Map<string, JobEntry[]>()

  constructor(starts: readonly JobEntry[]) {
    for (const start of starts) {
      const file = start.settings.startsFile?.value
      const home = folderOf(start.subject.location.path)
      if (file === undefined || file.startsWith('/')) continue
      // Beside the script, or from a folder above it.
      for (const path of new Set([home, ...parents(home)].map((folder) => join(folder, file)))) {
        const list = this.byPath.get(path)
        if (list === undefined) this.byPath.set(path, [start])
        else list.push(start)
      }
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
  const spot = starts[0]?.settings.spot
  if (
    spot !== undefined &&
    settings.spot?.state === 'default' &&
    starts.every((start) => start.settings.spot !== undefined)
  )
    result.spot = { ...settings.spot, state: 'known', value: true, location: spot.location, key: spot.key }
  return result
}

function ends({ endedBy, idleStop }: Settings): boolean {
  return endedBy !== undefined || (idleStop?.state === 'known' && idleStop.value !== null)
}
