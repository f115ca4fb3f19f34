/** Samples that workers cannot be handed: what is local or without a name is not found by one that is started anew, and an open file does not bear several readers. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'

/** What has to be done before workers can be handed all that makes the samples; null: nothing. */
export function beforeHandingOver(python: PythonModule, call: Call): string | null {
  const collate = passedExpression(python.argument(call, 'collate_fn', 6))
  if (collate !== null && isLocalFunction(python, collate)) return onceOfModule('`collate_fn`')
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  return dataset === null ? null : beforeHandingData(python, dataset)
}

export function beforeHandingData(python: PythonModule, dataset: Expr): string | null {
  const made = python.callOf(dataset)
  if (made === null) return null
  const klass = python.classOf(made.expr.callee)
  if (klass !== null && isInside(python, klass.node))
    return `once the class of its data set stands at the top of the module: ${why}`
  if (made.expr.args.some(({ value }) => holdsLambda(python, value)))
    return onceOfModule('its transformation')
  const opened = klass?.methods.get('__init__')?.calls.find(isKeptHandle)
  return opened === undefined
    ? null
    : `once each worker opens the file by itself (\`${opened.name ?? opened.method}\` in \`__init__\`)`
}

/** `transforms.Lambda(lambda x: …)`, also inside of what puts several together. */
function holdsLambda(python: PythonModule, given: Expr, depth = 0): boolean {
  if (depth > 4) return false
  const value = python.definition(given)
  if (value.type === 'lambda') return true
  if (value.type !== 'call' && value.type !== 'list') return false
  // What is called while the list is made stays there.
  if (value.type === 'call' && !/[tT]ransform|Compose|Lambda/.test(python.nameOf(value.callee) ?? ''))
    return false
  return childrenOf(value).some((one) => holdsLambda(python, one, depth + 1))
}

const why = 'workers are handed it by name on Windows, on macOS and from Python 3.14 on'
export const onceOfModule = (what: string): string => `once ${what} is a function of the module: ${why}`

/** A function inside of another one, or one without a name; also what `partial` makes of it. */
export function isLocalFunction(python: PythonModule, given: Expr, depth = 0): boolean {
  const value = python.definition(given)
  if (value.type === 'lambda') return true
  if (value.type === 'call') {
    const [first] = value.args
    const isPartial = depth < 2 && python.nameOf(value.callee) === 'functools.partial'
    return isPartial && first !== undefined && isLocalFunction(python, first.value, depth + 1)
  }
  const func = value.type === 'name' ? python.functionOf(value) : null
  return func !== null && func.class === null && isInside(python, func.node)
}

/** In the body of a function. */
function isInside(python: PythonModule, { start, end }: { start: number; end: number }): boolean {
  return python.functions.some(({ node }) => node.start < start && end <= node.end)
}

/** `self.file = h5py.File(path)`: processes that are forked share where it stands. */
function isKeptHandle({ name, assignedTo, withs }: Call): boolean {
  return (
    name !== null &&
    assignedTo?.startsWith('self.') === true &&
    withs.length === 0 &&
    /^(h5py\.File|lmdb\.(open|Environment)|sqlite3\.connect|tables\.open_file|netCDF4\.Dataset|tarfile\.open|zipfile\.ZipFile|tarfile\.TarFile)$/.test(
      name,
    )
  )
}
