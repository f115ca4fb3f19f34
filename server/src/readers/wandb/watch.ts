/** `wandb.watch(model, log='all', log_freq=10)`: histograms of all gradients and weights. Source: wandb 0.19, `watch` (every 1,000 batches by itself); Lightning 2.5, loggers/wandb.py. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { knownArgument, numberArgument, passedPlace } from '../../values/argument.js'
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
/** Often enough for a run of a few hundred steps to show something, and no more than a hundredth of the waits. */
const instead = 100

const key = 'log_freq'

export const wandbWatchReader = defineReader({
  name: 'wandb-watch',
  title: 'W&B',
  languages: ['python'],
  triggers: ['.watch('],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      const { rhythm, what } = watched(python, call) ?? {}
      if (rhythm === undefined || what === undefined || knownArgument(what) === null) continue
      const [every, place] = [numberArgument(rhythm), passedPlace(rhythm)]
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
    const rhythm = python === undefined || call === null ? undefined : watched(python, call)?.rhythm
    if (call === null || rhythm === undefined) return byHand(claim)
    const write = writeArgument(facts, call, key, rhythm, String(instead))
    return changeOf(`Set ${key}=${instead}`, [write])
  },
})

interface Watched {
  rhythm: ArgumentValue
  /** None: nothing is recorded. */
  what: ArgumentValue
}

/** `wandb.watch(model, criterion, log, log_freq)`, and `watch(model, log, log_freq)` of Lightning's logger. */
function watched(python: PythonModule, call: Call): Watched | null {
  const { name, method, receiver } = call
  if (method !== 'watch') return null
  const ofLogger = /^lightning\.(\w+\.)*WandbLogger$/.test(receiver ?? '')
  const ofRun = call.receiverCall?.name === 'wandb.init'
  if (!ofLogger && !ofRun && !/^wandb\.(\w+\.)*watch$/.test(name ?? '')) return null
  const before = ofLogger ? 1 : 2
  return { what: python.argument(call, 'log', before), rhythm: python.argument(call, key, before + 1) }
}
