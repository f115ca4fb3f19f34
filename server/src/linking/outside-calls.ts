/** What the modules of a project pass to each other's functions, also through functions that only pass it on. */

import { wordAs } from '../python/arguments.js'
import { CircularAnswers } from '../python/circular-answers.js'
import { agreedPath, plainBelow } from '../python/configured-plain.js'
import { usesMatch } from '../python/library-uses.js'
import type {
  DerivedClass,
  ModuleSummary,
  OptionType,
  OutsideCall,
  OutwardCall,
  ParsedArgument,
  Passed,
  PassedArguments,
  PlainPath,
} from '../python/module.js'
import { argumentFor as passedFor } from '../python/passed-values.js'
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'
import type { Definition } from './import-graph.js'

export interface ProjectModules {
  summaryOf(path: string): ModuleSummary | null
  importersOf(path: string): readonly string[]
  definitionOf(importer: string, target: string): Definition | null
  /** What configurations have the module make. */
  configuredCalls(path: string): readonly OutwardCall[]
  /** A launch passes arguments to the program. */
  isLaunched(path: string): boolean
  /** One of its launches passes the option with these flags: what the code falls back to does not hold. */
  isPassed(path: string, flags: readonly string[]): boolean
  /** Launches start the program, and all of them show everything that they pass. */
  isSettled(path: string): boolean
  /** The configuration file that all launches of the program give by one of these flags; null: they give none, or others. */
  fileGiven(path: string, flags: readonly string[], otherwise: Json): string | null
  /** The word that all launches of the program give by one of these flags; null: they give none, or others. */
  wordGiven(path: string, flags: readonly string[]): GivenWord | null
  /** All that the launches of the program say of keys, which is the same for each; null: it cannot be told. */
  keysGiven(path: string): Record<string, Json> | null
}

export interface GivenWord {
  value: string | boolean
  /** Whoever runs the launch file may give another. */
  overridable: boolean
}

interface Incoming {
  importer: string
  name: string
  call: OutwardCall
}

interface Outgoing {
  calls: Map<string, Incoming[]>
  derived: Map<string, { one: DerivedClass; base: string }[]>
}

function add<T>(lists: Map<string, T[]>, path: string, one: T): void {
  const list = lists.get(path)
  if (list === undefined) lists.set(path, [one])
  else list.push(one)
}

/** Functions that pass on what they are given. */
const mostSteps = 30

const launched: Passed = { state: 'unknown', because: 'the launch of the program' }
const tooFar: Passed = { state: 'unknown', because: 'too many functions pass it on' }

/** Methods of data sets, and collators. */
const makesSamples = /(^|\.)__(getitem|iter)__$|collat/i

const fitting = /(^|\.)(fit|fit_generator|backward)$/

export class OutsideCallIndex {
  private readonly incoming = new Map<string, Incoming[]>()
  private readonly outgoings = new Map<string, Outgoing>()
  private readonly incomingByName = new Map<string, Map<string, Incoming[]>>()
  private readonly resolved = new Map<string, OutsideCall[]>()
  /** Functions may call each other, and many may call one, so each is asked once. */
  private readonly looped = new CircularAnswers<string, boolean>(false, mostSteps)
  private readonly types = new CircularAnswers<string, string | null>(null, mostSteps)
  private readonly paths = new CircularAnswers<string, PlainPath | null>(null, mostSteps)
  private readonly parameters = new CircularAnswers<string, Passed>(tooFar, mostSteps)

  constructor(private readonly modules: ProjectModules) {}

  /** By what is called, as the module at `path` names it. */
  of(path: string): OutsideCall[] {
    let found = this.resolved.get(path)
    if (found === undefined) {
      found = this.into(path).map(({ importer, name, call }) => ({
        name,
        looped: call.looped || this.isLooped(importer, call.from),
        ...(call.eachStep === true ? { eachStep: true as const } : {}),
        ...(call.eachEpoch === true ? { eachEpoch: true as const } : {}),
        ...(call.from !== null && makesSamples.test(call.from) ? { eachSample: true as const } : {}),
        usedAs: call.usedAs,
        ...(this.fits(importer) ? { fits: true as const } : {}),
        ...(call.goneOverTo === undefined ? {} : { goneOverTo: call.goneOverTo }),
        args: call.args?.map((one) => this.argument(importer, one)) ?? null,
        open: call.open,
        ...(call.overridable === true ? { overridable: true as const } : {}),
        ...(call.tried === undefined ? {} : { tried: call.tried }),
      }))
      this.resolved.set(path, found)
    }
    return found
  }

  private into(path: string): Incoming[] {
    const known = this.incoming.get(path)
    if (known !== undefined) return known
    // Modules may derive classes from each other's in a circle.
    this.incoming.set(path, [])
    const found = this.modules.importersOf(path).flatMap((importer): Incoming[] => {
      const { calls, derived } = this.outgoing(importer)
      const inherited = (derived.get(path) ?? []).flatMap(({ one, base }) =>
        this.throughDerived(importer, one, base),
      )
      return [...(calls.get(path) ?? []), ...inherited]
    })
    this.incoming.set(path, found)
    return found
  }

  /** By the module that it leads to: everything that a module asks of others is looked up once. */
  private outgoing(importer: string): Outgoing {
    const known = this.outgoings.get(importer)
    if (known !== undefined) return known
    const { outward = [], derived = [] } = this.modules.summaryOf(importer) ?? {}
    const definitions = new Map<string, Definition | null>()
    const definitionOf = (target: string): Definition | null => {
      let definition = definitions.get(target)
      if (definition === undefined) {
        definition = this.modules.definitionOf(importer, target)
        definitions.set(target, definition)
      }
      return definition?.name === '' ? null : definition
    }
    const found: Outgoing = { calls: new Map(), derived: new Map() }
    for (const call of [...outward, ...this.modules.configuredCalls(importer)]) {
      const definition = definitionOf(call.target)
      if (definition !== null) add(found.calls, definition.path, { importer, name: definition.name, call })
    }
    for (const one of derived) {
      const definition = definitionOf(one.base)
      if (definition !== null) add(found.derived, definition.path, { one, base: definition.name })
    }
    this.outgoings.set(importer, found)
    return found
  }

  /** Calls that modules make of a derived class, as far as its base answers them. */
  private throughDerived(path: string, { name, methods }: DerivedClass, base: string): Incoming[] {
    return this.into(path).flatMap((one): Incoming[] => {
      const [called, method] = one.name.split('.')
      if (called !== name) return []
      if (method !== undefined) return methods.includes(method) ? [] : [{ ...one, name: `${base}.${method}` }]
      const constructs =
        one.call.args !== null && (methods.includes('__init__') || methods.includes('__new__'))
      return constructs ? [] : [{ ...one, name: base }]
    })
  }

  private callsOf(path: string, func: string): readonly Incoming[] {
    let names = this.incomingByName.get(path)
    if (names === undefined) {
      names = new Map()
      for (const one of this.into(path)) {
        const list = names.get(one.name)
        if (list === undefined) names.set(one.name, [one])
        else list.push(one)
      }
      this.incomingByName.set(path, names)
    }
    return names.get(func) ?? []
  }

  /** A function that is called in a loop calls in a loop. */
  private isLooped(path: string, func: string | null): boolean {
    if (func === null) return false
    return this.looped.of(`${path}\n${func}`, () =>
      this.callsOf(path, func).some(
        ({ importer, call }) => call.looped || this.isLooped(importer, call.from),
      ),
    )
  }

  private argument(importer: string, given: PassedArguments[number]): PassedArguments[number] {
    const type = given.type ?? this.type(importer, given.value)
    const path = this.path(importer, given)
    return {
      ...given,
      value: this.value(importer, given.value),
      ...(type === null ? {} : { type }),
      ...(path === null ? {} : { path }),
    }
  }

  /** The part of a configuration that an argument is, also where the function that passes it was given it itself. */
  private path(path: string, given: PassedArguments[number]): PlainPath | null {
    const { value: passed } = given
    if (given.path !== undefined) return this.settled(path, given.path)
    if (passed.state !== 'parameter') return null
    if (passed.here !== undefined) return this.pathHere(path, passed, passed.here)
    const called = passed.of.replace(/\.__init__$/, '')
    const whole = this.paths.of(`${path}\n${called}\n${passed.name}`, () =>
      agreedPath(
        this.callsOf(path, called).map(({ importer, call }) => {
          const argument = argumentFor(call, passed)
          return { path: argument && this.path(importer, argument), fits: this.fits(importer) }
        }),
      ),
    )
    return whole === null ? null : plainBelow(whole, passed.keys ?? [])
  }

  /** `cfg = OmegaConf.merge(cfg, OmegaConf.from_cli())`, where the launches tell what the command line says. */
  private settled(path: string, plain: PlainPath): PlainPath {
    const under = plain.under === undefined ? {} : { under: this.settled(path, plain.under) }
    const words = plain.commandLine === true ? this.modules.keysGiven(path) : null
    if (words === null) return { ...plain, ...under }
    const { commandLine: _, ...rest } = plain
    return { ...rest, ...under, overrides: { ...plain.overrides, ...words } }
  }

  private fits(path: string): boolean {
    const summary = this.modules.summaryOf(path)
    return summary !== null && usesMatch(summary, fitting)
  }

  /** The same where its own module calls the function as well: what all of them pass. */
  private pathHere(path: string, passed: Passed & { state: 'parameter' }, here: Passed): PlainPath | null {
    const own = this.path(path, { name: null, position: null, value: here })
    if (own === null || this.callsOf(path, passed.of.replace(/\.__init__$/, '')).length === 0) return own
    const { here: _, ...outside } = passed
    const other = this.path(path, { name: null, position: null, value: outside })
    return JSON.stringify(own) === JSON.stringify(other) ? own : null
  }

  /** The class of what a function is given and only passes on. */
  private type(path: string, passed: Passed): string | null {
    if (passed.state !== 'parameter' || passed.here !== undefined || passed.keys !== undefined) return null
    const called = passed.of.replace(/\.__init__$/, '')
    return this.types.of(`${path}\n${called}\n${passed.name}`, () => {
      const types = new Set<string | null>()
      for (const { importer, call } of this.callsOf(path, called)) {
        const given = argumentFor(call, passed)
        types.add(given === undefined ? null : (given.type ?? this.type(importer, given.value)))
      }
      return types.size === 1 ? [...types][0]! : null
    })
  }

  private value(path: string, passed: Passed): Passed {
    switch (passed.state) {
      case 'unknown':
        return this.given(path, passed) ?? passed
      case 'known':
        if (passed.overridable && passed.from === undefined && this.isReplaced(path, passed.option))
          return this.given(path, passed) ?? launched
        return passed.option === undefined ? passed : this.left(path, passed)
      case 'arguments': {
        const values = Object.entries(passed.values).flatMap(([name, one]) => {
          const now = this.parsed(path, one)
          return now === null ? [] : [[name, now] as const]
        })
        return { ...passed, values: Object.fromEntries(values) }
      }
      case 'parameter':
        return this.parameters.of(JSON.stringify([path, passed]), () => this.parameter(path, passed))
    }
  }

  /** A launch may give another value than the code falls back to; `flags`: absent where it is not known which option it is. */
  private isReplaced(path: string, flags: readonly string[] | undefined): boolean {
    return this.modules.isLaunched(path) && (flags === undefined || this.modules.isPassed(path, flags))
  }

  /** An option that no launch passes has its default for certain, where the launches of the program are known. */
  private left<T extends { overridable: boolean }>(path: string, option: T): T {
    return option.overridable && this.modules.isSettled(path) ? { ...option, overridable: false } : option
  }

  /** Null: launches give it different values, or values that cannot be read. */
  private parsed(path: string, one: ParsedArgument): ParsedArgument | null {
    const { flags, reads } = one
    if (!one.overridable || !this.isReplaced(path, flags)) {
      if (one.open === true) return null
      return flags === undefined ? one : this.left(path, one)
    }
    const given = flags === undefined ? null : this.worth(path, flags, reads)
    if (given === null) return null
    const { place: _, open: __, ...rest } = one
    return { ...rest, ...given }
  }

  /** `--epochs 20` on all the lines that start the program. */
  private worth(path: string, flags: readonly string[], reads: OptionType | undefined) {
    const word = reads === undefined ? null : this.modules.wordGiven(path, flags)
    const value = word === null ? undefined : wordAs(reads!, word.value)
    return value === undefined ? null : { value, overridable: word!.overridable }
  }

  /** `--config churn.yaml` on the lines that start the program. */
  private given(path: string, passed: Passed & { state: 'known' | 'unknown' }): Passed | null {
    const { option, reads } = passed
    if (option === undefined) return null
    const otherwise = passed.state === 'known' ? passed.value : null
    const file = this.modules.fileGiven(path, option, otherwise)
    if (file !== null) return { state: 'known', value: file, overridable: false }
    const given = this.worth(path, option, reads)
    return given === null ? null : { state: 'known', ...given }
  }

  /** What all who call the function pass for it. */
  private parameter(path: string, passed: Passed & { state: 'parameter' }): Passed {
    const called = passed.of.replace(/\.__init__$/, '')
    const values: Passed[] = passed.here === undefined ? [] : [this.value(path, passed.here)]
    for (const { importer, call } of this.callsOf(path, called)) {
      if (call.args === null) return { state: 'unknown', because: 'it is handed around as a value' }
      const given = argumentFor(call, passed)
      if (given !== undefined)
        values.push(partOf(this.value(importer, given.value), passed.keys ?? [], passed.otherwise))
      else if (call.open) return { state: 'unknown', because: '**kwargs' }
      else if (passed.keys === undefined)
        values.push(passed.otherwise ?? { state: 'unknown', because: `the parameter ${passed.name}` })
      else values.push({ state: 'unknown', because: `the parameter ${passed.name}` })
    }
    return together(values) ?? { state: 'unknown', because: `the parameter ${passed.name}` }
  }
}

function argumentFor(
  { args }: OutwardCall,
  { name, position }: Passed & { state: 'parameter' },
): PassedArguments[number] | undefined {
  return args === null ? undefined : passedFor(args, name, position)
}

/** What stands under the keys of a value. */
function partOf(value: Passed, keys: readonly (string | number)[], otherwise: Passed | undefined): Passed {
  const [key, ...rest] = keys
  if (key === undefined) return value
  const because = `.${keys.join('.')}`
  if (value.state === 'arguments') {
    const one = lookUp(value.values, String(key))
    if (one === undefined) return { state: 'unknown', because }
    const { value: held, overridable, flags, reads } = one
    const option = flags === undefined ? {} : { option: flags, ...(reads === undefined ? {} : { reads }) }
    return partOf({ state: 'known', value: held, overridable, ...option }, rest, otherwise)
  }
  if (value.state !== 'known') return { state: 'unknown', because }
  const holds = typeof value.value === 'object' && value.value !== null
  const child = holds ? lookUp(value.value as Record<string, Json>, String(key)) : undefined
  if (child !== undefined) return partOf({ ...value, value: child }, rest, otherwise)
  return rest.length === 0 && holds && otherwise !== undefined ? otherwise : { state: 'unknown', because }
}

/** One value that all agree on. */
function together(values: readonly Passed[]): Passed | null {
  const [first, ...rest] = values
  if (first === undefined) return null
  if (first.state === 'arguments')
    return rest.reduce<Passed>((before, one) => sameArguments(before, one), first)
  for (const one of rest) {
    if (first.state !== 'known' || one.state !== 'known')
      return { state: 'unknown', because: 'several callers' }
    if (JSON.stringify(first.value) !== JSON.stringify(one.value))
      return { state: 'unknown', because: 'several callers' }
  }
  return first.state === 'known'
    ? { ...first, overridable: values.some((one) => one.state === 'known' && one.overridable) }
    : first
}

function sameArguments(a: Passed, b: Passed): Passed {
  if (a.state !== 'arguments' || b.state !== 'arguments')
    return { state: 'unknown', because: 'several callers' }
  const shared = Object.entries(a.values).filter(
    ([name, one]) => JSON.stringify(lookUp(b.values, name)) === JSON.stringify(one),
  )
  return { state: 'arguments', values: Object.fromEntries(shared) }
}
