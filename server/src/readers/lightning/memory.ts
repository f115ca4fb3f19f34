/** What decides how much memory a Lightning trainer needs. */

import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { readLoopMemory } from '../pytorch/loop-memory.js'
import { trainerSettings } from './settings.js'

export function readMemory(
  python: PythonModule,
  call: Call,
  versions: Record<string, string>,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  readLoopMemory(python, versions, training, place)
  trainerSettings.claim(training, new CallSource(python, call, training.locator), {}, ['accumulation'])
  const strategy = python.argument(call, 'strategy')
  const named = knownArgument(strategy)
  const plain =
    !mayBePassed(strategy) || (named !== undefined && !/fsdp|deepspeed|model_parallel/.test(String(named)))
  if (!plain) training.unknown('sharding', 'strategy', 'the strategy', place, { site: callSite(call) })
}
