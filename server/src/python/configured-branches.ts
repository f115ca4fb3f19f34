/** Configurations of which a condition leaves one: a file where the command line names one, else what the code holds. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { dictionaryPath } from './attribute-containers.js'
import { lastOfTwo } from './branch-assignments.js'
import { conditionOf } from './conditions.js'
import { askedKey } from './configured-keys.js'
import type { ConfiguredPath } from './configured-path.js'
import { bindingsOf, isNone } from './names.js'
import type { Binding } from './scope.js'

type Inner = (side: Expr) => ConfiguredPath | null

/** `Settings.load(args.config) if args.config else Settings()`: the side that holds where nothing is passed. */
export function sideByDefault(
  analysis: Analysis,
  { test, then, otherwise }: Expr & { type: 'conditional' },
  inner: Inner,
): ConfiguredPath | null {
  const byDefault = analysis.complete ? conditionOf(analysis, test).byDefault : null
  return typeof byDefault === 'boolean' ? replaceable(analysis, byDefault ? then : otherwise, inner) : null
}

/** The same of what is assigned under `if` and `else`, or before an `if` and under it. `offset`: where it is used. */
export function lastByDefault(
  analysis: Analysis,
  bindings: readonly Binding[],
  offset: number,
  inner: (binding: Binding) => ConfiguredPath | null,
): ConfiguredPath | null {
  const guard = analysis.complete ? lastOfTwo(analysis, bindings, offset) : null
  if (guard === null) return null
  const { byDefault } = conditionOf(analysis, guard.test)
  if (typeof byDefault !== 'boolean') {
    // Where the key is missing, what is merged over the rest has nothing to say.
    const merged = askedKey(guard.test)?.inside === guard.holds ? inner(bindings.at(-1)!) : null
    return merged?.under === undefined ? null : { ...merged, overridable: true }
  }
  const binding = bindings.at(byDefault === guard.holds ? -1 : -2)!
  const { value } = binding
  const path = inner(binding) ?? (value?.type === 'dict' ? dictionaryPath(analysis, value) : null)
  return path === null ? null : { ...path, overridable: true }
}

/** `settings or Settings()` of a parameter that is None by itself, in a function that nothing in the project calls. */
export function standIn(
  analysis: Analysis,
  { op, left, right }: Expr & { type: 'binary' },
  inner: Inner,
): ConfiguredPath | null {
  if (op !== 'or' || left.type !== 'name' || !analysis.complete) return null
  const [binding, ...others] = bindingsOf(analysis, left.id, left.start)
  if (binding?.kind !== 'param' || others.length > 0 || !isNone(binding.value)) return null
  const func = analysis.parameterOwner(binding)?.func
  const isCalled =
    func === undefined ||
    (analysis.callSites(func) ?? [null]).length > 0 ||
    analysis.outsideCalls(func).length > 0
  return isCalled ? null : replaceable(analysis, right, inner)
}

/** A launch that passes something brings the other side. */
function replaceable(analysis: Analysis, side: Expr, inner: Inner): ConfiguredPath | null {
  const path = inner(side) ?? (side.type === 'dict' ? dictionaryPath(analysis, side) : null)
  return path === null ? null : { ...path, overridable: true }
}
