/** Arguments of a call in Python, and entries of a dictionary, as values. */
import type { Refusal, Write } from '../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Place } from '../text/origin.js'
import { foldedValue } from './folded-value.js'
import { calleePlace, callSite, configuredSite } from './places.js'
import { pythonLiteral } from './python-literal.js'
import type { Key, Locator, Source } from './source.js'
import type { Given } from './value.js'
import { type Written, writeArgument } from './write-argument.js'

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

export interface CallSourceOptions {
  /** Positions of arguments that may be passed without their name. */
  positions?: Readonly<Record<string, number>>
  /** Kept in the site, for the reader's own changes. */
  anchor?: string
}

export class CallSource implements Source {
  private readonly site: Place

  constructor(
    readonly python: PythonModule,
    readonly call: Call,
    private readonly locator: Locator,
    private readonly options: CallSourceOptions = {},
  ) {
    this.site = callSite(call, options.anchor)
  }

  argument(name: string): ArgumentValue {
    return this.python.argument(this.call, name, this.options.positions?.[name] ?? null)
  }

  get(...path: Key[]): Given<Json> {
    const [name, ...rest] = path
    const argument = this.argument(String(name))
    if (rest.length === 0 || argument.state !== 'given')
      return argumentValue(argument, calleePlace(this.call), this.site, this.locator)
    return new DictionarySource(this.python, argument.expr, this.locator, this.site).get(...rest)
  }

  set(path: readonly Key[], value: Json): Write | Refusal {
    const name = String(path[0])
    if (path.length !== 1) return { reason: `${path.join('.')} is set inside of a dictionary` }
    const { path: file, unit } = this.locator
    const written: Written = { path: file, unit, python: this.python }
    return writeArgument(written, this.call, name, this.argument(name), pythonLiteral(value))
  }
}

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

  set(path: readonly Key[], value: Json): Write | Refusal {
    const entry = path.length === 1 ? this.python.entry(this.dictionary, String(path[0])) : null
    if (entry?.state !== 'given' || entry.expr.type !== 'constant')
      return { reason: `${path.join('.')} is set in another place` }
    const { unit, path: file } = this.locator
    return {
      kind: 'replace',
      path: file,
      range: { unit: unit.index, start: entry.expr.start, end: entry.expr.end },
      text: pythonLiteral(value),
    }
  }
}
