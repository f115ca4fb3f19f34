/** Where boosters are told to stop early, beside their own arguments. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { judgeCallbacks, passedCallbacks } from '../callback-list.js'
import { type Stopping, speaksOfStopping } from './booster.js'

/** Where `fit` is not in sight, it or `model.set_params(…)` may bring early stopping to an estimator. */
export function mayStopLater(python: PythonModule, made: Call, fits: Call[], { verdict }: Stopping): boolean {
  if (verdict !== 'goes on') return false
  if (fits.length === 0) return speaksOfStopping(python)
  return python.calls.some((call) => call.method === 'set_params' && call.receiverCall === made)
}

/** What the callbacks of a call do, and which they are as far as they can be seen. */
export function callbacksOf(
  python: PythonModule,
  call: Call,
): { verdict: Stopping['verdict']; items: readonly Expr[] } {
  const list = passedCallbacks(python, python.argument(call, 'callbacks'))
  if (list === null) return { verdict: 'unknown', items: [] }
  return { verdict: judgeCallbacks(python, list.items, knownCallbacks), items: list.items }
}

/** Callbacks of boosting libraries, which look alike. */
const knownCallbacks = {
  library(name: string): 'stops' | 'goes on' | 'unknown' {
    if (/EarlyStop|early_stop|PruningCallback$/.test(name)) return 'stops'
    return /^(xgboost\.callback\.|wandb\.|mlflow\.|lightgbm\.(callback\.)?(log_evaluation|record_evaluation|reset_parameter|print_evaluation)$)/.test(
      name,
    )
      ? 'goes on'
      : 'unknown'
  },
  stop: /EarlyStop|return\s+True|raise\s/,
}
