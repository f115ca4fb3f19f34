/** How many environments an agent steps at once. Source: Stable-Baselines3 2.4, common/env_util.py. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { lastName } from '../../syntax/python-children.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'

/** How many environments are stepped at once; null: that cannot be read. */
export function environmentsOf(python: PythonModule, given: ArgumentValue): number | null {
  if (typeof knownArgument(given) === 'string') return 1
  const expr = passedExpression(given)
  let call = expr === null ? null : python.callOf(expr)
  for (let depth = 0; call !== null && depth < 6; depth++) {
    if (call.method === 'make' || isOwnEnvironment(python, call)) return 1
    const first = call.expr.args[0]?.value
    if (/^(make_vec|make_vec_env|make_atari_env)$/.test(call.method)) {
      const count = python.argument(call, call.method === 'make_vec' ? 'num_envs' : 'n_envs', 1)
      return mayBePassed(count) ? numberArgument(count) : 1
    }
    // `DummyVecEnv([lambda: env])`
    if (first?.type === 'list') return first.items.length === 1 ? 1 : null
    if (first === undefined) return null
    call = python.callOf(first)
  }
  return null
}

/** A class of the project that is no vector of environments. */
function isOwnEnvironment(python: PythonModule, { expr: { callee } }: Call): boolean {
  const own = python.classOf(callee) ?? python.importedClass(callee)
  return own !== null && ![lastName(callee), ...own.bases].some((name) => /Vec/.test(name))
}
