/**
 * Objects that are filled from a mapping somewhere else than where they are made: namespaces in a loop, classes that load
 * a file in their constructor, or that hand on what a dictionary inside of them holds.
 */
import type { CallExpr, Expr, For, Stmt } from '../syntax/python-ast.js'
import { blocksOf, isName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { isDictionaryOf, setFrom } from './mapping-classes.js'
import type { Func, Klass } from './module.js'
import { returnsOf } from './returns.js'

const loopsByName = new WeakMap<Analysis, Map<string, For[]>>()

/** What `for k, v in data.items(): setattr(namespace, k, v)` fills a name with; null: no loop does, or several do. */
export function mappingSetOn(analysis: Analysis, name: string, from: number): Expr | null {
  let loops = loopsByName.get(analysis)
  if (loops === undefined) {
    loops = new Map()
    loopsByName.set(analysis, loops)
    for (const { node } of analysis.loops) {
      if (node.type !== 'for') continue
      for (const one of namesSet(node.body)) loops.set(one, [...(loops.get(one) ?? []), node])
    }
  }
  const behind = (loops.get(name) ?? []).filter(({ start }) => start > from)
  return behind.length === 1 ? setFrom(behind[0]!, name) : null
}

function namesSet(body: readonly Stmt[]): Set<string> {
  const found = new Set<string>()
  const visit = (statement: Stmt): void => {
    const call = statement.type === 'expr' && statement.value.type === 'call' ? statement.value : null
    const [first] = call?.callee.type === 'name' && call.callee.id === 'setattr' ? call.args : []
    if (first?.value.type === 'name') found.add(first.value.id)
    if (statement.type === 'if') for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return found
}

/** `data` of `{key: convert(value) for key, value in data.items()}`: the same keys, in another form; else the expression. */
export function throughComprehension(expr: Expr): Expr {
  if (expr.type !== 'comprehension' || expr.kind !== 'dict' || expr.conditions.length > 0) return expr
  const [clause, more] = expr.clauses
  const { element } = expr
  if (clause === undefined || more !== undefined || element.type !== 'name') return expr
  const { target, iterable } = clause
  const [key] = target.type === 'tuple' ? target.items : []
  const called = iterable.type === 'call' && iterable.callee.type === 'attribute' ? iterable.callee : null
  return key?.type === 'name' && key.id === element.id && called?.attr === 'items' ? called.value : expr
}

/** The mapping that a constructor fills its object from, or keeps to look keys up in; null: none, or it is a parameter. */
export function mappingInside(klass: Klass): { init: Func; mapping: Expr } | null {
  const init = klass.methods.get('__init__')
  if (init === undefined) return null
  const kept = delegate(klass)
  let found: Expr | null = null
  const visit = (statement: Stmt): void => {
    if (statement.type === 'function' || statement.type === 'class') return
    found = filledBy(statement, kept) ?? found
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  init.node.body.forEach(visit)
  return found === null ? null : { init, mapping: found }
}

function filledBy(statement: Stmt, kept: string | null): Expr | null {
  if (statement.type === 'for') return setFrom(statement, 'self')
  if (statement.type === 'assign') {
    const holds = statement.targets.some(
      (target) => isDictionaryOf(target, 'self') || (kept !== null && isOwn(target, kept)),
    )
    return holds ? statement.value : null
  }
  if (statement.type !== 'expr' || statement.value.type !== 'call') return null
  const { callee, args } = statement.value
  const [first] = args
  const updates =
    callee.type === 'attribute' && callee.attr === 'update' && isDictionaryOf(callee.value, 'self')
  return updates && first !== undefined && first.star !== 1 ? first.value : null
}

/** `_data` of a class whose `__getitem__` or `__getattr__` gives what `self._data` holds; null: it has none. */
function delegate(klass: Klass): string | null {
  for (const name of ['__getitem__', '__getattr__']) {
    const func = klass.methods.get(name)
    const key = func?.node.params[1]?.name
    for (const value of func === undefined || key === undefined ? [] : returnsOf(func)) {
      const object = lookedUpIn(value, key!)
      if (object?.type === 'attribute' && isOwn(object, object.attr))
        return behindProperty(klass, object.attr)
    }
  }
  return null
}

/** `self.config`, where the class has a property of this name that gives `self._config`. */
function behindProperty(klass: Klass, name: string): string {
  const func = klass.methods.get(name)
  const [value] = func === undefined ? [] : returnsOf(func)
  return value?.type === 'attribute' && isOwn(value, value.attr) ? value.attr : name
}

/** The object of `object[key]`, `object.get(key)`, `getattr(object, key)`. */
function lookedUpIn(value: Expr, key: string): Expr | null {
  if (value.type === 'subscript') return isName(value.index, key) ? value.value : null
  if (value.type !== 'call') return null
  const { callee, args } = value as CallExpr
  if (callee.type === 'attribute' && callee.attr === 'get')
    return args[0] !== undefined && isName(args[0].value, key) ? callee.value : null
  const reads = callee.type === 'name' && callee.id === 'getattr'
  return reads && args[1] !== undefined && isName(args[1].value, key) ? args[0]!.value : null
}

function isOwn(expr: Expr, attr: string): boolean {
  return expr.type === 'attribute' && expr.attr === attr && isName(expr.value, 'self')
}
