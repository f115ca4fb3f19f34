/**
 * Dimensions of a search that the code of a trial never reads: a value that it asks for and leaves in its name, or a key of the
 * configuration that it is handed and does not look up.
 */
import type { Call, Func, PythonModule } from '../../python/module.js'
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
  const code = codeOf(python, func)
  if (anything.test(code)) return []
  return func.calls.flatMap((call) => {
    const { statement, expr, assignedTo } = call
    if (!asks.test(call.method) || statement.type !== 'assign' || statement.value !== expr) return []
    // Whoever is handed the trial may ask it what it was given.
    if (assignedTo === null || !/^\w+$/.test(assignedTo) || handsTrialOn(python, func, call)) return []
    const name = textArgument(python.argument(call, 'name', 0))
    if (name === null || reads(code, assignedTo)) return []
    return [{ name, location: locate({ start: expr.start, end: expr.end }) }]
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
 * A mention of a name that is no text of its own, no keyword and no target: `"dropout"` and `dropout=` are none, `{dropout}` in a
 * text is one.
 */
function reads(code: string, name: string): boolean {
  return new RegExp(`(?<!["'.\\w])${name}\\b(?!["'\\w])(?!\\s*=(?!=))`).test(code)
}

function handsTrialOn(python: PythonModule, func: Func, { expr: { callee } }: Call): boolean {
  const trial = callee.type === 'attribute' && callee.value.type === 'name' ? callee.value.id : null
  if (trial === null) return true
  return func.calls.some(
    ({ expr, name }) =>
      !/^optuna\./.test(name ?? '') &&
      expr.args.some(({ value }) => value.type === 'name' && value.id === trial) &&
      python.functionOf(expr.callee) === null,
  )
}
