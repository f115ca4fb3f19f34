/**
 * A Trainer that one process starts and that sees several GPUs wraps its model in DataParallel by itself. Whether it
 * sees several is known of the job only.
 */

import type { Change, Refusal } from '../../edit/write.js'
import { offsetInFragment } from '../../text/source-fragment.js'
import { calleePlace } from '../../values/places.js'
import type { Claim } from '../../workload/claim.js'
import { knowsRank, startsPlainly } from '../../workload/launches.js'
import { visibleDevices } from '../pytorch/data-parallel.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainerCalls } from './trainers.js'

export const implicitDataParallelReader = defineReader({
  name: 'huggingface-data-parallel',
  languages: ['python'],
  triggers: ['Trainer'],
  read(facts, context, claims) {
    const { python } = facts
    const launch = context.binding?.launch
    // Launchers set up one process for each device; a variable of theirs in the environment does the same.
    if (python === undefined || launch === undefined || !startsPlainly(launch)) return
    if (knowsRank(launch)) return
    if (python.uses('deepspeed.', 'accelerate.notebook_launcher', 'torch.multiprocessing.spawn')) return
    const [first] = trainerCalls(python)
    // A model that is spread over the devices is not copied to them.
    if (
      first === undefined ||
      python.calls.some((call) => call.expr.args.some((one) => one.name === 'device_map')) ||
      // Arguments that are put together first: `{'device_map': 'auto'}`.
      /['"]device_map['"]/.test(python.code)
    )
      return
    const place = calleePlace(first)
    const parallelism = claims.subject('Parallelism', place, first.function?.qualified ?? '', python.evidence)
    const key = 'CUDA_VISIBLE_DEVICES'
    const visible = visibleDevices(python, context)
    const location = launch.environment[key]?.location
    if (visible === 'unknown') return
    if (visible !== null)
      parallelism.known('devices', key, visible, place, location === undefined ? {} : { location })
    // A notebook that is its own job is launched by nothing that could be changed.
    const elsewhere = launch.location.path === facts.path ? {} : { location: launch.location }
    parallelism.known('method', 'Trainer', 'data-parallel', place, elsewhere)
    parallelism.known('implicit', 'Trainer', true, place)
    parallelism.known('purpose', 'Trainer', 'training', place)
  },
  change: startWithTorchrun,
})

/** `python train.py` becomes `torchrun … train.py`; the code stays as it is. */
function startWithTorchrun(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (facts.fragment.origin === 'notebook')
    return { reason: 'train through `notebook_launcher` of Accelerate, one process for each GPU' }
  if (value !== 'distributed' || facts.shell === undefined) {
    return { reason: 'start one process for each GPU where the job is defined' }
  }
  const { cell, start, end } = claim.location
  const from = offsetInFragment(facts.fragment, cell, start)
  const command = facts.shell.commands.find(
    (one) => from !== undefined && one.start >= from && one.end <= from + end - start,
  )
  const python = command?.words.find((word) => word.text !== null && /(^|\/)python[\d.]*$/.test(word.text))
  if (python === undefined) return { reason: 'the interpreter is not written on the launch line' }
  return {
    title: 'Start one process for each GPU with torchrun',
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace text',
        path: facts.path,
        fragment: facts.fragment.index,
        start: python.start,
        end: python.end,
        text: 'torchrun --standalone --nproc_per_node=gpu',
      },
    ],
    imports: [],
  }
}
