/**
 * `strategy='dp'` of Lightning 1: one process that drives several GPUs. Source: Lightning 1.9, strategies/dp.py; before 1.5 the
 * strategy was named by `accelerator`, before 1.0 by `distributed_backend`.
 */
import type { Change, Refusal } from '../../edit/write.js'
import { passedPlace } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { countIn } from '../python/taken-devices.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { fitsOf, isFirstVersion, trainerClass, trainerEvidence } from './trainer.js'

const keys = ['strategy', 'accelerator', 'distributed_backend']

export const lightningDataParallelReader = defineReader({
  name: 'lightning-data-parallel',
  languages: ['python'],
  triggers: ['lightning'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.callsTo(trainerClass)) {
      const source = new CallSource(python, call, claims)
      const key = keys.find((one) => effective(source.get(one)) === 'dp')
      if (key === undefined || fitsOf(python, call) === null) continue
      const place = passedPlace(source.argument(key)) ?? calleePlace(call)
      const evidence = trainerEvidence(python, call, isFirstVersion(python, context.versions), context)
      const parallelism = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
      parallelism.say(
        'method',
        key,
        convert(source.get(key), () => 'data-parallel'),
      )
      parallelism.known('purpose', key, 'training', place)
      const devices = ['devices', 'gpus'].find((one) => isGiven(source.get(one)))
      if (devices === undefined) continue
      const given = source.get(devices)
      const value = effective(given)
      // -1 and 'auto' stand for all of them.
      if (value === -1 || value === '-1' || value === 'auto') continue
      parallelism.say(
        'devices',
        devices,
        convert(given, (one) => countIn(typeof one === 'string' ? one.split(',') : one) ?? undefined),
      )
    }
  },
  change: changeStrategy,
})

function changeStrategy(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting !== 'method' || value !== 'distributed')
    return { reason: 'how many devices it takes is set by hand' }
  if (isConfigured(claim, facts)) {
    const change = writeConfigured(claim, 'ddp', facts)
    return 'reason' in change ? change : { ...change, title: `${change.title}${andShare}`, safety: 'display' }
  }
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (facts.fragment.origin === 'notebook')
    return { reason: '`ddp` starts the script again for each GPU, which a notebook is not' }
  const written = writeArgument(facts, call, claim.key, python.argument(call, claim.key), '"ddp"')
  return 'reason' in written
    ? written
    : { title: `Set ${claim.key}="ddp"${andShare}`, safety: 'display', writes: [written], imports: [] }
}

/** `dp` divides each batch among the devices; with `ddp` each of them takes a whole one, which may not fit. */
const andShare = ', and divide the batch size by the number of GPUs'
