/** The reader of a library of boosted trees. */
import type { Call, PythonModule } from '../../python/module.js'
import { defineReader, type Reader } from '../reader.js'
import { type Booster, claimBooster } from './booster.js'
import { changeBooster } from './changes.js'

/** `boosterOf`: what a call trains; null where it trains nothing. */
export function boosterReader(
  name: string,
  trigger: string,
  boosterOf: (python: PythonModule, call: Call) => Booster | null,
): Reader {
  return defineReader({
    name,
    languages: ['python'],
    triggers: [trigger],
    read({ python }, _context, claims) {
      for (const call of python?.calls ?? []) {
        const booster = boosterOf(python!, call)
        if (booster !== null) claimBooster(python!, booster, claims)
      }
    },
    change: changeBooster,
  })
}
