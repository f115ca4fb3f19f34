/** Whether a training runs where a program is started: its own, or one of a module that it calls. */
import type { ClassSummary, FunctionSummary, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { trainsByEpochs } from '../search/trial-steps.js'
import { trainerRuns } from './swallowed.js'

/**
 * What only imports a module that trains, for its network or its data, runs none of its trainings; neither does what a program
 * that trains imports.
 */
export function startsTraining(python: PythonModule): boolean {
  return once(
    python,
    'starts a training',
    () => python.evidence.role === 'training' || python.stepFunctions().length > 0 || callsTraining(python),
  )
}

function callsTraining(python: PythonModule): boolean {
  const methods = trainingMethods(python)
  const trains = ({ trains, backward, optimizerStep, calls }: FunctionSummary): boolean =>
    trains || (backward && optimizerStep) || calls.some((name) => methods.has(lastOf(name))) || fits(calls)
  const works = setsToWork(python)
  return python.calls.some(({ expr: { callee, args }, method }) => {
    if (callee.type === 'attribute' && methods.has(method)) return true
    // `study.optimize(objective)`: what is handed over is called, too.
    for (const value of [callee, ...args.map((one) => one.value)]) {
      if (value.type !== 'name' && value.type !== 'attribute') continue
      const func = python.importedFunction(value)
      if (func !== null && trains(func)) return true
    }
    const klass = python.importedClass(callee)
    return (klass !== null && classTrains(klass, works)) || callsTrainer(python, callee)
  })
}

/** `trainer = Trainer(…)`, `trainer()`: an object whose class trains where it is called. */
function callsTrainer(python: PythonModule, callee: Expr): boolean {
  const made = callee.type === 'name' ? python.callOf(callee) : null
  const steps = made === null ? undefined : python.importedClass(made.expr.callee)?.steps
  return steps?.__call__?.trains === true
}

function setsToWork(python: PythonModule): boolean {
  return once(python, 'sets objects to work', () =>
    python.calls.some(({ method, expr }) => expr.callee.type === 'attribute' && working.test(method)),
  )
}

/** It makes an object of another module that has a training loop, and sets it to work. */
export function setsToTrain(python: PythonModule): boolean {
  return (
    setsToWork(python) &&
    python.calls.some(({ expr }) =>
      Object.values(python.importedClass(expr.callee)?.steps ?? {}).some(({ trains }) => trains),
    )
  )
}

/** Methods that train, of the classes of modules around; not `train()`, which networks have as well. */
function trainingMethods({ imported }: PythonModule): ReadonlySet<string> {
  const names = imported.flatMap(({ classes }) =>
    Object.values(classes).flatMap(({ steps = {} }) =>
      Object.entries(steps).flatMap(([name, { trains }]) => (trains && name !== 'train' ? [name] : [])),
    ),
  )
  return new Set(names)
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

const fitting =
  /(^|\.)(fit|fit_generator|train_on_batch|(pre_?)?train(ing)?_(?!test|val|dev|size|load|data|set|df|x\b|y\b)\w+|run_train\w*|fine_?tune\w*|pretrain)$/

function fits(calls: readonly string[]): boolean {
  return trainsByEpochs(calls) || calls.some((name) => fitting.test(name) || trainerRuns.test(name))
}

/** Methods by which objects are set to work. */
const working =
  /^(__call__|(run|(pre_?)?train|fit|learn|main|start|execute|launch|loop|optimi[sz]e|fine_?tune)\w*|\w+_(run|train|fit))$/

/** Its objects train, and one is set to work as far as the names of methods tell. */
function classTrains({ steps = {}, calls }: ClassSummary, works: boolean): boolean {
  const trained = Object.entries(steps).filter(([, step]) => step.trains)
  return trained.some(([name]) => name === '__init__') || (works && (trained.length > 0 || fits(calls)))
}
