/** What a value is that a module hands to another one: known, a parameter of its own, the parsed command line, or an option. */
import type { Expr } from '../syntax/python-ast.js'
import type { Location } from '../text/location.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { defaultPlace } from './imported-arguments.js'
import { heldByBase, makings } from './inherited-fields.js'
import { loopedValue } from './looped-values.js'
import type { Call, Folded, Func, OptionType, Passed, ProgramArgument } from './module.js'
import { bindingsOf } from './names.js'
import { programOption } from './option-files.js'

/** Longest value that is worth passing on, in characters of JSON. */
const maximumValue = 500
const mostArguments = 200

/** A value as another module gets it: what is known of it, or where that follows from. */
export function passed(analysis: Analysis, expr: Expr, depth = 0): Passed {
  const parameter = parameterOf(analysis, expr, depth) ?? keptParameter(analysis, expr, depth)
  if (parameter !== null) return parameter
  const made = namespaceIn(analysis, expr)
  if (analysis.programArguments.length > 0 && made !== undefined && isArguments(analysis, made))
    return argumentsOf(analysis, made)
  return optional(analysis, expr, asPassed(loopedValue(analysis, expr) ?? analysis.fold(expr)))
}

/** `args` of `vars(args)`, also where a name that nothing is written into holds that. */
function namespaceIn(analysis: Analysis, expr: Expr): Expr | undefined {
  const held = expr.type === 'name' && !analysis.mutatedNames.has(expr.id) ? analysis.definition(expr) : expr
  return held.type === 'call' && analysis.nameOf(held.callee) === 'vars' ? held.args[0]?.value : expr
}

function isArguments(analysis: Analysis, expr: Expr): boolean {
  return (expr.type === 'name' || expr.type === 'call') && analysis.programParameters.isNamespace(expr)
}

/** Without the place, which means nothing in another module. */
function plainly({ value, overridable }: Folded & { state: 'known' }): Folded & { state: 'known' } {
  return { state: 'known', value, channel: 'code', overridable }
}

export function asPassed(folded: Folded): Passed {
  if (folded.state === 'unknown') {
    const { because, options = [] } = folded
    const plain = options.flatMap(({ folded: one, ...rest }) =>
      one.channel === 'code' && JSON.stringify(one.value).length <= maximumValue
        ? [{ ...rest, folded: plainly(one) }]
        : [],
    )
    const isWhole = options.length > 0 && plain.length === options.length
    return { state: 'unknown', because, ...(isWhole ? { options: plain } : {}) }
  }
  if (folded.channel !== 'code') return { state: 'unknown', because: 'a value from outside of the code' }
  return JSON.stringify(folded.value).length > maximumValue
    ? { state: 'unknown', because: 'too long' }
    : { state: 'known', value: folded.value, overridable: folded.overridable }
}

/** Functions of one module that pass on to each other what one of them is given. */
const mostHops = 6

/** `self.batch_size`, which is a parameter of the constructor and nothing else. */
function keptParameter(analysis: Analysis, expr: Expr, depth: number): Passed | null {
  if (expr.type !== 'attribute' || expr.value.type !== 'name' || expr.value.id !== 'self') return null
  const [only, ...others] = analysis.attributeValues(expr)
  if (only === undefined) return keptByBase(analysis, expr)
  return only?.type === 'name' && others.length === 0 ? parameterOf(analysis, only, depth) : null
}

/** The same where the class has its constructor from another module. */
function keptByBase(analysis: Analysis, { attr, start }: Expr & { type: 'attribute' }): Passed | null {
  const klass = classAround(analysis, start)
  const held = klass === null ? undefined : lookUp(heldByBase(analysis, klass), attr)
  // What this module passes counts as well, and is not followed here.
  if (klass === null || held?.keys !== undefined || makings(analysis, klass).length > 0) return null
  return held === undefined
    ? null
    : { state: 'parameter', of: klass.name, name: held.name, position: held.position }
}

/** What the function that makes the call is given itself, or a part of that, passed on. */
function parameterOf(analysis: Analysis, expr: Expr, depth: number): Passed | null {
  const { base, keys, fallback } = partOf(analysis, expr)
  if (base.type !== 'name') return null
  const bindings = bindingsOf(analysis, base.id, base.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
  if (binding === null || owner === null || owner.position < 0) return null
  if (analysis.programParameters.argumentOf(owner.func, binding.name) !== null) return null
  const sites = analysis.callSites(owner.func)
  if (sites === null) return null
  const otherwise = keys.length === 0 ? binding.value : fallback
  const lines =
    keys.length === 0
      ? once(owner.func, `command lines as ${binding.name}`, () =>
          commandLinesPassed(analysis, sites, binding.name, owner.position),
        )
      : null
  return {
    state: 'parameter',
    of: owner.func.qualified,
    name: binding.name,
    position: owner.position,
    ...(keys.length === 0 ? {} : { keys }),
    ...(otherwise === null ? {} : { otherwise: asPassed(analysis.fold(otherwise)) }),
    ...(sites.length === 0
      ? {}
      : {
          here:
            lines === null
              ? (passedHere(analysis, owner.func, binding.name, owner.position, keys, depth) ??
                localValue(analysis, owner.func, sites, keys.length === 0 ? base : expr))
              : argumentsOf(analysis, base, lines),
        }),
  }
}

/** The names under which all calls pass the parsed command line for a parameter; null: they pass something else. */
function commandLinesPassed(
  analysis: Analysis,
  sites: readonly Call[],
  name: string,
  position: number,
): string[] | null {
  if (analysis.programArguments.length === 0) return null
  const names = sites.map((site) => {
    const given = analysis.argument(site, name, position)
    const line = given.state === 'given' ? given.expr : null
    if (line === null || !analysis.programParameters.isNamespace(line)) return null
    // `main(parser.parse_args())`.
    if (line.type === 'call') return ''
    return line.type === 'name' ? line.id : null
  })
  return names.every((one) => one !== null) ? names : null
}

const longestPart = 8

/** `cfg['train'].workers`, `cfg.get('workers', 4)`: the object and the keys; what holds where the last is not there. */
function partOf(analysis: Analysis, expr: Expr) {
  const keys: (string | number)[] = []
  let base = analysis.definition(expr)
  let fallback: Expr | null = null
  while (keys.length < longestPart) {
    let key: unknown
    let object: Expr
    if (base.type === 'attribute') {
      key = base.attr
      object = base.value
    } else if (base.type === 'subscript' && base.index.type === 'constant') {
      key = base.index.value
      object = base.value
    } else if (base.type === 'call' && base.callee.type === 'attribute' && base.callee.attr === 'get') {
      const [first, second] = base.args
      key = first?.value.type === 'constant' ? first.value.value : null
      if (keys.length === 0) fallback = second?.value ?? null
      object = base.callee.value
    } else break
    if (typeof key !== 'string' && typeof key !== 'number') break
    keys.unshift(key)
    base = analysis.definition(object)
  }
  return { base, keys, fallback }
}

/** What all calls of this module pass on, where that is in turn what their functions are given; null: they pass something else. */
function passedHere(
  analysis: Analysis,
  func: Func,
  name: string,
  position: number,
  keys: readonly (string | number)[],
  depth: number,
): Passed | null {
  if (depth >= mostHops) return null
  // Each of many calls leads to the same calls of the function around it.
  const found = once(func, `passed on as ${name} after ${depth}`, () =>
    passedByAll(analysis, analysis.callSites(func) ?? [], name, position, depth),
  )
  if (found === null) return null
  return keys.length === 0 ? found : { ...withoutDefault(found), keys: [...(found.keys ?? []), ...keys] }
}

function passedByAll(
  analysis: Analysis,
  sites: readonly Call[],
  name: string,
  position: number,
  depth: number,
): (Passed & { state: 'parameter' }) | null {
  let found: (Passed & { state: 'parameter' }) | null = null
  for (const site of sites) {
    const given = analysis.argument(site, name, position)
    const one =
      given.state === 'given' && given.expr !== null ? passed(analysis, given.expr, depth + 1) : null
    if (one?.state !== 'parameter') return null
    if (found !== null && JSON.stringify(found) !== JSON.stringify(one)) return null
    found = one
  }
  return found
}

/** Of a part nothing holds that holds of the whole. */
function withoutDefault({ otherwise: _, here, ...rest }: Passed & { state: 'parameter' }) {
  return {
    ...rest,
    ...(here === undefined ? {} : { here: { state: 'unknown' as const, because: 'a part of it' } }),
  }
}

/** What the calls of this module pass, where one of its functions is called here too. */
function localValue(analysis: Analysis, func: Func, sites: readonly Call[], value: Expr): Passed {
  // A call from its own body says nothing new.
  return sites.every((site) => site.function === func)
    ? { state: 'unknown', because: 'it calls itself' }
    : optional(analysis, value, asPassed(analysis.fold(value)))
}

/** With the option of the program that it is: launches may give it another value. */
function optional(analysis: Analysis, expr: Expr, value: Passed): Passed {
  const option = programOption(analysis, expr)
  return option === null || value.state === 'parameter' || value.state === 'arguments'
    ? value
    : { ...value, option: option.flags, reads: readsAs(option) }
}

/** The parsed command line: what each argument is unless the launch says otherwise. */
function argumentsOf(analysis: Analysis, expr: Expr, also: readonly string[] = []): Passed {
  const values: (Passed & { state: 'arguments' })['values'] = {}
  const names = [expr.type === 'name' ? expr.id : '', ...also]
  for (const argument of analysis.programArguments.slice(0, mostArguments)) {
    // What the program writes into it is not what was parsed.
    if (names.some((name) => analysis.attributeStores.has(`${name}.${argument.name}`))) continue
    const read: Expr = {
      type: 'attribute',
      value: expr,
      attr: argument.name,
      start: expr.start,
      end: expr.end,
    }
    // `Trainer(parser.parse_args())`.
    const folded = expr.type === 'name' || expr.type === 'call' ? asPassed(analysis.fold(read)) : null
    const isOption = argument.positional !== true
    if (folded?.state === 'known' || (folded !== null && isOption && argument.required === true))
      define(values, argument.name, {
        ...(folded.state === 'known'
          ? { value: folded.value, overridable: folded.overridable }
          : { value: null, overridable: true, open: true as const }),
        ...(isOption ? { flags: argument.flags, reads: readsAs(argument) } : {}),
        ...(argument.kind === 'store true' ? { isSwitch: true as const } : {}),
        ...(argument.place === undefined ? ownPlace(analysis, argument) : { place: argument.place }),
      })
  }
  return { state: 'arguments', values }
}

const readsAs = ({ kind, type }: ProgramArgument): OptionType => ({ kind, type })

function ownPlace(analysis: Analysis, argument: ProgramArgument): { place?: Location } {
  const place = defaultPlace(analysis, argument)
  return place === null ? {} : { place }
}
