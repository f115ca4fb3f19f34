/** What a trial does step by step, so that a weak one could be stopped half-way. */

import type { ArgumentValue, Call, Func, Loop, PythonModule } from '../../python/module.js'
import { namesIn } from '../../syntax/python-children.js'
import { numberArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import { boostingSteps } from './boosting-steps.js'
import { reachedFunctions } from './trial-function.js'

export interface TrialSteps {
  what: SearchSettings['trialSteps']['what']
  /** Steps of one trial; null: not known. */
  count: number | null
  loop: Loop | null
  call: Call | null
  /** A trial ends by itself once its own validation gets no better. */
  stops?: true
}

/** Fewer steps without a loop over batches are no training that is worth stopping. */
const manySteps = 1000

const repeats = /fold|split|seed|repeat|trial|run/i

function numberOf(argument: ArgumentValue): number | null {
  return numberArgument(argument)
}

function targetName(python: PythonModule, loop: Loop): string {
  return loop.node.type === 'for' ? python.text.slice(loop.node.target.start, loop.node.target.end) : ''
}

/** The loop over epochs: the innermost loop around a loop that trains, rather than one over folds or seeds. */
function epochLoop(python: PythonModule, functions: Func[]): Loop | null {
  const loops = python.loops.filter(
    (loop) =>
      loop.role === 'epoch' &&
      loop.function !== null &&
      functions.includes(loop.function) &&
      !repeats.test(targetName(python, loop)),
  )
  const named = loops.find((loop) => /epoch/i.test(targetName(python, loop)))
  if (named !== undefined) return named
  const parents = new Set(loops.map((loop) => loop.parent))
  return loops.filter((loop) => !parents.has(loop)).at(-1) ?? null
}

export function trialSteps(python: PythonModule, func: Func): TrialSteps | null {
  const functions = reachedFunctions(python, func)
  const epochs = epochLoop(python, functions)
  if (epochs !== null) return fromLoop('epochs', epochs)
  const calls = functions.flatMap((one) => one.calls)
  for (const call of calls) {
    const found = fromCall(python, call)
    if (found !== null) return found
  }
  const rounds = boostingSteps(python, calls)
  if (rounds !== null && !validatesAtOnce(calls)) {
    const { call, count, stops } = rounds
    return { what: 'boosting rounds', count, loop: null, call, ...(stops ? { stops: true as const } : {}) }
  }
  const steps = python.loops.find(
    (loop) => loop.role === 'train' && loop.function !== null && functions.includes(loop.function),
  )
  if (steps !== undefined) {
    // A few hundred steps over one batch are done in seconds.
    const found = fromLoop('steps', steps)
    return found.count !== null && found.count < manySteps ? null : found
  }
  // The loop is in another module of the project.
  const effects = python.effects(func.node.body)
  return effects.trains || trainsByEpochs(effects.calls)
    ? { what: 'epochs', count: null, loop: null, call: null }
    : null
}

/** One call fits the estimator for each fold and gives the scores of all: there is nothing to report before it ends. */
function validatesAtOnce(calls: readonly Call[]): boolean {
  const whole = /^sklearn\.model_selection\.(cross_(val_score|validate|val_predict)|\w+SearchCV)$/
  return (
    calls.some(({ name }) => name !== null && whole.test(name)) &&
    !calls.some(({ method }) => /^(fit|train)$/.test(method))
  )
}

const epochLibrary = /^(lightning\.(pytorch|fabric)|keras\.(models|layers|callbacks|Model|Sequential))\b/
const trainer = /^(lightning\.pytorch\.Trainer\.fit|transformers\.\w*Trainer\.train|keras\.\w+\.fit)$/

/** Some of these calls, of several modules perhaps, train epoch by epoch: a trainer that is made elsewhere fits. */
export function trainsByEpochs(calls: Iterable<string>): boolean {
  let fits = false
  let knows = false
  for (const name of calls) {
    if (trainer.test(name)) return true
    if (name === '.fit') fits = true
    if (epochLibrary.test(name)) knows = true
  }
  return fits && knows
}

function fromLoop(what: TrialSteps['what'], loop: Loop): TrialSteps {
  const trips = effective(loop.trips)
  return { what, count: typeof trips === 'number' ? trips : null, loop, call: null }
}

function fromCall(python: PythonModule, call: Call): TrialSteps | null {
  if (call.method === 'fit') {
    const epochs = python.argument(call, 'epochs')
    if (passedExpression(epochs) !== null) {
      const count = numberOf(epochs)
      if (count === null || count > 1) return { what: 'epochs', count, loop: null, call }
      // One epoch at a time, in a loop that counts them.
      const loop = call.loops.at(-1)
      return loop === undefined || repeats.test(targetName(python, loop)) ? null : fromLoop('epochs', loop)
    }
    if (call.receiver === 'lightning.pytorch.Trainer') {
      const maximum = call.receiverCall === null ? null : python.argument(call.receiverCall, 'max_epochs')
      return { what: 'epochs', count: maximum === null ? null : numberOf(maximum), loop: null, call }
    }
    return null
  }
  // scikit-learn's incremental estimators: what gives each call another part of the data is no loop over epochs.
  if (call.method === 'partial_fit') {
    const given = new Set(call.expr.args.flatMap(({ value }) => namesIn(value)))
    const loop = [...call.loops]
      .reverse()
      .find(({ node }) => node.type === 'for' && !namesIn(node.target).some((name) => given.has(name)))
    return loop === undefined || repeats.test(targetName(python, loop)) ? null : fromLoop('epochs', loop)
  }
  if (call.method === 'train' && call.receiver !== null && /^transformers\.\w*Trainer$/.test(call.receiver))
    return { what: 'epochs', count: null, loop: null, call }
  return null
}
