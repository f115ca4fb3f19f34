/**
 * A model whose layers `device_map` spreads over the GPUs that one process sees: each step goes through them one after
 * another, so one works while the others wait. Whether it sees several is known of the job only.
 */

import type { Call, PythonModule } from '../../python/module.js'
import { passedPlace } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { callSite } from '../../values/places.js'
import { knowsRank, startsPlainly } from '../../workload/launches.js'
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
    const call = trains(python) ? python.methodCalls('from_pretrained').find(isNetwork) : undefined
    if (call === undefined) return
    const given = python.argument(call, 'device_map')
    const place = passedPlace(given)
    if (place === null) return
    const parallelism = claims.subject('Parallelism', place, call.function?.qualified ?? '', python.evidence)
    const value = argumentValue(given, place, callSite(call), parallelism.locator)
    parallelism.say(
      'method',
      'device_map',
      convert(value, (map) => (spread.test(String(map)) ? 'layers in turn' : 'distributed')),
    )
    const visible = launch.environment.CUDA_VISIBLE_DEVICES
    if (visible === undefined) return
    const { location } = visible
    if (typeof visible.value !== 'string')
      parallelism.unknown('devices', 'CUDA_VISIBLE_DEVICES', 'a variable', place)
    else {
      const devices = visible.value.split(',').filter((one) => one.trim() !== '').length
      parallelism.known('devices', 'CUDA_VISIBLE_DEVICES', devices, place, { location })
    }
  },
  change: () => ({ reason: 'start one process for each GPU, and let each load the model onto its own' }),
})

function isNetwork({ name }: Call): boolean {
  return /^(transformers|trl|peft)\.\w*(Model|For[A-Z])\w*\.from_pretrained$/.test(name ?? '')
}

function trains(python: PythonModule): boolean {
  return trainerCalls(python).length > 0 || python.loops.some((loop) => isTorchLoop(python, loop))
}
