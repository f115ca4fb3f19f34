/** Loaders that put their batches together sample by sample where one index would do. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import type { InputPipelineSettings } from '../../workload/resource-kinds.js'
import { liesOnAccelerator } from './resident-batches.js'

/** Null: its samples have to be put together, or batches are drawn in another way. */
export function gathering(
  python: PythonModule,
  call: Call,
  dataset: Expr,
): InputPipelineSettings['gathered'] | null {
  const drawn = ['sampler', 'batch_sampler', 'collate_fn'].some((name, index) =>
    mayBePassed(python.argument(call, name, [3, 4, 6][index]!)),
  )
  if (drawn) return null
  const size = python.argument(call, 'batch_size', 1)
  const written = passedExpression(size)
  if (written !== null && countsAll(python, written, dataset)) return 'all samples'
  const several = mayBePassed(size) && ![null, 1].includes(knownArgument(size) as number | null)
  return several && call.name === 'torch.utils.data.DataLoader' && liesOnAccelerator(python, dataset)
    ? 'on the accelerator'
    : null
}

/** `len(train_data)` of the data that the loader is made of. */
function countsAll(python: PythonModule, size: Expr, dataset: Expr): boolean {
  const textOf = ({ start, end }: Expr): string => python.code.slice(start, end)
  if (size.type !== 'call' || size.callee.type !== 'name' || size.callee.id !== 'len') return false
  const [counted] = size.args
  return counted !== undefined && textOf(counted.value) === textOf(dataset)
}
