import type { PythonModule } from '../../python/module.js'

/** Whether a service starts what this module trains as trials of a search: they are many and short, and it keeps their results. */
export function trainsTrials(python: PythonModule): boolean {
  return python.callsTo('wandb.agent', 'wandb.sdk.wandb_agent.agent').length > 0
}
