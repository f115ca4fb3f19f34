/** What ends a job: a limit of its own, of its pods, of the queue, or `timeout` around the program. */
import type { ConfigNode } from '../../config/node.js'
import type { Place } from '../../text/origin.js'
import { nodeValue } from '../../values/config-source.js'
import { absent, convert, firstKeyed, type Keyed, orDefault, orUnknown } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Work } from '../shell/launches.js'

export interface TimeLimit {
  /** Where a limit may be written; the first that is given wins. */
  candidates: (readonly [key: string, node: ConfigNode | undefined])[]
  /** The key that would carry it. */
  key: string
  work: readonly Pick<Work, 'timeout' | 'probes'>[]
  /** What is shown where nothing is given, and what a change edits. */
  place: Place
  site: Place
  /** Why nobody can say that there is none. */
  unknown?: string
}

export function claimTimeLimit(compute: SubjectBuilder<'Compute'>, limit: TimeLimit): void {
  const { place, site, work, key: missing, unknown } = limit
  const none = absent(compute.locator.origin(place, { site, channel: 'library default' }))
  const written = limit.candidates.map(([key, node]): Keyed<number | null> => {
    const given = nodeValue(node, place, compute.locator, { site })
    return { key, value: convert(given, asQuotedNumber, 'template') }
  })
  const { key, value } = firstKeyed({ key: missing, value: none }, ...written)
  const seconds = work.map((one) => one.timeout?.seconds)
  if (value === none && seconds.length > 0 && !seconds.includes(undefined)) {
    compute.known('timeLimit', 'timeout', Math.max(...(seconds as number[])), place, { site })
    // What only looks at the machine, or prints a line, ends by itself.
  } else if (value !== none || work.length === 0 || !work.every((one) => one.probes))
    compute.say('timeLimit', key, unknown === undefined ? orDefault(value, null) : orUnknown(value, unknown))
}
