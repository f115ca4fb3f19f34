/** Lines that have Hydra run a program many times, and the sweeper that the configuration of the program chooses for them. */
import { sameLocation } from '../text/location.js'
import type { Claim, Launch } from '../workload/claim.js'
import type { Extractions } from './extractions.js'
import type { LinkedProject, LinkKind } from './link-kind.js'

export class SweeperLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  join(all: Extractions): void {
    for (const launch of this.project.launches()) {
      const place = (launch.flags.m ?? launch.flags.multirun)?.location
      if (place === undefined || launch.shell !== undefined) continue
      const claim = all.byPath.get(place.path)?.claims.find(chooses(place))
      const sweeper = claim === undefined ? undefined : this.sweeperOf(launch)
      if (claim === undefined || sweeper === undefined || /basic/i.test(sweeper.name)) continue
      for (const file of sweeper.files) all.relate(place.path, file)
      const because = `the sweeper is ${sweeper.name}`
      all.amend(place.path, [{ ...claim, state: 'unknown', because } as Claim], true)
    }
  }

  private sweeperOf(launch: Launch): { name: string; files: readonly string[] } | undefined {
    const path = this.project.scriptOf(launch)
    const script = path === null ? undefined : this.project.files.record(path)
    if (script === undefined) return undefined
    const { sweeper, files } = this.project.configurationsOf(script, launch)
    return sweeper === undefined ? undefined : { name: sweeper, files }
  }
}

/** The claim that a search at this place goes through every combination. */
function chooses(place: Launch['location']): (claim: Claim) => boolean {
  return ({ setting, state, location }) =>
    setting === 'strategy' && state === 'known' && sameLocation(location, place)
}
