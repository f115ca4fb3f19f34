/** `wandb.watch(model, log='all', log_freq=10)`: histograms of all gradients and weights. Source: wandb 0.19, `watch` (every 1,000 batches by itself). */
import type { Call, PythonModule } from '../../python/module.js'
import { numberArgument, passedPlace } from '../../values/argument.js'
import { callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { isRealModel } from '../pytorch/model-evidence.js'
import { stepEvidence } from '../pytorch/operations.js'
import { defineReader } from '../reader.js'

/** Fewer batches than this between two histograms. */
const often = 50
const byItself = 1000

const key = 'log_freq'
/** `model`, `criterion` and `log` stand before it. */
const position = 3

export const wandbWatchReader = defineReader({
  name: 'wandb-watch',
  title: 'W&B',
  languages: ['python'],
  triggers: ['.watch('],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      const every = watches(python, call) ? numberArgument(python.argument(call, key, position)) : null
      const place = passedPlace(python.argument(call, key, position))
      if (every === null || place === null || every < 1 || every >= often) continue
      const operation = claimOperation(claims, {
        kind: 'record',
        place: 'step',
        key: `${key}=${every}`,
        at: place,
        site: callSite(call),
        scope: call.function?.qualified ?? '',
        evidence: stepEvidence(python),
        realModel: isRealModel(python),
        subject: 'histograms of gradients or weights',
      })
      operation.known('every', key, every, place)
    }
  },
  change(claim, _value, facts) {
    const { python } = facts
    const call = claimedCall(python, claim.site)
    if (python === undefined || call === null) return byHand(claim)
    const write = writeArgument(facts, call, key, python.argument(call, key, position), String(byItself))
    return changeOf(`Set ${key}=${byItself}`, [write])
  },
})

function watches(python: PythonModule, { name, method, receiver }: Call): boolean {
  if (method !== 'watch') return false
  return (
    /^wandb\.(\w+\.)*watch$/.test(name ?? '') ||
    (/(Wandb|WandB)Logger$/.test(receiver ?? '') && python.uses('wandb'))
  )
}
