/** "Epochs" of a few steps with a whole validation after each. */
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { boundsIn } from '../../values/python-bounds.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { argumentOf } from './fits.js'

/** An "epoch" of fewer steps, given as a number, is a slice of the data rather than a pass over it. */
export const leastSteps = 50

/** `fit(train, steps_per_epoch=10, validation_data=valid)`, unless the validation is cut short as well. */
export function claimShortEpochs(
  python: PythonModule,
  fit: Call,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const given = argumentOf(python, fit, 'steps_per_epoch')
  const place = passedExpression(given)
  const steps = place === null ? null : (boundsIn(python, place)?.high ?? null)
  const epochs = numberArgument(argumentOf(python, fit, 'epochs'))
  if (place === null || steps === null || epochs === null || steps < 1 || steps >= leastSteps) return
  const data = argumentOf(python, fit, 'validation_data')
  if (passedExpression(data) === null || isLeftOut(data)) return
  if (!isLeftOut(argumentOf(python, fit, 'validation_steps'))) return
  if (!isLeftOut(argumentOf(python, fit, 'validation_freq'))) return
  const key = 'steps_per_epoch'
  const operation = claimOperation(claims, {
    kind: 'evaluate',
    place: 'step',
    key,
    at: place,
    site: callSite(fit),
    scope: fit.function?.qualified ?? '',
    evidence,
    apart: key,
  })
  operation.known('every', key, steps, place)
  operation.known('times', key, epochs, calleePlace(fit))
}
