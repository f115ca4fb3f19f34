/** `wandb.agent(sweep_id, function=train, count=20)`: how many runs of a sweep a program starts, and what they do. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
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

export function agentOf(module: PythonModule, sweep: Call): Agent | null {
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
  const logs =
    train !== null &&
    reachedFunctions(module, train.func).some((func) =>
      func.calls.some(
        (one) =>
          (one.method === 'log' && one.loops.length > 0) ||
          /WandbCallback|WandbMetricsLogger|WandbLogger/.test(one.method),
      ),
    )
  return {
    call,
    count,
    endless: isLeftOut(count),
    steps: steps === null ? null : { what: steps.what, count: steps.count },
    seen: train !== null,
    logsSteps: logs,
  }
}
