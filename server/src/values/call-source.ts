/** Arguments of a call in Python, and entries of a dictionary, as values. */
import type { Refusal, Write } from '../edit/write.js'
import { displayOf } from '../python/display.js'
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { ChangeTarget } from '../text/change-target.js'
import type { Json } from '../text/json.js'
import type { Place } from '../text/origin.js'
import { lookUp } from '../text/records.js'
import { asArgument, passedExpression, shownAt } from './argument.js'
import { foldedValue } from './folded-value.js'
import { originOf } from './operations.js'
import { calleePlace, callSite, configuredSite } from './places.js'
import { boundsIn } from './python-bounds.js'
import { pythonLiteral, quoteOf } from './python-literal.js'
import type { Key, Locator, Source, TreeSource } from './source.js'
import { effective, type Given } from './value.js'
import { writeArgument } from './write-argument.js'
import { isUnpacked, writeEntry } from './write-entry.js'

/** An argument as a value: it stands at what is passed, or at `shown` where nothing is. */
export function argumentValue(
  argument: ArgumentValue,
  shown: Place,
  site: Place,
  locator: Locator,
): Given<Json> {
  if (argument.state === 'given') return foldedValue(argument.folded, { ...argument.span }, site, locator)
  if (argument.state === 'unknown')
    return { ...locator.origin(shown, { site }), state: 'unknown', because: argument.because }
  const { configured, overridable = false } = argument
  const origin = locator.origin(shown, {
    channel: 'library default',
    overridable,
    site: configured === undefined ? site : configuredSite(site, configured),
    ...(configured === undefined ? {} : { location: configured.location }),
  })
  return { ...origin, state: 'absent' }
}

/** What is not known, but lies between bounds. */
function withBounds(python: PythonModule, argument: ArgumentValue, value: Given<Json>): Given<Json> {
  const expr = value.state === 'unknown' ? passedExpression(argument) : null
  const bounds = expr === null ? null : boundsIn(python, expr)
  if (bounds === null) return value
  // `max(0, min(n, 0))` leaves nothing open.
  if (bounds.low !== null && bounds.low === bounds.high)
    return { ...originOf(value), state: 'known', value: bounds.low }
  return { ...originOf(value), state: 'range', ...bounds }
}

export interface CallSourceOptions {
  /** Positions of arguments that may be passed without their name. */
  positions?: Readonly<Record<string, number>>
  /** Kept in the site, for the reader's own changes. */
  target?: ChangeTarget
  /** Keys down to where the source begins: the argument that holds all of a request. */
  base?: readonly Key[]
  /** What a class is given counts as what a dictionary holds: `resources=Resources(count=2)`, `resources={'count': 2}`. */
  objects?: boolean
  /** A value is shown together with its keyword. */
  withName?: boolean
  /** Looks through what a program puts around a dictionary without changing what it says. */
  unwrap?(expr: Expr): Expr
  /** The default of an object in whose place a run may give another value: a parameter of a pipeline. Null: it is none. */
  defaultOf?(python: PythonModule, expr: Expr): Expr | null
}

/** Arguments of a call, and what stands in the lists and dictionaries among them. */
export class CallSource implements TreeSource {
  constructor(
    readonly python: PythonModule,
    readonly call: Call,
    private readonly locator: Locator,
    private readonly options: CallSourceOptions = {},
  ) {}

  argument(...path: Key[]): ArgumentValue {
    return this.at(this.whole(path))
  }

  private whole(path: readonly Key[]): readonly Key[] {
    const { base } = this.options
    return base === undefined ? path : [...base, ...path]
  }

  private readonly at = (path: readonly Key[]): ArgumentValue => {
    const { python, call } = this
    const name = String(path[0])
    let current = python.argument(call, name, lookUp(this.options.positions, name) ?? null)
    for (const key of path.slice(1)) {
      if (current.state !== 'given') return current
      if (effective(current.folded) === null) return { state: 'absent' }
      const inside = this.options.unwrap?.(current.expr) ?? current.expr
      current = typeof key === 'string' ? python.entry(inside, key, call.expr.start) : this.item(inside, key)
    }
    return current
  }

  private item(expr: Expr, index: number): ArgumentValue {
    const list = this.list(expr)
    const item = list?.type === 'list' ? list.items[index] : undefined
    if (item === undefined) return { state: 'unknown', because: 'a list that is not readable' }
    return asArgument(this.python, item)
  }

  /** What is written out, or put together of what is known: `[{'name': name} for name in names]`. */
  private list(expr: Expr): Expr {
    const result = this.python.result(expr)
    const list = this.python.writtenOut(result) ?? result
    if (list.type !== 'comprehension') return list
    const value = effective(this.python.fold(list))
    // Nothing of it stands in the text, so nothing of it can be changed there.
    return Array.isArray(value) ? displayOf(value, { start: list.start, end: list.start }) : list
  }

  /** What a change of the value at the end of these keys edits. */
  site(...path: Key[]): Place {
    const site = callSite(this.call, this.options.target)
    const whole = this.whole(path)
    return whole.length > 1 ? { ...site, keys: [...whole] } : site
  }

  get(...path: Key[]): Given<Json> {
    const [first, ...rest] = path
    const made = this.options.objects === true && rest.length > 0 ? this.maker(first!) : null
    if (made !== null && made.method !== 'dict')
      return new CallSource(this.python, made, this.locator, { objects: true }).get(...rest)
    const argument = this.argument(...path)
    const shown = this.options.withName === true ? withKeyword(this.call, argument) : argument
    const value = argumentValue(shown, calleePlace(this.call), this.site(...path), this.locator)
    return this.openDefault(argument) ?? withBounds(this.python, argument, value)
  }

  private openDefault(argument: ArgumentValue): Given<Json> | null {
    if (argument.state !== 'given') return null
    if (argument.folded.state === 'known' && !argument.folded.overridable) return null
    const expr = this.options.defaultOf?.(this.python, argument.expr) ?? null
    if (expr === null) return null
    const place = { start: expr.start, end: expr.end }
    const site: Place = {
      ...place,
      target: { kind: 'refused', reason: 'it is a parameter: change its default' },
    }
    const value = argumentValue(asArgument(this.python, expr), place, site, this.locator)
    return value.state === 'known' ? { ...value, overridable: true } : null
  }

  /** The expression that is given; null where none is, or where it cannot be seen. */
  expression(...path: Key[]): Expr | null {
    const argument = this.argument(...path)
    return argument.state === 'given' ? argument.expr : null
  }

  /** The call that makes what is given: `Compute(…)` of `compute=Compute(…)`; null: it is made elsewhere, or not given. */
  maker(...path: Key[]): Call | null {
    const expr = this.expression(...path)
    return expr === null ? null : this.python.callOf(expr)
  }

  keysOf(...path: Key[]): string[] | null {
    const expr = this.expression(...path)
    if (expr === null) return null
    return this.python.keysOf(this.options.unwrap?.(expr) ?? expr, this.call.expr.start)
  }

  lengthOf(...path: Key[]): number | null {
    const expr = this.expression(...path)
    const list = expr === null ? null : this.list(expr)
    return list?.type === 'list' ? list.items.length : null
  }

  textOf(...path: Key[]): string | null {
    const argument = this.argument(...path)
    if (argument.state !== 'given') return null
    const value = effective(argument.folded)
    if (typeof value === 'string') return value
    const { start, end } = this.python.definition(argument.expr)
    return this.python.text.slice(start, Math.min(end, start + longestText))
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    const { python, call, at } = this
    const { path: file, fragment } = this.locator
    const written = { path: file, fragment, python }
    const whole = this.whole(path)
    const name = String(whole[0])
    if (whole.length > 1 || isUnpacked(call, name, at(whole)))
      return writeEntry({ ...written, call, at }, whole, value)
    const { start, end } = call.expr
    if (value === undefined)
      return { kind: 'remove keyword', path: file, call: { fragment: fragment.index, start, end }, name }
    const literal = pythonLiteral(value, quoteOf(python.text.slice(start, end)))
    return writeArgument(written, call, name, at(whole), literal)
  }
}

/** The argument as it stands in the call, with its keyword. */
export function withKeyword(call: Call, argument: ArgumentValue): ArgumentValue {
  const expr = passedExpression(argument)
  return shownAt(argument, call.expr.args.find((one) => one.value === expr) ?? expr ?? call.expr)
}

/** Of what computes a value so much is kept. */
const longestText = 300

/** `{"learning_rate": 0.1, …}`, with what is assigned to its keys later. */
export class DictionarySource implements Source {
  constructor(
    private readonly python: PythonModule,
    private readonly dictionary: Expr,
    private readonly locator: Locator,
    /** What a change would edit. */
    private readonly site: Place,
  ) {}

  get(...path: Key[]): Given<Json> {
    const [key, ...rest] = path
    const entry = this.python.entry(this.dictionary, String(key))
    const shown: Place = { start: this.dictionary.start, end: this.dictionary.end }
    if (rest.length === 0 || entry.state !== 'given')
      return argumentValue(entry, shown, this.site, this.locator)
    return new DictionarySource(this.python, entry.expr, this.locator, this.site).get(...rest)
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    const entry = path.length === 1 ? this.python.entry(this.dictionary, String(path[0])) : null
    if (value === undefined || entry?.state !== 'given' || entry.expr.type !== 'constant')
      return { reason: `${path.join('.')} is set in another place` }
    const { fragment, path: file } = this.locator
    return {
      kind: 'replace',
      path: file,
      range: { fragment: fragment.index, start: entry.expr.start, end: entry.expr.end },
      text: pythonLiteral(value),
    }
  }
}
