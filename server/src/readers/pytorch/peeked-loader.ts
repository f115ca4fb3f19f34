/** Loaders that are made to look at a batch: `for batch in loader: break`, `next(iter(loader))`. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { isMainGuard } from '../../python/scopes.js'
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
