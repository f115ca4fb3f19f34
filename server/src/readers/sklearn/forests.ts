/** Forests of scikit-learn: many trees that do not depend on each other. Source: scikit-learn 1.5, sklearn.ensemble. */
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, knownArgument, numberArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { defineReader } from '../reader.js'
import { claimTrees, type TreeShape } from '../trees.js'

const forest = /^sklearn\.ensemble\.(\w+\.)*(RandomForest|ExtraTrees)(Classifier|Regressor)$/
const treesByDefault = 100

export const sklearnForestsReader = defineReader({
  name: 'sklearn-forests',
  title: 'scikit-learn, forests',
  languages: ['python'],
  triggers: ['RandomForest', 'ExtraTrees'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (!forest.test(call.name ?? '')) continue
      const subject = claims.subject(
        'Fit',
        calleePlace(call),
        call.function?.qualified ?? '',
        python.evidence,
      )
      claimTrees(python, subject, call, shapeOf(python, call), {
        argument: python.argument(call, 'n_estimators', 0),
        byDefault: treesByDefault,
        bounds: null,
        stopsAfter: null,
      })
    }
  },
})

function shapeOf(python: PythonModule, call: Call): TreeShape {
  const depth = python.argument(call, 'max_depth')
  const features = python.argument(call, 'max_features')
  const asked = knownArgument(features)
  const isRegressor = /Regressor$/.test(call.method)
  return {
    levels: isLeftOut(depth) ? null : (numberArgument(depth) ?? undefined),
    splits: /^ExtraTrees/.test(call.method) ? 'random' : 'sorted',
    // Classifiers look at a part of the columns by themselves, regressors at all of them.
    columns: asked === 'sqrt' || asked === 'log2' || (isLeftOut(features) && !isRegressor) ? 'root' : 'all',
    // One tree tells all classes apart.
    classes: 1,
    threads: python.argument(call, 'n_jobs'),
    threadsByDefault: 1,
    accelerator: [],
    folds: null,
  }
}
