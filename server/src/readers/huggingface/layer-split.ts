/**
 * A model whose layers `device_map` spreads over the GPUs that one process sees: each step goes through them one after
 * another, so one works while the others wait. Whether it sees several is known of the job only.
 */

import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression, passedPlace } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { callSite } from '../../values/places.js'
import { knowsRank, startsPlainly } from '../../workload/launches.js'
import { visibleDevices } from '../pytorch/data-parallel.js'
import { isTorchLoop } from '../pytorch/loop.js'
import { defineReader } from '../reader.js'
import { trainerCalls } from './trainers.js'

/** Maps that Accelerate makes up for all devices in sight. Source: Accelerate 1.12, "Big Model Inference". */
const spread = /^(auto|balanced|balanced_low_0)$/

export const layerSplitReader = defineReader({
  name: 'huggingface-layer-split',
  title: 'Hugging Face Transformers',
  languages: ['python'],
  triggers: ['device_map'],
  read(facts, context, claims) {
    const { python } = facts
    const launch = context.binding?.launch
    // A launcher gives each process one device.
    if (python === undefined || launch === undefined || !startsPlainly(launch) || knowsRank(launch)) return
    if (!trains(python)) return
    const networks = python.methodCalls('from_pretrained').filter(isNetwork)
    if (frozen.test(python.code)) return
    for (const call of networks) {
      // Of several only the one that a trainer is given is known to learn.
      if (networks.length > 1 && !trainedModels(python).includes(call)) continue
      const given = python.argument(call, 'device_map')
      const place = passedPlace(given)
      if (place === null) continue
      const parallelism = claims.subject(
        'Parallelism',
        place,
        call.function?.qualified ?? '',
        python.evidence,
      )
      const value = argumentValue(given, place, callSite(call), parallelism.locator)
      parallelism.say(
        'method',
        'device_map',
        convert(value, (map) => (spread.test(String(map)) ? 'layers in turn' : 'distributed')),
      )
      const key = 'CUDA_VISIBLE_DEVICES'
      const visible = visibleDevices(python, context)
      const location = launch.environment[key]?.location
      if (visible === 'unknown') parallelism.unknown('devices', key, 'a device from elsewhere', place)
      else if (visible !== null)
        parallelism.known('devices', key, visible, place, location === undefined ? {} : { location })
      return
    }
  },
  change: () => ({ reason: 'start one process for each GPU, and let each load the model onto its own' }),
})

const frozen = /\.requires_grad_\(\s*False\s*\)|\.requires_grad\s*=\s*False/

function trainedModels(python: PythonModule): (Call | null)[] {
  return trainerCalls(python).map((trainer) => {
    const model = passedExpression(python.argument(trainer, 'model', 0))
    return model === null ? null : python.callOf(model)
  })
}

function isNetwork({ name }: Call): boolean {
  return /^(transformers|trl|peft)\.\w*(Model|For[A-Z])\w*\.from_pretrained$/.test(name ?? '')
}

function trains(python: PythonModule): boolean {
  return trainerCalls(python).length > 0 || python.loops.some((loop) => isTorchLoop(python, loop))
}
