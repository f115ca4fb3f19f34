/** How Optuna spells a cheaper search. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { whereWritten } from '../../python/where-written.js'
import type { Expr, For, Stmt } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import type { DrawnDimension } from '../../workload/resource-kinds.js'
import { addCallback } from '../add-callback.js'
import { byHand, changeOf, rangeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { trialFunction } from '../search/trial-function.js'
import { trialSteps } from '../search/trial-steps.js'
import { studyOf } from './names.js'

const gone: Refusal = { reason: 'the call has changed' }

export function changeStudy(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  if (claim.setting === 'drawn') return drawByLogarithm(facts, value as DrawnDimension)
  const call = python.callAt(claim.site)
  if (call === null) return gone
  switch (claim.setting) {
    case 'strategy':
      return toModel(facts, call, (value as { trials: number }).trials)
    case 'trialCap':
      return limitTrials(facts, call, value as number)
    case 'earlyTermination':
      return claim.key === 'NopPruner' ? dropPruner(facts, call) : report(facts, call)
    case 'parallelism':
      return setJobs(facts, call, value as number)
    case 'persisted':
      return persist(facts, call)
    default:
      return byHand(claim)
  }
}

function drawByLogarithm(facts: FragmentFacts, { name, span }: DrawnDimension): Change | Refusal {
  const call = facts.python!.callAt(span)
  if (call === null) return gone
  const title = `Draw ${name} on a logarithmic scale`
  if (call.method === 'suggest_uniform') {
    const { callee } = call.expr
    const object = callee.type === 'attribute' ? callee.value : callee
    const to = `${facts.python!.text.slice(object.start, object.end)}.suggest_loguniform`
    return changeOf(title, [{ kind: 'rename callee', path: facts.path, call: rangeOf(facts, call), to }])
  }
  if (call.method !== 'suggest_float' || mayBePassed(facts.python!.argument(call, 'step')))
    return { reason: 'values with a step between them have no logarithmic scale' }
  return changeOf(title, [
    { kind: 'set keyword', path: facts.path, call: rangeOf(facts, call), name: 'log', value: 'True' },
  ])
}

/** Without a sampler a study uses TPE. */
function toModel(facts: FragmentFacts, call: Call, trials: number): Change | Refusal {
  const python = facts.python!
  const study = studyOf(call)
  if (study === null || isElsewhere(study)) return { reason: 'the study is made elsewhere' }
  if (!study.expr.args.some((argument) => argument.name === 'sampler'))
    return { reason: 'the sampler is not a keyword of the call' }
  const writes: (Write | Refusal)[] = [
    { kind: 'remove keyword', path: facts.path, call: rangeOf(facts, study), name: 'sampler' },
  ]
  const cap = python.argument(call, 'n_trials', 1)
  const few = (numberArgument(cap) ?? Number.POSITIVE_INFINITY) <= trials
  if (!few) writes.push(writeArgument(facts, call, 'n_trials', cap, String(trials)))
  return changeOf(`Search by the default TPE sampler, at most ${trials} trials`, writes)
}

function limitTrials(facts: FragmentFacts, call: Call, trials: number): Change | Refusal {
  const python = facts.python!
  const range = rangeOf(facts, call)
  const writes: (Write | Refusal)[] = [
    writeArgument(facts, call, 'n_trials', python.argument(call, 'n_trials', 1), String(trials)),
  ]
  const hours = 4
  if (!mayBePassed(python.argument(call, 'timeout', 2)))
    writes.push({
      kind: 'set keyword',
      path: facts.path,
      call: range,
      name: 'timeout',
      value: `${hours} * 3600`,
    })
  return changeOf(`Stop after ${trials} trials or ${hours} hours`, writes)
}

function dropPruner(facts: FragmentFacts, call: Call): Change | Refusal {
  const study = studyOf(call)
  if (study === null || !study.expr.args.some((argument) => argument.name === 'pruner'))
    return { reason: 'the pruner is not a keyword of the call' }
  return changeOf('Leave the pruner out: the default is the median rule', [
    { kind: 'remove keyword', path: facts.path, call: rangeOf(facts, study), name: 'pruner' },
  ])
}

function setJobs(facts: FragmentFacts, call: Call, jobs: number): Change | Refusal {
  const given = facts.python!.argument(call, 'n_jobs', 3)
  return changeOf(`Run one trial at a time (n_jobs=${jobs})`, [
    writeArgument(facts, call, 'n_jobs', given, String(jobs)),
  ])
}

/** A function of another module makes it, so the call stands nowhere in this file. */
function isElsewhere({ expr }: Call): boolean {
  return expr.start === expr.end
}

/** The call is the one that makes the study. */
function persist(facts: FragmentFacts, study: Call): Change | Refusal {
  const python = facts.python!
  if (study.method !== 'create_study') return { reason: 'the study is made elsewhere' }
  if (study.expr.args.some((argument) => argument.star > 0))
    return { reason: 'the study takes unpacked arguments' }
  const range = rangeOf(facts, study)
  const stem = facts.path
    .split('/')
    .at(-1)!
    .replace(/\.\w+$/, '')
    .replace(/'/g, '')
  const set = (name: string, value: string): Write => ({
    kind: 'set keyword',
    path: facts.path,
    call: range,
    name,
    value,
  })
  const writes: Write[] = [set('storage', "'sqlite:///optuna.db'")]
  if (!mayBePassed(python.argument(study, 'study_name', 3)))
    writes.push(set('study_name', ownName(python) ?? `'${stem}${suffixOf(python, study)}'`))
  writes.push(set('load_if_exists', 'True'))
  if (/\[[^\]\n]*\bbest_trial\.number[^\]\n]*\]/.test(python.code))
    return {
      reason:
        'the code finds its own results by the number of a trial, and trials of earlier runs would count as well',
    }
  const title = 'Keep the trials in a database (storage)'
  if (!makesSeveral(python, study)) return changeOf(title, writes)
  const change = changeOf(`${title}, with a name of its own for each study`, writes)
  return 'reason' in change ? change : { ...change, safety: 'display' }
}

/** The module has a name for its study, and does not pass it yet: `STUDY_NAME = "resnet"`. */
function ownName(python: PythonModule): string | null {
  const names = [...python.moduleBindings].filter(
    ([name, bindings]) =>
      /^study_?name$/i.test(name) &&
      bindings.length === 1 &&
      bindings[0]!.value?.type === 'constant' &&
      typeof bindings[0]!.value.value === 'string',
  )
  const studies = python.calls.filter(({ method }) => method === 'create_study')
  return names.length === 1 && studies.length === 1 ? names[0]![0] : null
}

/** What tells a study from the others of its file, which would be one study under one name: the function that it optimises, else its number. */
function suffixOf(python: PythonModule, study: Call): string {
  const studies = python.calls.filter(({ method }) => method === 'create_study')
  if (studies.length < 2) return ''
  const names = studies.map((one) => optimised(python, one, studies))
  const index = studies.indexOf(study)
  const name = names[index] ?? null
  const alone = name !== null && names.filter((one) => one === name).length === 1
  return `-${alone ? name : index + 1}`
}

/** `objective` of the first `study.optimize(objective)` behind the study, before the next one is made. */
function optimised(python: PythonModule, { expr }: Call, studies: readonly Call[]): string | null {
  const next = studies.find((one) => one.expr.start > expr.start)?.expr.start ?? python.text.length
  const call = python.calls.find(
    (one) => one.method === 'optimize' && one.expr.start > expr.start && one.expr.start < next,
  )
  const given = call === undefined ? null : passedExpression(python.argument(call, 'func', 0))
  return given?.type === 'name' ? given.id : null
}

/** One call makes several studies, which one name would make one: in a loop, or in a function that is called with others. */
function makesSeveral(python: PythonModule, study: Call): boolean {
  if (study.loops.length > 0) return true
  const { function: func } = study
  if (func === null) return false
  const direction = passedExpression(python.argument(study, 'direction', 4))
  return python.isRepeated(func) || (direction !== null && direction.type !== 'constant')
}

/** `trial.report` where the metric that the objective returns is computed in the loop over epochs. */
function report(facts: FragmentFacts, call: Call): Change | Refusal {
  const python = facts.python!
  const given = python.argument(call, 'func', 0)
  const objective = trialFunction(python, passedExpression(given))
  if (objective === null) return { reason: 'the objective is in another module' }
  const { func, position } = objective
  const trial = func.node.params[position]?.name
  if (python.calls.some((one) => one.method === 'report' && one.function === func))
    return { reason: 'move the report into the loop over epochs, with the metric of each epoch' }
  const steps = trialSteps(python, func)
  if (trial === undefined || steps === null) return { reason: 'the objective has no loop that could report' }
  if (steps.call !== null)
    return throughCallback(
      facts,
      python,
      steps.call,
      func === whereWritten(steps.call).function ? trial : null,
      watchedMetric(python, call),
    )
  const loop = steps.loop
  if (loop === null || loop.function !== func || loop.node.type !== 'for')
    return { reason: 'the loop over epochs is not in the objective: pass the trial on, and report there' }
  const { target } = loop.node
  if (target.type !== 'name') return { reason: 'the loop does not count its epochs' }
  if (loop.parent !== null && loop.parent.function === func)
    return { reason: 'the epochs are repeated in an outer loop, so steps would be reported twice' }
  const metric = returnedName(func.node.body)
  if (metric === null) return { reason: 'the objective does not return a metric by its name' }
  const place = lastAssignment(loop.node, metric)
  if (place === null)
    return { reason: `${metric} is not computed in the loop: evaluate after each epoch, then report it` }
  if (isCaught(python, place)) return caught
  const pruned = nameFor(python.tree, 'optuna', 'TrialPruned', {
    path: facts.path,
    fragment: facts.fragment.index,
    offset: place.start,
  })
  return {
    title: 'Report each epoch and stop weak trials',
    safety: 'unsafe',
    writes: [
      {
        kind: 'insert lines',
        path: facts.path,
        where: 'after',
        statement: { fragment: facts.fragment.index, start: place.start, end: place.end },
        lines: [
          `${trial}.report(${metric}, ${target.id})`,
          `if ${trial}.should_prune():`,
          `    raise ${pruned.text}()`,
        ],
      },
    ],
    imports: pruned.import === null ? [] : [pruned.import],
  }
}

const caught: Refusal = {
  reason:
    'the exception that ends a weak trial would be caught around the training: let TrialPruned pass there first',
}

/** `except Exception:` around it, which does not raise the same exception again; of the handlers that would take it, the first does. */
function isCaught(python: PythonModule, { start, end }: Span): boolean {
  return python.statements.some((one) => {
    if (one.type !== 'try' || !one.body.some((inner) => inner.start <= start && end <= inner.end))
      return false
    const takes = (type: Expr | null, of: RegExp): boolean =>
      (type?.type === 'tuple' ? type.items : type === null ? [] : [type]).some((item) =>
        of.test(python.text.slice(item.start, item.end)),
      )
    const handler = one.handlers.find(
      ({ type }) => type === null || takes(type, /Pruned$|^(Base)?Exception$/),
    )
    if (handler === undefined || takes(handler.type, /Pruned$/)) return false
    return !handler.body.some((inner) => inner.type === 'raise' && raisesAgain(inner.children, handler.name))
  })
}

/** `raise`, `raise error` of what was caught as `error`. */
function raisesAgain(raised: readonly Expr[], name: string | undefined): boolean {
  const [only, ...others] = raised
  if (only === undefined) return true
  return others.length === 0 && only.type === 'name' && only.id === name
}

function throughCallback(
  facts: FragmentFacts,
  python: PythonModule,
  call: Call,
  trial: string | null,
  metric: string,
): Change | Refusal {
  const keras = passedExpression(python.argument(call, 'epochs')) !== null
  if (!keras) return { reason: 'add the pruning callback of this library from optuna-integration' }
  if (trial === null) return { reason: 'the model is fitted in another function: pass the trial on' }
  if (
    !['validation_data', 'validation_split'].some(
      (name) => passedExpression(python.argument(call, name)) !== null,
    )
  )
    return { reason: 'fit() computes no validation metric that could be reported' }
  if (isCaught(python, call.expr)) return caught
  const spelled = nameFor(python.tree, 'optuna.integration', 'KerasPruningCallback', {
    path: facts.path,
    fragment: facts.fragment.index,
    offset: call.expr.start,
  })
  const value = `${spelled.text}(${trial}, '${metric}')`
  const write = addCallback(python, call, value, facts)
  if ('reason' in write) return write
  return {
    title: 'Stop weak trials (KerasPruningCallback, from optuna-integration)',
    safety: 'unsafe',
    writes: [write],
    imports: spelled.import === null ? [] : [spelled.import],
  }
}

/** What Keras logs that goes the study's way: a study that maximises would prune the best trials by their loss. */
function watchedMetric(python: PythonModule, optimize: Call): string {
  const study = studyOf(optimize)
  const direction = study === null ? undefined : knownArgument(python.argument(study, 'direction', 4))
  return direction === 'maximize' ? 'val_accuracy' : 'val_loss'
}

/** The variable that the function returns at its end. */
function returnedName(body: Stmt[]): string | null {
  const last = body.at(-1)
  return last?.type === 'return' && last.value?.type === 'name' ? last.value.id : null
}

/** The last statement of the loop's own body that gives `name` a value. */
function lastAssignment(loop: For, name: string): Stmt | null {
  const binds = (statement: Stmt): boolean =>
    statement.type === 'assign' &&
    statement.targets.some(
      (target) =>
        (target.type === 'name' && target.id === name) ||
        (target.type === 'tuple' && target.items.some((item) => item.type === 'name' && item.id === name)),
    )
  return [...loop.body].reverse().find(binds) ?? null
}
