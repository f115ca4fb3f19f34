/** Changes of a list or dictionary in place, between where it was made and where it is used. */
import type { CallExpr, Expr, Subscript } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { type Binding, reaching, type Scope, scopeAt } from './scope.js'

export interface Mutation {
  /** `d[key] = …`: the target; null for a method call. */
  target: Subscript | null
  /** What is assigned to the target; null where it is unpacked, computed from the old value, or deleted. */
  value: Expr | null
  /** `d[key][further] = …`: what is assigned to in the end; it changes what the target holds. */
  inside: Subscript | null
  /** `append`, `update` …; null for an assignment. */
  method: string | null
  call: CallExpr | null
  /** It happens on every way from the definition to the use, once. */
  certain: boolean
}

const none: readonly Mutation[] = []

/** The keys of `d['a']['b']`, from the outermost on. */
export function keysOfTarget({ value, index }: Subscript): Expr[] {
  return value.type === 'subscript' ? [...keysOfTarget(value), index] : [index]
}

/**
 * What changes the value of `name` between its definition and `until` (by default the place that reads it), in order.
 * `until` lies further on for what is put into something else first: `config['a'] = inner` and then `inner['b'] = 1`.
 */
export function changesOf(
  analysis: Analysis,
  name: string,
  offset: number,
  until: number = offset,
): readonly Mutation[] {
  if (!analysis.mutatedNames.has(name)) return none
  const around = scopeAt(analysis.scopes, offset)
  let scope = around
  const bindings = reaching(around, name, offset, (found) => {
    scope = found
  })
  const marks = analysis.mutations.get(scope)?.get(name)
  if (marks === undefined) return none
  const here = ownScope(around) === scope
  const made = bindings.length === 1 ? bindings[0]! : null
  const since = here ? Math.min(...bindings.map((binding) => binding.at)) : -1
  const found: Mutation[] = []
  for (const mark of marks) {
    if (mark.scope !== scope) {
      // A function does it, and nobody knows when.
      found.push(mutation(mark.binding, false))
      continue
    }
    const { binding } = mark
    if (here) {
      const { loop } = binding
      const again = loop !== null && loop.start <= until && until < loop.end
      const fresh = made !== null && loop !== null && loop.start <= made.at && made.at < loop.end
      if (binding.at > until && (!again || fresh)) continue
      if (binding.at <= since) continue
      if (binding.at > until) {
        found.push(mutation(binding, false))
        continue
      }
    }
    found.push(mutation(binding, made !== null && binding.branch === made.branch))
  }
  return found
}

/** Calls that only look at what they are given. */
const looks =
  /^(len|print|list|tuple|set|dict|sorted|sum|min|max|any|all|enumerate|zip|range|str|repr|isinstance|type|bool|id|hash|iter|next|reversed|(json|pprint|logging|copy|numpy|torch)\.\w+)$/

/** An empty list or dictionary that a function is handed before it is used: `collect(found)`. */
export function mayBeFilled(
  analysis: Analysis,
  name: string,
  { value, at }: Binding,
  until: number,
): boolean {
  if (value === null || !isEmpty(value)) return false
  const places = handedOver(analysis).get(name) ?? []
  return places.some((start) => at < start && (start < until || until < at))
}

const handed = new WeakMap<Analysis, Map<string, number[]>>()

/** Where each name is given to a call that may change it. */
function handedOver(analysis: Analysis): Map<string, number[]> {
  let places = handed.get(analysis)
  if (places === undefined) {
    places = new Map()
    for (const { name, expr } of analysis.calls) {
      if (looks.test(name ?? '')) continue
      for (const { value } of expr.args)
        if (value.type === 'name') {
          const known = places.get(value.id)
          if (known === undefined) places.set(value.id, [expr.start])
          else known.push(expr.start)
        }
    }
    handed.set(analysis, places)
  }
  return places
}

function isEmpty(value: Expr): boolean {
  if (value.type === 'list' || value.type === 'set') return value.items.length === 0
  if (value.type === 'dict') return value.entries.length === 0
  return (
    value.type === 'call' &&
    value.args.length === 0 &&
    value.callee.type === 'name' &&
    /^(list|dict|set)$/.test(value.callee.id)
  )
}

function mutation(binding: Binding, certain: boolean): Mutation {
  const { value } = binding
  if (value?.type === 'call') {
    const method = value.callee.type === 'attribute' ? value.callee.attr : null
    return { target: null, value: null, inside: null, method, call: value, certain }
  }
  const target = value?.type === 'subscript' ? value : null
  const { assigned = null, inside = null } = binding
  return { target, value: assigned, inside, method: null, call: null, certain }
}

/** The function, class or module that a comprehension or lambda stands in. */
function ownScope(scope: Scope): Scope {
  let current = scope
  while (current.kind === 'inner' && current.parent !== null) current = current.parent
  return current
}
