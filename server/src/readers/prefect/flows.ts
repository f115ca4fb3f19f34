/** Prefect: retries of flows and tasks, caches that are refreshed in each run, and schedules of deployments. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import { cronInterval } from '../../estimate/schedule.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { CallSource } from '../../values/call-source.js'
import { convert, derived, orDefault, stated } from '../../values/operations.js'
import { asNumber, asText, orNone } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { jobRole } from '../job-in-code.js'
import { claimStep, claimStepRetries, onAccelerator, workOfFunction } from '../pipelines/retried.js'
import { workOfName } from '../pipelines/step-work.js'
import { timeOf } from '../pipelines/time.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader, type FragmentFacts } from '../reader.js'

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
  if (call === null) return
  const source = new CallSource(python, call, claims, { withName: true })
  const [retries, refresh] = ['retries', 'refresh_cache'].map((key) => source.get(key))
  const off = kind === 'task' ? switchedOff(python, claims, source, func) : null
  if (!isGiven(retries!) && !isGiven(refresh!) && off === null) return
  const { step } = claimStep(python, claims, { func, call, engine: 'Prefect', name: func.name })
  claimStepRetries(step, 'retries', new CallSource(python, call, claims).get('retries'), 0)
  if (kind !== 'task') return
  const named = workOfName(func.name)
  const purpose = named.length > 0 ? named : workOfFunction(python, func).work
  // Whoever has its results kept says that they are worth it.
  const keeps = effective(source.get('persist_result')) === true && returnsOf(func).length > 0
  step.known('purpose', 'Prefect', purpose.length === 0 && keeps ? ['prepare'] : purpose, calleePlace(call))
  const reason = whyUncached(python, call.statement, func)
  if (reason !== null) step.known('uncachedFor', 'cache_policy', reason.because, calleePlace(call))
  if (effective(refresh!) === true && outlivesRun(python, source))
    step.say('cached', 'refresh_cache', stated(refresh!, false))
  else if (off !== null) {
    const { start, end } = off
    step.known('cached', 'cache_policy', false, { start, end }, { site: callSite(call) })
  }
}

/**
 * `cache_policy=NO_CACHE` beside tasks whose results later runs find, or where it returns something that it prepares from what it is
 * given; null: it is not, or there is nothing to keep.
 */
function switchedOff(
  python: PythonModule,
  claims: ClaimBuilder,
  source: CallSource,
  func: Func,
): Expr | null {
  const policy = source.expression('cache_policy')
  if (policy === null || !never.test(python.nameOf(python.definition(policy)) ?? '')) return null
  const others = python.functions.some((func) => {
    const found = decoratorOf(python, func)
    if (found?.kind !== 'task' || found.call === null) return false
    const its = new CallSource(python, found.call, claims)
    return its.expression('cache_policy') !== null && outlivesRun(python, its)
  })
  return others || preparesFromInputs(python, func) ? policy : null
}

/** By its name; what it is given is plain enough to be a key for what it returns. */
function preparesFromInputs({ code }: PythonModule, func: Func): boolean {
  const { params } = func.node
  const plain = params.every(
    ({ name, annotation }) =>
      !namesAFile.test(name) &&
      annotation !== null &&
      plainType.test(code.slice(annotation.start, annotation.end)),
  )
  const asks = asksOthers.test(func.name) || queries.test(code.slice(func.node.start, func.node.end))
  return (
    params.length > 0 &&
    plain &&
    !asks &&
    returnsOf(func).length > 0 &&
    workOfName(func.name).includes('prepare')
  )
}

/** What comes from elsewhere is another one tomorrow, for the same inputs. */
const asksOthers = /fetch|download|query|pull|scrape|crawl|ingest|extract_from|(^|_)get(_|$)/i
const queries = /\b(requests|httpx|aiohttp|urllib)\.|read_sql|read_gbq|\.execute\(|\.query\(|\bfetch\w*\(/

/** The name of a file is the same when its rows are not. */
const namesAFile = /path|file|folder|dir|uri|url|source|bucket|table/i
const plainType =
  /^(str|int|float|bool|Path|pathlib\.Path|(datetime\.)?date|(list|tuple|List|Tuple)\[(str|int|float)[^[]*\])( *\| *None)?$/

const never = /^prefect\.cache_policies\.(NO_CACHE|NONE)$/

/**
 * A later run could find what this one keeps. By itself Prefect keeps no results, and the key of its default policy holds the number of the run, so
 * that a task without a policy, or with `NO_CACHE`, has nothing to reuse from earlier runs. Source: Prefect 3, concepts, caching.
 */
function outlivesRun(python: PythonModule, source: CallSource): boolean {
  if (effective(source.get('persist_result')) === false) return false
  const policy = source.expression('cache_policy')
  if (policy === null) return isGiven(source.get('cache_key_fn'))
  return operands(policy).every((one) =>
    one.type === 'constant'
      ? typeof one.value === 'string'
      : lasting.test(python.nameOf(python.definition(one)) ?? ''),
  )
}

const lasting = /^prefect\.cache_policies\.(INPUTS|TASK_SOURCE|FLOW_PARAMETERS)$/

/** `INPUTS + TASK_SOURCE - 'debug'`. */
function operands(expr: Expr): Expr[] {
  return expr.type === 'binary' ? [...operands(expr.left), ...operands(expr.right)] : [expr]
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
  const source = new CallSource(python, call, claims)
  const cron = convert(source.get('cron'), asText)
  if (effective(cron) !== undefined) {
    const interval = derived(cron, (text) => cronInterval(text) ?? undefined)
    pipeline.say('interval', 'cron', interval)
    if (isGiven(interval)) pipeline.say('schedule', 'cron', cron)
  } else {
    const interval = timeOf(python, source.get('interval'), source.argument('interval'))
    if ((effective(interval) ?? 0) > 0) pipeline.say('interval', 'interval', interval)
  }
  const key = call.method === 'serve' ? 'limit' : 'concurrency_limit'
  pipeline.say('concurrentRuns', key, orDefault(convert(source.get(key), orNone(asNumber)), null))
  const flow = decoratorOf(python, func)?.call
  const limit =
    flow == null ? source.get('timeout_seconds') : new CallSource(python, flow, claims).get('timeout_seconds')
  pipeline.say('runLimit', 'timeout_seconds', orDefault<number | null>(convert(limit, asNumber), null))
}

function changePrefect(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the decorator is no longer there' }
  const range = { fragment: claim.site.fragment, start: call.expr.start, end: call.expr.end }
  if (claim.setting === 'cached')
    return claim.key === 'cache_policy'
      ? keepResults(facts, call)
      : {
          title: `Reuse its results: remove ${claim.key}`,
          safety: 'unsafe',
          writes: [{ kind: 'remove keyword', path: facts.path, call: range, name: claim.key }],
          imports: [],
        }
  if (claim.setting !== 'retries' && claim.setting !== 'concurrentRuns') return byHand(claim)
  const write = writeArgument(facts, call, claim.key, facts.python!.argument(call, claim.key), String(value))
  if ('reason' in write) return write
  const title =
    claim.setting === 'retries'
      ? `Retry at most once: retries=${value}`
      : `One run at a time: ${claim.key}=${value}`
  return { title, safety: 'unsafe', writes: [write], imports: [] }
}

/** Without the number of the run in its key, and kept beyond the run: see `outlivesRun`. */
function keepResults(facts: FragmentFacts, call: Call): Change {
  const { path } = facts
  const fragment = facts.fragment.index
  const range = { fragment, start: call.expr.start, end: call.expr.end }
  const names = ['INPUTS', 'TASK_SOURCE'].map((name) =>
    nameFor(facts.python!.tree, 'prefect.cache_policies', name, { path, fragment, offset: call.expr.start }),
  )
  const value = names.map(({ text }) => text).join(' + ')
  return {
    title: `Reuse its results while its inputs and its code are the same: cache_policy=${value}, persist_result=True`,
    safety: 'unsafe',
    writes: [
      { kind: 'set keyword', path, call: range, name: 'cache_policy', value },
      { kind: 'set keyword', path, call: range, name: 'persist_result', value: 'True' },
    ],
    imports: names.flatMap((one) => (one.import === null ? [] : [one.import])),
  }
}
