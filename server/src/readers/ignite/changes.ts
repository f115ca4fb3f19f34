/** How PyTorch-Ignite spells a change. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import { mayBePassed } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { refusedLoss } from '../pytorch/refused-losses.js'
import type { FragmentFacts } from '../reader.js'
import { stoppingSettings } from './settings.js'

export function changeIgnite(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'precision') {
    const refused = refusedLoss(python)
    if (refused !== null)
      return { reason: `${refused} raises an error under autocast: compute the loss from logits first` }
    const mode = writeArgument(facts, call, 'amp_mode', python.argument(call, 'amp_mode', 9), '"amp"')
    if ('reason' in mode) return mode
    const writes: Write[] = [mode]
    const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
    // fp16 without a scaler loses small gradients.
    if (!mayBePassed(python.argument(call, 'scaler', 10)))
      writes.push({ kind: 'set keyword', path, call: range, name: 'scaler', value: 'True' })
    return {
      title: 'Train in mixed precision with a gradient scaler (amp_mode="amp")',
      safety: 'unsafe',
      writes,
      imports: [],
    }
  }
  if (claim.setting === 'patience') return stoppingSettings.change(claim, value, facts)
  if (claim.setting === 'earlyStopping')
    return { reason: 'attach an EarlyStopping handler with a score function of yours to the evaluator' }
  if (claim.setting === 'stoppingGap')
    return { reason: 'attach it to the evaluator: add_event_handler(Events.COMPLETED, …)' }
  return byHand(claim)
}
