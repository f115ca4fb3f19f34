/** How SDK v2 spells a change of a command job. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { changeJobOperation, isJobOperation } from '../shell/job-operations.js'
import { commandSettings, limitTitle } from './command-settings.js'

export function changeCommand(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (isJobOperation(claim)) return changeJobOperation(claim, facts)
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'timeLimit' && claim.key === 'limits') {
    const place = { path, fragment: fragment.index, offset: call.expr.start }
    const name = nameFor(python.tree, 'azure.ai.ml.entities', 'CommandJobLimits', place)
    const code = `${name.text}(timeout=${value})`
    const write = writeArgument(facts, call, claim.key, python.argument(call, claim.key), code)
    return changeOf(limitTitle(Number(value)), [write], {
      imports: name.import === null ? [] : [name.import],
    })
  }
  return claim.setting === 'spot' && call.name !== 'azure.ai.ml.command'
    ? byHand(claim)
    : commandSettings.change(claim, value, facts)
}
