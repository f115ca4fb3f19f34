/** `wandb.agent(sweep_id, function=train, count=20)`: how many runs of a sweep a program starts, and what they do. */
import type { ArgumentValue, Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { SearchSettings } from '../../workload/words.js'
import { isLeftOut } from '../search/plain-argument.js'
import { reachedFunctions, trialFunction } from '../search/trial-function.js'
import { trialSteps } from '../search/trial-steps.js'

export interface Agent {
  call: Call
  count: ArgumentValue
  /** No `count`: it goes on until the sweep is stopped. */
  endless: boolean
  steps: SearchSettings['trialSteps'] | null
  /** False where the function that each run calls stands elsewhere. */
  seen: boolean
  /** True where it logs while it trains, so that weak runs can be told. */
  logsSteps: boolean
}

export function agentOf(module: PythonModule, sweep: Call, metric: string | null): Agent | null {
  const agents = module.callsTo('wandb.agent', 'wandb.sdk.wandb_agent.agent')
  const call = agents.length === 1 ? agents[0]! : null
  if (call === null) return null
  const id = module.argument(call, 'sweep_id', 0)
  // The agent of another sweep says nothing about this one.
  if (id.state === 'given' && id.expr.type !== 'constant' && module.callsTo('wandb.sweep').length > 1) {
    if (module.callOf(id.expr) !== sweep) return null
  }
  const count = module.argument(call, 'count', 4)
  const given = module.argument(call, 'function', 1)
  const train = given.state === 'given' ? trialFunction(module, given.expr) : null
  const steps = train === null ? null : trialSteps(module, train.func)
  return {
    call,
    count,
    endless: isLeftOut(count),
    steps: steps === null ? null : { what: steps.what, count: steps.count },
    seen: train !== null,
    logsSteps: train !== null && logsWhileTraining(module, train.func, steps?.loop ?? null, metric),
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
