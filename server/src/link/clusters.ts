/** Programs that a command sends to a cluster whose file is in the project: they run on its machines. */
import type { Extraction, Launch } from '../workload/claim.js'
import { folderOf, join, parents } from './paths.js'

/** What the machines of a cluster run is a job of this name. */
export const clusterJob = (path: string): string => `${path}#cluster`

/** A launch on its cluster; the same object while the launch lives, so that judgements are kept. */
const copies = new WeakMap<Launch, Launch>()

export function onClusters(launches: readonly Launch[], extractions: readonly Extraction[]): Launch[] {
  if (!launches.some(({ cluster }) => cluster !== undefined)) return [...launches]
  const jobs = new Set(extractions.flatMap(({ subjects }) => subjects.flatMap(({ job }) => job ?? [])))
  return launches.map((launch) => {
    const { cluster, job, location } = launch
    if (cluster === undefined || job !== null || cluster.startsWith('/')) return launch
    const home = folderOf(location.path)
    // Beside the script, or from a folder above it.
    const found = [home, ...parents(home)]
      .map((folder) => clusterJob(join(folder, cluster)))
      .find((one) => jobs.has(one))
    return found === undefined ? launch : copyOf(launch, found)
  })
}

function copyOf(launch: Launch, job: string): Launch {
  const known = copies.get(launch)
  if (known?.job === job) return known
  const copy = { ...launch, job }
  copies.set(launch, copy)
  return copy
}
