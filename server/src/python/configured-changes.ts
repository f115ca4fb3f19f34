/** Keys that methods of a dictionary change. */
import type { Argument, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Key } from './configured-path.js'

/**
 * `config['train'].update({'lr': 0.1})`; null among them: keys that cannot be told. Null: another method. What `setdefault`
 * sets is only there where nothing was.
 */
export function keysChangedBy(
  analysis: Analysis,
  method: string,
  args: readonly Argument[],
): (Key | null)[] | null {
  switch (method) {
    case 'clear':
    case 'popitem':
      return args.length === 0 ? [null] : []
    case 'pop':
      return args[0] === undefined ? [] : [constantKey(args[0].value)]
    case 'setdefault':
      return []
    case 'update':
      return args.flatMap(({ name, value }) => (name === null ? keysOf(analysis, value) : [name]))
    default:
      return null
  }
}

function keysOf(analysis: Analysis, value: Expr): (Key | null)[] {
  if (value.type === 'dict') return value.entries.map(({ key }) => (key === null ? null : constantKey(key)))
  // `config.update({k: v for k, v in defaults.items() if k not in config})`
  if (
    value.type === 'comprehension' &&
    value.conditions.some((one) => one.type === 'binary' && one.op === 'not in')
  )
    return []
  // `config.update(vars(args))`
  const [line] = value.type === 'call' && analysis.nameOf(value.callee) === 'vars' ? value.args : []
  return line !== undefined && analysis.programParameters.isNamespace(line.value)
    ? analysis.programArguments.map(({ name }) => name)
    : [null]
}

export function constantKey(expr: Expr): Key | null {
  const value = expr.type === 'constant' ? expr.value : null
  return typeof value === 'string' || typeof value === 'number' ? value : null
}
