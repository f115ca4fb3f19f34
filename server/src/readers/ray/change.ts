/** How Ray Tune spells a cheaper search. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { numberArgument, passedCall, passedExpression } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import type { DrawnDimension } from '../../workload/resource-kinds.js'
import { byHand, changeOf, rangeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { runCall } from './names.js'
import { trainable } from './reports.js'
import { tuneSpace } from './space.js'
import { tuneConfigOf } from './tune.js'

/** Gathers the writes of one change. */
interface Plan {
  facts: FragmentFacts
  python: PythonModule
  call: Call
  /** The call that carries the options. Null: a `Tuner` without a `TuneConfig`. */
  options: Call | null
  /** Options for a `TuneConfig` that has to be written. */
  added: [string, string][]
  writes: (Write | Refusal)[]
  imports: Import[]
}

export function changeTune(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  if (claim.setting === 'earlyTermination' && claim.key === 'trainable')
    return { reason: 'report the metric after each epoch: tune.report({…})' }
  if (claim.setting === 'earlyTermination' && claim.key === 'grace_period') return shortenGrace(claim, facts)
  if (claim.setting === 'drawn') return drawByLogarithm(facts, value as DrawnDimension)
  const call = carrierOf(python, claim) ?? python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const old = call.name !== null && runCall.test(call.name)
  const options = old ? call : tuneConfigOf(python, call)
  if (options === undefined) return { reason: 'the options of the search are put together elsewhere' }
  if ([call, options].some((one) => one?.expr.args.some((argument) => argument.star > 0)))
    return { reason: 'the search takes unpacked arguments' }
  const plan: Plan = { facts, python, call, options, added: [], writes: [], imports: [] }
  switch (claim.setting) {
    case 'strategy':
      return toSampling(plan, value as { strategy: 'random' | 'bayesian'; trials: number })
    case 'trialCap':
      setOption(plan, 'num_samples', String(value))
      return finish(plan, `Try ${value} configurations (num_samples)`, 'unsafe')
    case 'earlyTermination':
      return addScheduler(plan)
    case 'parallelism':
      setOption(plan, 'max_concurrent_trials', String(value))
      return finish(plan, `At most ${value} trials at once`, 'unsafe')
    default:
      return byHand(claim)
  }
}

function drawByLogarithm(facts: FragmentFacts, { span }: DrawnDimension): Change | Refusal {
  const call = facts.python!.callAt(span)
  const callee = call?.expr.callee
  if (call == null || callee === undefined) return { reason: 'the space has changed' }
  const written = facts.python!.text.slice(callee.start, callee.end)
  if (!/(^|\.)uniform$/.test(written)) return { reason: 'values with a step between them are drawn' }
  const to = written.replace(/uniform$/, 'loguniform')
  if (!to.includes('.')) return { reason: `import ${to} in its place` }
  return changeOf('Draw it on a logarithmic scale', [
    { kind: 'rename callee', path: facts.path, call: rangeOf(facts, call), to },
  ])
}

/** Claims of an option stand at the `TuneConfig`: the tuner that is given it is meant. */
function carrierOf(python: PythonModule, claim: Claim): Call | null {
  return (
    python.calls.find((one) => {
      const config = tuneConfigOf(python, one)
      return config != null && config.expr.start === claim.site.start
    }) ?? null
  )
}

/** The name of a library, where `call` stands: in the file at hand, if no other module is given. */
function spelled(
  plan: Plan,
  module: string,
  name: string,
  python = plan.python,
  call: Call = plan.call,
): string {
  const here = python === plan.python
  const found = nameFor(python.tree, module, name, {
    path: here ? plan.facts.path : python.path,
    fragment: here ? plan.facts.fragment.index : 0,
    offset: call.expr.start,
  })
  if (found.import !== null) plan.imports.push(found.import)
  return found.text
}

function setOption(plan: Plan, name: string, code: string): void {
  if (plan.options === null) plan.added.push([name, code])
  else {
    const argument: ArgumentValue = plan.python.argument(plan.options, name)
    plan.writes.push(writeArgument(plan.facts, plan.options, name, argument, code))
  }
}

function finish(plan: Plan, title: string, safety: Change['safety']): Change | Refusal {
  if (plan.added.length > 0) {
    const made = spelled(plan, 'ray.tune', 'TuneConfig')
    plan.writes.push({
      kind: 'set keyword',
      path: plan.facts.path,
      call: rangeOf(plan.facts, plan.call),
      name: 'tune_config',
      value: `${made}(${plan.added.map(([name, code]) => `${name}=${code}`).join(', ')})`,
    })
  }
  return changeOf(title, plan.writes, { safety, imports: plan.imports })
}

/** What is optimised is named: in the options, or in a scheduler or searcher that stands there. */
function namesMetric(plan: Plan): boolean {
  return plan.options !== null && passedExpression(plan.python.argument(plan.options, 'metric')) !== null
}

function toSampling(
  plan: Plan,
  wanted: { strategy: 'random' | 'bayesian'; trials: number },
): Change | Refusal {
  const { python, call, facts } = plan
  const old = call === plan.options
  const config = passedExpression(python.argument(call, old ? 'config' : 'param_space', old ? 5 : null))
  if (config === null) return { reason: 'the configuration is put together elsewhere' }
  const space = tuneSpace(python, config, ({ start, end }) => ({
    path: facts.path,
    cell: null,
    start,
    end,
  }))
  if (space.grids.includes(null)) return { reason: "a grid is written as {'grid_search': […]}" }
  for (const grid of space.grids as Call[]) {
    const { callee, start, end } = grid.expr
    const text = space.python.text.slice(callee.start, callee.end)
    const to = text.endsWith('.grid_search')
      ? text.replace(/grid_search$/, 'choice')
      : spelled(plan, 'ray.tune', 'choice', space.python, grid)
    // The space may be written in another module, which is a file of its own.
    plan.writes.push(
      space.python === python
        ? { kind: 'rename callee', path: facts.path, call: rangeOf(facts, grid), to }
        : { kind: 'rename callee', path: space.python.path, call: { fragment: 0, start, end }, to },
    )
  }
  setOption(plan, 'num_samples', String(wanted.trials))
  if (wanted.strategy === 'random')
    return finish(plan, `Draw ${wanted.trials} configurations at random (tune.choice)`, 'unsafe')
  setOption(plan, 'search_alg', `${spelled(plan, 'ray.tune.search.optuna', 'OptunaSearch')}()`)
  if (namesMetric(plan))
    return finish(plan, `Search with Optuna, ${wanted.trials} trials (needs the package optuna)`, 'unsafe')
  setOption(plan, 'metric', "'loss'")
  setOption(plan, 'mode', "'min'")
  return finish(
    plan,
    `Search with Optuna, ${wanted.trials} trials; name the metric that you report`,
    'display',
  )
}

/** A tenth of what spares all trials now: what addScheduler() gives as well. */
function shortenGrace(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const made = python.callAt(claim.site)
  if (made === null) return { reason: 'the call has changed' }
  const given = python.argument(made, 'grace_period')
  const least = python.argument(made, 'max_t')
  const rounds = Math.min(numberArgument(given) ?? 10, numberArgument(least) ?? Number.POSITIVE_INFINITY)
  const grace = Math.max(1, Math.floor(rounds / 10))
  const write = writeArgument(facts, made, 'grace_period', given, String(grace))
  return changeOf(`Let weak trials be stopped from step ${grace} on (grace_period)`, [write])
}

function addScheduler(plan: Plan): Change | Refusal {
  const { python, call } = plan
  const name = call === plan.options ? 'run_or_experiment' : 'trainable'
  const run = passedExpression(python.argument(call, name, 0))
  const trial = run === null ? null : trainable(python, run)
  if (trial?.reports !== 'steps')
    return { reason: 'the trainable reports only at its end: report each epoch first' }
  const known = trial.steps?.count ?? stopIterations(plan)
  const most = known ?? 100
  const grace = Math.max(1, Math.floor(most / 10))
  const made = spelled(plan, 'ray.tune.schedulers', 'ASHAScheduler')
  setOption(plan, 'scheduler', `${made}(max_t=${most}, grace_period=${grace}, reduction_factor=3)`)
  const title = 'Stop weak trials early (ASHAScheduler)'
  // A trial of more epochs would be ended by `max_t`.
  if (namesMetric(plan))
    return known === null || known === undefined
      ? finish(plan, `${title}, with the epochs of a trial as max_t`, 'display')
      : finish(plan, title, 'unsafe')
  setOption(plan, 'metric', "'loss'")
  setOption(plan, 'mode', "'min'")
  return finish(plan, `${title}; name the metric that you report`, 'display')
}

/** `stop={'training_iteration': 20}`. */
function stopIterations({ python, call }: Plan): number | null {
  const made = passedCall(python, python.argument(call, 'run_config'))
  for (const one of made === null ? [call] : [call, made]) {
    const stop = passedExpression(python.argument(one, 'stop'))
    const count = stop === null ? null : numberArgument(python.entry(stop, 'training_iteration'))
    if (count !== null) return count
  }
  return null
}
