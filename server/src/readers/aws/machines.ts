/** Machines that boto3 starts: EC2 instances and SageMaker notebook instances. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { CallSource } from '../../values/call-source.js'
import { convert, firstGiven, opaque, orDefault } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'

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
  const type = convert(new CallSource(python, call, claims).get('InstanceType'), asText)
  if (effective(type) === undefined) return null
  const place = calleePlace(call)
  const compute = claimMachineRequest(claims, python, {
    provider: 'aws',
    interactive,
    place,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
  })
  claimType(compute, 'InstanceType', type)
  const ends = python.calls.find((one) => endings.test(one.method))
  if (ends !== undefined) compute.known('endedBy', ends.method, ends.method, place)
  return compute
}

function readInstance(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const compute = started(python, call, false, claims)
  if (compute === null) return
  const key = 'InstanceInitiatedShutdownBehavior'
  const source = new CallSource(python, call, claims)
  // `terminate` lets the program on the machine end it with a shutdown; spot capacity ends by itself.
  const given = firstGiven(source.get(key), source.get('InstanceMarketOptions'))
  compute.say('idleStop', key, orDefault(opaque(given, 'it is given'), null))
}

function readNotebook(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const compute = started(python, call, true, claims)
  if (compute === null) return
  const key = 'LifecycleConfigName'
  const byScript = `a script in a lifecycle configuration must stop it: create one and name it in ${key}`
  // The only way for a notebook instance to stop by itself is a script of its lifecycle configuration.
  const given = new CallSource(python, call, claims, { target: { kind: 'refused', reason: byScript } }).get(
    key,
  )
  compute.say('idleStop', key, orDefault(opaque(given, 'a script may stop it'), null))
}

function changeMachine(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  const quote = /["']/.exec(facts.fragment.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
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
