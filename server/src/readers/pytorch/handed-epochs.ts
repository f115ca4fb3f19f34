/** Batches that a generator hands out for as many epochs as it is told: `for batch in batches(rows, size, epochs)`. */
import { isGenerator } from '../../python/generators.js'
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'

const passingOn = /^(enumerate|tqdm|iter|zip)$/
/** How many; `epoch` alone may be the one that it is. */
const counts = /^((n|num|max|total)_?epochs?|epochs)$/i

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
  const params = generatorParameters(python, made.callee)
  const found = made.args.find(
    ({ name, star }, index) => star === 0 && counts.test(name ?? params?.[index] ?? ''),
  )
  return params === null ? null : (found?.value ?? null)
}

/** What calls of a generator may give by position; null: it is no generator of the project. */
function generatorParameters(python: PythonModule, callee: Expr): string[] | null {
  const own = python.functionOf(callee)
  if (own === null) {
    const other = python.importedFunction(callee)
    return other?.yields === true ? other.params : null
  }
  if (!isGenerator(python, own)) return null
  const params = own.node.params.map(({ name }) => name)
  return own.class !== null && /^(self|cls)$/.test(params[0] ?? '') ? params.slice(1) : params
}
