/** Loaders that are made to look at a batch: `for batch in loader: break`, `next(iter(loader))`. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { isMainGuard } from '../../python/scopes.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'

/** Nothing takes more than its first batch, in the scope that makes it and in those that see its name. */
export function onlyPeeked(python: PythonModule, made: Call, name: string): boolean {
  const peeks = peeksOf(python, made, name)
  if (peeks.length === 0) return false
  const mention = new RegExp(`(?<![\\w.])${name}\\b(?!\\s*=[^=])`, 'g')
  for (const { index } of python.code.matchAll(mention)) {
    const func = innermost(python, index)
    if (func !== made.function && func !== null && binds(python, func, name)) continue
    if (!peeks.some(({ start, end }) => start <= index && index < end)) return false
  }
  return true
}

/** `next(iter(DataLoader(…)))`, `batches = iter(DataLoader(…))` of which the first ones are taken outside of loops. */
export function onlyFirstTaken(python: PythonModule, made: Call): boolean {
  const takes = (call: Call, name: string, given: Expr): boolean =>
    call.expr.callee.type === 'name' && call.expr.callee.id === name && call.expr.args[0]?.value === given
  const around = python.calls.find(
    (one) => takes(one, 'iter', made.expr) || takes(one, 'enumerate', made.expr),
  )
  if (around === undefined) return false
  if (python.calls.some((one) => takes(one, 'next', around.expr))) return made.loops.length === 0
  const { statement } = around
  const [target, another] = statement.type === 'assign' ? statement.targets : []
  if (statement.type !== 'assign' || statement.value !== around.expr || another !== undefined) return false
  if (target?.type !== 'name') return false
  const mentions = python.code.match(new RegExp(`(?<![\\w.])${target.id}\\b(?!\\s*=[^=])`, 'g')) ?? []
  const nexts = python.calls.filter(
    ({ expr: { callee, args }, loops }) =>
      callee.type === 'name' &&
      callee.id === 'next' &&
      args[0]?.value.type === 'name' &&
      args[0].value.id === target.id &&
      loops.length === 0,
  )
  return nexts.length > 0 && nexts.length === mentions.length
}

function peeksOf(python: PythonModule, made: Call, name: string): Span[] {
  const loops = python.loops.flatMap(({ node, function: func }): Span[] => {
    if (node.type !== 'for' || func !== made.function) return []
    // What follows is not reached, what comes before only looks.
    const leaves = node.body.at(-1)?.type === 'break'
    return leaves && speaksOf(python, node.iterable, name) ? [node.iterable] : []
  })
  const firsts = python.calls.flatMap(({ expr, function: func }): Span[] => {
    const [given] = expr.args
    if (func !== made.function || given === undefined || expr.callee.type !== 'name') return []
    const { value } = given
    const { id } = expr.callee
    const looks =
      (id === 'len' && value.type === 'name') ||
      (id === 'next' && value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'iter')
    return looks && speaksOf(python, value, name) ? [value] : []
  })
  return loops.length > 0 || firsts.some(({ end, start }) => end - start > name.length)
    ? [...loops, ...firsts]
    : []
}

function speaksOf(python: PythonModule, { start, end }: Span, name: string): boolean {
  return new RegExp(`(?<![\\w.])${name}\\b`).test(python.code.slice(start, end))
}

function innermost(python: PythonModule, at: number): Func | null {
  let found: Func | null = null
  for (const func of python.functions) {
    const { start, end } = func.node
    if (start <= at && at < end && (found === null || start > found.node.start)) found = func
  }
  return found
}

/** The name is one of its own there. */
function binds(python: PythonModule, { node }: Func, name: string): boolean {
  if (node.params.some((param) => param.name === name)) return true
  return new RegExp(`(?<![\\w.])${name}\\s*=[^=]`).test(python.code.slice(node.start, node.end))
}

/** `if __name__ == '__main__':` of a module that others import, where nothing trains: it is tried out there. */
export function onlyTriedOut(python: PythonModule, { function: func, expr }: Call): boolean {
  if (func !== null || python.importers.length === 0) return false
  const main = python.tree.body.find(
    (one) => one.type === 'if' && isMainGuard(one.test) && one.start <= expr.start && expr.end <= one.end,
  )
  if (main?.type !== 'if') return false
  const { trains, backward, optimizerStep, calls } = python.effects(main.body)
  return (
    !trains && !backward && !optimizerStep && ![...calls].some((name) => /(^|\.)(fit|train|run)/.test(name))
  )
}
