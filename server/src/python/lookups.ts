/**
 * Calls that look a key up in an object: `cfg.get('fp16', False)`, `getattr(cfg, 'fp16', False)`,
 * `OmegaConf.select(cfg, 'train.fp16')`, and functions of the project that do nothing else.
 */
import type { CallExpr, Expr, For, Stmt } from '../syntax/python-ast.js'
import { blocksOf, isName } from '../syntax/python-children.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { parsers } from './configured-file.js'
import { importedFunction } from './import-targets.js'
import type { Func, Getter, NamedParameter } from './module.js'
import { bindingsOf, nameOf } from './names.js'
import { returnsOf } from './returns.js'

export interface Lookup {
  object: Expr
  keys: Expr[]
  /** Each key is a path: 'train.fp16'. */
  dotted: boolean
  /** What it gives where the key is missing; null: nothing is said of it. */
  fallback: Expr | null
  /** What the text of an INI file is taken for. */
  as?: 'int' | 'float' | 'boolean'
}

const selects = new Set(['omegaconf.OmegaConf.select', 'hydra.utils.select'])
const deepest = 3

/** Methods of configparser. */
const typedGetters: Record<string, NonNullable<Lookup['as']>> = {
  getint: 'int',
  getfloat: 'float',
  getboolean: 'boolean',
}

function isParser(analysis: Analysis, expr: Expr): boolean {
  return expr.type === 'name' && parsers.has(analysis.typeOf(expr) ?? '')
}

/** Null: the call does something else. */
export function lookupOf(analysis: Analysis, expr: CallExpr, depth = 0): Lookup | null {
  const { callee, args } = expr
  if (args.some((one) => one.star > 0) || depth > deepest) return null
  const positional = args.filter((one) => one.name === null).map((one) => one.value)
  const [first, second, third] = positional
  const named = (name: string): Expr | null => args.find((one) => one.name === name)?.value ?? null
  const name = nameOf(analysis, callee)
  if (name === 'getattr')
    return first === undefined || second === undefined
      ? null
      : { object: first, keys: [second], dotted: false, fallback: third ?? null }
  if (name !== null && selects.has(name)) {
    const key = second ?? named('key')
    if (first === undefined || key === null) return null
    return { object: first, keys: [key], dotted: true, fallback: third ?? named('default') }
  }
  if (name !== null) return null
  const own = analysis.functionOf(callee)
  const getter = own === null ? importedGetter(analysis, callee) : getterOf(analysis, own, depth + 1)
  if (getter !== null) return through(getter, expr)
  if (own !== null || callee.type !== 'attribute' || first === undefined) return null
  const typed = lookUp(typedGetters, callee.attr)
  // `parser.getint('train', 'epochs')`, `parser['train'].getint('epochs')`
  if (typed !== undefined || (callee.attr === 'get' && isParser(analysis, callee.value)))
    return {
      object: callee.value,
      keys: second === undefined ? [first] : [first, second],
      dotted: false,
      fallback: named('fallback'),
      ...(typed === undefined ? {} : { as: typed }),
    }
  // A list is asked for one place: `queue.pop(0)`.
  if (callee.attr !== 'get' && (callee.attr !== 'pop' || second === undefined)) return null
  const fallback = second ?? named('default') ?? noValue(expr)
  return positional.length > 2 ? null : { object: callee.value, keys: [first], dotted: false, fallback }
}

/** The 50 of `settings.get('steps', 50)` and `os.environ.get('STEPS', 50)`; null: nothing is looked up, or none is given. */
export function fallbackOf(analysis: Analysis, expr: CallExpr): Expr | null {
  const name = nameOf(analysis, expr.callee)
  if (name === 'os.environ.get' || name === 'os.getenv')
    return expr.args.find((one, index) => one.name === 'default' || index === 1)?.value ?? null
  return lookupOf(analysis, expr)?.fallback ?? null
}

/** `d.get('key')` gives None. */
function noValue({ end }: CallExpr): Expr {
  return { type: 'constant', value: null, start: end, end }
}

function importedGetter(analysis: Analysis, callee: Expr): Getter | null {
  return analysis.complete ? (importedFunction(analysis, callee)?.getter ?? null) : null
}

/** What a call of a getter looks up. */
function through(getter: Getter, expr: CallExpr): Lookup | null {
  const { args } = expr
  const passed = (part: NamedParameter): Expr | null =>
    args.find((one) => one.name === part.name)?.value ??
    args.filter((one) => one.name === null)[part.position]?.value ??
    null
  const object = passed(getter.object)
  const keys = getter.rest
    ? args
        .filter((one) => one.name === null)
        .slice(getter.key.position)
        .map((one) => one.value)
    : [passed(getter.key)].filter((one) => one !== null)
  if (object === null || keys.length === 0) return null
  const { dotted, fallback } = getter
  const given = fallback === null || fallback.parameter === null ? null : passed(fallback.parameter)
  const { end } = expr
  const own: Expr | null =
    fallback?.value === undefined ? null : { type: 'constant', value: fallback.value, start: end, end }
  return { object, keys, dotted, fallback: given ?? own }
}

const remembered = new WeakMap<Analysis, Map<Func, Getter | null>>()

/** The function as a getter: whatever it returns is what an object that it is given holds under a key, or a fallback. */
export function getterOf(analysis: Analysis, func: Func, depth = 0): Getter | null {
  const kept = remembered.get(analysis) ?? new Map<Func, Getter | null>()
  remembered.set(analysis, kept)
  const before = kept.get(func)
  if (before !== undefined) return before
  // One that calls itself is none.
  kept.set(func, null)
  const getter = new GetterReader(analysis, func, depth).read()
  if (analysis.complete) kept.set(func, getter)
  else kept.delete(func)
  return getter
}

class GetterReader {
  private object: NamedParameter | null = null
  private key: NamedParameter | null = null
  private dotted = false
  private rest = false
  private fallback: Getter['fallback'] = null

  constructor(
    private readonly analysis: Analysis,
    private readonly func: Func,
    private readonly depth: number,
  ) {}

  read(): Getter | null {
    const returns = returnsOf(this.func)
    if (returns.length === 0 || returns.length > 8 || this.func.node.params.length < 2) return null
    const walked = this.walk()
    if (!returns.every((value) => this.takes(value, walked))) return null
    if (this.object === null || this.key === null) return null
    const { object, key, dotted, rest, fallback } = this
    return { object, key, dotted, rest, fallback }
  }

  /** The name that goes down from key to key: `for part in path.split('.'): node = node[part]`. */
  private walk(): string | null {
    const loop = this.func.node.body.find((one): one is For => one.type === 'for')
    if (loop === undefined || loop.target.type !== 'name') return null
    const iterable = loop.iterable
    const called = iterable.type === 'call' && iterable.callee.type === 'attribute' ? iterable.callee : null
    const split = called?.attr === 'split'
    const keys = this.parameter(split ? called.value : iterable)
    const step = keys === null ? null : this.step(loop.body, loop.target.id)
    if (keys === null || step === null) return null
    const start = this.func.node.body.find(
      (one) =>
        one.type === 'assign' &&
        one.targets[0]?.type === 'name' &&
        one.targets[0].id === step &&
        one.value !== null,
    )
    const object =
      start?.type === 'assign' && start.value !== null ? this.parameter(start.value) : this.named(step)
    if (object === null) return null
    this.object = object
    this.key = keys
    this.dotted = split
    this.rest = !split
    return step
  }

  /** `node = node.get(part)` somewhere in the loop. */
  private step(block: readonly Stmt[], part: string): string | null {
    for (const statement of block) {
      const target = statement.type === 'assign' ? statement.targets[0] : undefined
      if (statement.type === 'assign' && target?.type === 'name' && statement.value !== null) {
        const looked = this.looked(statement.value)
        const goes = looked !== null && isName(looked.object, target.id) && isName(looked.key, part)
        if (goes) return target.id
      }
      for (const inner of blocksOf(statement)) {
        const found = this.step(inner, part)
        if (found !== null) return found
      }
    }
    return null
  }

  /** An object and a key, as the code looks it up. */
  private looked(value: Expr): { object: Expr; key: Expr; fallback: Expr | null } | null {
    if (value.type === 'subscript') return { object: value.value, key: value.index, fallback: null }
    if (value.type === 'conditional') return this.looked(value.then) ?? this.looked(value.otherwise)
    if (value.type !== 'call') return null
    const inner = lookupOf(this.analysis, value, this.depth)
    const key = inner?.keys.length === 1 && !inner.dotted ? inner.keys[0] : undefined
    return inner === null || key === undefined
      ? null
      : { object: inner.object, key, fallback: inner.fallback }
  }

  /** Whether what it returns is what it looks up, or a fallback. */
  private takes(value: Expr, walked: string | null): boolean {
    if (walked !== null && isName(value, walked)) return true
    if (value.type === 'conditional')
      return this.takes(value.then, walked) && this.takes(value.otherwise, walked)
    if (value.type === 'binary' && value.op === 'or')
      return this.takes(value.left, walked) && this.takes(value.right, walked)
    const settled = value.type === 'name' ? this.analysis.definition(value) : value
    const looked = walked === null ? this.looked(settled) : null
    if (looked === null) return this.fallsBack(settled)
    const [object, key] = [this.parameter(looked.object), this.parameter(looked.key)]
    if (object === null || key === null) return false
    if (this.object !== null && (this.object.name !== object.name || this.key?.name !== key.name))
      return false
    this.object = object
    this.key = key
    return looked.fallback === null || this.fallsBack(looked.fallback)
  }

  private fallsBack(value: Expr): boolean {
    const parameter = this.parameter(value)
    if (parameter === null && value.type !== 'constant') return false
    const own =
      parameter === null ? undefined : this.func.node.params.find((one) => one.name === parameter.name)
    const otherwise = value.type === 'constant' ? value : own?.default
    // Of a fallback that the caller gives and None, the caller's counts.
    if (parameter === null && this.fallback !== null) return true
    this.fallback = { parameter, ...(otherwise?.type === 'constant' ? { value: otherwise.value } : {}) }
    return true
  }

  private parameter(expr: Expr): NamedParameter | null {
    if (expr.type !== 'name') return null
    const bindings = bindingsOf(this.analysis, expr.id, expr.start)
    return bindings.length === 1 && bindings[0]!.kind === 'param' ? this.named(expr.id) : null
  }

  private named(name: string): NamedParameter | null {
    const param = this.func.node.params.find((one) => one.name === name)
    const owner = param === undefined ? null : this.analysis.parameterOwner({ at: param.start })
    return owner === null ? null : { name, position: owner.position }
  }
}
