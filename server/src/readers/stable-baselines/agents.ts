/** Agents of Stable-Baselines3 that a program has learn: where they compute, and what their policy is made of. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { fixedArgument, mayBePassed, passedExpression, textArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'

export const algorithm =
  /^(stable_baselines3|sb3_contrib)\.(\w+\.)*(PPO|A2C|TRPO|MaskablePPO|RecurrentPPO|DQN|QRDQN|SAC|TD3|DDPG|TQC|CrossQ)$/

export interface Agent {
  place: Place
  /** `device='cpu'`; otherwise it takes the accelerator that it finds. */
  onProcessor: boolean
  /** A few dense layers of 64 to 256 units, as the library makes them by itself. */
  small: boolean
  made: Call
}

/** The call that makes the agent of a call of `learn`, also in one of several branches; null: it is no agent, or made elsewhere. */
export function makerOf(python: PythonModule, learn: Call): Call | null {
  if (learn.method !== 'learn' || learn.expr.callee.type !== 'attribute') return null
  if (learn.receiverCall !== null) return isAgent(learn.receiverCall) ? learn.receiverCall : null
  const calls = valuesOf(python, learn.expr.callee.value).map((one) => one && python.callOf(one))
  if (!calls.every((one) => one !== null && (isAgent(one) || isLoaded(one)))) return null
  return calls.find((one) => one !== null && isAgent(one)) ?? null
}

const isAgent = ({ name }: Call): boolean => algorithm.test(name ?? '')

/** `PPO.load(path)`. */
const isLoaded = ({ name }: Call): boolean => algorithm.test((name ?? '').replace(/\.load$/, ''))

function valuesOf(python: PythonModule, expr: Expr): readonly (Expr | null)[] {
  if (expr.type === 'attribute') return python.attributeValues(expr)
  return expr.type === 'name' ? python.bindingsOf(expr).map(({ value }) => value) : []
}

/** Calls of `learn` whose agent is made in the program. */
export function learningAgents(python: PythonModule): Agent[] {
  return python.methodCalls('learn').flatMap((call) => {
    const made = makerOf(python, call)
    if (made === null) return []
    return [
      {
        place: calleePlace(call),
        onProcessor: fixedArgument(python.argument(made, 'device')) === 'cpu',
        small: isSmall(python, made),
        made,
      },
    ]
  })
}

/** From so many units of a layer on, products of matrices are work for an accelerator. */
const wide = 1024

function isSmall(python: PythonModule, made: Call): boolean {
  if (textArgument(python.argument(made, 'policy', 0)) !== 'MlpPolicy') return false
  const options = python.argument(made, 'policy_kwargs')
  if (!mayBePassed(options)) return true
  const given = passedExpression(options)
  if (given === null) return false
  const { start, end } = python.definition(given)
  const text = python.code.slice(start, end)
  const units = [...text.matchAll(/\b\d+\b/g)].map(([one]) => Number(one))
  return /net_arch|activation_fn/.test(text) && !/extractor/.test(text) && units.every((one) => one < wide)
}
