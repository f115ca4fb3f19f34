/** What modules that import this one pass to its functions and classes. */

import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { methodOf } from './callables.js'
import { foldFound, look } from './configured.js'
import { below, type ConfiguredPath } from './configured-path.js'
import { agreedPath, fromPlain } from './configured-plain.js'
import { agree, configuredAs, unknown } from './folded.js'
import { heldByBase, makings } from './inherited-fields.js'
import type { Folded, Func, Klass, OutsideCall, ParsedArgument, Passed, PassedArguments } from './module.js'
import { bindingsOf } from './names.js'
import { argumentFor } from './passed-values.js'

export class OutsideCalls {
  private byFunction: Map<Func, OutsideCall[]> | null = null

  constructor(
    private readonly analysis: Analysis,
    private readonly calls: readonly OutsideCall[],
  ) {}

  /** Calls of a function, method or constructor; an entry without arguments: there may be any others. */
  of(func: Func): readonly OutsideCall[] {
    return this.functions().get(func) ?? []
  }

  /** Objects of a class, whether or not it has a constructor of its own. */
  makes({ name }: Klass): boolean {
    return this.calls.some((call) => call.name === name)
  }

  /** The calls that make objects of a class. */
  makingsOf({ name }: Klass): readonly OutsideCall[] {
    return this.calls.filter((call) => call.name === name)
  }

  /** What the methods of objects reach that take steps of a training and that other modules hand to this one. */
  reachedByObjects(): readonly string[] {
    return once(this, 'reached by objects', () => [
      ...new Set(
        this.calls.flatMap(({ args }) =>
          (args ?? []).flatMap(({ does = {} }) => Object.values(does).flatMap(({ calls }) => calls)),
        ),
      ),
    ])
  }

  /** Functions that a module which imports this one calls in a loop. */
  isLooped(func: Func): boolean {
    return this.of(func).some((call) => call.looped)
  }

  /** What each call passes for a parameter; null: no call from outside is known. */
  values(func: Func, name: string, position: number, fallback: Folded | null): Folded[] | null {
    const calls = this.of(func)
    return calls.length === 0
      ? null
      : calls.map(
          (call) =>
            this.given(call, name, position) ??
            fallbackOf(call, fallback) ??
            unknown(`the parameter ${name}`),
        )
  }

  /** What every call passes under a keyword that the function does not list; null: some leave it out, or it is not known. */
  keyword(func: Func, keyword: string): Folded | null {
    const values: Folded[] = []
    for (const call of this.of(func)) {
      const given = this.given(call, keyword, -1)
      if (given === null) return null
      values.push(given)
    }
    const agreed = agree(values, '**kwargs')
    return agreed.state === 'known' ? agreed : null
  }

  /** The configuration that all calls pass for a parameter; null: none, or not the same. */
  path(func: Func, name: string, position: number): ConfiguredPath | null {
    const found = agreedPath(
      this.of(func).map(({ args, fits }) => ({
        path: args === null ? undefined : argumentFor(args, name, position)?.path,
        fits: fits === true,
      })),
    )
    return found === null ? null : fromPlain(found)
  }

  /** Null: the call leaves it out. */
  private given({ args, open }: OutsideCall, name: string, position: number): Folded | null {
    if (args === null) return unknown('it is handed around as a value')
    const written = argumentFor(args, name, position)
    if (written !== undefined) return this.argumentValue(written, name)
    const unpacked = args.filter(({ star }) => star !== undefined)
    for (const { path, star } of unpacked) {
      if (star === 1 || path === undefined) return unknown('**kwargs')
      const found = look(this.analysis, below(fromPlain(path), name))
      if (found === null) return unknown('**kwargs')
      const folded = foldFound(found)
      if (folded !== null) return folded
    }
    return open && unpacked.length === 0 ? unknown('**kwargs') : null
  }

  private argumentValue({ value, path }: PassedArguments[number], name: string): Folded {
    if (value.state === 'known') return knownAs(value)
    const found = path === undefined ? null : look(this.analysis, fromPlain(path))
    const folded = found === null ? null : foldFound(found)
    if (folded !== null) return folded
    if (value.state !== 'unknown') return unknown(`the parameter ${name}`)
    const { because, options } = value
    return { state: 'unknown', because, ...(options === undefined ? {} : { options }) }
  }

  /** Classes of what each call passes for a parameter; null: it cannot be told. */
  types(func: Func, name: string, position: number): (string | null)[] {
    return this.of(func).map((call) => {
      return call.args === null ? null : (argumentFor(call.args, name, position)?.type ?? null)
    })
  }

  /** `args.epochs`, where `args` is the command line that another module has parsed; null: it is none. */
  argument(expr: Expr, attribute: string): Folded | null {
    const [first, ...others] = this.parsed(expr, attribute)
    if (first === undefined) return null
    const folded = JSON.stringify(knownAs(first))
    return others.some((one) => JSON.stringify(knownAs(one)) !== folded)
      ? unknown(`several values of .${attribute}`)
      : knownAs(first)
  }

  /** The option behind `args.amp`; null: it is none, or not the same for all callers. */
  option(expr: Expr, attribute: string): ParsedArgument | null {
    const [first, ...others] = this.parsed(expr, attribute)
    return first?.flags !== undefined && others.every((one) => JSON.stringify(one) === JSON.stringify(first))
      ? first
      : null
  }

  /** The argument in the command lines that all calls pass; empty: one of them passes something else. */
  private parsed(expr: Expr, attribute: string): ParsedArgument[] {
    if (this.calls.length === 0) return []
    const value = this.analysis.definition(expr)
    const passed = value.type === 'name' ? this.passedFor(value) : this.heldIn(value)
    const found: ParsedArgument[] = []
    for (const given of passed) {
      const one = given?.state === 'arguments' ? lookUp(given.values, attribute) : undefined
      if (one === undefined) return []
      found.push(one)
    }
    return found
  }

  /** What each call passes for a parameter of a function. */
  private passedFor(name: Expr & { type: 'name' }): (Passed | undefined)[] {
    const bindings = bindingsOf(this.analysis, name.id, name.start)
    const binding = bindings.length === 1 ? bindings[0]! : null
    const owner = binding?.kind === 'param' ? this.analysis.parameterOwner(binding) : null
    if (binding === null || owner === null) return []
    return this.passing(owner.func).map((call) => passedFor(call, binding.name, owner.position))
  }

  /** `self.args` of a class whose base elsewhere keeps what its objects are made with. */
  private heldIn(expr: Expr): (Passed | undefined)[] {
    if (expr.type !== 'attribute' || expr.value.type !== 'name' || expr.value.id !== 'self') return []
    const klass = classAround(this.analysis, expr.start)
    if (klass === null) return []
    const held = lookUp(heldByBase(this.analysis, klass), expr.attr)
    if (held === undefined || held.keys !== undefined) return []
    // What this module passes counts as well, and is not followed here.
    if (makings(this.analysis, klass).length > 0) return []
    return this.makingsOf(klass).map((call) => passedFor(call, held.name, held.position))
  }

  /** Nothing where it is called here as well: then what this module passes counts. */
  private passing(func: Func): readonly OutsideCall[] {
    return (this.analysis.callSites(func) ?? []).length > 0 ? [] : this.of(func)
  }

  private functions(): Map<Func, OutsideCall[]> {
    if (this.byFunction !== null) return this.byFunction
    const found = new Map<Func, OutsideCall[]>()
    for (const call of this.calls) {
      for (const func of this.meant(call)) {
        const list = found.get(func)
        if (list === undefined) found.set(func, [call])
        else list.push(call)
      }
    }
    this.byFunction = found
    return found
  }

  /** `train`, `Engine` for its constructor, `Engine.fit`; a class that is handed around, for all that it holds. */
  private meant({ name, args }: OutsideCall): Func[] {
    const [first, method] = name.split('.')
    const klass = this.analysis.classes.find((one) => one.name === first)
    if (klass === undefined) {
      const func = this.analysis.functions.find((one) => one.qualified === name)
      return func === undefined ? [] : [func]
    }
    const init = methodOf(this.analysis, klass, '__init__')
    const made = init === null ? [] : [init]
    if (method !== undefined) {
      const func = methodOf(this.analysis, klass, method)
      return func === null ? [] : [func]
    }
    if (args !== null) return made
    return [...new Set([...klass.methods.values(), ...made])]
  }
}

function fallbackOf({ overridable }: OutsideCall, fallback: Folded | null): Folded | null {
  return overridable === true && fallback?.state === 'known' ? { ...fallback, overridable } : fallback
}

function knownAs({
  value,
  overridable,
  from,
}: Pick<Passed & { state: 'known' }, 'value' | 'overridable' | 'from'>): Folded {
  return from === undefined
    ? { state: 'known', value, channel: 'code', overridable }
    : configuredAs(value, from, overridable)
}

function passedFor(call: OutsideCall, name: string, position: number): Passed | undefined {
  return call.args === null ? undefined : argumentFor(call.args, name, position)?.value
}
