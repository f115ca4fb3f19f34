import type { PythonModule } from '../../python/module.js'
import { mayBePassed } from '../../values/argument.js'

/**
 * Whether a service may start what this module trains as trials of a search: they are many and short, and it keeps their
 * results. A run that asks the service for nothing but its hyperparameters is made for a sweep.
 */
export function trainsTrials(python: PythonModule): boolean {
  if (python.callsTo('wandb.agent', 'wandb.sdk.wandb_agent.agent').length > 0) return true
  return python
    .callsTo('wandb.init')
    .some(
      (call) =>
        !mayBePassed(python.argument(call, 'config')) &&
        /\bwandb\.config\b(?!\.update\(|(\.\w+)?\s*=[^=])/.test(python.code),
    )
}
