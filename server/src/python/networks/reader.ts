/** What constructors of networks and functions that make them do, statement by statement. */
import type { Expr, FunctionDef, Stmt } from '../../syntax/python-ast.js'
import type { Klass, PythonModule } from '../module.js'
import { baseOf, bindTarget, copied, either, isPlain, isSelf, join } from './operations.js'
import { deepest, ValueReader } from './value-reader.js'
import { foreign, type Given, holdsLayers, isKind, type Scope, scopeOf, type Value } from './values.js'

/** What statements may have given back, and whether what follows them may run. */
interface Ended {
  given: Value[]
  goesOn: boolean
}

export class NetworkReader extends ValueReader {
  /** What a function of the project gives back. `skipped`: parameters that the call does not pass. */
  protected override run(
    node: FunctionDef,
    given: Given,
    inner: Scope,
    skipped: number,
    depth: number,
  ): Value {
    if (depth > deepest) return foreign
    this.bind(node, skipped, given, inner, depth)
    const ways = this.statements(node.body, inner, depth + 1)?.given ?? []
    return ways.length === 0 ? undefined : ways.reduce(either)
  }

  /** Gives parameters what a call passes, or their defaults. */
  private bind(
    { params }: FunctionDef,
    skipped: number,
    given: Given | null,
    { names, python }: Scope,
    depth: number,
  ): void {
    // Without a call in sight, what other modules pass is known to the module itself.
    if (given === null) return
    const plain = params.filter(({ star, name }) => star === 0 && name !== '').slice(skipped)
    plain.forEach(({ name, default: otherwise }, index) => {
      if (given.named.has(name)) names.set(name, given.named.get(name))
      else if (index < given.positional.length) names.set(name, given.positional[index])
      else if (otherwise !== null && !given.open)
        names.set(name, this.value(otherwise, scopeOf(python), depth + 1))
      else names.set(name, undefined)
    })
    for (const { star, name } of params) {
      if (star === 1 && name !== '')
        names.set(name, given.open ? undefined : given.positional.slice(plain.length))
      if (star !== 2) continue
      const own = new Set(plain.map((one) => one.name))
      const rest = [...given.named].filter(([key]) => !own.has(key))
      names.set(name, given.open ? undefined : { is: 'fields', fields: new Map(rest) })
    }
  }

  /** What an object of the class has; null: no call that makes it is known. */
  override construct(
    klass: Klass,
    python: PythonModule,
    given: Given | null,
    depth = 0,
    own: Map<string, Value> = new Map(),
  ): Map<string, Value> {
    if (depth > deepest) return own
    const scope: Scope = { names: new Map(), own, klass, python }
    const init = klass.methods.get('__init__')
    // Fields of a data class.
    let position = 0
    for (const statement of klass.node.body) {
      if (statement.type !== 'assign') continue
      const [target] = statement.targets
      if (target?.type !== 'name') continue
      const index = statement.annotation === null ? Number.NaN : position++
      if (init === undefined && given?.named.has(target.id)) own.set(target.id, given.named.get(target.id))
      else if (init === undefined && given !== null && index < given.positional.length)
        own.set(target.id, given.positional[index])
      else if (statement.value !== null)
        own.set(target.id, this.value(statement.value, scopeOf(python), depth + 1))
    }
    if (init === undefined) {
      const base = baseOf(klass, python)
      return base === null ? own : this.construct(base.klass, base.python, given, depth + 1, own)
    }
    this.bind(init.node, 1, given, scope, depth)
    this.statements(init.node.body, scope, depth + 1)
    return own
  }

  /** Undefined: it ends without `return`. */
  private statements(body: readonly Stmt[], scope: Scope, depth: number): Ended | undefined {
    // What branches give back that may not be taken: `if name == "relu": return nn.ReLU()`.
    const given: Value[] = []
    for (const statement of body) {
      if (!this.tick()) return { given: [foreign], goesOn: false }
      switch (statement.type) {
        case 'return':
          given.push(statement.value === null ? null : this.value(statement.value, scope, depth))
          return { given, goesOn: false }
        case 'raise':
          return { given, goesOn: false }
        case 'assign':
          if (statement.value !== null) {
            const value = this.value(statement.value, scope, depth)
            for (const target of statement.targets) assign(target, value, scope, this)
          }
          break
        case 'augassign': {
          const { target, value, op, start, end } = statement
          const sum: Expr = {
            type: 'binary',
            op: op.replace('=', ''),
            left: target,
            right: value,
            start,
            end,
          }
          assign(target, this.value(sum, scope, depth), scope, this)
          break
        }
        case 'expr':
          this.effect(statement.value, scope, depth)
          break
        case 'if': {
          const truth = this.truth(statement.test, scope, depth)
          const result =
            truth === undefined
              ? this.both(statement.body, statement.orelse, scope, depth)
              : this.statements(truth ? statement.body : statement.orelse, scope, depth)
          given.push(...(result?.given ?? []))
          if (result?.goesOn === false) return { given, goesOn: false }
          break
        }
        case 'for':
          this.loop(statement, scope, depth)
          break
        case 'while':
          this.openLoop(statement.body, scope, depth)
          break
        case 'with':
        case 'try': {
          const result = this.statements(statement.body, scope, depth)
          given.push(...(result?.given ?? []))
          if (result?.goesOn === false) return { given, goesOn: false }
          break
        }
        default:
          break
      }
    }
    return given.length === 0 ? undefined : { given, goesOn: true }
  }

  /** Either of two branches: what only one of them gives is kept as well. */
  private both(
    body: readonly Stmt[],
    orelse: readonly Stmt[],
    scope: Scope,
    depth: number,
  ): Ended | undefined {
    const other = copied(scope)
    const result = this.statements(body, scope, depth)
    const otherwise = this.statements(orelse, other, depth)
    join(scope.names, other.names)
    if (scope.own !== null && other.own !== null) join(scope.own, other.own)
    const given = [...(result?.given ?? []), ...(otherwise?.given ?? [])]
    if (result?.goesOn === false && otherwise?.goesOn === false) return { given, goesOn: false }
    // Where the rest of the function may give something else, sizes are those of the rest.
    const layers = given.filter((one) => holdsLayers(one))
    return layers.length === 0 ? undefined : { given: layers, goesOn: true }
  }

  private loop({ target, iterable, body }: Stmt & { type: 'for' }, scope: Scope, depth: number): void {
    const items = this.items(iterable, scope, depth)
    if (items === undefined) {
      bindTarget(target, undefined, scope)
      this.openLoop(body, scope, depth)
      return
    }
    for (const item of items) {
      bindTarget(target, item, scope)
      this.statements(body, scope, depth)
    }
  }

  /** Nobody knows how often it runs. */
  private openLoop(body: readonly Stmt[], scope: Scope, depth: number): void {
    const before = copied(scope)
    this.statements(body, scope, depth)
    const repeat = (now: Map<string, Value>, then: Map<string, Value>) => {
      for (const [key, value] of now) {
        if (value === then.get(key) && !Array.isArray(value)) continue
        const old = then.get(key)
        const grown = Array.isArray(value) && Array.isArray(old) ? value.slice(old.length) : value
        if (!holdsLayers(grown)) {
          if (!Array.isArray(value)) now.set(key, undefined)
        } else if (Array.isArray(value) && Array.isArray(old))
          now.set(key, [...old, { is: 'repeated', value: grown }])
        else now.set(key, { is: 'repeated', value })
      }
    }
    repeat(scope.names, before.names)
    if (scope.own !== null && before.own !== null) repeat(scope.own, before.own)
  }

  /** `self.layers.append(nn.Linear(n, m))`, `super().__init__(n)`, `setattr(self, name, layer)`. */
  private effect(expr: Expr, scope: Scope, depth: number): void {
    if (expr.type !== 'call') return
    const { callee, args } = expr
    if (callee.type === 'name' && callee.id === 'setattr' && args.length === 3 && isSelf(args[0]!.value)) {
      const name = this.value(args[1]!.value, scope, depth)
      const key = typeof name === 'string' ? name : `at ${expr.start} of ${scope.own?.size}`
      scope.own?.set(key, this.value(args[2]!.value, scope, depth))
      return
    }
    if (callee.type !== 'attribute') return
    const { attr, value: object } = callee
    if (attr === '__init__' && scope.klass !== null && scope.own !== null) {
      const base = baseOf(scope.klass, scope.python)
      if (base !== null)
        this.construct(base.klass, base.python, this.given(expr, scope, depth), depth + 1, scope.own)
      return
    }
    if (attr === 'add_module' || attr === 'register_module') {
      const added = args[1] === undefined ? undefined : this.value(args[1].value, scope, depth)
      if (isSelf(object)) scope.own?.set(`at ${expr.start} of ${scope.own.size}`, added)
      else this.extend(object, [added], scope)
    } else if (attr === 'append' || attr === 'insert') {
      const item = args.at(-1)
      if (item !== undefined) this.extend(object, [this.value(item.value, scope, depth)], scope)
    } else if (attr === 'extend') {
      const given = args[0] === undefined ? undefined : this.value(args[0].value, scope, depth)
      this.extend(object, Array.isArray(given) ? given : [given], scope)
    } else if (attr === 'reverse' && args.length === 0) {
      const before = this.value(object, scope)
      if (Array.isArray(before)) bindTarget(object, [...before].reverse(), scope)
    } else if (attr === 'update' && isOwnFields(object)) {
      const { positional, named } = this.given(expr, scope, depth)
      const all = positional.flatMap((one) => (isKind(one, 'fields') ? [...one.fields] : []))
      for (const one of [...all, ...named]) scope.own?.set(...one)
    } else if (isSelf(object)) this.call(expr, scope, depth)
  }

  private extend(object: Expr, added: Value[], scope: Scope): void {
    const before = this.value(object, scope)
    if (Array.isArray(before)) bindTarget(object, [...before, ...added], scope)
    // A Sequential that grows.
    else if (holdsLayers(before)) bindTarget(object, [before, ...added], scope)
    else if (added.some((one) => holdsLayers(one))) bindTarget(object, foreign, scope)
  }
}

/** What a name, an attribute of `self` or a key is given. */
function assign(target: Expr, value: Value, scope: Scope, reader: NetworkReader): void {
  if (target.type !== 'subscript') {
    bindTarget(target, value, scope)
    return
  }
  const object = reader.value(target.value, scope)
  const key = reader.value(target.index, scope)
  if (isOwnFields(target.value) && isPlain(key)) scope.own?.set(String(key), value)
  if (isKind(object, 'fields') && isPlain(key)) object.fields.set(String(key), value)
}

/** `vars(self)`, `self.__dict__`. */
function isOwnFields(expr: Expr): boolean {
  if (expr.type === 'attribute') return expr.attr === '__dict__' && isSelf(expr.value)
  const [object] =
    expr.type === 'call' && expr.callee.type === 'name' && expr.callee.id === 'vars' ? expr.args : []
  return object !== undefined && isSelf(object.value)
}
