/** Environments that are drawn on a screen while an agent learns in them. Source: Gymnasium 1.0, `render_mode`. */
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, textArgument } from '../../values/argument.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { learningAgents } from '../stable-baselines/agents.js'

export const renderedStepsReader = defineReader({
  name: 'rendered-steps',
  languages: ['python'],
  triggers: ['render'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || !['gym', 'gymnasium'].some((one) => python.imports.has(one))) return
    const [first] = learns(python) ? python.calls.filter((call) => draws(python, call)) : []
    if (first === undefined) return
    const at = { start: first.expr.start, end: first.expr.end }
    claimOperation(claims, {
      kind: 'debug checks',
      place: 'step',
      key: first.method === 'render' ? 'render()' : 'render_mode="human"',
      at,
      site: at,
      scope: first.function?.qualified ?? '',
      evidence: { ...python.evidence, role: 'training' },
      weight: 'ordinary',
    })
  },
  change: () => ({ reason: 'draw the episodes of a trained agent, in a program of its own' }),
})

/** The program, and not only one that plays what another one has learned. */
function learns(python: PythonModule): boolean {
  if (python.evidence.role === 'test') return false
  return (
    python.loops.some(({ role }) => role === 'train') ||
    python.calls.some(({ method, expr: { callee } }) =>
      callee.type === 'attribute' ? learning.test(method) : false,
    )
  )
}

const learning = /^(learn|optimize|optimize_model|update_policy|train_step|train_on_batch|replay)$/

/** In each step of the environment or for all of it, whatever the options are. */
function draws(python: PythonModule, call: Call): boolean {
  const reach = python.reach(call.expr.start)
  if (reach.state === 'never' || (reach.state === 'sometimes' && reach.byDefault === false)) return false
  if (call.method === 'render') {
    const around = call.loops.at(-1)
    if (around === undefined || call.conditional || call.expr.args.length > 0) return false
    // In the loop that takes the steps, and not of an agent that is shown when it has learned.
    const own = around.calls
    return (
      own.some(({ method }) => method === 'step') &&
      own.some(({ method }) => learning.test(method) || method === 'backward')
    )
  }
  if (!/^(gym|gymnasium)\.(\w+\.)*make$/.test(call.name ?? '')) return false
  if (textArgument(python.argument(call, 'render_mode', null)) !== 'human') return false
  // One of several environments may be the one that is shown, and one that is made afterwards shows what was learnt.
  const others = python.calls.some(
    (one) =>
      one !== call && (one.name === call.name || manyEnvironments.test(one.method)) && !holds(one, call),
  )
  return !others && !learnsBefore(python, call) && !namesEnvironment(python) && reachesLearning(python, call)
}

/** A function that neither learns nor hands the environment on, as one of an object does, only plays in it. */
function reachesLearning(python: PythonModule, { function: func, assignedTo, statement }: Call): boolean {
  if (func === null || assignedTo === null || !/^\w+$/.test(assignedTo) || statement.type !== 'assign')
    return true
  const body = python.code.slice(statement.end, func.node.end)
  return (
    func.calls.some(({ method }) => learning.test(method) || method === 'backward') ||
    python.loops.some(({ role, function: by }) => by === func && role === 'train') ||
    func.calls.some(({ expr }) =>
      expr.args.some(({ value }) => value.type === 'name' && value.id === assignedTo),
    ) ||
    new RegExp(`\\b(return|yield)\\b[^\\n]{0,200}\\b${assignedTo}\\b`).test(body)
  )
}

const manyEnvironments = /^(make_vec|make_vec_env|make_atari_env)$/

const holds = (outer: Call, { expr }: Call): boolean =>
  outer.expr.start <= expr.start && expr.end <= outer.expr.end

function learnsBefore(python: PythonModule, { expr, function: func }: Call): boolean {
  return python.calls.some(
    (one) => learning.test(one.method) && one.function === func && one.expr.end < expr.start,
  )
}

/** `PPO('MlpPolicy', 'CartPole-v1')` makes the environment itself that it learns in. */
function namesEnvironment(python: PythonModule): boolean {
  return learningAgents(python).some(
    ({ made }) => typeof knownArgument(python.argument(made, 'env', 1)) === 'string',
  )
}
