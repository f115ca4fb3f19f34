/** How long a notebook trained when it was run last. */
import type { PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { trainsByEpochs } from '../search/trial-steps.js'
import { trainerRuns } from './swallowed.js'

/** Null: nothing is kept of one of the cells that train, or none does. `seconds`: by cell. */
export function trainedSeconds(
  seconds: readonly (number | null)[] | undefined,
  python: PythonModule,
  claims: ClaimBuilder,
): number | null {
  if (seconds === undefined) return null
  const trained = new Map<number, Work>()
  for (const statement of python.tree.body) {
    const work = workOf(python, statement)
    if (work === null) continue
    const { cell } = claims.locate({ start: statement.start, end: statement.end })
    if (cell !== null && trained.get(cell) !== 'trains') trained.set(cell, work)
  }
  let total = 0
  for (const [cell, work] of trained) {
    const ran = seconds[cell] ?? null
    // What scales a table says nothing of how long that took.
    if (ran === null && work === 'trains') return null
    total += ran ?? 0
  }
  return total > 0 ? total : null
}

type Work = 'trains' | 'may train'

/** Null: it does not train. */
function workOf(python: PythonModule, statement: Stmt): Work | null {
  if (statement.type === 'function' || statement.type === 'class' || statement.type === 'import') return null
  const { trains, backward, optimizerStep, calls } = python.effects([statement])
  const names = [...calls]
  if (
    trains ||
    (backward && optimizerStep) ||
    trainsByEpochs(calls) ||
    names.some((name) => trainerRuns.test(name) || neural.test(name))
  )
    return 'trains'
  return calls.has('.fit') || calls.has('.train') ? 'may train' : null
}

/** Calls that train, of an object whose class may not be known. */
const neural = /(^|\.)(fit_generator|fit_one_cycle|fine_tune|train_on_batch|learn)$/
