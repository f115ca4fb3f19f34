/** Batches that a generator hands out for as many epochs as it is told: `for batch in batches(rows, size, epochs)`. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'

const passingOn = /^(enumerate|tqdm|iter|zip)$/
const counts = /^(n_?|num_?|max_?)?epochs?$/i

/** What the generator is told of epochs; null: the loop goes through something else, or something goes around it. */
export function handedEpochs(python: PythonModule, { node, parent, role }: Loop): Expr | null {
  if (role !== 'train' || parent !== null || node.type !== 'for') return null
  let made = python.definition(node.iterable)
  for (let depth = 0; depth < 3 && made.type === 'call' && passingOn.test(lastName(made.callee)); depth++) {
    const [first] = made.args
    if (first === undefined) return null
    made = python.definition(first.value)
  }
  if (made.type !== 'call') return null
  const own = python.functionOf(made.callee)
  const other = own === null ? python.importedFunction(made.callee) : null
  const params = own?.node.params.map(({ name }) => name) ?? (other?.yields === true ? other.params : [])
  const found = made.args.find(
    ({ name, star }, index) => star === 0 && counts.test(name ?? params[index] ?? ''),
  )
  return found?.value ?? null
}
