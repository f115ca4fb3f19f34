/** What a file is read with beside what other files add to it, spelled as text. */

import type { Overlay } from '../extraction/manifests.js'
import type { Versions } from '../host/backend.js'
import type { Binding, Launch } from '../workload/claim.js'

/** Launches with the same key make a script say the same. `located`: and at the same places of the launch file. */
export function bindingKey({ launch, settings }: Binding, located: boolean): string {
  const plain = (values: Launch['flags'] | Launch['positionals']) =>
    Object.entries(values).map(([name, { value, location, overridable }]) => [
      name,
      value,
      overridable,
      located && location,
    ])
  return JSON.stringify([
    plain(launch.flags),
    plain(launch.positionals),
    plain(launch.environment),
    launch.contained,
    launch.launcher,
    launch.versions,
    launch.shell,
    plain(launch.launcherFlags),
    launch.complete,
    launch.documented,
    launch.processes,
    launch.nodes,
    located && launch.location,
    settings.map(({ subject, reader, site, location, ...said }) => [said, located && location]),
  ])
}

const spellings = new WeakMap<Versions | Overlay, string>()

/** The same object is asked about for every file of a folder, and a lock file pins hundreds. */
export function spelled(versions: Versions | Overlay): string {
  let spelling = spellings.get(versions)
  if (spelling === undefined) {
    spelling = JSON.stringify(versions)
    spellings.set(versions, spelling)
  }
  return spelling
}
