/** Steps of objects whose class nobody can tell here: `create_model(opt).optimize_parameters()`, `ALGORITHMS[name]().update(batch)`. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { Func, Running } from './module.js'
import { isBackward } from './training-calls.js'

/** Methods that take a step of training by their name, whatever the object is. */
const telling =
  /^(train(ing)?_?(step|batch|iter(ation)?|one_(step|batch|iter))|optimi[sz]e_parameters|fit_batch|step_train)$/
/** Methods that many objects have, and that train where the object is named for it. */
const common = /^(update|learn|step|optimi[sz]e)$/
const learner =
  /(^|_)(agent|algo(rithm)?|policy|learner|model|trainer|net(work)?|gan|method|actor|critic|solver)s?\d*$/i

const isLearner = (name: string): boolean =>
  learner.test(name) && !/(^|_)(ema|avg|averaged|swa|teacher|target)_/i.test(name)

/** A function of this module, or of one that works with it; null: no class in sight has such a step. */
export function namedStep(analysis: Analysis, callee: Expr): Func | Running | null {
  if (callee.type !== 'attribute') return null
  const { attr, value } = callee
  const isTold = telling.test(attr) || (common.test(attr) && isLearner(lastWord(value)))
  // What is known to be of a library is no object of the project.
  if (!isTold || analysis.typeOf(value) !== null || analysis.nameOf(callee) !== null) return null
  if (value.type === 'name' && (value.id === 'self' || value.id === 'cls')) return null
  const found = stepsCalled(analysis, attr)
  if (found !== null) return found
  // The convention of a family of programs for pictures, whose networks are chosen by name.
  return /^optimi[sz]e_parameters$/.test(attr) ? wholeStep : null
}

const wholeStep: Running = { backward: true, optimizerStep: true, trains: false, calls: ['.backward'] }

function lastWord(expr: Expr): string {
  if (expr.type === 'name') return expr.id
  if (expr.type === 'attribute') return expr.attr
  return expr.type === 'subscript' ? lastWord(expr.value) : ''
}

/** A method of this name that goes back, of a class here or around. Calls are not followed here: what asks may itself be called by it. */
function stepsCalled(analysis: Analysis, name: string): Func | Running | null {
  for (const { methods } of analysis.classes) {
    const method = methods.get(name)
    if (method?.calls.some(isBackward) === true) return method
  }
  for (const { classes } of [...analysis.imported, ...analysis.importers])
    for (const { steps } of Object.values(classes)) {
      const step = lookUp(steps ?? {}, name)
      if (step?.backward === true && step.optimizerStep) return step
    }
  return null
}
