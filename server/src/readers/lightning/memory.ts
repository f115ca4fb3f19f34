/** What decides how much memory a Lightning trainer needs. */

import type { Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimArgument } from '../claim-argument.js'
import { readLoopMemory } from '../pytorch/loop-memory.js'

export function readMemory(
  python: PythonModule,
  call: Call,
  versions: Record<string, string>,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  readLoopMemory(python, versions, training, place)
  const key = 'accumulate_grad_batches'
  claimArgument(training, 'accumulation', key, call, python.argument(call, key), {
    convert: (value) => (value === null ? 1 : asNumber(value)),
    otherwise: 1,
  })
  const strategy = python.argument(call, 'strategy')
  const named =
    strategy.state === 'given' && strategy.folded.state === 'known' ? String(strategy.folded.value) : null
  const plain =
    strategy.state === 'absent' || (named !== null && !/fsdp|deepspeed|model_parallel/.test(named))
  if (!plain) training.unknown('sharding', 'strategy', 'the strategy', place, { site: callSite(call) })
}
