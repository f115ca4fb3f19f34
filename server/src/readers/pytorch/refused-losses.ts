/** Losses that PyTorch refuses to compute under autocast. */

import type { ClassSummary, Klass, Loop, ModuleSummary, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { passedExpression } from '../../values/argument.js'

const refusingLosses = ['torch.nn.BCELoss', 'torch.nn.functional.binary_cross_entropy']

/** The loss that raises an error under autocast. */
export function refusedLoss(python: PythonModule, loop?: Loop): string | null {
  if (loop !== undefined && hasOtherLoss(python, loop)) return null
  return once(python, 'refused loss', () => {
    const used = refusingLosses.find(
      (name) => python.usesHere(name) || neighbours(python).some((module) => computes(module, name)),
    )
    return used === undefined ? null : shortName(used)
  })
}

/**
 * The same of the network that a trainer is given, whose steps compute the loss; one that is not seen may be any of those around.
 * `maybe`: it has other losses as well, for other ways to use it.
 */
export function refusedLossOfFit(python: PythonModule): { loss: string; maybe: boolean } | null {
  const models = python.methodCalls('fit').map((fit) => passedExpression(python.argument(fit, 'model', 0)))
  const seen = models.map((model) => (model === null ? null : callsOfModel(python, model)))
  const called =
    seen.length === 0 || seen.includes(null) ? callsAround(python) : seen.flatMap((one) => one ?? [])
  const refused = refusingLosses.find((name) => called.some((names) => names.has(name)))
  if (refused === undefined) return null
  const maybe = called.some((names) =>
    [...names].some((name) => anyLoss.test(name) && !refusingLosses.includes(name)),
  )
  return { loss: shortName(refused), maybe }
}

const anyLoss = /^torch\.nn\.(\w+Loss|functional\.(\w+_loss|\w*cross_entropy\w*))$/

export const refusedBecause = (loss: string, maybe = false): string =>
  `${loss}${maybe ? ', which this network may compute,' : ''} raises an error under autocast: compute the loss from logits with BCEWithLogitsLoss first`

const shortName = (loss: string): string => loss.slice(loss.lastIndexOf('.') + 1)

const neighbours = (python: PythonModule): ModuleSummary[] => [...python.importers, ...python.imported]

/** A module uses it elsewhere than in the steps that a trainer runs. */
function computes({ uses, classes, functions }: ModuleSummary, loss: string): boolean {
  if (!uses.includes(loss)) return false
  const all = Object.values(classes)
  if (!all.some((one) => isStepped(one) && one.calls.includes(loss))) return true
  return (
    all.some((one) => !isStepped(one) && one.calls.includes(loss)) ||
    Object.values(functions).some(({ calls }) => calls.includes(loss))
  )
}

/** What a trainer runs, and no loop: it has steps. */
const isStepped = ({ methods }: Pick<ClassSummary, 'methods'>): boolean => methods.includes('training_step')

/** What the class of a network calls; null: the class is not seen. */
function callsOfModel(python: PythonModule, model: Expr): ReadonlySet<string>[] | null {
  const made = python.definition(model)
  if (made.type !== 'call') return null
  const { callee } = made
  const named = callee.type === 'attribute' && callee.attr === 'load_from_checkpoint' ? callee.value : callee
  // `Net(loss=nn.BCELoss())`
  const given = new Set(made.args.flatMap(({ value }) => python.typeOf(value) ?? []))
  const own = python.classOf(named)
  if (own !== null) return [given, ...callsOfMethods(python, own)]
  const imported = python.importedClass(named)
  return imported === null ? null : [given, new Set(imported.calls)]
}

const callsOfMethods = (python: PythonModule, { methods }: Klass): ReadonlySet<string>[] =>
  [...methods.values()].map((method) => python.effectsOfFunction(method).calls)

function callsAround(python: PythonModule): ReadonlySet<string>[] {
  const own = python.classes.filter(({ methods }) => methods.has('training_step'))
  return [
    ...own.flatMap((klass) => callsOfMethods(python, klass)),
    ...python.imported
      .flatMap(({ classes }) => Object.values(classes))
      .filter(isStepped)
      .map(({ calls }) => new Set(calls)),
  ]
}

/** All losses of this loop are objects of known classes, and none of them is refused: those of another loop do not count. */
function hasOtherLoss(python: PythonModule, { calls, effects }: Loop): boolean {
  const losses = calls.flatMap(({ expr: { callee } }) => {
    const type = python.typeOf(callee)
    if (type !== null && /^torch\.nn\.\w*Loss\w*$/.test(type)) return [type]
    return /loss|criterion/i.test(lastIdentifier(callee)) ? [null] : []
  })
  return (
    losses.length > 0 &&
    losses.every((one) => one !== null && !refusingLosses.includes(one)) &&
    !refusingLosses.some((one) => effects.calls.has(one))
  )
}
