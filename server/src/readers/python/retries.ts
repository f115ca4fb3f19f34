/** Decorators and settings that start a failed training again: tenacity, backoff, Celery, Ray. */

import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import type { ChangeTarget } from '../../text/change-target.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, passedPlace } from '../../values/argument.js'
import { argumentValue, CallSource } from '../../values/call-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { claimStep, workOfFunction } from '../pipelines/retried.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

export const retriesReader = defineReader({
  name: 'retries',
  languages: ['python'],
  triggers: ['tenacity', 'backoff.on_', 'autoretry_for', 'FailureConfig', 'max_failures'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const func of python.functions) {
      for (const decorator of func.node.decorators) {
        const call = decorator.type === 'call' ? python.callOf(decorator) : null
        const found = call === null ? null : attemptsOf(python, call)
        if (found !== null) readFunction(python, claims, func, found)
      }
    }
    for (const call of python.calls) readFailureConfig(python, claims, call)
  },
  change: changeRetries,
})

interface Attempts {
  engine: string
  /** The call that carries the argument, and its name. */
  carrier: Call
  decorator: Call
  key: string
  position: number | null
  /** What is counted: attempts are one more than retries. */
  counts: 'attempts' | 'retries'
  /** Where the argument is left out. */
  otherwise: number
}

function attemptsOf(python: PythonModule, call: Call): Attempts | null {
  if (call.name === 'tenacity.retry') {
    // Only some errors are worth another attempt; then somebody has thought about it.
    if (call.expr.args.some((one) => one.name === 'retry')) return null
    const stop = call.expr.args.find((one) => one.name === 'stop')
    const carrier = stop === undefined ? null : python.callOf(stop.value)
    if (carrier?.name !== 'tenacity.stop_after_attempt') return null
    return {
      engine: 'tenacity',
      carrier,
      decorator: call,
      key: 'max_attempt_number',
      position: 0,
      counts: 'attempts',
      otherwise: 1,
    }
  }
  if (call.name === 'backoff.on_exception' && catchesAll(python, call, 1))
    return {
      engine: 'backoff',
      carrier: call,
      decorator: call,
      key: 'max_tries',
      position: null,
      counts: 'attempts',
      otherwise: 1,
    }
  const celery =
    call.name === 'celery.shared_task' || (call.receiver === 'celery.Celery' && call.method === 'task')
  if (celery && catchesAll(python, call, null, 'autoretry_for'))
    return {
      engine: 'Celery',
      carrier: call,
      decorator: call,
      key: 'max_retries',
      position: null,
      counts: 'retries',
      otherwise: 3,
    }
  return null
}

function catchesAll(
  python: PythonModule,
  call: Call,
  position: number | null,
  keyword = 'exception',
): boolean {
  const given =
    call.expr.args.find((one) => one.name === keyword) ??
    (position === null ? undefined : call.expr.args[position])
  return (
    given !== undefined &&
    /(^|[\s(,[])(Base)?Exception\b/.test(python.code.slice(given.value.start, given.value.end))
  )
}

function readFunction(python: PythonModule, claims: ClaimBuilder, func: Func, found: Attempts): void {
  if (!workOfFunction(python, func).work.includes('train')) return
  const { engine, carrier, decorator, key, position, counts, otherwise } = found
  const given: ArgumentValue = python.argument(carrier, key, position)
  // `retry_kwargs={'max_retries': 5}`.
  const kwargs = !mayBePassed(given)
    ? decorator.expr.args.find((one) => one.name === 'retry_kwargs')
    : undefined
  const value = kwargs === undefined ? given : python.entry(kwargs.value, key)
  const { step, place } = claimStep(python, claims, { func, call: decorator, engine, name: func.name })
  const site = {
    start: carrier.expr.start,
    end: carrier.expr.end,
    ...(kwargs === undefined ? {} : { target: inDictionary }),
  }
  const count = (one: Json): number | undefined => {
    const number = asNumber(one)
    return number !== undefined && counts === 'attempts' ? number - 1 : number
  }
  const retries = convert(argumentValue(value, place, site, claims), count)
  step.say('retries', key, engine === 'Celery' ? orDefault(retries, otherwise) : retries)
}

const failureConfigs = new Set([
  'ray.train.FailureConfig',
  'ray.air.FailureConfig',
  'ray.air.config.FailureConfig',
  'ray.tune.FailureConfig',
])

/** `FailureConfig(max_failures=-1)`, `tune.run(…, max_failures=3)`: trials and training runs of Ray. */
function readFailureConfig(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const config = call.name !== null && failureConfigs.has(call.name)
  if (!config && call.name !== 'ray.tune.run') return
  const positions: Record<string, number> = config ? { max_failures: 0 } : {}
  const source = new CallSource(python, call, claims, { positions })
  const given = source.get('max_failures')
  const count = effective(convert(given, asNumber))
  const at = passedPlace(source.argument('max_failures'))
  if (count === undefined || at === null) return
  // A function that asks for its checkpoint goes on from there; library trainers do so by themselves.
  if (
    python.uses(
      '.get_checkpoint',
      '.load_checkpoint',
      'ray.train.get_checkpoint',
      'ray.tune.get_checkpoint',
      'ray.air.session.get_checkpoint',
      'ray.rllib.',
    )
  )
    return
  if (
    !python.uses('.backward', '.fit', '.apply_gradients') &&
    !python.usesHere('ray.train.report', 'ray.tune.report')
  )
    return
  const site = { start: call.expr.start, end: call.expr.end }
  const operation = claimOperation(claims, {
    kind: 'start again',
    place: 'run',
    key: 'max_failures',
    at,
    site,
    scope: call.function?.qualified ?? '',
    evidence: trainingEvidence(python),
  })
  const key = count < 0 ? 'max_failures=-1' : 'max_failures'
  operation.say(
    'retries',
    key,
    convert(given, () => (count < 0 ? null : count)),
  )
}

const inDictionary: ChangeTarget = { kind: 'refused', reason: 'it stands in retry_kwargs' }

function changeRetries(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null || claim.setting !== 'retries') return { reason: 'the call is no longer there' }
  const key = claim.key.replace(/=.*$/, '')
  const attempts = /^max_(attempt_number|tries)$/.test(key)
  const number = Number(value) + (attempts ? 1 : 0)
  const position =
    key === 'max_attempt_number' || (key === 'max_failures' && call.name !== 'ray.tune.run') ? 0 : null
  const write = writeArgument(facts, call, key, facts.python!.argument(call, key, position), String(number))
  if ('reason' in write) return write
  return {
    title: `Retry at most once: ${key}=${number}`,
    safety: 'unsafe',
    writes: [write],
    imports: [],
  }
}
