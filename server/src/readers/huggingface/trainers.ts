/** Which Trainer takes which arguments, and what it is given beside them. */
import { usesMatch } from '../../python/library-uses.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { usesOf } from '../../syntax/python-children.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { isTrainer } from './trainer-names.js'
import { type TrainerArguments, trainerArguments } from './training-arguments.js'

export interface Trainers {
  calls: Call[]
  /** No Trainer is made here, but a module of the project that works with this one makes one. */
  elsewhere: boolean
}

const trainerUse = /^(transformers|trl|sentence_transformers)\.(\w+\.)*\w*Trainer(\.\w+)?$/

export function trainersOf(python: PythonModule, made: TrainerArguments, only: boolean): Trainers {
  const calls = trainerCalls(python).filter((call) => takes(python, call, made, only))
  const elsewhere =
    calls.length === 0 &&
    [...python.importers, ...python.imported, ...python.programs].some((module) =>
      usesMatch(module, trainerUse),
    )
  return { calls, elsewhere }
}

export function trainerCalls(python: PythonModule): Call[] {
  return python.calls.filter((call) => trainerName(python, call) !== null)
}

/** The library's class behind a Trainer: its own name, or that of the class that the project extends. */
export function trainerName(python: PythonModule, call: Call): string | null {
  if (call.name !== null) return isTrainer(call.name) ? call.name : null
  const klass = python.classOf(call.expr.callee)
  if (klass !== null) {
    if (call.expr.start >= klass.node.start && call.expr.end <= klass.node.end) return null
    return klass.bases.find(isTrainer) ?? null
  }
  const imported = python.importedClass(call.expr.callee)
  if (imported !== null) return imported.bases.find(isTrainer) ?? null
  if (!/Trainer$/.test(call.method)) return null
  const type = python.typeOf(call.expr)
  return type !== null && isTrainer(type) ? type : null
}

function takes(python: PythonModule, call: Call, made: TrainerArguments, only: boolean): boolean {
  const name = trainerName(python, call)
  const given = python.argument(call, 'args', name?.startsWith('transformers.') === true ? 1 : null)
  if (!mayBePassed(given)) return only && call.expr.args.some((one) => one.star === 2)
  const expr = passedExpression(given)
  if (expr === null) return only
  const value = python.result(expr)
  if (value === made.call.expr) return true
  if (value.type === 'call') return false
  if (value.type === 'name' && made.names.includes(value.id)) return true
  // A parameter or attribute: the only arguments of the file are meant.
  return only
}

const trains = /^(train|hyperparameter_search)$/

/** Arguments of Trainers that train, with these Trainers. */
export function trainedArguments(python: PythonModule): { made: TrainerArguments; trainers: Trainers }[] {
  const all = trainerArguments(python)
  return all
    .map((made) => ({ made, trainers: trainersOf(python, made, all.length === 1) }))
    .filter(
      ({ trainers }) => (trainers.calls.length > 0 || trainers.elsewhere) && isTrained(python, trainers),
    )
}

/** True where a trainer of this module is told to train, or nothing here says what it is for. */
function isTrained(python: PythonModule, trainers: Trainers): boolean {
  if (trainers.elsewhere) return true
  if (trainers.calls.length > 0 && trainers.calls.every((call) => onlyEvaluates(python, call))) return false
  // A function of the project that is called `train` may well have left it out in this run.
  const told = ({ method, expr }: Call): boolean => trains.test(method) && expr.callee.type === 'attribute'
  if (python.calls.some(told)) return true
  const uses = [...python.importers, ...python.imported, ...python.programs].flatMap((module) => module.uses)
  return uses.some((use) => /(^|\.)(train|hyperparameter_search)$/.test(use))
}

const looks = /^(evaluate|predict|log_metrics|save_metrics)$/

/** `trainer = Trainer(…)` in a function that evaluates with it, does nothing else, and hands it to nobody. */
function onlyEvaluates(python: PythonModule, { expr, function: func, assignedTo: name }: Call): boolean {
  if (func === null || name === null || name.includes('.')) return false
  const uses = usesOf(func.node.body, name).filter(({ start }) => start > expr.end)
  const told = python.calls.flatMap(({ method, expr: { callee } }) =>
    callee.type === 'attribute' && looks.test(method) ? [callee.value.start] : [],
  )
  return uses.length > 0 && uses.every(({ start }) => told.includes(start))
}

/** Where `transformers.Trainer` takes what it is given; those of other libraries have an order of their own. */
const positions = { data_collator: 2, train_dataset: 3, eval_dataset: 4 }

/** The data set or collator that a Trainer is given under this name; `missing`: none. */
export function trainerArgument(
  python: PythonModule,
  call: Call,
  key: keyof typeof positions,
): Expr | 'missing' | 'unknown' {
  const isPlain = call.name?.startsWith('transformers.') === true
  const given = python.argument(call, key, isPlain ? positions[key] : null)
  const expr = passedExpression(given)
  if (expr === null) return mayBePassed(given) ? 'unknown' : 'missing'
  const value = python.definition(expr)
  return value.type === 'constant' && value.value === null ? 'missing' : expr
}
