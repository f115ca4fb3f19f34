/** `wandb.agent(sweep_id, function=train, count=20)`: how many runs of a sweep a program starts, and what they do. */
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { isLeftOut } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import { reachedFunctions, trialFunction } from '../search/trial-function.js'
import { trialSteps } from '../search/trial-steps.js'
import { agentCommand } from './agent-command.js'

export interface Agent {
  call: Call
  count: Given<Json>
  /** No `count`: it goes on until the sweep is stopped. */
  endless: boolean
  steps: SearchSettings['trialSteps'] | null
  /** False where the function that each run calls stands elsewhere. */
  seen: boolean
  /** True where it logs while it trains, so that weak runs can be told. */
  logsSteps: boolean
}

const agentCalls = ['wandb.agent', 'wandb.sdk.wandb_agent.agent']
const agentArguments = { positions: { sweep_id: 0, function: 1, count: 4 } }

export function agentOf(
  module: PythonModule,
  sweep: Call,
  metric: string | null,
  locator: Locator,
): Agent | null {
  const agents = module.callsTo(...agentCalls)
  const call = agents.length === 1 ? agents[0]! : null
  if (call === null) return null
  const source = new CallSource(module, call, locator, agentArguments)
  const id = source.expression('sweep_id')
  // The agent of another sweep says nothing about this one.
  if (id !== null && id.type !== 'constant' && module.callsTo('wandb.sweep').length > 1) {
    if (module.callOf(id) !== sweep) return null
  }
  const given = source.expression('function')
  const train = given === null ? null : trialFunction(module, given)
  const steps = train === null ? null : trialSteps(module, train.func)
  return {
    call,
    count: source.get('count'),
    endless: isLeftOut(source.argument('count')),
    steps: steps === null ? null : { what: steps.what, count: steps.count },
    seen: train !== null,
    logsSteps: train !== null && logsWhileTraining(module, train.func, steps?.loop ?? null, metric),
  }
}

/** Agents of sweeps that stand in files, or that others registered: each ends by itself where it is given a count. */
export function claimCountedAgents(module: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const call of module.callsTo(...agentCalls)) {
    const source = new CallSource(module, call, claims, agentArguments)
    const count = source.get('count')
    if (isLeftOut(source.argument('count')) || effective(count) === null) continue
    const place = calleePlace(call)
    const starter = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
    starter.known('trialStarter', agentCommand, agentCommand, place)
    starter.known('endsTrials', 'count', true, place)
    starter.say('trialCap', 'count', convert(count, asNumber))
  }
}

/** What was collected and is logged in a loop of its own comes too late; so does a metric that is logged elsewhere only. */
function logsWhileTraining(
  module: PythonModule,
  trial: Func,
  training: Loop | null,
  metric: string | null,
): boolean {
  const calls = reachedFunctions(module, trial).flatMap((func) => func.calls)
  if (calls.some((one) => /WandbCallback|WandbMetricsLogger|WandbLogger/.test(one.method))) return true
  return calls.some((one) => {
    if (one.method !== 'log' || one.loops.length === 0) return false
    if (training !== null && one.function === training.function && !one.loops.includes(training)) return false
    return metric === null || mayLog(module, one, metric)
  })
}

/** False where what is logged is written out and the metric is not in it. */
function mayLog(module: PythonModule, call: Call, metric: string): boolean {
  const given = call.expr.args[0]?.value
  const logged = given === undefined ? undefined : module.definition(given)
  if (logged?.type !== 'dict') return true
  return logged.entries.some(({ key }) => key === null || key.type !== 'constant' || key.value === metric)
}
