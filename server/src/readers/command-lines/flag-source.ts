/** Flags of a program that a command line trains with, as values. */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Refusal } from '../../edit/write.js'
import { flagOf, type LaunchParts } from '../../link/launch-parts.js'
import type { Json } from '../../text/json.js'
import { absent, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Key, Locator } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Given } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'

export class FlagSource extends TypedSource {
  constructor(
    private readonly command: ShellCommand,
    private readonly parts: LaunchParts,
    private readonly locator: Locator,
  ) {
    super()
  }

  /** The program, where what is left out is shown; a change adds it to the line. */
  get place(): Place {
    return this.parts.programSpan
  }

  get(key: Key): Given<Json> {
    const flag = flagOf(this.parts.flags, String(key))
    if (flag === undefined) {
      const { start, end } = this.command
      const site: Place = { start, end, target: { kind: 'launch line' } }
      const none = absent(this.locator.origin(this.place, { channel: 'library default', site }))
      return this.parts.complete ? none : unreadable(none, 'more may be given')
    }
    const origin = this.locator.origin(flag.span, { channel: 'launch flag' })
    if (flag.value === null) return unreadable(origin, 'a variable on the launch line')
    const number = typeof flag.value === 'string' ? asQuotedNumber(flag.value) : undefined
    return stated(origin, number ?? flag.value)
  }

  /** Changes go through the launch line (readers/launch-flag.ts, readers/write-launch-value.ts). */
  set(): Refusal {
    return { reason: 'change it on the launch line' }
  }
}
