/** A loop of a module. How often it passes is found out when somebody asks: most loops nobody asks about. */
import type { For, While } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { emptyEffects } from './effect-sets.js'
import { horizonOf } from './horizon.js'
import type { Call, Effects, Folded, Func, Horizon, Loop } from './module.js'
import { tripsOf } from './trips.js'

const notYet: Folded = { state: 'unknown', because: 'not computed' }

export class CountedLoop implements Loop {
  readonly function: Func | null
  readonly inner: Loop[] = []
  readonly calls: Call[] = []
  role: Loop['role'] = 'other'
  effects: Effects = emptyEffects()
  hasBreak = false
  private analysis: Analysis | null = null
  private knownTrips: Folded | null = null
  private knownHorizon: Horizon | null | undefined = undefined

  constructor(
    readonly index: number,
    readonly node: For | While,
    readonly parent: Loop | null,
    func: Func | null,
  ) {
    this.function = func
  }

  /** Values can be folded from now on. */
  countWith(analysis: Analysis): void {
    this.analysis = analysis
  }

  get trips(): Folded {
    if (this.analysis === null) return notYet
    this.knownTrips ??= tripsOf(this.analysis, this)
    return this.knownTrips
  }

  get horizon(): Horizon | null {
    if (this.analysis === null) return null
    if (this.knownHorizon === undefined) this.knownHorizon = horizonOf(this.analysis, this)
    return this.knownHorizon
  }
}
