/** Keras 1, 2 and 3: one `Training` for each call of `fit` on a model. */
import { calleePlace, callSite } from '../../values/places.js'
import { meansProcessor } from '../pytorch/kept-on-processor.js'
import { defineReader } from '../reader.js'
import { changeKeras } from './changes.js'
import { heavyModel, kerasEvidence } from './evidence.js'
import { isFittedElsewhere, kerasFits, usesKeras } from './fits.js'
import { readNetwork } from './network.js'
import { claimDoublePrecision, readPrecision } from './precision.js'
import { claimSlowLayers } from './recurrent.js'
import { readRun } from './run.js'
import { fitSettings, stoppingSettings } from './settings.js'
import { claimShortEpochs } from './short-epochs.js'

export const kerasReader = defineReader({
  name: 'keras',
  title: 'Keras',
  languages: ['python'],
  // The last ones stand where another module builds the network.
  triggers: ['keras', 'tensorflow', 'fit_generator', '.fit('],
  settings: [fitSettings, stoppingSettings],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    const fits = kerasFits(python)
    const first = fits[0]
    if (first === undefined) {
      // Whatever trains its layers need not be seen, unless the module itself only puts them to use.
      if (usesKeras(python) && (isFittedElsewhere(python) || python.evidence.role !== 'inference'))
        claimSlowLayers(python, kerasEvidence(python, context).evidence, context, claims)
      return
    }
    const { evidence, automatic, keptBy } = kerasEvidence(python, context)
    claimDoublePrecision(python, evidence, claims)
    claimSlowLayers(python, evidence, context, claims)
    for (const fit of fits) {
      const place = calleePlace(fit)
      const training = claims.subject('Training', place, fit.function?.qualified ?? '', { ...evidence })
      if (keptBy !== undefined && !meansProcessor(python))
        training.known('device', python.text.slice(keptBy.start, keptBy.end), 'cpu', keptBy)
      if (automatic) training.known('automaticDevice', 'device', true, place)
      readRun(python, fit, training)
      readNetwork(python, fit, training)
      claimShortEpochs(python, fit, evidence, claims)
      // The policy belongs to the whole process: said once, and only where the layers gain from it.
      if (fit === first && heavyModel(python) !== false)
        readPrecision(python, place, callSite(fit), context, training)
    }
  },
  change: changeKeras,
})
