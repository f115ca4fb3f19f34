/** What starts the scripts of a project: every launch, the versions of its image, the settings of files that it names. */

import type { Versions } from '../host/backend.js'
import { onClusters } from '../link/clusters.js'
import { withComponents } from '../link/components.js'
import { ImageIndex } from '../link/images.js'
import { flagOf } from '../link/launch-parts.js'
import { withNamedVariables } from '../link/named-variables.js'
import { folderOf, join } from '../link/paths.js'
import { withAgents } from '../link/sweep-agents.js'
import { define, lookUp } from '../text/records.js'
import type { Binding, Claim, Extraction, Launch } from '../workload/claim.js'

/**
 * Every launch, those of images with what their Dockerfiles start. What an image starts by itself counts where nothing
 * else starts the same script: a job may replace it.
 */
export function launchesOf(
  extractions: readonly Extraction[],
  scriptOf: (launch: Launch) => string | null,
): Launch[] {
  const images = new ImageIndex(extractions)
  const named = withNamedVariables(
    extractions.flatMap(({ launches }) => launches),
    extractions,
  )
  const written = named.flatMap((launch) =>
    launch.image === undefined ? launch : (images.resolve(launch) ?? []),
  )
  const launches = withAgents(withComponents(onClusters(written, extractions)))
  const started = images.starts()
  const counting = withoutNeedlessDocumented([...launches, ...started], scriptOf)
  if (started.length === 0) return counting
  const scripts = new Set(launches.filter(({ documented }) => documented !== true).map(scriptOf))
  const needless = new Set(
    started.filter((launch) => {
      const script = scriptOf(launch)
      return script === null || scripts.has(script)
    }),
  )
  return counting.filter((launch) => !needless.has(launch))
}

/** What a called script starts counts as it is called. */
export function withFollowed(launches: readonly Launch[], followed: readonly Launch[]): readonly Launch[] {
  if (followed.length === 0) return launches
  const called = new Set(followed.map(({ location }) => location.path))
  const others = launches.filter(
    ({ job, shell, location }) => job !== null || shell !== undefined || !called.has(location.path),
  )
  return [...others, ...followed]
}

/** Claims of the configuration files that a launch names. */
export function settingsOf(launch: Launch, extractions: ReadonlyMap<string, Extraction>): Claim[] {
  return filesOf(launch, extractions).flatMap(({ claims }) =>
    claims.map((claim) => ({ ...claim, channel: 'named file' as const })),
  )
}

function filesOf(launch: Launch, extractions: ReadonlyMap<string, Extraction>): Extraction[] {
  return namedBy(launch, extractions).map((path) => extractions.get(path)!)
}

/** Paths of the configuration files that a launch names. */
export function namedBy(launch: Launch, extractions: ReadonlyMap<string, Extraction>): string[] {
  const home = folderOf(launch.location.path)
  return launch.files.flatMap((file) => {
    for (const folder of [home, ...launch.program.bases.map((base) => join(home, base)), '']) {
      const path = join(folder, file.path)
      if (extractions.has(path)) return [path]
    }
    return []
  })
}

/** The launch with the number of processes that its launcher's file gives, where its command line leaves it open. */
export function countedByFile(launch: Launch, extractions: ReadonlyMap<string, Extraction>): Launch {
  if (launch.processes !== null || launch.files.length === 0 || launch.launcherOpen === true) return launch
  const file = filesOf(launch, extractions).find(({ starts }) => starts?.launcher === launch.launcher)?.starts
  if (file === undefined) return launch
  const number = (name: string): number | null | undefined => {
    const flag = flagOf(launch.launcherFlags, name)
    return flag === undefined ? undefined : wholeNumber(flag.value)
  }
  const nodes = number('num-machines') ?? file.nodes
  const total = number('num-processes')
  if (total === null || nodes === null) return launch
  const processes = total ?? file.processes
  if (processes === null || processes % nodes !== 0) return launch
  return {
    ...launch,
    processes: processes / nodes,
    nodes,
    countedAt: total === undefined ? file.location : launch.location,
  }
}

function wholeNumber(value: string | boolean | null): number | null {
  return typeof value === 'string' && /^[1-9]\d*$/.test(value) ? Number(value) : null
}

/** What the project asks for exactly counts more than the image, what it asks for at least does not. */
export function withImage(versions: Versions, binding: Binding | null): Versions {
  const image = binding?.launch.versions
  if (image === undefined) return versions
  const merged = { ...versions }
  for (const [name, version] of Object.entries(image)) {
    if (lookUp(versions, `${name}==`) !== undefined) continue
    define(merged, name, version)
    define(merged, `${name}==`, version)
  }
  return merged
}

/** What a README shows counts where nothing else starts the program. */
export function withoutNeedlessDocumented(
  launches: readonly Launch[],
  scriptOf: (launch: Launch) => string | null,
): Launch[] {
  if (!launches.some(({ documented }) => documented === true)) return [...launches]
  const started = new Set(launches.filter(({ documented }) => documented !== true).map(scriptOf))
  return launches.filter((launch) => {
    if (launch.documented !== true) return true
    const script = scriptOf(launch)
    return script !== null && !started.has(script)
  })
}
