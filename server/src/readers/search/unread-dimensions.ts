/**
 * Dimensions of a search that the code of a trial never reads: a value that it asks for and leaves in its name, or a key of the
 * configuration that it is handed and does not look up.
 */
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Location, Span } from '../../text/location.js'
import { textArgument } from '../../values/argument.js'
import type { UnreadDimension } from '../../workload/resource-kinds.js'

type Locate = (span: Span) => Location

/** Code that may read any name or any parameter. */
const anything = /\b(locals|vars|globals|eval|exec)\(|\bglobal\s|\.params\b|\.values\b|\bhp\.get\(/

/** `dropout = trial.suggest_float('dropout', 0, 0.5)`, and no `dropout` after it. `asks`: methods of the trial, by name. */
export function unreadSuggestions(
  python: PythonModule,
  func: Func,
  asks: RegExp,
  locate: Locate,
): UnreadDimension[] {
  const asking = func.calls.filter(({ method, statement, expr, assignedTo }) => {
    const kept = statement.type === 'assign' && statement.value === expr
    return asks.test(method) && kept && assignedTo !== null && /^\w+$/.test(assignedTo)
  })
  const code = asking.length === 0 ? '' : codeOf(python, func)
  if (asking.length === 0 || anything.test(code)) return []
  const read = mentions(code)
  const handed = handedOn(python, func)
  return asking.flatMap((call) => {
    const { callee } = call.expr
    const trial = callee.type === 'attribute' && callee.value.type === 'name' ? callee.value.id : null
    const name = textArgument(python.argument(call, 'name', 0))
    // Whoever is handed the trial may ask it what it was given.
    if (trial === null || handed.has(trial) || name === null || read.has(call.assignedTo!)) return []
    return [{ name, location: locate({ start: call.expr.start, end: call.expr.end }) }]
  })
}

/** Keys of a configuration whose values are drawn for each trial, where its function looks up others only. */
export function unreadKeys(
  python: PythonModule,
  func: Func,
  position: number,
  space: Expr,
  isDrawn: (value: Expr) => boolean,
  locate: Locate,
): UnreadDimension[] {
  const param = func.node.params[position]?.name
  const written = python.definition(space)
  if (param === undefined || written.type !== 'dict' || python.isChanged(space)) return []
  const code = codeOf(python, func)
  const body = code.slice(Math.max(0, code.indexOf(':')))
  const used = new Set<string>()
  let open = false
  for (const { index } of body.matchAll(new RegExp(`\\b${param}\\b`, 'g'))) {
    const key = /^\s*(?:\[\s*|\.get\(\s*)(?:'([^']*)'|"([^"]*)")/.exec(
      body.slice(index + param.length, index + param.length + 200),
    )
    if (key === null) open = true
    else used.add(key[1] ?? key[2] ?? '')
  }
  if (open || used.size === 0 || anything.test(code)) return []
  return written.entries.flatMap(({ key, value }) => {
    if (key === null || key.type !== 'constant' || typeof key.value !== 'string') return []
    if (used.has(key.value) || !isDrawn(value)) return []
    return [{ name: key.value, location: locate({ start: key.start, end: value.end }) }]
  })
}

function codeOf(python: PythonModule, { node }: Func): string {
  return python.code.slice(node.start, node.end)
}

/**
 * Names that are mentioned otherwise than as a text of their own, a keyword or a target: `"dropout"` and `dropout=` do not count,
 * `{dropout}` in a text does.
 */
function mentions(code: string): Set<string> {
  const found = code.matchAll(/(?<!["'.\w])([A-Za-z_]\w*)\b(?!["'])(?!\s*=(?!=))/g)
  return new Set([...found].map((one) => one[1]!))
}

/** Names that are passed to code which is not seen, or may read any value of a trial. */
function handedOn(python: PythonModule, func: Func): Set<string> {
  const found = new Set<string>()
  for (const { expr, name } of func.calls) {
    const names = expr.args.flatMap(({ value }) => (value.type === 'name' ? value.id : []))
    if (names.length > 0 && !/^optuna\./.test(name ?? '') && mayReadAny(python, expr.callee))
      for (const one of names) found.add(one)
  }
  return found
}

function mayReadAny(python: PythonModule, callee: Expr): boolean {
  const called = python.functionOf(callee)
  return called === null || anything.test(codeOf(python, called))
}
