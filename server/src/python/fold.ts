/**
 * What a value is, without running anything: literals, arithmetic, collections, a few library functions, names
 * followed to one certain value, and arguments of the program with the launch that is bound.
 */
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import { define, defineAll, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentsNamed } from './arguments.js'
import { attributeValues } from './attribute-values.js'
import { attributeInBranches, lastOfTwo } from './branch-assignments.js'
import { classOf, functionOf } from './callables.js'
import { withoutWords } from './command-line-words.js'
import { conditionOf, type Guard, guardsAt } from './conditions.js'
import { countsBack } from './counted-back.js'
import { classConstant } from './data-classes.js'
import { isPipeline } from './entry-point.js'
import { foldCall } from './fold-calls.js'
import { foldChanges } from './fold-changes.js'
import { mapNumbers, maximumItems } from './fold-numeric.js'
import { configuredValue, environmentValue, programArgument } from './fold-outside.js'
import { ownFile, pathAttribute } from './fold-paths.js'
import {
  agree,
  chosen,
  combine,
  combineWith,
  constantOf,
  known,
  oneOf,
  throughOptions,
  unknown,
} from './folded.js'
import { projectTarget, starTarget } from './import-targets.js'
import type { Folded } from './module.js'
import { mayBeFilled } from './mutations.js'
import { bindingsOf, nameOf } from './names.js'
import { elementwise, isLarger, itemAt, maximumText, operate, truthy } from './operators.js'
import { certainReturn } from './returns.js'
import { type Binding, scopeAt } from './scope.js'
import { trackedValue } from './tracked-configuration.js'
import { searchingFunctions } from './trial-searches.js'
import { writtenOut } from './written-out.js'

const depthLimit = 200

/** The parsed command line behind `vars(args)`, `args.__dict__`. */
function namespaceBehind(analysis: Analysis, expr: Expr): Expr | null {
  const value = analysis.definition(expr)
  const object =
    value.type === 'attribute' && value.attr === '__dict__'
      ? value.value
      : value.type === 'call' && value.args.length === 1 && nameOf(analysis, value.callee) === 'vars'
        ? value.args[0]!.value
        : null
  return object !== null && analysis.programParameters.holdsArguments(object) ? object : null
}

/** What an expression folds to, the same whoever asks and whatever was asked before. */
interface Answer {
  value: Folded
  /** Levels below it that were looked at. */
  height: number
  /** From this depth on it reaches below the limit. */
  tooDeepFrom: number
  /** Depth of the outermost open question that it leads back to. */
  leadsTo: number
}

const nowhere = Number.POSITIVE_INFINITY
const tooDeep = unknown('too deep')
/** `x = x + 1` in a loop: what leads back to itself has no value. */
const circular = unknown('refers to itself')

export class Folder {
  private readonly answers = new Map<Expr, Answer>()
  private depth = 0
  /** What was met below the open question. */
  private below = { height: 0, leadsTo: nowhere, isCut: false }
  /** Answers that lead back to an open question; they belong to its circle for as long as it is open. */
  private readonly circling: Answer[] = []
  /** Turns of comprehensions that are left, for one question and for all: hostile code must stay cheap. */
  private turns = maximumItems
  private turnsInAll = 50 * maximumItems
  /** Values of the variables of the comprehensions that are being carried out. */
  private readonly locals = new Map<Binding, Json>()

  private readonly folding = (expr: Expr): Folded => this.fold(expr)

  constructor(private readonly analysis: Analysis) {}

  fold(expr: Expr): Folded {
    if (expr.type === 'constant') return known(expr.value)
    const { below, depth } = this
    const before = this.answers.get(expr)
    const isKnown = before !== undefined && before.tooDeepFrom > depth
    if (isKnown && depth + before.height <= depthLimit) {
      below.height = Math.max(below.height, before.height)
      below.leadsTo = Math.min(below.leadsTo, before.leadsTo)
      return before.value
    }
    // Asked from higher up, what was too deep may not be.
    if (before !== undefined ? before.tooDeepFrom <= depth || isKnown : depth >= depthLimit) {
      below.isCut = true
      return tooDeep
    }
    const answer: Answer = { value: circular, height: 0, tooDeepFrom: nowhere, leadsTo: depth }
    this.answers.set(expr, answer)
    const own = { height: 0, leadsTo: nowhere, isCut: false }
    const first = this.circling.length
    this.below = own
    this.depth++
    const computed = this.compute(expr)
    this.depth--
    this.below = below
    answer.leadsTo = nowhere
    if (own.leadsTo <= depth) {
      // The outermost question of a circle closes it.
      if (own.leadsTo === depth) for (const each of this.circling.splice(first)) each.leadsTo = nowhere
      else {
        answer.leadsTo = own.leadsTo
        this.circling.push(answer)
      }
    } else if (own.isCut) {
      answer.value = tooDeep
      answer.tooDeepFrom = depth
      below.isCut = true
    } else {
      const isLong = computed.state === 'known' && isLarger(computed.value, 2 * maximumItems)
      answer.value = isLong ? unknown('too long') : computed
      answer.height = own.height + 1
    }
    below.height = Math.max(below.height, answer.height)
    below.leadsTo = Math.min(below.leadsTo, answer.leadsTo)
    if (depth === 0) this.turns = maximumItems
    return answer.value
  }

  private compute(expr: Expr): Folded {
    switch (expr.type) {
      case 'constant':
        return known(expr.value)
      case 'list':
      case 'tuple':
      case 'set':
        return this.collection(expr.items, expr.type === 'set')
      case 'dict':
        return this.dict(expr.entries)
      case 'unary':
        return this.unary(expr.op, this.fold(expr.operand))
      case 'binary':
        return this.binary(expr.op, expr.left, expr.right)
      case 'conditional': {
        const test = this.fold(expr.test)
        if (test.state === 'known' && !test.overridable)
          return this.fold(truthy(test.value) ? expr.then : expr.otherwise)
        return this.eitherOf(expr)
      }
      case 'fstring': {
        let text = ''
        const parts: Folded[] = []
        for (const part of expr.parts) {
          if (typeof part === 'string') text += part
          else {
            const value = this.fold(part)
            if (value.state === 'unknown') return value
            if (typeof value.value !== 'string' && typeof value.value !== 'number')
              return unknown('a formatted string')
            parts.push(value)
            text += String(value.value)
            if (text.length > maximumText) return unknown('too long')
          }
        }
        return combine(text, parts)
      }
      case 'name':
        return this.name(expr.id, expr.start)
      case 'attribute':
        return this.attribute(expr)
      case 'subscript':
        return this.subscript(expr, expr.value, expr.index)
      case 'comprehension':
        return this.comprehension(expr)
      case 'call':
        return foldCall(this.analysis, this.folding, expr)
      case 'walrus':
        return this.fold(expr.value)
      default:
        return unknown('an expression')
    }
  }

  private collection(items: Expr[], distinct: boolean): Folded {
    const values: Json[] = []
    const parts: Folded[] = []
    for (const item of items) {
      const value = this.fold(item.type === 'starred' ? item.value : item)
      if (value.state === 'unknown') return value
      parts.push(value)
      if (item.type === 'starred') {
        if (!Array.isArray(value.value)) return unknown('an unpacked value')
        values.push(...value.value)
      } else values.push(value.value)
      if (values.length > maximumItems) return unknown('too long')
    }
    const kept = distinct
      ? [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
      : values
    return combine(kept, parts)
  }

  private dict(entries: { key: Expr | null; value: Expr }[]): Folded {
    const result: Record<string, Json> = {}
    const parts: Folded[] = []
    for (const entry of entries) {
      const value = this.fold(entry.value)
      if (value.state === 'unknown') return value
      parts.push(value)
      if (entry.key === null) {
        if (value.value === null || typeof value.value !== 'object' || Array.isArray(value.value)) {
          return unknown('an unpacked value')
        }
        defineAll(result, value.value)
      } else {
        const key = this.fold(entry.key)
        if (key.state === 'unknown') return key
        define(result, String(key.value), value.value)
      }
    }
    return combine(result, parts)
  }

  private eitherOf({ test, then, otherwise }: Expr & { type: 'conditional' }): Folded {
    const alone = withoutWords(this.analysis, test)
    if (alone !== null && this.analysis.binding === null) {
      const value = this.fold(alone ? then : otherwise)
      return value.state === 'known' ? { ...value, overridable: true } : value
    }
    const { byDefault, holds, fails } = conditionOf(this.analysis, test)
    return chosen('a condition', [
      { folded: this.fold(then), when: holds, byDefault: byDefault === true },
      { folded: this.fold(otherwise), when: fails, byDefault: byDefault === false },
    ])
  }

  private unary(op: string, operand: Folded): Folded {
    if (operand.state === 'unknown') return throughOptions(operand, (one) => this.unary(op, one))
    const { value } = operand
    if (op === 'not') return combine(!truthy(value), [operand])
    if (Array.isArray(value) && op === '-')
      return combine(
        mapNumbers(value, (item) => -item),
        [operand],
      )
    if (typeof value !== 'number') return unknown('an expression')
    return combine(op === '-' ? -value : op === '~' ? ~value : value, [operand])
  }

  private binary(op: string, left: Expr, right: Expr): Folded {
    const a = this.fold(left)
    if (op === 'and' || op === 'or') {
      if (a.state === 'unknown') return a
      const keep = op === 'and' ? !truthy(a.value) : truthy(a.value)
      return keep ? a : combineWith(this.fold(right), a)
    }
    // What is not known on one side is not known with the other.
    if (a.state === 'unknown' && a.options === undefined) return a
    return this.arithmetic(op, left, right, a, this.fold(right))
  }

  private arithmetic(op: string, left: Expr, right: Expr, a: Folded, b: Folded): Folded {
    // Two choices may hang together; one is carried through.
    if (a.state === 'unknown')
      return b.state === 'unknown'
        ? unknown(a.because)
        : throughOptions(a, (one) => this.arithmetic(op, left, right, one, b))
    if (b.state === 'unknown') return throughOptions(b, (one) => this.arithmetic(op, left, right, a, one))
    const arrays =
      (Array.isArray(a.value) && this.isArray(left)) || (Array.isArray(b.value) && this.isArray(right))
    const value = arrays ? elementwise(op, a.value, b.value) : operate(op, a.value, b.value)
    return value === undefined ? unknown('an expression') : combine(value, [a, b])
  }

  /** A NumPy or torch array (arithmetic goes element by element) rather than a list. */
  private isArray(expr: Expr, depth = 0): boolean {
    if (depth > 8) return false
    const value = this.analysis.definition(expr)
    if (value.type === 'unary') return this.isArray(value.operand, depth + 1)
    if (value.type === 'binary')
      return this.isArray(value.left, depth + 1) || this.isArray(value.right, depth + 1)
    if (value.type !== 'call') return false
    const name = this.analysis.callByExpr.get(value)?.name ?? null
    if (name !== null) return /^(numpy|torch|jax\.numpy|cupy)\./.test(name)
    return (
      value.callee.type === 'attribute' &&
      value.callee.attr !== 'tolist' &&
      this.isArray(value.callee.value, depth + 1)
    )
  }

  private name(id: string, offset: number): Folded {
    const bindings = bindingsOf(this.analysis, id, offset)
    if (bindings.length === 0) {
      if (id === '__file__' && !this.analysis.notebook) return known(ownFile(this.analysis.path))
      const star = starTarget(this.analysis, id)
      const found = star === null ? null : projectTarget(this.analysis, star)
      const value = found === null ? undefined : constantOf(found.summary, found.rest)
      return value ?? unknown(`the name ${id}`)
    }
    // A list or dictionary that is changed after it was made no longer has the value it was made with.
    const changes = this.analysis.changesOf(id, offset)
    if (changes.length > 0) {
      const only = bindings.length === 1 ? bindings[0]! : null
      if (only === null) return unknown(`${id} is changed`)
      return foldChanges(this.folding, id, this.binding(only), changes)
    }
    if (bindings.length === 1) {
      const [only] = bindings
      return mayBeFilled(this.analysis, id, only!, offset)
        ? unknown(`what a function puts into ${id}`)
        : this.binding(only!)
    }
    const reaching = this.reaching(bindings, offset)
    const values = reaching.map((binding) => this.binding(binding))
    const agreed = agree(values, `several values of ${id}`)
    return agreed.state === 'known' ? agreed : this.assignedUnder(reaching, values, offset, agreed.because)
  }

  /** Without what the other branch of an `if` around the place assigns. */
  private reaching(bindings: readonly Binding[], offset: number): readonly Binding[] {
    const around = guardsAt(this.analysis, offset)
    if (around.length === 0) return bindings
    const left = bindings.filter(
      ({ value, at, loop }) =>
        // What an iteration assigns reaches the next one.
        loop !== null ||
        !guardsAt(this.analysis, value?.start ?? at).some(({ test, holds }) =>
          around.some((guard) => guard.test === test && guard.holds !== holds),
        ),
    )
    return left.length === 0 ? bindings : left
  }

  private assignedUnder(
    bindings: readonly Binding[],
    values: readonly Folded[],
    offset: number,
    because: string,
  ): Folded {
    if (!bindings.every(({ at }) => at <= offset)) return unknown(because)
    const guard = lastOfTwo(this.analysis, bindings, offset)
    return guard === null ? unknown(because) : this.oneOfTwo(guard, values.at(-2)!, values.at(-1)!, because)
  }

  private oneOfTwo(guard: Guard, first: Folded, second: Folded, because: string): Folded {
    const { byDefault, holds, fails } = conditionOf(this.analysis, guard.test)
    const [when, otherwise] = guard.holds ? [holds, fails] : [fails, holds]
    return chosen(because, [
      { folded: first, when: otherwise, byDefault: byDefault === !guard.holds },
      { folded: second, when, byDefault: byDefault === guard.holds },
    ])
  }

  private binding(binding: Binding): Folded {
    const local = this.locals.get(binding)
    if (local !== undefined) return known(local)
    switch (binding.kind) {
      case 'assign':
        if (binding.value === null) return unknown(binding.name)
        if (binding.unpack === null) return this.fold(binding.value)
        return this.unpacked(...this.withinTuple(binding.value, binding.unpack))
      case 'param':
        return this.parameter(binding)
      case 'import': {
        const found = binding.target === null ? null : projectTarget(this.analysis, binding.target)
        const value = found === null ? undefined : constantOf(found.summary, found.rest)
        return value ?? unknown(`${binding.name} of another module`)
      }
      default:
        return unknown(binding.kind === 'loop' ? 'a loop variable' : `the name ${binding.name}`)
    }
  }

  /** `epochs, steps = plan(config)`: the part that the function returns, whatever is known of the others; and what is left of the path. */
  private withinTuple(whole: Expr, path: number[]): [Folded, number[]] {
    const func = whole.type === 'call' ? functionOf(this.analysis, whole.callee) : null
    let part = (func === null ? null : certainReturn(func)) ?? whole
    let rest = path
    while (rest.length > 0 && (part.type === 'tuple' || part.type === 'list')) {
      const item = part.items[rest[0]!]
      if (item === undefined || part.items.some(({ type }) => type === 'starred')) break
      part = item
      rest = rest.slice(1)
    }
    return [this.fold(rest.length === path.length ? whole : part), rest]
  }

  private unpacked(value: Folded, path: number[]): Folded {
    if (value.state === 'unknown') return value
    let current: Json = value.value
    for (const index of path) {
      if (!Array.isArray(current) || current[index] === undefined) return unknown('an unpacked value')
      current = current[index]!
    }
    return combine(current, [value])
  }

  /** A parameter has the value that every call in the module passes. */
  private parameter(binding: Binding): Folded {
    const owner = this.analysis.parameterOwner(binding)
    if (owner === null) return unknown(`the parameter ${binding.name}`)
    const program = this.analysis.programParameters.argumentOf(owner.func, binding.name)
    if (program !== null) return programArgument(this.analysis, this.folding, program.name, [program])
    const sites = this.analysis.callSites(owner.func)
    const fallback = binding.value === null ? null : this.fold(binding.value)
    const called = sites !== null && sites.length > 0
    if (!called && fallback?.state === 'known' && isPipeline(this.analysis, owner.func))
      return { ...fallback, overridable: true }
    // What is handed around may be called with anything.
    if (sites === null) return unknown(`the parameter ${binding.name}`)
    const values = this.analysis.outside.values(owner.func, binding.name, owner.position, fallback) ?? []
    if (!called && values.length === 0 && fallback?.state === 'known' && fallback.value !== null)
      if (searchingFunctions(this.analysis).has(owner.func)) return { ...fallback, overridable: true }
    if (sites.length + values.length === 0) return unknown(`the parameter ${binding.name}`)
    for (const site of sites) {
      const argument = this.analysis.argument(site, binding.name, owner.position)
      if (argument.state === 'unknown') return unknown(argument.because)
      if (argument.state === 'given') values.push(argument.folded)
      else if (fallback !== null) values.push(fallback)
      else return unknown(`the parameter ${binding.name}`)
    }
    return oneOf(values, binding.name)
  }

  /** `config.WORKERS`, `CFG.workers`, `CFG().workers` of another module. */
  private constantElsewhere({ value, attr }: Expr & { type: 'attribute' }): Folded | undefined {
    const made = this.analysis.definition(value)
    const from = made.type === 'call' && made.args.length === 0 ? made.callee : value
    if (from.type !== 'name') return undefined
    const target = bindingsOf(this.analysis, from.id, from.start).at(-1)?.target
    const found = target === undefined || target === null ? null : projectTarget(this.analysis, target)
    if (found === null || (from !== value && found.rest === '')) return undefined
    return constantOf(found.summary, found.rest === '' ? attr : `${found.rest}.${attr}`)
  }

  private attribute(expr: Expr & { type: 'attribute' }): Folded {
    const name = nameOf(this.analysis, expr)
    if (name === 'math.pi') return known(Math.PI)
    if (name === 'math.inf' || name === 'numpy.inf') return unknown('infinity')
    const klass = classOf(this.analysis, expr.value)
    const constant = klass === null ? null : classConstant(klass, expr.attr)
    const stored = attributeValues(this.analysis, expr).filter(
      (value) => value === null || !countsBack(this.analysis, expr, value, this.folding),
    )
    const assigned = stored.map((value) => (value === null ? unknown(`.${expr.attr}`) : this.fold(value)))
    // What is assigned here may be so under a condition.
    const elsewhere = assigned.length === 0 ? undefined : this.constantElsewhere(expr)
    const laidOver = assigned.length === 1 ? this.overArgument(expr, assigned[0]!) : null
    if (laidOver !== null) return laidOver
    if (assigned.length === 1 && this.isReplaced(expr)) return assigned[0]!
    if (constant !== null) assigned.unshift(this.fold(constant))
    else if (elsewhere !== undefined) assigned.unshift(elsewhere)
    if (assigned.length > 0) {
      const agreed = agree(assigned, `several values of .${expr.attr}`)
      const branches =
        agreed.state === 'known' || assigned.length === 1 ? null : attributeInBranches(this.analysis, expr)
      if (branches === null) return agreed
      const { guard, first, second } = branches
      return this.oneOfTwo(guard, this.fold(first), this.fold(second), `several values of .${expr.attr}`)
    }
    const defined = argumentsNamed(this.analysis.programArguments, expr.attr)
    if (defined.length > 0 && this.analysis.programParameters.holdsArguments(expr.value))
      return programArgument(this.analysis, this.folding, expr.attr, defined)
    const parsed = this.analysis.outside.argument(expr.value, expr.attr) ?? this.flagValue(expr)
    if (parsed !== null) return parsed
    const configured = configuredValue(this.analysis, expr)
    if (configured !== null) return configured
    const field = this.analysis.fieldDefault(expr)
    if (field !== null) return this.fold(field)
    const value = this.constantElsewhere(expr)
    if (value !== undefined) return value
    const fields = expr.attr === '__dict__' ? writtenOut(this.analysis, expr) : null
    if (fields !== null) return this.fold(fields)
    if (/^parents?$/.test(expr.attr)) {
      const path = this.fold(expr.value)
      const above = path.state === 'known' ? pathAttribute(path.value, expr.attr) : undefined
      if (above !== undefined) return combine(above, [path])
    }
    return trackedValue(this.analysis, this.folding, expr.value, expr.attr) ?? unknown(`.${expr.attr}`)
  }

  /** `WORKERS = flags.DEFINE_integer('workers', 4, 'help')`, then `WORKERS.value`. */
  private flagValue({ value, attr }: Expr & { type: 'attribute' }): Folded | null {
    const made = attr === 'value' ? this.analysis.definition(value) : null
    if (made?.type !== 'call') return null
    const [defined] = this.analysis.programArguments.filter(
      ({ span }) => span.start === made.start && span.end === made.end,
    )
    return defined === undefined
      ? null
      : programArgument(this.analysis, this.folding, defined.name, [defined])
  }

  /** `settings.epochs = args.epochs` above it in the same function, on no condition: what its class says no longer counts. */
  private isReplaced(expr: Expr & { type: 'attribute' }): boolean {
    const { analysis } = this
    if (expr.value.type !== 'name' || /^(self|cls)$/.test(expr.value.id)) return false
    const [store, ...others] = analysis.attributeStores.get(`${expr.value.id}.${expr.attr}`) ?? []
    const at = store?.binding.value?.start
    if (at === undefined || others.length > 0 || at > expr.start) return false
    if (scopeAt(analysis.scopes, at) !== scopeAt(analysis.scopes, expr.start)) return false
    const around = new Set(guardsAt(analysis, expr.start).map((guard) => guard.test))
    return guardsAt(analysis, at).every(({ test }) => around.has(test))
  }

  /** `if args.local: args.model = …` over an argument of the program. */
  private overArgument(expr: Expr & { type: 'attribute' }, assigned: Folded): Folded | null {
    const { analysis } = this
    if (expr.value.type !== 'name' || !analysis.programParameters.isNamespace(expr.value)) return null
    const matches = argumentsNamed(analysis.programArguments, expr.attr)
    const stores = analysis.attributeStores.get(`${expr.value.id}.${expr.attr}`) ?? []
    const at = stores.length === 1 ? stores[0]!.binding.value?.start : undefined
    if (matches.length === 0 || at === undefined) return null
    const around = new Set(guardsAt(analysis, expr.start).map((guard) => guard.test))
    const guards = guardsAt(analysis, at).filter(({ test }) => !around.has(test))
    const [guard, inner] = guards
    if (guard === undefined) return null
    const before = programArgument(analysis, this.folding, expr.attr, matches)
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

  private subscript(expr: Expr, value: Expr, index: Expr): Folded {
    if (nameOf(this.analysis, value) === 'os.environ')
      return environmentValue(this.analysis, this.fold(index), unknown('the environment'))
    const configured = configuredValue(this.analysis, expr)
    if (configured !== null)
      return configured.state === 'known' ? configured : (this.written(value, index) ?? configured)
    const space = namespaceBehind(this.analysis, value)
    if (space !== null && index.type === 'constant' && typeof index.value === 'string')
      return this.fold({
        type: 'attribute',
        value: space,
        attr: index.value,
        start: expr.start,
        end: expr.end,
      })
    const parsed =
      index.type === 'constant' && typeof index.value === 'string'
        ? this.analysis.outside.argument(value, index.value)
        : null
    if (parsed !== null) return parsed
    const key = this.fold(index)
    const tracked =
      key.state === 'known' && typeof key.value === 'string'
        ? trackedValue(this.analysis, this.folding, value, key.value)
        : null
    if (tracked !== null) return tracked
    const container = this.fold(value)
    // One entry that cannot be read hides no other.
    if (container.state === 'unknown' && key.state === 'known' && typeof key.value === 'string') {
      const entry = this.analysis.entry(value, key.value)
      if (entry.state === 'given' && entry.folded.state === 'known') return entry.folded
    }
    return this.item(container, key)
  }

  /** What the program itself writes to a key of a configuration. */
  private written(value: Expr, index: Expr): Folded | null {
    let base = value
    while (base.type === 'subscript') base = base.value
    if (base.type !== 'name' || !this.analysis.mutatedNames.has(base.id)) return null
    if (index.type !== 'constant' || typeof index.value !== 'string') return null
    const entry = this.analysis.entry(value, index.value)
    return entry.state === 'given' && entry.folded.state === 'known' ? entry.folded : null
  }

  private item(container: Folded, key: Folded): Folded {
    if (container.state === 'unknown') return throughOptions(container, (one) => this.item(one, key))
    if (key.state === 'unknown') return key
    if (Array.isArray(container.value) && typeof key.value === 'number') {
      const item = container.value.at(key.value)
      return item === undefined ? unknown('an index') : combine(item, [container, key])
    }
    if (container.value !== null && typeof container.value === 'object' && !Array.isArray(container.value)) {
      const item = lookUp(container.value, String(key.value))
      return item === undefined ? unknown('a key') : combine(item, [container, key])
    }
    return unknown('a subscript')
  }

  private comprehension(expr: Expr & { type: 'comprehension' }): Folded {
    const items: Json[] = []
    const entries: Record<string, Json> = {}
    const parts: Folded[] = []
    let inner = scopeAt(this.analysis.scopes, expr.element.start)
    // The element may be a comprehension itself.
    while ((inner.start !== expr.start || inner.end !== expr.end) && inner.parent !== null)
      inner = inner.parent
    const run = (depth: number): Folded | null => {
      const clause = expr.clauses[depth]
      if (clause === undefined) {
        if (this.turns-- <= 0 || this.turnsInAll-- <= 0) return unknown('too long')
        for (const condition of expr.conditions) {
          const test = this.afresh(condition)
          if (test.state === 'unknown') return test
          if (!truthy(test.value)) return null
        }
        const element = this.afresh(expr.element)
        if (element.state === 'unknown') return element
        parts.push(element)
        if (expr.kind !== 'dict') items.push(element.value)
        else {
          const value = expr.value === undefined ? unknown('a comprehension') : this.afresh(expr.value)
          if (value.state === 'unknown') return value
          parts.push(value)
          define(entries, String(element.value), value.value)
        }
        return null
      }
      const iterable = depth === 0 ? this.fold(clause.iterable) : this.afresh(clause.iterable)
      if (iterable.state === 'unknown') return iterable
      if (!Array.isArray(iterable.value)) return unknown('a comprehension')
      parts.push(iterable)
      const bindings = [...inner.bindings.values()].flat().filter((one) => one.value === clause.iterable)
      for (const item of iterable.value) {
        for (const binding of bindings) {
          const value = binding.unpack === null ? item : itemAt(item, binding.unpack)
          if (value === undefined) return unknown('an unpacked value')
          this.locals.set(binding, value)
        }
        const stop = run(depth + 1)
        if (stop !== null) return stop
        if (parts.length > 64) parts.splice(0, parts.length, combine(null, parts))
      }
      return null
    }
    const stop = run(0)
    for (const bindings of inner.bindings.values()) for (const one of bindings) this.locals.delete(one)
    if (stop !== null) return stop
    if (expr.kind === 'dict') return combine(entries, parts)
    const distinct = new Map(items.map((item) => [JSON.stringify(item), item]))
    return combine(expr.kind === 'set' ? [...distinct.values()] : items, parts)
  }

  /** Folds without what was remembered: a variable has another value in each turn. */
  private afresh(expr: Expr): Folded {
    const stack = [expr]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      this.answers.delete(next)
      stack.push(...childrenOf(next))
    }
    const value = this.fold(expr)
    const after = [expr]
    for (let next = after.pop(); next !== undefined; next = after.pop()) {
      this.answers.delete(next)
      after.push(...childrenOf(next))
    }
    return value
  }
}
