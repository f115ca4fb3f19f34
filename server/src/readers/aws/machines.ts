/** Machines that boto3 starts: EC2 instances and SageMaker notebook instances. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { stated } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'

export const awsMachinesReader = defineReader({
  name: 'aws-machines',
  languages: ['python'],
  triggers: ['run_instances', 'create_instances', 'create_notebook_instance'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.expr.callee.type !== 'attribute') continue
      if (call.method === 'run_instances' || call.method === 'create_instances')
        readInstance(python, call, claims)
      else if (call.method === 'create_notebook_instance') readNotebook(python, call, claims)
    }
  },
  change: changeMachine,
})

const endings =
  /^(terminate_instances|stop_instances|terminate|delete_notebook_instance|stop_notebook_instance)$/

function started(python: PythonModule, call: Call, interactive: boolean, claims: ClaimBuilder) {
  // A library hands the machine on to whoever calls it.
  if (!python.evidence.notebook && !python.isEntry && call.function !== null) return null
  const type = python.argument(call, 'InstanceType')
  if (type.state !== 'given' || type.folded.state !== 'known' || typeof type.folded.value !== 'string')
    return null
  const place = calleePlace(call)
  const compute = claimMachineRequest(claims, python, {
    provider: 'aws',
    interactive,
    place,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
  })
  claimType(
    compute,
    'InstanceType',
    stated(claims.origin({ ...type.span }, { site: callSite(call) }), type.folded.value),
  )
  const ends = python.calls.find((one) => endings.test(one.method))
  if (ends !== undefined) compute.known('endedBy', ends.method, ends.method, place)
  return compute
}

function readInstance(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const compute = started(python, call, false, claims)
  if (compute === null) return
  const key = 'InstanceInitiatedShutdownBehavior'
  const behaviour = python.argument(call, key)
  const options = python.argument(call, 'InstanceMarketOptions')
  const place = calleePlace(call)
  const site = callSite(call, 'instance')
  // `terminate` lets the program on the machine end it with a shutdown; spot capacity ends by itself.
  if (behaviour.state === 'absent' && options.state === 'absent')
    compute.default('idleStop', key, null, place, { site })
  else compute.unknown('idleStop', key, 'it is given', place, { site })
}

function readNotebook(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const compute = started(python, call, true, claims)
  if (compute === null) return
  const key = 'LifecycleConfigName'
  const place = calleePlace(call)
  const site = callSite(call, 'notebook')
  // The only way for a notebook instance to stop by itself is a script of its lifecycle configuration.
  if (python.argument(call, key).state === 'absent') compute.default('idleStop', key, null, place, { site })
  else compute.unknown('idleStop', key, 'a script may stop it', place, { site })
}

function changeMachine(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  const quote = /["']/.exec(facts.unit.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
  const set = (key: string, code: string): Write | Refusal =>
    writeArgument(facts, call, key, python.argument(call, key), code)
  if (claim.setting === 'instanceType') {
    const prefix = call.method === 'create_notebook_instance' ? 'ml.' : ''
    const type = `${prefix}${String(value).replace(/^ml\./, '')}`
    const write = set('InstanceType', quote + type + quote)
    return 'reason' in write
      ? write
      : { title: `Use ${type}`, safety: 'unsafe', writes: [write], imports: [] }
  }
  if (claim.setting !== 'idleStop') return byHand(claim)
  if (claim.site.anchor === 'notebook')
    return {
      reason:
        'a script in a lifecycle configuration must stop it: create one and name it in LifecycleConfigName',
    }
  const write = set('InstanceInitiatedShutdownBehavior', `${quote}terminate${quote}`)
  return 'reason' in write
    ? write
    : {
        title: 'Terminate the machine when it shuts down (end its program with `shutdown -h now`)',
        safety: 'unsafe',
        writes: [write],
        imports: [],
      }
}
