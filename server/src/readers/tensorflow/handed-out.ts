/** Pipelines that functions of a module give back for a training that stands in another one. */
import type { ModuleSummary, PythonModule } from '../../python/module.js'
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
  const trainers = trainersOf(python, finishes)
  return python.functions.flatMap((func) => {
    if (forOthers.test(func.name) || !trainers.some((one) => fits(one) || takes(one, func.name))) return []
    const returned = certainReturn(func)
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

/** Modules that import this one and train a model, where this one trains none. */
function trainersOf(python: PythonModule, finishes: RegExp): ModuleSummary[] {
  if (kerasFits(python).length > 0) return []
  // What fits may lie in a third module.
  const trainers = [...python.importers].filter((one) => fits(one) || one.trainsOn !== undefined)
  return trainers.some(({ uses }) => uses.some((use) => finishes.test(use))) ? [] : trainers
}

function fits({ uses, goesThroughEpochs }: ModuleSummary): boolean {
  return (
    (uses.includes('.fit') && uses.some((use) => use.startsWith('keras.'))) ||
    (goesThroughEpochs === true && uses.includes('tensorflow.GradientTape'))
  )
}

/** It imports the function, or calls it by the name of its module. */
const takes = ({ imports, uses }: ModuleSummary, name: string): boolean =>
  [...imports, ...uses].some((one) => one === name || one.endsWith(`.${name}`))
