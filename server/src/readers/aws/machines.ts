/** Machines that boto3 starts: EC2 instances and SageMaker notebook instances. */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { NamedText } from '../../text/named-text.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, firstGiven, opaque, orDefault } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { doesSay } from '../command-lines/printed-text.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import {
  acceleratorModel,
  acceleratorsInType,
  claimBought,
  claimMachineRequest,
  claimType,
  claimWholeType,
  mayEndMachine,
} from '../machine-claims.js'
import { isOnlyOffered } from '../only-offered.js'
import { defineReader, type FragmentFacts, importing, type ReaderContext } from '../reader.js'
import { claimScriptFile } from '../script-file.js'
import { trainsAtStart } from '../shell/failures.js'
import { claimJobOperations } from '../shell/job-operations.js'
import { claimShellLaunch, launchesOf, workOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { claimEnding } from '../skipped-ending.js'

export const awsMachinesReader = defineReader({
  name: 'aws-machines',
  leads: importing('boto3'),
  languages: ['python'],
  triggers: ['run_instances', 'create_instances', 'create_notebook_instance'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.expr.callee.type !== 'attribute') continue
      if (call.method === 'run_instances' || call.method === 'create_instances') {
        if (!readStartedJob(python, call, context, claims)) readInstance(python, call, claims)
      } else if (call.method === 'create_notebook_instance') readNotebook(python, call, claims)
    }
  },
  change: changeMachine,
})

const endings =
  /^(terminate_instances|stop_instances|terminate|delete_notebook_instance|stop_notebook_instance)$/

function started(python: PythonModule, call: Call, interactive: boolean, claims: ClaimBuilder) {
  if (isOnlyOffered(python, call)) return null
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
  claimEnding(compute, python, call, endingCalls(python), place)
  return compute
}

const endingCalls = (python: PythonModule): Call[] => python.calls.filter((one) => endings.test(one.method))

function readInstance(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const compute = started(python, call, false, claims)
  if (compute === null) return
  const key = shutdown
  const source = new CallSource(python, call, claims)
  // Spot capacity is billed until others want it.
  const spot =
    effective(source.get(market, 'MarketType')) === 'spot' &&
    source.get(market, 'SpotOptions', 'ValidUntil').state === 'absent'
  if (spot) compute.known('spot', market, true, calleePlace(call))
  // `terminate` lets the program on the machine end it with a shutdown.
  const given = spot ? source.get(key) : firstGiven(source.get(key), source.get(market))
  compute.say('idleStop', key, orDefault(opaque(given, 'it is given'), null, spot))
}

const market = 'InstanceMarketOptions'
const shutdown = 'InstanceInitiatedShutdownBehavior'

/** A machine whose start script launches a training is a job. False: it starts none that can be read. */
function readStartedJob(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  claims: ClaimBuilder,
): boolean {
  const given = python.argument(call, 'UserData')
  const shown = passedExpression(given)
  const written = textArgument(given)
  const file = written === null && shown !== null ? scriptRead(python, shown, context, claims) : undefined
  const text = written ?? file?.text ?? null
  const source = new CallSource(python, call, claims)
  const type = convert(source.get('InstanceType'), asText)
  if (text === null || shown === null || effective(type) === undefined) return false
  const facts = context.shell(text)
  const launches = launchesOf(facts.commands, () => claims.locate(shown))
  if (!trainsAtStart(facts.commands, launches)) return false
  const place = calleePlace(call)
  const site = callSite(call)
  const job = idAt(claims, 'ec2', place)
  const gpus = instance(effective(type)!)?.gpuCount
  const compute = claims.subject(
    'Compute',
    place,
    scopeOf(call),
    evidenceOfJob(python, gpus === 0 ? 'none' : 'gpu'),
    job,
  )
  compute.known('provider', call.method, 'aws', place, { site })
  compute.known('service', 'UserData', false, place, { site })
  compute.known('trials', 'UserData', false, place, { site })
  compute.say('nodes', 'MaxCount', orDefault(convert(source.get('MaxCount'), asNumber), 1))
  claimWholeType(compute, 'InstanceType', type)
  const asksNothing = [market, 'LaunchTemplate'].every((name) => source.get(name).state === 'absent')
  claimBought(compute, {
    key: market,
    spot: effective(source.get(market, 'MarketType')) === 'spot' || (asksNothing ? false : null),
    reserved: source.get('CapacityReservationSpecification').state !== 'absent',
    place,
    site,
  })
  const at = { start: shown.start, end: shown.end }
  claimEnd(compute, python, call, source, text)
  const machine = {
    holder: 'the machine',
    gpus: acceleratorsInType(effective(type)!) ?? null,
    model: acceleratorModel(effective(type)!) ?? null,
    evidence: compute.subject.evidence,
    job,
  }
  const work =
    file === undefined
      ? workOf(facts, launches)
      : claimScriptFile(claims, context, {
          script: file,
          place: at,
          job,
          nodes: 1,
          machine: gpus === 0 ? null : machine,
        })
  if (work.sharing !== null) compute.known('sharing', 'UserData', work.sharing, place)
  if (file !== undefined) return true
  if (gpus !== 0) claimJobOperations(claims, context, facts, launches, machine, text, () => at)
  for (const [index, launch] of launches.entries())
    claimShellLaunch(claims, launch, { job, id: `${job}:${index}`, place: at, folder: null })
  claimScriptCalls(claims, facts.commands, { job, id: job, place: at, folder: null }, () => claims.locate(at))
  return true
}

/** What ends the machine once its start script is done: the program that made it, or the script itself. */
function claimEnd(
  compute: SubjectBuilder<'Compute'>,
  python: PythonModule,
  call: Call,
  source: CallSource,
  script: string,
): void {
  const place = calleePlace(call)
  claimEnding(compute, python, call, endingCalls(python), place)
  const others = [market, ...(doesSay(script, mayEndMachine) ? ['UserData'] : [])]
  const given = firstGiven(source.get(shutdown), ...others.map((name) => source.get(name)))
  compute.say('idleStop', shutdown, orDefault(opaque(given, 'it may end by itself'), null))
}

/** `UserData=Path('boot.sh').read_text()` */
function scriptRead(
  python: PythonModule,
  expr: Expr,
  context: ReaderContext,
  claims: ClaimBuilder,
): NamedText | undefined {
  const path = python.scriptIn(expr)
  if (path === null) return undefined
  claims.namesText({ path })
  return context.textOf(path)
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
  if (claim.setting === 'spot') {
    const write = set(market, `{${quote}MarketType${quote}: ${quote}spot${quote}}`)
    return 'reason' in write
      ? write
      : { title: 'Buy spot capacity', safety: 'unsafe', writes: [write], imports: [] }
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
