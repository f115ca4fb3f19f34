/** How Ultralytics spells a change: an argument of `train()`. */
import type { Change, Refusal } from '../../edit/write.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'

/** In the file with settings that `cfg=` names. */
export function changeSettings(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  switch (claim.setting) {
    case 'precision':
      return writeConfigured(claim, true, facts)
    case 'workers':
      return writeConfigured(claim, (value as number | null) ?? 8, facts)
    case 'earlyStopping':
      return writeConfigured(claim, leisurely((value as { patience?: number }).patience ?? 10), facts)
    case 'patience':
      return writeConfigured(claim, leisurely(Number(value)), facts)
    default:
      return byHand(claim)
  }
}

export function changeUltralytics(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isConfigured(claim, facts)) return changeSettings(claim, value, facts)
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const set = (keyword: string, code: string, title: string): Change | Refusal => {
    const written = writeArgument(facts, call, keyword, python.argument(call, keyword), code)
    return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
  }
  const literal = (keyword: string): boolean =>
    call.expr.args.some((one) => one.name === keyword && one.value.type === 'constant')
  switch (claim.setting) {
    case 'precision':
      // The library has one switch; it tries the format out before it uses it.
      return literal('amp')
        ? {
            title: 'Train in mixed precision (remove amp=False)',
            safety: 'unsafe',
            writes: [{ kind: 'remove keyword', path, call: range, name: 'amp' }],
            imports: [],
          }
        : set('amp', 'True', 'Train in mixed precision (amp=True)')
    case 'device':
      return literal('device')
        ? {
            title: 'Take the accelerator that there is (remove device)',
            safety: 'unsafe',
            writes: [{ kind: 'remove keyword', path, call: range, name: 'device' }],
            imports: [],
          }
        : set('device', 'None', 'Take the accelerator that there is (device=None)')
    case 'workers':
      if (typeof value !== 'number' && literal('workers'))
        return {
          title: 'Load with worker processes (remove workers=0)',
          safety: 'unsafe',
          writes: [{ kind: 'remove keyword', path, call: range, name: 'workers' }],
          imports: [],
        }
      return set('workers', String(value ?? 8), `Load with ${value ?? 8} worker processes`)
    case 'earlyStopping': {
      const patience = leisurely((value as { patience?: number }).patience ?? 10)
      return set('patience', String(patience), `End the run after ${patience} epochs without improvement`)
    }
    case 'patience': {
      const patience = leisurely(Number(value))
      return set('patience', String(patience), `End the run after ${patience} epochs without improvement`)
    }
    case 'compiled':
      return set('compile', 'True', 'Compile the model (compile=True)')
    default:
      return byHand(claim)
  }
}

/** The learning rate falls over all epochs and augmentation ends shortly before: gains come late. */
function leisurely(patience: number): number {
  return Math.ceil(patience * 2.5)
}
