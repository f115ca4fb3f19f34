/** Pipelines that functions of a module give back for a training that stands in another one. */
import type { PythonModule } from '../../python/module.js'
import { certainReturn } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { kerasFits } from '../keras/fits.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { pipelineOf } from './pipeline.js'

/** What they return is gone through once. */
const forOthers = /test|infer|predict|serv|score|export|sample/i

/** `finishes`: calls with which whoever trains would do itself what is missing here. */
export function handedOut(python: PythonModule, finishes: RegExp): Expr[] {
  if (!isTrainedElsewhere(python, finishes)) return []
  return python.functions.flatMap((func) => {
    const returned = forOthers.test(func.name) ? null : certainReturn(func)
    const parts = returned === null ? [] : returned.type === 'tuple' ? returned.items : [returned]
    return parts.filter(
      (data) =>
        (data === returned || isForTraining(data)) &&
        // Elements that nobody puts into batches are not what a training goes through.
        pipelineOf(python, data)?.steps.some(({ method }) => /^(padded_|ragged_)?batch$/.test(method)) ===
          true,
    )
  })
}

/** `return train, valid, test`. */
function isForTraining(data: Expr): boolean {
  const name = data.type === 'name' || data.type === 'attribute' ? lastName(data) : ''
  return feedsByName(name) !== 'evaluation'
}

/** A module that imports this one trains a model, and this one trains none. */
function isTrainedElsewhere(python: PythonModule, finishes: RegExp): boolean {
  if (kerasFits(python).length > 0) return false
  const trains = [...python.importers].filter(
    ({ uses, goesThroughEpochs, trainsOn }) =>
      // What fits may lie in a third module.
      trainsOn !== undefined ||
      (uses.includes('.fit') && uses.some((use) => use.startsWith('keras.'))) ||
      (goesThroughEpochs === true && uses.includes('tensorflow.GradientTape')),
  )
  return trains.length > 0 && !trains.some(({ uses }) => uses.some((use) => finishes.test(use)))
}
