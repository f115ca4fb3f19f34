/** What a run of an agent keeps of itself before it has learnt all its steps. Source: Stable-Baselines3 2.4. */
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, numberArgument } from '../../values/argument.js'
import { passedCallbacks } from '../callback-list.js'

type Saves = 'never' | 'at the end' | 'while it runs'

/** How often its callback saves under a new name, in steps of each environment; null: none does, or that cannot be read. */
export function checkpointsOf(python: PythonModule, learn: Call): { call: Call; every: number } | null {
  for (const one of passedCallbacks(python, python.argument(learn, 'callback', 1))?.items ?? []) {
    const call = python.callOf(one)
    if (call === null || !/^stable_baselines3\.common\.callbacks\.CheckpointCallback$/.test(call.name ?? ''))
      continue
    const every = numberArgument(python.argument(call, 'save_freq', 0))
    if (every !== null && every > 0) return { call, every }
  }
  return null
}

/** Null: a callback of it cannot be read, or what else goes on in the loop around it. */
export function savesOf(python: PythonModule, learn: Call): Saves | null {
  // `for part in range(100): model.learn(10_000, reset_num_timesteps=False)`
  if (learn.loops.length > 0) return null
  const given = python.argument(learn, 'callback', 1)
  const callbacks = passedCallbacks(python, given)
  if (callbacks === null) return null
  const kinds = callbacks.items.map((one) => {
    const call = python.callOf(one)
    const name = call?.name ?? ''
    if (call === null || !/^stable_baselines3\.common\.callbacks\./.test(name)) return null
    if (/\.(CheckpointCallback|CallbackList|EveryNTimesteps|EventCallback)$/.test(name))
      return /\.CheckpointCallback$/.test(name) ? true : null
    if (/\.EvalCallback$/.test(name)) {
      if (mayBePassed(python.argument(call, 'best_model_save_path'))) return true
      return mayBePassed(python.argument(call, 'callback_on_new_best')) ? null : false
    }
    return false
  })
  if (kinds.includes(true)) return 'while it runs'
  if (kinds.includes(null)) return null
  // A handler of an interruption saves by itself.
  if (
    python.statements.some(
      (one) => one.type === 'try' && one.start < learn.expr.start && learn.expr.end <= one.end,
    )
  )
    return null
  return python.calls.some(({ method, expr }) => method === 'save' && expr.start > learn.expr.end)
    ? 'at the end'
    : 'never'
}
