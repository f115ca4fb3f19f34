/** Workstations of Azure Machine Learning, SDK v2. Source: azure-ai-ml 1.20, entities/_compute/compute_instance.py. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { stated } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'

const minutesKey = 'idle_time_before_shutdown_minutes'

export const azureComputeInstanceReader = defineReader({
  name: 'azure-compute-instance',
  languages: ['python'],
  triggers: ['ComputeInstance'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls)
      if (/^azure\.ai\.ml\.(\w+\.)*ComputeInstance$/.test(call.name ?? '')) readInstance(python, call, claims)
  },
  change: changeInstance,
})

function readInstance(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const size = python.argument(call, 'size')
  if (size.state !== 'given' || size.folded.state !== 'known' || typeof size.folded.value !== 'string') return
  const place = calleePlace(call)
  const site = callSite(call)
  const compute = claimMachineRequest(claims, python, {
    provider: 'azure',
    interactive: true,
    place,
    site,
    scope: call.function?.qualified ?? '',
  })
  claimType(compute, 'size', stated(claims.origin({ ...size.span }, { site }), size.folded.value))
  const minutes = python.argument(call, minutesKey)
  const others = [python.argument(call, 'idle_time_before_shutdown'), python.argument(call, 'schedules')]
  if (others.some((one) => one.state !== 'absent') || minutes.state === 'unknown')
    compute.unknown('idleStop', minutesKey, 'it is given', place, { site })
  else if (minutes.state === 'absent') compute.default('idleStop', minutesKey, null, place, { site })
  else if (minutes.folded.state === 'known')
    compute.known('idleStop', minutesKey, (asNumber(minutes.folded.value) ?? 0) * 60 || null, minutes.span, {
      site,
    })
  else compute.unknown('idleStop', minutesKey, minutes.folded.because, place, { site })
}

function changeInstance(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'idleStop' && typeof value === 'number') {
    const minutes = Math.max(15, Math.round(value / 60))
    const write = writeArgument(facts, call, minutesKey, python.argument(call, minutesKey), String(minutes))
    return 'reason' in write
      ? write
      : { title: `Stop after ${minutes} idle minutes`, safety: 'unsafe', writes: [write], imports: [] }
  }
  if (claim.setting === 'instanceType') {
    const quote = /["']/.exec(facts.unit.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
    const type = `Standard_${String(value).replace(/^standard_/i, '')}`
    const write = writeArgument(facts, call, 'size', python.argument(call, 'size'), quote + type + quote)
    return 'reason' in write
      ? write
      : { title: `Use ${type}`, safety: 'unsafe', writes: [write], imports: [] }
  }
  return byHand(claim)
}
