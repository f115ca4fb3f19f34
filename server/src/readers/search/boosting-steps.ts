/** Boosted trees in a trial: rounds after which a weak one could be stopped. */
import type { Call, PythonModule } from '../../python/module.js'
import { numberArgument } from '../../values/argument.js'
import { type Booster, roundBounds } from '../boosting/booster.js'
import { catboostBooster } from '../boosting/catboost.js'
import { lightgbmBooster } from '../boosting/lightgbm.js'
import { xgboostBooster } from '../boosting/xgboost.js'

export interface BoostingSteps {
  call: Call
  /** Null: not known. */
  count: number | null
  /** Each trial ends by itself once its own validation gets no better. */
  stops: boolean
}

/** The booster among these calls that may go on for longest. */
export function boostingSteps(python: PythonModule, calls: readonly Call[]): BoostingSteps | null {
  let found: BoostingSteps | null = null
  for (const call of calls) {
    const booster =
      xgboostBooster(python, call) ?? lightgbmBooster(python, call) ?? catboostBooster(python, call)
    if (booster === null) continue
    const count = roundsOf(python, booster)
    const stops = booster.stopping.verdict !== 'goes on'
    if (found === null || (count ?? 0) > (found.count ?? 0)) found = { call, count, stops }
  }
  return found
}

function roundsOf(python: PythonModule, { rounds, roundsByDefault }: Booster): number | null {
  if (rounds.argument.state === 'absent') return roundsByDefault
  return numberArgument(rounds.argument) ?? roundBounds(python, rounds.argument)?.high ?? null
}
