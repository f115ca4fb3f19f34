/** scikit-optimize: `gp_minimize(…)` and its kin, `BayesSearchCV`. Source: scikit-optimize 0.10, skopt/optimizer/, skopt/searchcv.py. */

import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimPersisted, claimUnstopped } from '../search/trial-claims.js'
import { settingTable } from '../setting-table.js'
import { foldsOf } from '../sklearn/folds.js'
import { changeCached, RepeatedSteps } from '../sklearn/repeated-steps.js'

const minimisers: Record<string, SearchSettings['strategy']> = {
  gp_minimize: 'bayesian',
  forest_minimize: 'bayesian',
  gbrt_minimize: 'bayesian',
  dummy_minimize: 'random',
}

const minimiserSettings = settingTable('Search', {
  trialCap: { keys: ['n_calls'], parse: asNumber, otherwise: 100 },
})
const searchSettings = settingTable('Search', {
  trialCap: { keys: ['n_iter'], position: 3, parse: asNumber, otherwise: 50 },
})

export const skoptReader = defineReader({
  name: 'scikit-optimize',
  title: 'scikit-optimize',
  languages: ['python'],
  triggers: ['skopt'],
  settings: [minimiserSettings, searchSettings],
  read(facts, _context, claims) {
    const python = facts.python!
    const repeated = new RepeatedSteps(python)
    for (const call of python.calls) {
      if (call.name === null || !call.name.startsWith('skopt.')) continue
      const kind = lookUp(minimisers, call.method)
      if (kind !== undefined) readMinimiser(python, call, kind, claims)
      else if (call.method === 'BayesSearchCV') readSearchCV(python, call, claims, repeated)
    }
    repeated.claim(claims, tuningEvidence(python))
  },
  change(claim, _value, facts) {
    return claim.setting === 'cached' ? changeCached(claim, facts) : byHand(claim)
  },
})

function subject(python: PythonModule, call: Call, claims: ClaimBuilder) {
  const evidence = tuningEvidence(python)
  return claims.subject('Search', calleePlace(call), call.function?.qualified ?? '', evidence)
}

function readMinimiser(
  python: PythonModule,
  call: Call,
  strategy: SearchSettings['strategy'],
  claims: ClaimBuilder,
): void {
  const place = calleePlace(call)
  const search = subject(python, call, claims)
  search.known('strategy', call.method, strategy, place, { site: callSite(call) })
  const given = python.argument(call, 'func', 0)
  const gap = 'scikit-optimize hears of a trial only when it is over'
  claimUnstopped(python, search, 'func', passedExpression(given), gap, claims, place)
  claimPersisted(python, search, 'callback', place)
  minimiserSettings.claim(search, minimiserSettings.argumentsOf(python, call, claims))
}

function readSearchCV(python: PythonModule, call: Call, claims: ClaimBuilder, repeated: RepeatedSteps): void {
  const place = calleePlace(call)
  const search = subject(python, call, claims)
  search.known('strategy', call.method, 'bayesian', place, { site: callSite(call) })
  search.known('unit', 'fit', 'fit', place)
  searchSettings.claim(search, searchSettings.argumentsOf(python, call, claims))
  const folds = foldsOf(python, call, 5)
  if (folds === null) search.unknown('folds', 'cv', 'the splits cannot be counted', place)
  else search.known('folds', 'cv', folds, place)
  repeated.addDrawn(call, { space: 'search_spaces', trials: ['n_iter', 3, 50] })
}
