/** Data sets that the code says are small. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { effective } from '../../values/value.js'

/** An epoch over so many samples takes seconds. */
const few = 2_000

const countName =
  /^(n|num|number_of|max|total)_?(samples|points|examples|items|rows|data)$|^(samples|length|n_data)$/i

/** '1000 samples', where a data set is made of so many; null: nothing says how many it has. */
export function fewSamples(python: PythonModule, dataset: Expr): string | null {
  const made = python.definition(dataset)
  const count =
    made.type === 'comprehension' ? sizeOf(python, made.clauses[0]?.iterable) : countIn(python, made)
  return count !== null && count <= few ? `${count} samples` : null
}

function countIn(python: PythonModule, made: Expr): number | null {
  if (made.type !== 'call') return null
  if (python.callAt(made)?.name === 'torch.utils.data.Subset') return sizeOf(python, made.args[1]?.value)
  const given = made.args.find(({ name }) => name !== null && countName.test(name))
  const count = given === undefined ? undefined : effective(python.fold(given.value))
  return typeof count === 'number' && count > 0 ? count : null
}

/** Items of `range(500)` or of a list. */
function sizeOf(python: PythonModule, items: Expr | undefined): number | null {
  const value = items === undefined ? undefined : effective(python.fold(items))
  return Array.isArray(value) ? value.length : null
}
