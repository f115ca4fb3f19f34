/** Options in the header of a batch script (`#SBATCH`, `#PBS`, `#BSUB`), or of `srun` itself, as values. */
import type { Directive } from '../../config/shell-facts.js'
import type { Refusal, Write } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Place } from '../../text/origin.js'
import { absent, stated, unreadable } from '../../values/operations.js'
import type { Key, Locator } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Given } from '../../values/value.js'

export class DirectiveSource extends TypedSource {
  constructor(
    private readonly directives: readonly Directive[],
    private readonly scheduler: Directive['scheduler'],
    private readonly locator: Locator,
    /** What is shown for an option that is not given. */
    private readonly shown: Place,
  ) {
    super()
  }

  /** The last of that name, as schedulers take it; without a value it is true. */
  get(name: Key): Given<Json> {
    const given = this.directives
      .filter((one) => one.scheduler === this.scheduler && one.name === name)
      .at(-1)
    if (given === undefined) return absent(this.locator.origin(this.shown, { channel: 'library default' }))
    const { start, end, value } = given
    const origin = this.locator.origin({ start, end })
    return value?.includes('$') === true
      ? unreadable(origin, `\`${value}\` is set elsewhere`)
      : stated(origin, value ?? true)
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    const name = String(path[0])
    const { path: file, fragment } = this.locator
    if (value === undefined) return { reason: `take ${name} out by hand` }
    const { scheduler } = this
    if (scheduler === 'SGE') return { reason: `change ${name} by hand` }
    return {
      kind: 'set directive',
      path: file,
      fragment: fragment.index,
      scheduler,
      name,
      value: String(value),
    }
  }
}
