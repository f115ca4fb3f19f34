/** What the modules of a project pass to each other's functions, also through functions that only pass it on. */

import { wordAs } from '../python/arguments.js'
import { CircularAnswers } from '../python/circular-answers.js'
import { agreedPath, plainBelow } from '../python/configured-plain.js'
import { usesMatch } from '../python/library-uses.js'
import type {
  DerivedClass,
  MadeObject,
  ModuleSummary,
  OptionType,
  OutsideCall,
  OutwardCall,
  ParsedArgument,
  Passed,
  PassedArguments,
  PlainPath,
  Running,
} from '../python/module.js'
import { argumentFor as passedFor } from '../python/passed-values.js'
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'
import type { Definition } from './import-graph.js'
import { partOf, together } from './joined-values.js'
import { type RestCaller, withRest } from './rest-arguments.js'

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

const idle = { backward: false, optimizerStep: false, trains: false }

const fitting = /(^|\.)(fit|fit_generator|backward)$/

/** A constructor is called by the name of its class. */
const made = (func: string): string => func.replace(/\.__init__$/, '')

export class OutsideCallIndex {
  private readonly incoming = new Map<string, Incoming[]>()
  private readonly outgoings = new Map<string, Outgoing>()
  private readonly incomingByName = new Map<string, Map<string, Incoming[]>>()
  private readonly resolved = new Map<string, OutsideCall[]>()
  private readonly passed = new Map<OutwardCall, RestCaller>()
  private readonly wholes = new Map<OutwardCall, OutwardCall>()
  /** Arguments that are resolved where they come from. */
  private readonly handedOn = new Set<PassedArguments[number]>()
  /** Functions may call each other, and many may call one, so each is asked once. */
  private readonly looped = new CircularAnswers<string, boolean>(false, mostSteps)
  private readonly started = new CircularAnswers<string, boolean>(false, mostSteps)
  private readonly types = new CircularAnswers<string, string | null>(null, mostSteps)
  private readonly objects = new CircularAnswers<string, string | null>(null, mostSteps)
  private readonly doing = new Map<string, Record<string, Running> | null>()
  private readonly paths = new CircularAnswers<string, PlainPath | null>(null, mostSteps)
  private readonly parameters = new CircularAnswers<string, Passed>(tooFar, mostSteps)

  constructor(private readonly modules: ProjectModules) {}

  /** By what is called, as the module at `path` names it. */
  of(path: string): OutsideCall[] {
    let found = this.resolved.get(path)
    if (found === undefined) {
      found = this.made(this.into(path)).map(
        ({ importer, name, call }): OutsideCall => ({
          name,
          looped: call.looped || this.isLooped(importer, call.from),
          ...(call.eachStep === true ? { eachStep: true as const } : {}),
          ...(call.eachEpoch === true ? { eachEpoch: true as const } : {}),
          ...(call.from !== null && makesSamples.test(call.from) ? { eachSample: true as const } : {}),
          usedAs: call.usedAs,
          ...(this.fits(importer) ? { fits: true as const } : {}),
          ...(this.isStarted(importer, call.from) ? { started: true as const } : {}),
          ...(call.goneOverTo === undefined ? {} : { goneOverTo: call.goneOverTo }),
          ...this.passedBy(importer, call),
          ...(call.overridable === true ? { overridable: true as const } : {}),
          ...(call.tried === undefined ? {} : { tried: call.tried }),
        }),
      )
      this.resolved.set(path, found)
    }
    return found
  }

  /** What a call passes, with what its function hands on of its own callers' arguments; each call is asked once. */
  private passedBy(importer: string, call: OutwardCall): RestCaller {
    const known = this.passed.get(call)
    if (known !== undefined) return known
    const resolved = ({ args, open }: OutwardCall) => ({
      args: args?.map((one) => (this.handedOn.has(one) ? one : this.argument(importer, one))) ?? null,
      open,
    })
    // Functions may hand on to each other in a circle.
    this.passed.set(call, { args: null, open: true })
    const whole = this.whole(importer, call)
    const found = resolved(whole)
    this.passed.set(call, found)
    return found
  }

  /** Without constructors of derived classes that nothing makes, where another class of the same base is made. */
  private made(calls: readonly Incoming[]): readonly Incoming[] {
    const idle = new Set(calls.filter((one) => this.isIdle(one)))
    if (idle.size === 0) return calls
    const names = new Set(calls.flatMap((one) => (idle.has(one) ? [] : [one.name])))
    return calls.filter((one) => !idle.has(one) || !names.has(one.name))
  }

  private isIdle({ importer, call }: Incoming): boolean {
    const rest = call.args?.find((one) => one.rest !== undefined)?.rest
    return rest?.of.endsWith('.__init__') === true && this.callsOf(importer, made(rest.of)).length === 0
  }

  private whole(importer: string, call: OutwardCall): OutwardCall {
    if (call.args?.some(({ rest }) => rest !== undefined) !== true) return call
    const known = this.wholes.get(call)
    if (known !== undefined) return known
    this.wholes.set(call, call)
    const callersOf = (func: string) =>
      this.callsOf(importer, made(func)).map((one) => this.passedBy(one.importer, one.call))
    const found = withRest(call, callersOf)
    for (const one of found.args ?? []) if (!call.args.includes(one)) this.handedOn.add(one)
    this.wholes.set(call, found)
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

  /** A program makes the call, or calls the function that does. */
  private isStarted(path: string, func: string | null): boolean {
    const summary = this.modules.summaryOf(path)
    if (summary?.isEntry === true) return summary.evidence?.role !== 'test'
    if (func === null) return false
    return this.started.of(`${path}\n${func}`, () =>
      this.callsOf(path, made(func)).some(({ importer, call }) => this.isStarted(importer, call.from)),
    )
  }

  private argument(importer: string, given: PassedArguments[number]): PassedArguments[number] {
    const type = given.type ?? this.type(importer, given.value)
    const made = this.object(importer, given)
    const does = made === null ? null : this.steps(made)
    const path = this.path(importer, given)
    const value = this.value(importer, given.value)
    const isSame = value === given.value && made === (given.made ?? null) && does === null
    if (isSame && type === (given.type ?? null) && path === (given.path ?? null)) return given
    return {
      ...given,
      value,
      ...(type === null ? {} : { type }),
      ...(made === null ? {} : { made }),
      ...(does === null ? {} : { does }),
      ...(path === null ? {} : { path }),
    }
  }

  /** What the methods of an object do that trains; calls that pass objects of one class share the answer. */
  private steps({ path, name }: MadeObject): Record<string, Running> | null {
    const key = `${path}\n${name}`
    const known = this.doing.get(key)
    if (known !== undefined) return known
    const klass = lookUp(this.modules.summaryOf(path)?.classes ?? {}, name)
    const others = Object.entries(klass?.does ?? {}).map(([method, calls]) => [method, { ...idle, calls }])
    const found = klass?.steps === undefined ? null : { ...Object.fromEntries(others), ...klass.steps }
    this.doing.set(key, found)
    return found
  }

  /** The part of a configuration that an argument is, also where the function that passes it was given it itself. */
  private path(path: string, given: PassedArguments[number]): PlainPath | null {
    const { value: passed } = given
    if (given.path !== undefined) return this.settled(path, given.path)
    if (passed.state !== 'parameter') return null
    if (passed.here !== undefined) return this.pathHere(path, passed, passed.here)
    const called = made(passed.of)
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
    if (own === null || this.callsOf(path, made(passed.of)).length === 0) return own
    const { here: _, ...outside } = passed
    const other = this.path(path, { name: null, position: null, value: outside })
    return JSON.stringify(own) === JSON.stringify(other) ? own : null
  }

  /** The class of what a function is given and only passes on. */
  private type(path: string, passed: Passed): string | null {
    return this.passedOn(
      this.types,
      path,
      passed,
      (importer, given) => given.type ?? this.type(importer, given.value),
    )
  }

  /** The object that an argument is, also where the function that passes it was given it itself. */
  private object(path: string, { made, value }: PassedArguments[number]): MadeObject | null {
    if (made !== undefined) return made
    const found = this.passedOn(this.objects, path, value, (importer, given) => {
      const one = this.object(importer, given)
      return one === null ? null : `${one.path}\n${one.name}`
    })
    const [module, name] = found?.split('\n') ?? []
    return module === undefined || name === undefined ? null : { path: module, name }
  }

  /** What all callers of a function say of an argument that it only passes on; null: they do not agree. */
  private passedOn(
    known: CircularAnswers<string, string | null>,
    path: string,
    passed: Passed,
    of: (importer: string, given: PassedArguments[number]) => string | null,
  ): string | null {
    if (passed.state !== 'parameter' || passed.here !== undefined || passed.keys !== undefined) return null
    const called = made(passed.of)
    return known.of(`${path}\n${called}\n${passed.name}`, () => {
      const all = new Set<string | null>()
      for (const { importer, call } of this.callsOf(path, called)) {
        const given = argumentFor(call, passed)
        all.add(given === undefined ? null : of(importer, given))
      }
      return all.size === 1 ? [...all][0]! : null
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
    const called = made(passed.of)
    const values: Passed[] = passed.here === undefined ? [] : [this.value(path, passed.here)]
    for (const { importer, call: written } of this.made(this.callsOf(path, called))) {
      const call = this.whole(importer, written)
      if (call.args === null) return { state: 'unknown', because: 'it is handed around as a value' }
      const given = argumentFor(call, passed)
      if (given !== undefined) {
        const value = this.handedOn.has(given) ? given.value : this.value(importer, given.value)
        values.push(partOf(value, passed.keys ?? [], passed.otherwise))
      } else if (call.open) return { state: 'unknown', because: '**kwargs' }
      else if (passed.keys === undefined)
        values.push(passed.otherwise ?? { state: 'unknown', because: `the parameter ${passed.name}` })
      else values.push({ state: 'unknown', because: `the parameter ${passed.name}` })
    }
    return together(values, passed.name) ?? { state: 'unknown', because: `the parameter ${passed.name}` }
  }
}

function argumentFor(
  { args }: OutwardCall,
  { name, position }: Passed & { state: 'parameter' },
): PassedArguments[number] | undefined {
  return args === null ? undefined : passedFor(args, name, position)
}
