/** `multi_gpu_model` of Keras 2: one process that drives several GPUs. Source: keras 2.3, utils/multi_gpu_utils.py. */

import { fixedArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { boundsIn } from '../../values/python-bounds.js'
import { branchesOf } from '../branches.js'
import { defineReader } from '../reader.js'
import { kerasEvidence } from './evidence.js'

export const kerasMultiGpuReader = defineReader({
  name: 'keras-multi-gpu',
  languages: ['python'],
  triggers: ['multi_gpu_model'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    const { evidence } = kerasEvidence(python, context)
    for (const call of python.calls) {
      if (!/^keras\.utils\.(\w+\.)*multi_gpu_model$/.test(call.name ?? '')) continue
      const place = calleePlace(call)
      const site = callSite(call)
      const gpus = python.argument(call, 'gpus', 1)
      const count = fixedArgument(gpus)
      const expr = passedExpression(gpus)
      const most = expr === null ? null : (boundsIn(python, expr)?.high ?? null)
      const parallelism = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
      const overridable = branchesOf(python, call).length > 0
      parallelism.known('method', 'multi_gpu_model', 'data-parallel', place, { site, overridable })
      parallelism.known(
        'instead',
        'multi_gpu_model',
        '`tf.distribute.MirroredStrategy` (TensorFlow 2) or Horovod keep the weights on each GPU and exchange gradients only.',
        place,
      )
      if (Array.isArray(count)) parallelism.known('devices', 'gpus', count.length, place, { site })
      else if (typeof count === 'number') parallelism.known('devices', 'gpus', count, place, { site })
      else if (most !== null) parallelism.known('devices', 'gpus', most, place, { site })
      else if (mayBePassed(gpus) && expr !== null && !overridable)
        parallelism.unknown('devices', 'gpus', 'a number from elsewhere', place, { site })
    }
  },
  change: () => ({
    reason:
      'build and compile the model inside the scope of a tf.distribute.MirroredStrategy, in place of the wrapper',
  }),
})
