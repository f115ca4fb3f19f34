/** Flags of a launch as values, whichever file the launch stands in. */
import type { Refusal } from '../../edit/write.js'
import { flagOf } from '../../link/launch-parts.js'
import type { Json } from '../../text/json.js'
import type { Origin } from '../../text/origin.js'
import { absent, originOf, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Key, Locator } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Given } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { Launch } from '../../workload/claim.js'
import { onLaunchLine } from '../launch-flag.js'
import { launchedValue } from '../launched-value.js'

export class LaunchSource extends TypedSource {
  /** Where what is left out would be added. */
  readonly left: Origin
  readonly place: Place

  constructor(
    readonly launch: Launch,
    private readonly locator: Locator,
  ) {
    super()
    const { start, end } = launch.location
    this.place = { start, end }
    const options = onLaunchLine({ launch, settings: [] })
    this.left = locator.origin(this.place, { ...options, channel: 'library default' })
  }

  get(key: Key): Given<Json> {
    const flag = flagOf(this.launch.flags, String(key))
    if (flag === undefined) {
      const none = absent(this.left)
      return this.launch.complete ? none : unreadable(none, 'more may be given')
    }
    const { start, end } = flag.location
    // It is changed where it stands, rather than added to the line.
    const written = { ...this.left, site: this.locator.origin({ start, end }).site }
    const given = launchedValue(flag, 'launch flag', written)
    if (given.state !== 'known') return given
    return stated(originOf(given), asWritten(given.value))
  }

  /** Changes go through the launch line (readers/launch-flag.ts, readers/write-launch-value.ts). */
  set(): Refusal {
    return { reason: 'change it on the launch line' }
  }
}

/** Words of a command line that are numbers or truth values. */
function asWritten(value: Json): Json {
  if (typeof value !== 'string') return value
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  return asQuotedNumber(value) ?? value
}
