/** Data sets that the code says are small. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { codeText } from './evidence.js'

/** An epoch over so many samples takes seconds. */
const few = 2_000

const countName =
  /^(n|num|number_of|max|total)_?(samples|points|examples|items|rows|data)$|^(samples|length|n_data)$/i

/** '1000 samples', where a data set is made of so many; null: nothing says how many it has. */
export function fewSamples(python: PythonModule, dataset: Expr): string | null {
  const count = countOf(python, dataset)
  return count !== null && count <= few ? `${count} samples` : null
}

/** How many samples a data set is made of; null: nothing says it. */
function countOf(python: PythonModule, dataset: Expr): number | null {
  const made = python.definition(dataset)
  return made.type === 'comprehension' ? sizeOf(python, made.clauses[0]?.iterable) : countIn(python, made)
}

/** One batch holds all samples: `batch_size=4` for a `Subset` of four, or `batch_size=len(dataset)`. */
export function isOneBatch(python: PythonModule, dataset: Expr, batchSize: Expr): boolean {
  const size = python.definition(batchSize)
  if (size.type === 'call' && python.callAt(size)?.name === 'len') {
    const counted = size.args[0]?.value
    return (
      counted !== undefined &&
      codeText(python, counted.start, counted.end) === codeText(python, dataset.start, dataset.end)
    )
  }
  const most = effective(python.fold(batchSize))
  const count = countOf(python, dataset)
  return typeof most === 'number' && count !== null && count <= most
}

function countIn(python: PythonModule, made: Expr): number | null {
  if (made.type !== 'call') return null
  const call = python.callAt(made)
  if (call?.name === 'torch.utils.data.Subset')
    return sizeOf(python, passedExpression(python.argument(call, 'indices', 1)) ?? undefined)
  const given = made.args.find(({ name }) => name !== null && countName.test(name))
  const count = given === undefined ? undefined : effective(python.fold(given.value))
  return typeof count === 'number' && count > 0 ? count : null
}

/** Items of `range(500)` or of a list. */
function sizeOf(python: PythonModule, items: Expr | undefined): number | null {
  const value = items === undefined ? undefined : effective(python.fold(items))
  return Array.isArray(value) ? value.length : null
}
