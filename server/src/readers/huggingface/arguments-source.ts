/** The arguments of a Trainer as a source, however they come: a call, a dataclass, a command line, a file. */
import type { Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { argumentValue } from '../../values/call-source.js'
import { absent } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { pythonLiteral, quoteOf } from '../../values/python-literal.js'
import type { Key, Locator, Source } from '../../values/source.js'
import { type Given, isGiven } from '../../values/value.js'
import { whyKept, writeArgument } from '../../values/write-argument.js'
import type { Place } from '../../workload/builder.js'
import type { Binding } from '../../workload/claim.js'
import { onLaunchLine } from '../launch-flag.js'
import { field, type TrainerArguments } from './training-arguments.js'

const fromLaunch = 'its arguments come from the launch line'

export class ArgumentsSource implements Source {
  readonly place: Place
  readonly site: Place

  constructor(
    readonly python: PythonModule,
    readonly made: TrainerArguments,
    readonly binding: Binding | null,
    readonly locator: Locator,
  ) {
    this.place = calleePlace(made.call)
    this.site = callSite(made.call, made.parsed ? { kind: 'refused', reason: fromLaunch } : undefined)
  }

  argument(key: string): ArgumentValue {
    return field(this.python, this.made, key, this.binding)
  }

  get(key: Key): Given<Json> {
    const { made, binding, place, site, locator } = this
    const given = argumentValue(this.argument(String(key)), place, site, locator)
    // What a file of arguments leaves out belongs there.
    if (isGiven(given) || !made.parsed || given.site.keys !== undefined) return given
    if (binding === null) return { ...given, overridable: true }
    return absent(locator.origin(place, { channel: 'library default', ...onLaunchLine(binding) }))
  }

  set([key]: readonly Key[], value: Json | undefined): Write | Refusal {
    const { python, made, locator } = this
    if (made.parsed) return { reason: fromLaunch }
    const name = String(key)
    const { start, end } = made.call.expr
    if (value === undefined) {
      const { path, fragment } = locator
      const call = { fragment: fragment.index, start, end }
      if (!made.call.expr.args.some((one) => one.name === name)) return { reason: `${name} is set elsewhere` }
      return whyKept(python, name, this.argument(name)) ?? { kind: 'remove keyword', path, call, name }
    }
    return this.setCode(name, pythonLiteral(value, quoteOf(python.text.slice(start, end))))
  }

  /** Gives a field what an expression is worth. */
  setCode(name: string, code: string): Write | Refusal {
    const { python, made, locator } = this
    const { path, fragment } = locator
    if (made.parsed) return { reason: fromLaunch }
    return writeArgument({ path, fragment, python }, made.call, name, this.argument(name), code)
  }
}
