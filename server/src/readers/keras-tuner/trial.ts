/** What one trial of a tuner trains: `search(…)` takes the arguments of `fit`, and hands them on. */
import type { Call, PythonModule } from '../../python/module.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { fitSettings } from '../keras/settings.js'
import { tuningEvidence } from '../pytorch/evidence.js'

/** Arguments of `fit` by position. */
const positions = { x: 0, batch_size: 2, epochs: 3, callbacks: 5, validation_data: 7 }

export function claimTrial(python: PythonModule, tuner: Call, claims: ClaimBuilder): void {
  for (const call of python.calls) {
    if (call.method !== 'search' || call.receiverCall !== tuner) continue
    const place = calleePlace(call)
    const trial = claims.subject('Training', place, call.function?.qualified ?? '', tuningEvidence(python))
    const source = new CallSource(python, call, claims, { positions })
    fitSettings.claim(trial, source, {}, ['epochs', 'batchSize'])
  }
}
