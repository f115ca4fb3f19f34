/** What a Ray trainable does: how it trains, and how often it tells the search about it. */
import { classAt, functionAt } from '../../python/definition-places.js'
import type { Call, Func, Klass, PythonModule } from '../../python/module.js'
import { trialWrappers } from '../../python/trial-searches.js'
import type { Expr } from '../../syntax/python-ast.js'
import { numberIn } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import { codeText } from '../pytorch/evidence.js'
import { reachedFunctions, trialFunction } from '../search/trial-function.js'
import { trialSteps } from '../search/trial-steps.js'
import { reportCall, reportCallback } from './names.js'

export interface Trainable {
  /** `steps`: it reports while it trains; `end`: once, when all is done; `never`: not at all; null: cannot be seen. */
  reports: 'steps' | 'end' | 'never' | null
  steps: SearchSettings['trialSteps'] | null
  /** How often it reports, where one loop decides that. */
  rounds?: number
}

const unseen: Trainable = { reports: null, steps: null }

export function trainable(python: PythonModule, expr: Expr, depth = 0): Trainable {
  if (depth > 4) return unseen
  const value = python.definition(expr)
  // RLlib's algorithms report after each iteration.
  if (value.type === 'constant' && typeof value.value === 'string')
    return /^[A-Z][A-Za-z0-9]*$/.test(value.value)
      ? { reports: 'steps', steps: { what: 'steps', count: null } }
      : unseen
  const klass = python.classOf(expr)
  if (klass !== null) return ofClass(klass)
  const name = python.nameOf(expr)
  if (name?.startsWith('ray.rllib.')) return { reports: 'steps', steps: { what: 'steps', count: null } }
  if (value.type === 'call') {
    const called = python.nameOf(value.callee)
    if (called !== null && trialWrappers.test(called) && value.args[0] !== undefined)
      return trainable(python, value.args[0].value, depth + 1)
    // `TorchTrainer(train_loop_per_worker, …)`.
    if (called !== null && /^ray\.train\..*Trainer$/.test(called)) {
      const loop = value.args.find((one) => one.name === 'train_loop_per_worker') ?? value.args[0]
      return loop === undefined ? unseen : trainable(python, loop.value, depth + 1)
    }
  }
  const found = trialFunction(python, expr)
  if (found !== null) return ofFunction(python, found.func)
  // Another module of the project has it.
  const func = functionAt(python, value)
  if (func !== null) return ofFunction(func.python, func.func)
  return ofClass(classAt(python, value)?.klass ?? null)
}

/** `class Net(tune.Trainable)`: each step is reported. */
function ofClass(klass: Klass | null): Trainable {
  return klass?.bases.some((base) => /^ray\.(tune|rllib)\./.test(base)) === true
    ? { reports: 'steps', steps: { what: 'steps', count: null } }
    : unseen
}

function ofFunction(python: PythonModule, func: Func): Trainable {
  const functions = reachedFunctions(python, func)
  const steps = trialSteps(python, func)
  const known = steps === null ? null : { what: steps.what, count: steps.count }
  const reports = functions.flatMap((one) => one.calls.filter((call) => isReport(call, func)))
  if (reports.length === 0) {
    const text = functions.map((one) => codeText(python, one.node.start, one.node.end)).join('\n')
    if (reportCallback.test(text))
      return { reports: 'steps', steps: known ?? { what: 'epochs', count: null } }
    const others = [...python.effects(func.node.body).calls]
    return known === null || others.some((name) => /report|callback|session|tune\b/i.test(name))
      ? unseen
      : { reports: 'never', steps: known }
  }
  const inLoop = reports.some((call) => call.loops.length > 0)
  if (inLoop) {
    const [report] = reports
    const rounds =
      reports.length === 1 && report!.loops.length === 1 ? numberIn(report!.loops[0]!.trips) : null
    return { reports: 'steps', steps: known ?? loopSteps(reports), ...(rounds === null ? {} : { rounds }) }
  }
  // A report in a helper that a loop calls.
  if (reports.some((call) => call.function !== func)) return unseen
  return known === null ? unseen : { reports: 'end', steps: known }
}

/** `for step in range(100): …; tune.report(…)` without a library that trains. */
function loopSteps(reports: Call[]): SearchSettings['trialSteps'] {
  const trips = reports.find((call) => call.loops.length > 0)!.loops.at(-1)!.trips
  return { what: 'steps', count: asNumber(effective(trips) ?? null) ?? null }
}

function isReport(call: Call, func: Func): boolean {
  if (call.name !== null) return reportCall.test(call.name)
  // `def train(config, reporter): … reporter(mean_accuracy=…)`.
  const { callee } = call.expr
  return (
    callee.type === 'name' &&
    callee.id === 'reporter' &&
    func.node.params.some((param) => param.name === 'reporter')
  )
}
