/** How SDK v2 spells a change of a command job. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { UnitFacts } from '../reader.js'
import { changeJobOperation } from '../shell/job-operations.js'

export function changeCommand(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python, path, unit } = facts
  const { anchor } = claim.site
  if (anchor === 'waiting' || anchor === 'set up') return changeJobOperation(claim, facts)
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  const quote = /["']/.exec(unit.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
  const set = (title: string, code: string, imports: Import[] = []): Change | Refusal => {
    const write = writeArgument(facts, call, claim.key, python.argument(call, claim.key), code)
    return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports }
  }
  switch (claim.setting) {
    case 'timeLimit': {
      const title = `End the job after ${Number(value) / 3600} hours: timeout=${value}`
      if (claim.key !== 'limits') return set(title, String(value))
      const place = { path, unit: unit.index, offset: call.expr.start }
      const name = nameFor(python.tree, 'azure.ai.ml.entities', 'CommandJobLimits', place)
      return set(title, `${name.text}(timeout=${value})`, name.import === null ? [] : [name.import])
    }
    case 'spot':
      return call.name === 'azure.ai.ml.command'
        ? set(`Run on spot capacity: job_tier=${quote}Spot${quote}`, `${quote}Spot${quote}`)
        : byHand(claim)
    case 'nodes':
      return set(`Run it on ${value} node: instance_count=${value}`, String(value))
    case 'instanceType': {
      const size = `Standard_${String(value).replace(/^standard_/i, '')}`
      return set(`Use ${size}`, quote + size + quote)
    }
    default:
      return byHand(claim)
  }
}
