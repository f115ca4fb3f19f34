/**
 * Estimators of scikit-learn that train epoch by epoch and stop by themselves: how many epochs without progress end the
 * run, where that is written.
 */

import type { Call, PythonModule } from '../../python/module.js'
import { isUnreadable, knownArgument, mayBePassed } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'

const networks = /^sklearn\.neural_network\.(\w+\.)*MLP(Classifier|Regressor)$/
const linear =
  /^sklearn\.linear_model\.(\w+\.)*(SGD(Classifier|Regressor)|Perceptron|PassiveAggressive(Classifier|Regressor))$/

/** What `max_iter` is where it is left out. */
function epochsByDefault(name: string): number | null {
  if (networks.test(name)) return 200
  return linear.test(name) ? 1000 : null
}

const key = 'n_iter_no_change'

export const sklearnPatienceReader = defineReader({
  name: 'sklearn-patience',
  languages: ['python'],
  triggers: [key],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      const epochs = call.name === null ? null : epochsByDefault(call.name)
      const patience = python.argument(call, key)
      if (epochs === null || !mayBePassed(patience) || !countsEpochs(python, call)) continue
      const evidence = trainingEvidence(python)
      if (evidence.role !== 'test') evidence.role = 'training'
      const place = calleePlace(call)
      const training = claims.subject('Training', place, call.function?.qualified ?? '', evidence)
      training.known('managed', call.method, true, place)
      claimArgument(training, 'epochs', 'max_iter', call, python.argument(call, 'max_iter'), {
        convert: asNumber,
        otherwise: epochs,
      })
      // They end where the loss, or the score on data held out, stays where it is.
      training.known('earlyStopping', key, true, place, { site: callSite(call) })
      claimArgument(training, 'patience', key, call, patience, { convert: asNumber })
    }
  },
  change(claim, value, facts) {
    const call = claimedCall(facts.python, claim.site)
    if (facts.python === undefined || call === null) return { reason: 'the call is no longer in the file' }
    if (claim.setting !== 'patience') return byHand(claim)
    const written = writeArgument(facts, call, key, facts.python.argument(call, key), String(value))
    return 'reason' in written
      ? written
      : { title: `Set ${key}=${String(value)}`, safety: 'unsafe', writes: [written], imports: [] }
  },
})

/** L-BFGS has no epochs; without a tolerance nothing is counted. */
function countsEpochs(python: PythonModule, call: Call): boolean {
  const solver = python.argument(call, 'solver')
  const warm = python.argument(call, 'warm_start')
  const lbfgs = isUnreadable(solver) || knownArgument(solver) === 'lbfgs'
  return !lbfgs && !mayBePassed(warm)
}
