/** Machines of clouds that scripts rent, and the files of the project that end some. */
import { folderOf } from '../link/paths.js'
import { effective } from '../values/value.js'
import type { Claim, Extraction } from '../workload/claim.js'
import type { Extractions } from './extractions.js'
import type { LinkKind } from './link-kind.js'

export class MachineEndings implements LinkKind {
  join(all: Extractions): void {
    const endings = [...all.byPath].flatMap(([path, { claims }]) =>
      claims.filter(({ setting }) => setting === 'endsMachines').map((claim) => ({ path, claim })),
    )
    if (endings.length === 0) return
    for (const [path, extraction] of [...all.byPath]) {
      const added = openEnded(extraction).flatMap((rented): Claim[] => {
        const others = endings.filter(
          (one) => one.path !== path && effective(one.claim as Claim<string>) === effective(rented),
        )
        const beside = others.find((one) => folderOf(one.path) === folderOf(path))
        const ending = beside ?? others[0]
        if (ending === undefined) return []
        all.relate(path, ending.path)
        const { key, location } = ending.claim
        const said = { ...ending.claim, subject: rented.subject, state: 'known' } as const
        // Scripts of one folder are used together.
        return beside !== undefined
          ? [{ ...said, setting: 'endedBy', value: key }]
          : [{ ...said, setting: 'endedElsewhere', value: location }]
      })
      if (added.length > 0) all.amend(path, added, false)
    }
  }
}

/** By their cloud: those that nothing of their own file ends. */
function openEnded({ claims }: Extraction): Claim<string>[] {
  const ended = new Set(claims.filter(({ setting }) => setting === 'endedBy').map(({ subject }) => subject))
  return claims.filter(
    ({ setting, subject }) => setting === 'gpuCloud' && !ended.has(subject),
  ) as Claim<string>[]
}
