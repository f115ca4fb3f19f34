/** What attributes are worth. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentsNamed } from './arguments.js'
import { attributeValues } from './attribute-values.js'
import { attributeInBranches, oneOfTwo } from './branch-assignments.js'
import { classOf } from './callables.js'
import { conditionOf, guardsAt } from './conditions.js'
import { countsBack } from './counted-back.js'
import { classConstant } from './data-classes.js'
import { configuredValue, programArgument } from './fold-outside.js'
import { pathAttribute } from './fold-paths.js'
import type { Fold } from './folded.js'
import { agree, chosen, combine, constantOf, known, unknown } from './folded.js'
import { projectTarget } from './import-targets.js'
import type { Folded } from './module.js'
import { bindingsOf, nameOf } from './names.js'
import { propertyRead } from './properties.js'
import { optionSetOn } from './renamed-options.js'
import { savedEntry } from './saved-parameters.js'
import { scopeAt } from './scope.js'
import { trackedValue } from './tracked-configuration.js'
import { writtenOut } from './written-out.js'

/** `config.WORKERS`, `CFG.workers`, `CFG().workers` of another module. */
function constantElsewhere(
  analysis: Analysis,
  { value, attr }: Expr & { type: 'attribute' },
): Folded | undefined {
  const made = analysis.definition(value)
  const from = made.type === 'call' && made.args.length === 0 ? made.callee : value
  if (from.type !== 'name') return undefined
  const target = bindingsOf(analysis, from.id, from.start).at(-1)?.target
  const found = target === undefined || target === null ? null : projectTarget(analysis, target)
  if (found === null || (from !== value && found.rest === '')) return undefined
  return constantOf(found.summary, found.rest === '' ? attr : `${found.rest}.${attr}`, analysis.binding)
}

/** `Engine(model, 8).workers` of a class of another module whose objects hold what its constructor is given. */
function heldElsewhere(analysis: Analysis, { value, attr }: Expr & { type: 'attribute' }): Folded | null {
  const made = analysis.definition(value)
  const call = made.type === 'call' ? analysis.callByExpr.get(made) : undefined
  const held = call === undefined ? undefined : lookUp(analysis.importedClass(call.expr.callee)?.holds, attr)
  if (call === undefined || held === undefined || held.keys !== undefined) return null
  const given = analysis.argument(call, held.name, held.position)
  if (given.state === 'given') return given.folded
  return given.state === 'absent' && held.otherwise !== undefined ? known(held.otherwise) : null
}

/** `replace(base, workers=0).workers`, `base._replace(workers=0).workers`; null: it is no such copy. */
function replacedField(
  analysis: Analysis,
  fold: Fold,
  { value, attr, start, end }: Expr & { type: 'attribute' },
): Folded | null {
  const made = analysis.definition(value)
  if (made.type !== 'call') return null
  const { callee, args } = made
  const isFunction = /^(dataclasses\.replace|copy\.replace|attrs?\.evolve)$/.test(
    nameOf(analysis, callee) ?? '',
  )
  const object = isFunction
    ? args[0]?.value
    : callee.type === 'attribute' && callee.attr === '_replace'
      ? callee.value
      : undefined
  if (object === undefined || args.some(({ star }) => star > 0)) return null
  const given = args.find(({ name }) => name === attr)
  return fold(given?.value ?? { type: 'attribute', value: object, attr, start, end })
}

/** `Workers.NONE.value` of an enumeration; null: it is none. */
function memberValue(
  analysis: Analysis,
  fold: Fold,
  { value, attr }: Expr & { type: 'attribute' },
): Folded | null {
  if (attr !== 'value' || value.type !== 'attribute') return null
  const bases = (classOf(analysis, value.value) ?? analysis.importedClass(value.value))?.bases
  return bases?.some((base) => /(^|\.)(Int|Str)?Enum$/.test(base)) === true ? fold(value) : null
}

/** What an attribute holds: what is assigned to it, an option of the program, a value of a configuration, a default of its class. */
export function foldAttribute(analysis: Analysis, fold: Fold, expr: Expr & { type: 'attribute' }): Folded {
  const name = nameOf(analysis, expr)
  if (name === 'math.pi') return known(Math.PI)
  if (name === 'math.inf' || name === 'numpy.inf') return unknown('infinity')
  const set = optionSetOn(analysis, expr.value, expr.attr)
  if (set.length > 0) return programArgument(analysis, fold, expr.attr, set)
  const klass = classOf(analysis, expr.value)
  const constant = klass === null ? null : classConstant(klass, expr.attr)
  const stored = attributeValues(analysis, expr).filter(
    (value) => value === null || !countsBack(analysis, expr, value, fold),
  )
  const assigned = stored.map((value) => (value === null ? unknown(`.${expr.attr}`) : fold(value)))
  // What is assigned here may be so under a condition.
  const elsewhere = assigned.length === 0 ? undefined : constantElsewhere(analysis, expr)
  const laidOver = assigned.length === 1 ? overArgument(analysis, fold, expr, assigned[0]!) : null
  if (laidOver !== null) return laidOver
  if (assigned.length === 1 && isReplaced(analysis, expr)) return assigned[0]!
  if (constant !== null) assigned.unshift(fold(constant))
  else if (elsewhere !== undefined) assigned.unshift(elsewhere)
  const entry = assigned.length === 1 && assigned[0]!.state === 'unknown' ? savedEntry(analysis, expr) : null
  if (entry !== null) return fold(entry)
  if (assigned.length > 0) {
    const agreed = agree(assigned, `several values of .${expr.attr}`)
    const branches =
      agreed.state === 'known' || assigned.length === 1 ? null : attributeInBranches(analysis, expr)
    if (branches === null) return agreed
    const { guard, first, second } = branches
    return oneOfTwo(analysis, guard, fold(first), fold(second), `several values of .${expr.attr}`)
  }
  const defined = argumentsNamed(analysis.programArguments, expr.attr)
  if (defined.length > 0 && analysis.programParameters.holdsArguments(expr.value))
    return programArgument(analysis, fold, expr.attr, defined)
  const parsed = analysis.outside.argument(expr.value, expr.attr) ?? flagValue(analysis, fold, expr)
  if (parsed !== null) return parsed
  const configured = configuredValue(analysis, expr)
  if (configured !== null) return configured
  const field = analysis.fieldDefault(expr)
  if (field !== null) return fold(field)
  const given = propertyRead(analysis, expr)
  if (given !== null) return fold(given)
  const value = constantElsewhere(analysis, expr)
  if (value !== undefined) return value
  const held =
    replacedField(analysis, fold, expr) ?? memberValue(analysis, fold, expr) ?? heldElsewhere(analysis, expr)
  if (held !== null) return held
  const fields = expr.attr === '__dict__' ? writtenOut(analysis, expr) : null
  if (fields !== null) return fold(fields)
  if (/^parents?$/.test(expr.attr)) {
    const path = fold(expr.value)
    const above = path.state === 'known' ? pathAttribute(path.value, expr.attr) : undefined
    if (above !== undefined) return combine(above, [path])
  }
  return trackedValue(analysis, fold, expr.value, expr.attr) ?? unknown(`.${expr.attr}`)
}

/** `WORKERS = flags.DEFINE_integer('workers', 4, 'help')`, then `WORKERS.value`. */
function flagValue(
  analysis: Analysis,
  fold: Fold,
  { value, attr }: Expr & { type: 'attribute' },
): Folded | null {
  const made = attr === 'value' ? analysis.definition(value) : null
  if (made?.type !== 'call') return null
  const [defined] = analysis.programArguments.filter(
    ({ span }) => span.start === made.start && span.end === made.end,
  )
  return defined === undefined ? null : programArgument(analysis, fold, defined.name, [defined])
}

/** `settings.epochs = args.epochs` above it in the same function, on no condition: what its class says no longer counts. */
function isReplaced(analysis: Analysis, expr: Expr & { type: 'attribute' }): boolean {
  if (expr.value.type !== 'name' || /^(self|cls)$/.test(expr.value.id)) return false
  const [store, ...others] = analysis.attributeStores.get(`${expr.value.id}.${expr.attr}`) ?? []
  const at = store?.binding.value?.start
  if (at === undefined || others.length > 0 || at > expr.start) return false
  if (scopeAt(analysis.scopes, at) !== scopeAt(analysis.scopes, expr.start)) return false
  const around = new Set(guardsAt(analysis, expr.start).map((guard) => guard.test))
  return guardsAt(analysis, at).every(({ test }) => around.has(test))
}

/** `if args.local: args.model = …` over an argument of the program. */
function overArgument(
  analysis: Analysis,
  fold: Fold,
  expr: Expr & { type: 'attribute' },
  assigned: Folded,
): Folded | null {
  if (expr.value.type !== 'name' || !analysis.programParameters.isNamespace(expr.value)) return null
  const matches = argumentsNamed(analysis.programArguments, expr.attr)
  const stores = analysis.attributeStores.get(`${expr.value.id}.${expr.attr}`) ?? []
  const at = stores.length === 1 ? stores[0]!.binding.value?.start : undefined
  if (matches.length === 0 || at === undefined) return null
  const around = new Set(guardsAt(analysis, expr.start).map((guard) => guard.test))
  const guards = guardsAt(analysis, at).filter(({ test }) => !around.has(test))
  const [guard, inner] = guards
  if (guard === undefined) return null
  const before = programArgument(analysis, fold, expr.attr, matches)
  if (inner !== undefined) {
    // One of several conditions that fails by default is enough.
    const isReached = guards.every(({ test, holds }) => conditionOf(analysis, test).byDefault !== !holds)
    return isReached || before.state !== 'known' ? null : { ...before, overridable: true }
  }
  const { byDefault, holds, fails } = conditionOf(analysis, guard.test)
  const [when, otherwise] = guard.holds ? [holds, fails] : [fails, holds]
  const options = chosen(`${expr.attr} is set under a condition`, [
    { folded: before, when: otherwise, byDefault: byDefault === !guard.holds },
    { folded: assigned, when, byDefault: byDefault === guard.holds },
  ])
  if (options.state === 'known' || options.options !== undefined) return options
  // What is set then cannot be told, but it is not set by default.
  return byDefault === !guard.holds && before.state === 'known' ? { ...before, overridable: true } : null
}
