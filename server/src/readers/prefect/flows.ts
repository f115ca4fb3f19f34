/** Prefect: retries of flows and tasks, caches that are switched off, and schedules of deployments. */

import type { Change, Refusal } from '../../edit/write.js'
import { cronInterval } from '../../estimate/schedule.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { jobRole } from '../job-in-code.js'
import { claimStep, claimStepRetries, onAccelerator, workOfFunction } from '../pipelines/retried.js'
import { secondsOf } from '../pipelines/time.js'
import { defineReader, type UnitFacts } from '../reader.js'

const decorators: Record<string, 'flow' | 'task'> = {
  'prefect.flow': 'flow',
  'prefect.flows.flow': 'flow',
  'prefect.task': 'task',
  'prefect.tasks.task': 'task',
}

export const prefectReader = defineReader({
  name: 'prefect',
  languages: ['python'],
  triggers: ['prefect'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || ![...python.imports].some((name) => /^prefect(\.|$)/.test(name))) return
    for (const func of python.functions) readFunction(python, claims, func)
    for (const call of python.calls) {
      if (/^(serve|deploy|to_deployment)$/.test(call.method)) readDeployment(python, claims, call)
    }
  },
  change: changePrefect,
})

function decoratorOf(python: PythonModule, func: Func): { kind: 'flow' | 'task'; call: Call | null } | null {
  for (const decorator of func.node.decorators) {
    const name = python.nameOf(decorator.type === 'call' ? decorator.callee : decorator)
    const kind = name === null ? undefined : lookUp(decorators, name)
    if (kind !== undefined) return { kind, call: decorator.type === 'call' ? python.callOf(decorator) : null }
  }
  return null
}

function readFunction(python: PythonModule, claims: ClaimBuilder, func: Func): void {
  const found = decoratorOf(python, func)
  if (found === null) return
  const { kind, call } = found
  const retries = call === null ? ({ state: 'absent' } as const) : python.argument(call, 'retries')
  const policy = call === null ? undefined : call.expr.args.find((one) => one.name === 'cache_policy')
  const refresh = call === null ? undefined : call.expr.args.find((one) => one.name === 'refresh_cache')
  if (retries.state === 'absent' && policy === undefined && refresh === undefined) return
  const { step, place, site } = claimStep(python, claims, { func, call, engine: 'Prefect', name: func.name })
  claimStepRetries(step, 'retries', retries, 0, place, site)
  if (kind !== 'task') return
  const off = policy === undefined ? null : python.nameOf(policy.value)
  if (policy !== undefined && off !== null && /^prefect\.cache_policies\.(NO_CACHE|NONE)$/.test(off))
    step.known('cached', 'cache_policy', false, { start: policy.start, end: policy.end }, { site })
  else if (refresh !== undefined) {
    const value = python.fold(refresh.value)
    if (value.state === 'known' && value.value === true)
      step.known(
        'cached',
        'refresh_cache',
        false,
        { start: refresh.start, end: refresh.end },
        { site, overridable: value.overridable },
      )
  }
}

/** `train_flow.serve(cron="0 2 * * *")`, `train_flow.to_deployment(interval=3600)`. */
function readDeployment(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const { callee } = call.expr
  const func = callee.type === 'attribute' ? python.functionOf(callee.value) : null
  if (func === null || decoratorOf(python, func)?.kind !== 'flow') return
  const { work } = workOfFunction(python, func)
  if (!work.includes('train')) return
  const place = calleePlace(call)
  const site = callSite(call)
  const { notebook, accelerator } = python.evidence
  const pipeline = claims.subject('Pipeline', place, func.qualified, {
    role: jobRole(python),
    accelerator: onAccelerator(python) ? (accelerator === 'gpu' ? 'gpu' : 'maybe') : 'none',
    small: null,
    notebook,
  })
  pipeline.known('name', 'name', func.name, place, { site })
  pipeline.known('engine', 'Prefect', 'Prefect', place, { site })
  pipeline.known('work', 'flow', work, place, { site })
  const cron = python.argument(call, 'cron')
  const interval = python.argument(call, 'interval')
  if (cron.state === 'given' && cron.folded.state === 'known' && typeof cron.folded.value === 'string') {
    const seconds = cronInterval(cron.folded.value)
    if (seconds !== null) {
      pipeline.known('interval', 'cron', seconds, { ...cron.span }, { site })
      pipeline.known('schedule', 'cron', cron.folded.value, { ...cron.span }, { site })
    }
  } else if (interval.state === 'given') {
    const seconds =
      interval.folded.state === 'known'
        ? asNumber(interval.folded.value)
        : (secondsOf(python, interval.expr) ?? undefined)
    if (seconds !== undefined && seconds > 0)
      pipeline.known('interval', 'interval', seconds, { ...interval.span }, { site })
  }
  const key = call.method === 'serve' ? 'limit' : 'concurrency_limit'
  claimArgument(pipeline, 'concurrentRuns', key, call, python.argument(call, key), {
    convert: (value) => (value === null ? null : asNumber(value)),
    otherwise: null,
  })
  const timeout = decoratorOf(python, func)?.call
  const limit = timeout == null ? ({ state: 'absent' } as const) : python.argument(timeout, 'timeout_seconds')
  if (limit.state === 'given' && limit.folded.state === 'known' && typeof limit.folded.value === 'number')
    pipeline.known('runLimit', 'timeout_seconds', limit.folded.value, place, { site })
  else if (limit.state === 'absent') pipeline.default('runLimit', 'timeout_seconds', null, place, { site })
}

function changePrefect(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the decorator is no longer there' }
  const range = { unit: claim.site.unit, start: call.expr.start, end: call.expr.end }
  if (claim.setting === 'cached') {
    const { key } = claim
    return {
      title: `Reuse its results: remove ${key}`,
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path: facts.path, call: range, name: key }],
      imports: [],
    }
  }
  if (claim.setting !== 'retries' && claim.setting !== 'concurrentRuns') return byHand(claim)
  const write = writeArgument(facts, call, claim.key, facts.python!.argument(call, claim.key), String(value))
  if ('reason' in write) return write
  const title =
    claim.setting === 'retries'
      ? `Start it again once at most: retries=${value}`
      : `One run at a time: ${claim.key}=${value}`
  return { title, safety: 'unsafe', writes: [write], imports: [] }
}
