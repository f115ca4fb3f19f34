/** What is prepared again and again: steps, and the code that repeats them. */

import type { Call, Effects, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { numberIn } from '../../values/argument.js'
import type { PreprocessingSettings } from '../../workload/resource-kinds.js'
import type { PreparationCost } from './preparation-cost.js'
import { embedsWithNetwork, parsesText, preparationCost, preparesElsewhere } from './preprocessing-costs.js'
import { tokenizing } from './tokenizer-costs.js'

export interface Step {
  call: Call
  cost: PreparationCost
  statement: Stmt
  /** The call in the repeated code itself that leads to it, where all that is handed over is the same each time. */
  from?: Call
}

/** Code that is passed through again, and what it prepares again. */
export interface Repetition {
  per: PreprocessingSettings['again']['per']
  times: number | null
  steps: Step[]
  /** The loop or function whose body is repeated; null: the whole program. */
  around: Loop | Func | null
  /** What it makes is written to a file, which nothing reads. */
  saved?: true
  /** It is done for each sample, beside the training. */
  samples?: true
}

const trainers =
  /^(sklearn\.(ensemble|linear_model|svm|neural_network|tree|neighbors|naive_bayes|gaussian_process|discriminant_analysis|model_selection|cluster|mixture|decomposition|pipeline|calibration|multiclass|multioutput)|hdbscan|bertopic|xgboost|lightgbm|catboost|keras|lightning|transformers|trl|fastai|pytorch_tabnet)\..*\.?(fit|fit_predict|train|fit_generator|fine_tune)$|^sklearn\.model_selection\.cross_val/

/** One pass of the loop trains a model from its beginning, or for an epoch. */
export const trainsInside = ({ role, effects }: Loop): boolean => role === 'epoch' || training(effects)

/** The same more than once, as far as is known. */
export const trainsRepeatedly = (loop: Loop): boolean => trainsInside(loop) && numberIn(loop.trips) !== 1

export function training({ trains, calls }: Effects): boolean {
  return trains || [...calls].some((name) => trainers.test(name))
}

export function costOf(python: PythonModule, call: Call): PreparationCost | null {
  return (
    preparationCost(python, call) ??
    parsesText(python, call) ??
    tokenizing(python, call) ??
    preparesElsewhere(python, call) ??
    embedsWithNetwork(python, call)
  )
}

/** Whether `wanted` stands in a comprehension of `expr`. */
export function inComprehension(expr: Expr, wanted: Expr, inside = false): boolean {
  if (expr === wanted) return inside
  if (expr.start > wanted.start || expr.end < wanted.end) return false
  const within = inside || expr.type === 'comprehension'
  return childrenOf(expr).some((child) => inComprehension(child, wanted, within))
}
