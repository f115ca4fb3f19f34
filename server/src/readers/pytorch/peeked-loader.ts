/** Loaders that are made to look at a batch: `for batch in loader: break`, `next(iter(loader))`. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { isMainGuard } from '../../python/scopes.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { callAround } from './call-around.js'

/** A function makes it under a name of its own, and never says that name again. */
export function isLeftUnused(python: PythonModule, made: Call, name: string): boolean {
  const { function: func, statement } = made
  if (func === null || statement.type !== 'assign' || statement.value !== made.expr || !/^\w+$/.test(name))
    return false
  const code = python.code.slice(func.node.start, func.node.end)
  if (/\b(locals|vars|globals|nonlocal|global|exec|eval)\b/.test(code)) return false
  const { start } = statement
  if (isReplacedAtOnce(python, made, name)) return true
  return ![...code.matchAll(new RegExp(`(?<![\\w.])${name}\\b`, 'g'))].some(
    ({ index }) => func.node.start + index !== start,
  )
}

/** The next statement gives the name to another one, which is not made of it. */
function isReplacedAtOnce(python: PythonModule, { statement, function: func }: Call, name: string): boolean {
  const next = python.calls.find(
    (one) => one.function === func && one.assignedTo === name && one.statement.start >= statement.end,
  )
  if (next === undefined || next.statement.type !== 'assign') return false
  const between = python.code.slice(statement.end, next.statement.start)
  const own = python.code.slice(next.expr.start, next.expr.end)
  return between.trim() === '' && !new RegExp(`(?<![\\w.])${name}\\b`).test(own)
}

/** Nothing takes more than its first batch, in the scope that makes it and in those that see its name. */
export function onlyPeeked(python: PythonModule, made: Call, name: string): boolean {
  const peeks = peeksOf(python, made, name)
  if (peeks.length === 0) return false
  const last = boundAnew(python, made, name)
  for (const index of mentionsOf(python, name)) {
    if (index > last) continue
    const func = innermost(python, index)
    if (func !== made.function && func !== null && binds(python, func, name)) continue
    if (!peeks.some(({ start, end }) => start <= index && index < end)) return false
  }
  return true
}

/** Behind what the scope that makes it calls to give the name to something else, which may be made of it; infinite: nothing surely does. */
function boundAnew(python: PythonModule, made: Call, name: string): number {
  const surely = ({ loops, conditional }: Call) => loops.length === 0 && !conditional
  if (!surely(made)) return Number.POSITIVE_INFINITY
  const next = python.calls.find(
    (one) =>
      one.assignedTo === name &&
      one.function === made.function &&
      one.statement.start >= made.statement.end &&
      surely(one),
  )
  return next?.statement.end ?? Number.POSITIVE_INFINITY
}

/** `next(iter(DataLoader(…)))`, `batches = iter(DataLoader(…))` of which the first ones are taken outside of loops. */
export function onlyFirstTaken(python: PythonModule, made: Call): boolean {
  const iterator = builtInAround(python, made, /^(iter|enumerate)$/)
  if (iterator === null) return false
  if (builtInAround(python, iterator, /^next$/) !== null) return made.loops.length === 0
  const { statement } = iterator
  const [target, another] = statement.type === 'assign' ? statement.targets : []
  if (statement.type !== 'assign' || statement.value !== iterator.expr || another !== undefined) return false
  if (target?.type !== 'name') return false
  const nexts = python.calls.filter(({ expr: { callee, args }, loops }) => {
    const taken = args[0]?.value
    const isNext = callee.type === 'name' && callee.id === 'next' && loops.length === 0
    return isNext && taken?.type === 'name' && taken.id === target.id
  })
  return nexts.length > 0 && nexts.length === mentionsOf(python, target.id).length
}

/** The call of such a function that is given what this one makes; null: another is, or none. */
function builtInAround(python: PythonModule, made: Call, named: RegExp): Call | null {
  const around = callAround(python, made)
  const callee = around?.call.expr.callee
  return around?.position === 0 && callee?.type === 'name' && named.test(callee.id) ? around.call : null
}

/** Where the code says the name, but to give it a value. */
function mentionsOf({ code }: PythonModule, name: string): number[] {
  const mention = new RegExp(`(?<![\\w.])${name}\\b(?!\\s*=[^=])`, 'g')
  return [...code.matchAll(mention)].map(({ index }) => index)
}

/** What loops that end with their first pass go through, and what `len` and `next(iter(…))` are given, by the function around. */
function looksOf(python: PythonModule): ReadonlyMap<Func | null, { loops: Span[]; firsts: Span[] }> {
  return once(python, 'looks at what is made', () => {
    const found = new Map<Func | null, { loops: Span[]; firsts: Span[] }>()
    const of = (func: Func | null) => {
      const known = found.get(func) ?? { loops: [], firsts: [] }
      found.set(func, known)
      return known
    }
    // What follows is not reached, what comes before only looks.
    for (const { node, function: func } of python.loops)
      if (node.type === 'for' && node.body.at(-1)?.type === 'break') of(func).loops.push(node.iterable)
    for (const { expr, function: func } of python.calls) {
      const value = expr.args[0]?.value
      if (value === undefined || expr.callee.type !== 'name') continue
      const { id } = expr.callee
      const looks =
        (id === 'len' && value.type === 'name') ||
        (id === 'next' && value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'iter')
      if (looks) of(func).firsts.push(value)
    }
    return found
  })
}

function peeksOf(python: PythonModule, made: Call, name: string): Span[] {
  const looks = looksOf(python).get(made.function)
  if (looks === undefined) return []
  const loops = looks.loops.filter((one) => speaksOf(python, one, name))
  const firsts = looks.firsts.filter((one) => speaksOf(python, one, name))
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
