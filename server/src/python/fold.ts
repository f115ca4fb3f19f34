/**
 * What a value is, without running anything: literals, arithmetic, collections, a few library functions, names
 * followed to one certain value, and arguments of the program with the launch that is bound.
 */
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import { define, defineAll } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { lastOfTwo, oneOfTwo } from './branch-assignments.js'
import { functionOf } from './callables.js'
import { withoutWords } from './command-line-words.js'
import { conditionOf, guardsAt } from './conditions.js'
import { isPipeline } from './entry-point.js'
import { foldAttribute } from './fold-attributes.js'
import { foldCall } from './fold-calls.js'
import { foldChanges } from './fold-changes.js'
import { foldComprehension, type Turns } from './fold-comprehension.js'
import { maximumItems } from './fold-numeric.js'
import { foldBinary, foldUnary } from './fold-operators.js'
import { programArgument } from './fold-outside.js'
import { ownFile } from './fold-paths.js'
import { foldSubscript } from './fold-subscripts.js'
import { agree, chosen, combine, constantOf, known, oneOf, unknown } from './folded.js'
import { projectTarget, starTarget } from './import-targets.js'
import { loopedValue } from './looped-values.js'
import type { Folded } from './module.js'
import { mayBeFilled } from './mutations.js'
import { bindingsOf } from './names.js'
import { isLarger, maximumText, truthy } from './operators.js'
import { optionNamed } from './renamed-options.js'
import { certainReturn } from './returns.js'
import type { Binding } from './scope.js'
import { isBoundElsewhere, keepsDefaults } from './uncalled-defaults.js'

const depthLimit = 200

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
  private readonly carryingOut: Turns = {
    fold: this.folding,
    afresh: (expr) => this.afresh(expr),
    takeTurn: () => this.turns-- > 0 && this.turnsInAll-- > 0,
    locals: this.locals,
  }

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
        return foldUnary(expr.op, this.fold(expr.operand))
      case 'binary':
        return foldBinary(this.analysis, this.folding, expr)
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
        return foldAttribute(this.analysis, this.folding, expr)
      case 'subscript':
        return foldSubscript(this.analysis, this.folding, expr)
      case 'comprehension':
        return foldComprehension(this.analysis, this.carryingOut, expr)
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

  private name(id: string, offset: number): Folded {
    const bindings = bindingsOf(this.analysis, id, offset)
    if (bindings.length === 0) {
      if (id === '__file__' && !this.analysis.notebook) return known(ownFile(this.analysis.path))
      const options = optionNamed(this.analysis, id)
      if (options.length > 0) return programArgument(this.analysis, this.folding, id, options)
      const star = starTarget(this.analysis, id)
      const found = star === null ? null : projectTarget(this.analysis, star)
      const value = found === null ? undefined : constantOf(found.summary, found.rest, this.analysis.binding)
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
    return guard === null
      ? unknown(because)
      : oneOfTwo(this.analysis, guard, values.at(-2)!, values.at(-1)!, because)
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
        const value =
          found === null ? undefined : constantOf(found.summary, found.rest, this.analysis.binding)
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
    const written = binding.value === null ? null : this.fold(binding.value)
    const fallback =
      written?.state === 'known' && isBoundElsewhere(this.analysis, owner.func)
        ? { ...written, overridable: true }
        : written
    const called = sites !== null && sites.length > 0
    if (!called && fallback?.state === 'known' && isPipeline(this.analysis, owner.func))
      return { ...fallback, overridable: true }
    // What is handed around may be called with anything.
    if (sites === null) return unknown(`the parameter ${binding.name}`)
    const values = this.analysis.outside.values(owner.func, binding.name, owner.position, fallback) ?? []
    // Whoever calls it may give another value.
    if (!called && values.length === 0 && fallback?.state === 'known' && fallback.value !== null)
      if (keepsDefaults(this.analysis, owner.func)) return { ...fallback, overridable: true }
    if (sites.length + values.length === 0) return unknown(`the parameter ${binding.name}`)
    for (const site of sites) {
      const argument = this.analysis.argument(site, binding.name, owner.position)
      if (argument.state === 'unknown') return unknown(argument.because)
      if (argument.state === 'given')
        values.push(loopedValue(this.analysis, argument.expr) ?? argument.folded)
      else if (fallback !== null) values.push(fallback)
      else return unknown(`the parameter ${binding.name}`)
    }
    return oneOf(values, binding.name)
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
