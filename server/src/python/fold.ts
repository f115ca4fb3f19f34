/**
 * What a value is, without running anything: literals, arithmetic, collections, a few library functions, names
 * followed to one certain value, and arguments of the program with the launch that is bound.
 */

import type { Argument, Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Analysis } from './analysis.js'
import { boundValue } from './arguments.js'
import { foldFunction, maximumItems } from './fold-numeric.js'
import type { Folded } from './module.js'
import { attributeValues, bindingsOf, functionOf, nameOf, projectTarget } from './names.js'
import type { Binding } from './scopes.js'

const depthLimit = 24

const unknown = (because: string): Folded => ({ state: 'unknown', because })
const known = (value: Json): Folded => ({ state: 'known', value, channel: 'code', overridable: false })

/** A value made from parts: as overridable as its parts, from the strongest launch channel among them. */
function combine(value: Json, parts: Folded[]): Folded {
  const result: Folded = { state: 'known', value, channel: 'code', overridable: false }
  for (const part of parts) {
    if (part.state === 'unknown') continue
    if (part.overridable) result.overridable = true
    if (part.channel !== 'code' && result.channel === 'code') {
      result.channel = part.channel
      result.location = part.location
    }
  }
  return result
}

export function sameValue(a: Json, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** One value that all agree on. */
function agree(values: Folded[], otherwise: string): Folded {
  const first = values[0]
  if (first === undefined) return unknown(otherwise)
  for (const value of values) {
    if (value.state === 'unknown') return value
    if (first.state === 'known' && !sameValue(first.value, value.value)) return unknown(otherwise)
  }
  return first.state === 'known' ? combine(first.value, values) : first
}

export class Folder {
  private readonly memo = new Map<Expr, Folded>()
  private depth = 0

  constructor(private readonly analysis: Analysis) {}

  fold(expr: Expr): Folded {
    const before = this.memo.get(expr)
    if (before !== undefined) return before
    if (this.depth >= depthLimit) return unknown('too deep')
    this.depth++
    // A value that refers to itself (`x = x + 1` in a loop) has no value.
    this.memo.set(expr, unknown('refers to itself'))
    const value = this.compute(expr)
    this.depth--
    this.memo.set(expr, value)
    return value
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
        return agree([this.fold(expr.then), this.fold(expr.otherwise)], 'a condition')
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
          }
        }
        return combine(text, parts)
      }
      case 'name':
        return this.name(expr.id, expr.start)
      case 'attribute':
        return this.attribute(expr)
      case 'subscript':
        return this.subscript(expr.value, expr.index)
      case 'comprehension':
        return this.comprehension(expr)
      case 'call':
        return this.call(expr)
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
        Object.assign(result, value.value)
      } else {
        const key = this.fold(entry.key)
        if (key.state === 'unknown') return key
        result[String(key.value)] = value.value
      }
    }
    return combine(result, parts)
  }

  private unary(op: string, operand: Folded): Folded {
    if (operand.state === 'unknown') return operand
    const { value } = operand
    if (op === 'not') return combine(!truthy(value), [operand])
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
    const b = this.fold(right)
    if (a.state === 'unknown') return a
    if (b.state === 'unknown') return b
    const value = operate(op, a.value, b.value)
    return value === undefined ? unknown('an expression') : combine(value, [a, b])
  }

  private name(id: string, offset: number): Folded {
    const { bindings, scope } = bindingsOf(this.analysis, id, offset)
    if (bindings.length === 0) return unknown(`the name ${id}`)
    // A list or dictionary that is changed after it was made no longer has the value it was made with.
    if (this.analysis.isMutated(id, scope)) return unknown(`${id} is changed`)
    return agree(
      bindings.map((binding) => this.binding(binding)),
      `several values of ${id}`,
    )
  }

  private binding(binding: Binding): Folded {
    switch (binding.kind) {
      case 'assign':
        if (binding.value === null) return unknown(binding.name)
        if (binding.unpack === null) return this.fold(binding.value)
        return this.unpacked(this.fold(binding.value), binding.unpack)
      case 'param':
        return this.parameter(binding)
      case 'import': {
        const found = binding.target === null ? null : projectTarget(this.analysis, binding.target)
        const value = found?.summary.constants[found.rest]
        return value === undefined ? unknown(`${binding.name} of another module`) : known(value)
      }
      default:
        return unknown(binding.kind === 'loop' ? 'a loop variable' : `the name ${binding.name}`)
    }
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
    const program = this.analysis.commandParameter(owner, binding.name)
    if (program !== null) return this.programArgument(program)
    const sites = this.analysis.callSites(owner.func)
    if (sites === null || sites.length === 0) return unknown(`the parameter ${binding.name}`)
    const values: Folded[] = []
    for (const site of sites) {
      const argument = this.analysis.argument(site, binding.name, owner.position)
      if (argument.state === 'unknown') return unknown(argument.because)
      if (argument.state === 'given') values.push(argument.folded)
      else if (binding.value !== null) values.push(this.fold(binding.value))
      else return unknown(`the parameter ${binding.name}`)
    }
    return agree(values, `several values of ${binding.name}`)
  }

  private programArgument(program: { name: string }): Folded {
    const matches = this.analysis.programArguments.filter((argument) => argument.name === program.name)
    if (matches.length === 0) return unknown('the command line')
    const values = matches.map((argument): Folded => {
      const { binding } = this.analysis
      if (binding !== null) {
        const bound = boundValue(argument, binding)
        if (bound !== null) return bound
      }
      if (argument.default === null) {
        if (argument.kind === 'other' || argument.kind === 'list') return unknown('the command line')
        // argparse gives None to an option that is left out.
        return { state: 'known', value: null, channel: 'code', overridable: binding === null }
      }
      const value = this.fold(argument.default)
      if (value.state === 'unknown') return value
      return { ...value, overridable: binding === null }
    })
    return agree(values, `several definitions of --${program.name}`)
  }

  private attribute(expr: Expr & { type: 'attribute' }): Folded {
    const name = nameOf(this.analysis, expr)
    if (name === 'math.pi') return known(Math.PI)
    if (name === 'math.inf' || name === 'numpy.inf') return unknown('infinity')
    const assigned = attributeValues(this.analysis, expr)
    if (assigned.length > 0) {
      return agree(
        assigned.map((value) => (value === null ? unknown(`.${expr.attr}`) : this.fold(value))),
        `several values of .${expr.attr}`,
      )
    }
    if (
      this.analysis.isProgramNamespace(expr.value) &&
      this.analysis.programArguments.some((one) => one.name === expr.attr)
    ) {
      return this.programArgument({ name: expr.attr })
    }
    const field = this.analysis.fieldDefault(expr)
    if (field !== null) return this.fold(field)
    if (expr.value.type === 'name') {
      const found = bindingsOf(this.analysis, expr.value.id, expr.value.start).bindings.at(-1)?.target
      const module = found === undefined || found === null ? null : projectTarget(this.analysis, found)
      const value = module !== null && module.rest === '' ? module.summary.constants[expr.attr] : undefined
      if (value !== undefined) return known(value)
    }
    return unknown(`.${expr.attr}`)
  }

  private subscript(value: Expr, index: Expr): Folded {
    if (nameOf(this.analysis, value) === 'os.environ')
      return this.environment(this.fold(index), unknown('the environment'))
    const container = this.fold(value)
    const key = this.fold(index)
    if (container.state === 'unknown') return container
    if (key.state === 'unknown') return key
    if (Array.isArray(container.value) && typeof key.value === 'number') {
      const item = container.value.at(key.value)
      return item === undefined ? unknown('an index') : combine(item, [container, key])
    }
    if (container.value !== null && typeof container.value === 'object' && !Array.isArray(container.value)) {
      const item = container.value[String(key.value)]
      return item === undefined ? unknown('a key') : combine(item, [container, key])
    }
    return unknown('a subscript')
  }

  /** A variable of the environment: what the launch sets, else the fallback, which any launch can replace. */
  private environment(name: Folded, fallback: Folded): Folded {
    if (name.state === 'unknown' || typeof name.value !== 'string') return unknown('the environment')
    const set = this.analysis.binding?.launch.environment[name.value]
    if (set !== undefined) {
      if (typeof set.value !== 'string') return unknown('the environment')
      return {
        state: 'known',
        value: set.value,
        channel: 'launch environment',
        overridable: false,
        location: set.location,
      }
    }
    return fallback.state === 'unknown' ? fallback : { ...fallback, overridable: true }
  }

  private comprehension(expr: Expr & { type: 'comprehension' }): Folded {
    if (expr.kind === 'dict') return unknown('a comprehension')
    // Only the number of items is certain in general; the items where the element is the variable itself.
    let size = 1
    const parts: Folded[] = []
    let plain: Json[] | null = null
    for (const clause of expr.clauses) {
      const items = this.fold(clause.iterable)
      if (items.state === 'unknown') return items
      if (!Array.isArray(items.value)) return unknown('a comprehension')
      size *= items.value.length
      parts.push(items)
      const same =
        expr.element.type === 'name' && clause.target.type === 'name' && clause.target.id === expr.element.id
      if (same && expr.clauses.length === 1) plain = items.value
    }
    if (expr.conditions.length > 0 || size > maximumItems) return unknown('a comprehension')
    return combine(plain ?? Array.from({ length: size }, (_, index) => `item ${index}`), parts)
  }

  private call(expr: Expr & { type: 'call' }): Folded {
    const call = this.analysis.callByExpr.get(expr)
    const name = call?.name ?? nameOf(this.analysis, expr.callee)
    if (name === 'os.environ.get' || name === 'os.getenv') {
      const [variable, fallback] = expr.args
      if (variable === undefined) return unknown('the environment')
      return this.environment(
        this.fold(variable.value),
        fallback === undefined ? known(null) : this.fold(fallback.value),
      )
    }
    if (name === null || name === undefined) return this.method(expr)
    if (name === 'itertools.product' || name === 'zip') return unknown('a product')
    const positional: Json[] = []
    const keywords: Record<string, Json> = {}
    const parts: Folded[] = []
    for (const argument of expr.args) {
      const value = this.argumentValue(argument)
      if (value.state === 'unknown') return value
      parts.push(value)
      if (argument.star === 1 && Array.isArray(value.value)) positional.push(...value.value)
      else if (argument.star > 0) return unknown('unpacked arguments')
      else if (argument.name === null) positional.push(value.value)
      else keywords[argument.name] = value.value
    }
    const value = foldFunction(name, positional, keywords)
    return value === undefined ? unknown(`${name}()`) : combine(value, parts)
  }

  private argumentValue(argument: Argument): Folded {
    return this.fold(argument.value.type === 'starred' ? argument.value.value : argument.value)
  }

  /** `.tolist()`, `.copy()`, `.get(key, fallback)` on folded values; project functions are not evaluated. */
  private method(expr: Expr & { type: 'call' }): Folded {
    const func = functionOf(this.analysis, expr.callee)
    if (func !== null) {
      const only = this.analysis.onlyReturn(func)
      // A function without parameters that returns one constant is a constant.
      if (only !== null && func.node.params.length === 0) return this.fold(only)
      return unknown(`${func.name}()`)
    }
    if (expr.callee.type !== 'attribute') return unknown('a call')
    const receiver = this.fold(expr.callee.value)
    if (receiver.state === 'unknown') return unknown(`.${expr.callee.attr}()`)
    const { value } = receiver
    switch (expr.callee.attr) {
      case 'tolist':
      case 'copy':
      case 'astype':
      case 'flatten':
      case 'round':
        return Array.isArray(value) ? receiver : unknown(`.${expr.callee.attr}()`)
      case 'keys':
      case 'values':
        if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
          return combine(expr.callee.attr === 'keys' ? Object.keys(value) : Object.values(value), [receiver])
        }
        return unknown('a call')
      case 'lower':
        return typeof value === 'string' ? combine(value.toLowerCase(), [receiver]) : unknown('a call')
      case 'split':
        if (typeof value === 'string' && expr.args.length <= 1) {
          const separator = expr.args[0] === undefined ? known(' ') : this.fold(expr.args[0].value)
          if (separator.state === 'known' && typeof separator.value === 'string') {
            return combine(value.split(separator.value), [receiver])
          }
        }
        return unknown('a call')
      default:
        return unknown(`.${expr.callee.attr}()`)
    }
  }
}

function combineWith(value: Folded, other: Folded): Folded {
  return value.state === 'unknown' ? value : combine(value.value, [value, other])
}

export function truthy(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

function operate(op: string, a: Json, b: Json): Json | undefined {
  if (op === '==') return sameValue(a, b)
  if (op === '!=') return !sameValue(a, b)
  if (op === 'in' || op === 'not in') {
    const inside = Array.isArray(b)
      ? b.some((item) => sameValue(item, a))
      : typeof b === 'string' && typeof a === 'string'
        ? b.includes(a)
        : undefined
    return inside === undefined ? undefined : op === 'in' ? inside : !inside
  }
  if (op === 'is') return sameValue(a, b)
  if (op === 'is not') return !sameValue(a, b)
  if (op === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b
    if (Array.isArray(a) && Array.isArray(b))
      return a.length + b.length > maximumItems ? undefined : [...a, ...b]
  }
  if (op === '*' && Array.isArray(a) && typeof b === 'number') {
    return a.length * b > maximumItems || b < 0
      ? undefined
      : Array.from({ length: Math.trunc(b) }, () => a).flat()
  }
  if (op === '|' && isDict(a) && isDict(b)) return { ...a, ...b }
  const x = typeof a === 'boolean' ? Number(a) : a
  const y = typeof b === 'boolean' ? Number(b) : b
  if (typeof x !== 'number' || typeof y !== 'number') return undefined
  switch (op) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
      return y === 0 ? undefined : x / y
    case '//':
      return y === 0 ? undefined : Math.floor(x / y)
    case '%':
      return y === 0 ? undefined : ((x % y) + y) % y
    case '**': {
      const power = x ** y
      return Number.isFinite(power) ? power : undefined
    }
    case '<':
      return x < y
    case '<=':
      return x <= y
    case '>':
      return x > y
    case '>=':
      return x >= y
    default:
      return undefined
  }
}

function isDict(value: Json): value is Record<string, Json> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
