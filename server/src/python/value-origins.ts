/** What a value is made of, through the assignments before it: variables of loops, parameters, calls. */
import type { Expr } from '../syntax/python-ast.js'
import { blocksOf, forEachChild } from '../syntax/python-children.js'
import { lowerBound } from '../text/sorted.js'
import type { PythonModule } from './module.js'
import { type Binding, blockOf } from './scope.js'

export interface Origins {
  /** Variables of loops and comprehensions. */
  loops: Set<Binding>
  params: Set<Binding>
  /** Calls that it goes through: canonical names, or methods as '.name'. */
  calls: Set<string>
  /** What is called for it. */
  callees: Expr[]
  /** A part of it comes from an earlier pass of a loop. */
  carried: boolean
}

const deepest = 40

export function originsOf(python: PythonModule, expr: Expr): Origins {
  const origins: Origins = {
    loops: new Set(),
    params: new Set(),
    calls: new Set(),
    callees: [],
    carried: false,
  }
  const seen = new Set<Binding>()
  const visit = (one: Expr, depth: number): void => {
    if (depth > deepest || one.type === 'lambda') return
    if (one.type === 'call') {
      origins.callees.push(one.callee)
      const name = python.nameOf(one.callee)
      if (name !== null) origins.calls.add(name)
      else if (one.callee.type === 'attribute') origins.calls.add(`.${one.callee.attr}`)
    }
    if (one.type !== 'name') {
      forEachChild(one, (child) => visit(child, depth + 1))
      return
    }
    const { bindings, carried } = heldBy(python, one)
    if (carried) origins.carried = true
    for (const binding of bindings) {
      if (seen.has(binding)) continue
      seen.add(binding)
      if (binding.kind === 'loop') origins.loops.add(binding)
      else if (binding.kind === 'param') origins.params.add(binding)
      else if (binding.value !== null && /^(assign|with|augmented)$/.test(binding.kind))
        visit(binding.value, depth + 1)
    }
  }
  visit(expr, 0)
  return origins
}

/**
 * The bindings that a name may have its value from in one pass of the loops around it. `carried`: nothing surely binds it in the
 * pass before it is read, and something binds it later in the pass, so it may hold what the pass before left.
 */
export function heldBy(
  python: PythonModule,
  name: Expr & { type: 'name' },
): { bindings: Binding[]; carried: boolean } {
  const all = [...python.bindingsOf(name)].sort((a, b) => a.at - b.at)
  const earlier = all.filter(({ at }) => at <= name.start)
  let sure = earlier.length - 1
  while (sure >= 0 && !alwaysBefore(python, earlier[sure]!, name.start)) sure--
  const bindings = sure < 0 ? earlier : earlier.slice(sure)
  const from = sure < 0 ? -1 : earlier[sure]!.at
  const carried = all.some(
    ({ at, loop, kind }) =>
      at > name.start && loop !== null && kind !== 'loop' && loop.start <= name.start && from < loop.start,
  )
  return { bindings: bindings.length === 0 ? all : bindings, carried }
}

/** It stands in a block that is also around the place, so it has run where the place is reached. */
function alwaysBefore(python: PythonModule, { branch, kind, loop, at }: Binding, offset: number): boolean {
  if (kind === 'augmented') return false
  if (kind === 'loop') return loop === null || (at <= offset && offset < loop.end)
  if (branch === 0) return true
  const { start, index } = blockOf(branch)
  const { statements } = python
  const statement = statements[lowerBound(statements, (one) => one.start < start)]
  // Handlers of a `try` are counted without its body.
  if (statement?.start !== start || statement.type === 'try') return false
  const block = blocksOf(statement)[index]
  const last = block?.at(-1)
  return last !== undefined && block![0]!.start <= offset && offset < last.end
}
