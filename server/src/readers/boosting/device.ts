/** Where boosted trees are told to compute, if not by a word in the code: by a file of settings, or by a launch. */
import { loaders } from '../../python/configured-file.js'
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { parameter } from './booster.js'

const library = /^(xgboost|lightgbm|catboost)\.(?!.*Matrix$|Dataset$|Pool$)/
/** `device='cuda'`, `tree_method='gpu_hist'`, `device_type='gpu'`, `task_type='GPU'`. */
const keys = ['device', 'tree_method', 'device_type', 'task_type', 'predictor']
const accelerator = /gpu|cuda/i

/** The library that is told to compute on a GPU, null for none; or why that cannot be told. */
export function boosterOnAccelerator(python: PythonModule): { library: string | null } | { because: string } {
  let open = false
  for (const call of python.calls) {
    if (!library.test(call.name ?? '')) continue
    const told = deviceOf(python, call)
    if (told === 'accelerator') return { library: call.name!.split('.')[0]! }
    open ||= told === 'unknown'
  }
  // What a program finds out itself (the best trial of a study) holds no device that it does not name.
  return open && python.calls.some((call) => loaders.has(call.name ?? ''))
    ? { because: 'the parameters may come from a file that is not known' }
    : { library: null }
}

function deviceOf(python: PythonModule, call: Call): 'accelerator' | 'processors' | 'unknown' {
  const params = /\.(train|cv)$/.test(call.name!) ? python.argument(call, 'params', 0) : undefined
  const expr = params === undefined ? null : passedExpression(params)
  const whole = expr === null ? undefined : effective(python.fold(expr))
  if (whole !== undefined && whole !== null)
    return accelerator.test(JSON.stringify(whole)) ? 'accelerator' : 'processors'
  let open = false
  for (const key of keys) {
    const { argument } = parameter(python, call, [key], params)
    const value = knownArgument(argument)
    if (accelerator.test(String(value))) return 'accelerator'
    open ||= argument.state !== 'absent' && value === undefined
  }
  return open ? 'unknown' : 'processors'
}
